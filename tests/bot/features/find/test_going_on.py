"""A search that goes on; the fake engine adds colours up: red and green is as near to both."""

from pathlib import Path
from typing import Any

import pytest

from bot.language import notes
from tests.bot.conftest import (
    Bot,
    all_answered,
    buttons,
    greeted_group,
    is_photo,
    is_silent_about,
    is_text,
    jpeg,
    running_bot,
    shown,
    toast,
    until,
)
from tests.bot.local_chat import PRIVATE, LocalChat

MORE = ["More like this", "More like the …", "Back"]


async def found(bot: Bot, text: str, *, photos: int, **sent: Any) -> tuple[Any, list[Any]]:
    """Say something, and give the answer and the photos that follow it."""
    said = await bot.chat.send_text(text, **sent)
    answer = await bot.chat.wait_for(is_text, after=said, chat_id=said["chat"]["id"])
    shown_photos = await bot.chat.wait_for_all(is_photo, photos, after=said, chat_id=said["chat"]["id"])
    await all_answered(bot)
    return answer, shown_photos


@pytest.fixture
async def filled(bot: Bot) -> Bot:
    await bot.fill_gallery("red", "green", "violet", "blue", "pink")
    return bot


async def test_a_reply_to_the_answer_or_to_any_of_its_photos_goes_on(filled: Bot) -> None:
    answer, photos = await found(filled, "/find a red wall", photos=4)
    second, more = await found(filled, "blue", photos=4, reply_to=answer)
    assert second["text"].splitlines()[0] == "Looking for: a red wall · blue"
    assert second["text"].splitlines()[1].startswith("I imagined: a ")
    assert buttons(second) == MORE
    assert shown(more)[0] == "violet"
    third, _ = await found(filled, "green", photos=4, reply_to=photos[2])
    assert third["text"].startswith("Looking for: a red wall · green\n")
    fourth, others = await found(filled, "without red", photos=4, reply_to=more[1])
    assert fourth["text"].startswith("Looking for: a red wall · blue · without: red\n")
    assert shown(others)[0] == "blue"


async def test_like_the_second_and_back_by_words_and_by_buttons(filled: Bot) -> None:
    answer, photos = await found(filled, "/find a red wall", photos=4)
    assert shown(photos)[1] == "pink"
    like, _ = await found(filled, "more like the second", photos=4, reply_to=answer)
    assert like["text"].startswith("Looking for: a red wall · like number 2\n")
    await filled.chat.press(like, "More like the …")
    await until_buttons(filled, like, ["like 1", "like 2", "like 3", "like 4", "More like this", "Back"])
    await filled.chat.press(like, "like 4")
    again = await filled.chat.wait_for(lambda m: "like number 4" in m.get("text", ""), after=like)
    assert again["text"].startswith("Looking for: a red wall · like number 2 · like number 4\n")
    assert again["reply_to_message"]["message_id"] == like["message_id"]
    await all_answered(filled)
    await filled.chat.press(again, "Back")
    back = await filled.chat.wait_for(lambda m: is_text(m) and "Looking" in m["text"], after=again)
    assert back["text"] == like["text"]
    await all_answered(filled)
    words, _ = await found(filled, "back", photos=4, reply_to=back)
    assert words["text"].startswith("Looking for: a red wall\n")
    assert "Back" not in buttons(words)


async def test_a_photo_that_has_gone_since_is_not_gone_on_with(filled: Bot) -> None:
    answer, photos = await found(filled, "/find a red wall", photos=4)
    assert shown(photos)[1] == "pink"
    (filled.gallery / "pink.jpg").unlink()
    await filled.fill_gallery()
    await until(lambda: filled.services.gallery.state().photos == 4)
    said = await filled.chat.send_text("more like the second", reply_to=answer)
    refused = await filled.chat.wait_for(is_text, after=said)
    assert refused["text"] == "That photo is no longer there."
    again, _ = await found(filled, "blue", photos=4, reply_to=answer)
    assert again["text"].startswith("Looking for: a red wall · blue\n")


async def until_buttons(bot: Bot, message: Any, wanted: list[str]) -> None:
    async def are_there() -> bool:
        return buttons(await bot.chat.message(message)) == wanted

    await until(are_there)


async def test_it_goes_on_after_a_restart_and_old_answers_are_taken_up(
    chat: LocalChat, tmp_path: Path
) -> None:
    async with running_bot(chat, tmp_path / "data", matches=2) as bot:
        await bot.fill_gallery("red", "green", "violet", "blue", "pink")
        first, photos = await found(bot, "/find a red wall", photos=2)
        second, _ = await found(bot, "without green", photos=2, reply_to=first)
    async with running_bot(chat, tmp_path / "data", matches=2) as bot:
        await until(lambda: bot.services.gallery.state().photos == 5)
        third, more = await found(bot, "blue", photos=2, reply_to=second)
        assert third["text"].startswith("Looking for: a red wall · without: green · blue\n")
        assert shown(more)[0] == "violet"
        older, _ = await found(bot, "green", photos=2, reply_to=photos[1])
        assert older["text"].startswith("Looking for: a red wall · green\n")
        assert await toast(chat, await chat.press(third, "More like this")) == ""
        assert len(await chat.wait_for_all(is_photo, 3, after=older)) >= 3


async def test_a_numbered_picture_goes_on_by_its_numbers(filled: Bot) -> None:
    await filled.services.chats.set(filled.application.bot.id, PRIVATE, pictures="sheet")
    sent = await filled.chat.send_text("/find a red wall")
    sheet = await filled.chat.wait_for(is_photo, after=sent)
    await all_answered(filled)
    said = await filled.chat.send_text("like the second", reply_to=sheet)
    other = await filled.chat.wait_for(is_photo, after=said)
    assert other["caption"].startswith("Looking for: a red wall · like number 2\n")
    assert buttons(other)[-3:] == MORE


async def test_photos_like_a_photo_go_on_too_and_itself_is_not_found(chat: LocalChat, tmp_path: Path) -> None:
    async with running_bot(chat, tmp_path / "data", remembers=True) as bot:
        await bot.fill_gallery("red", "green", "violet", "pink")
        [sent] = await chat.send_photos([jpeg("red")], caption="/similar")
        answer = await chat.wait_for(is_text, after=sent)
        await chat.wait_for_all(is_photo, 3, after=answer)
        await all_answered(bot)
        second, photos = await found(bot, "blue", photos=4, reply_to=answer)
        assert second["text"].startswith("Looking for: like the photo · blue\n")
        assert all(photo["caption"].endswith(".jpg") for photo in photos), "none of the chat's own"
        await chat.send_text("/forget", reply_to=sent)
        await all_answered(bot)
        query = await chat.press(second, "More like this")
        assert await toast(chat, query) == notes.forgotten(), "it was about the photo"


async def test_what_it_cannot_use_gets_a_sentence(filled: Bot) -> None:
    answer, _ = await found(filled, "/find a red wall", photos=4)
    for words, sentence in (
        ("back", "nothing to go back to"),
        ("like the ninth", "no such photo"),
        ("zeppelin", "I never read any"),
    ):
        sent = await filled.chat.send_text(words, reply_to=answer)
        said = await filled.chat.wait_for(is_text, after=sent)
        assert sentence in said["text"]
    unknown, _ = await found(filled, "a green zeppelin", photos=4, reply_to=answer)
    assert "I never read “zeppelin”, so I left that out." in unknown["text"]


async def test_an_answer_of_another_network_and_other_messages_are_no_search(filled: Bot) -> None:
    answer, _ = await found(filled, "/find a red wall", photos=4)
    await filled.services.database.write("UPDATE answers SET network = 'another'", ())
    for reply_to in (answer, await filled.chat.wait_for(is_text)):
        sent = await filled.chat.send_text("green", reply_to=reply_to)
        said = await filled.chat.wait_for(is_text, after=sent)
        assert said["text"].startswith("What shall I do with")
    assert await toast(filled.chat, await filled.chat.press(answer, "More like the …")) in (
        "",
        notes.forgotten(),
    )


async def test_in_a_group_a_remark_on_found_photos_is_none_to_the_bot(filled: Bot) -> None:
    group = await greeted_group(filled)
    await filled.services.chats.set(filled.application.bot.id, group, pictures="album")
    answer, photos = await found(filled, "/find a red wall", photos=4, chat_id=group)
    for text in ("haha", "so true", "👍", "no", "without haha"):
        for replied in (answer, photos[1]):
            said = await filled.chat.send_text(text, chat_id=group, reply_to=replied)
            assert await is_silent_about(filled, said), text
    for text, looks_for in (
        ("without green", "without: green"),
        ("more like 2", "like number 2"),
        ("@onenet_local_bot blue", "blue"),
    ):
        moved, _ = await found(filled, text, photos=4, chat_id=group, reply_to=photos[1])
        assert moved["text"].startswith(f"Looking for: a red wall · {looks_for}\n")
    said = await filled.chat.send_text("@onenet_local_bot haha", chat_id=group, reply_to=answer)
    assert "I never read any" in (await filled.chat.wait_for(is_text, after=said, chat_id=group))["text"]


async def test_in_a_group_too_and_never_with_another_chats_photos(filled: Bot) -> None:
    group = await greeted_group(filled)
    await filled.services.chats.set(filled.application.bot.id, group, pictures="album")
    answer, photos = await found(filled, "/find a red wall", photos=4, chat_id=group)
    second, _ = await found(filled, "blue", photos=4, chat_id=group, reply_to=photos[0])
    assert second["text"].startswith("Looking for: a red wall · blue\n")
    asked = await filled.chat.send_text("blue, is it?", chat_id=group, reply_to=answer)
    said = await filled.chat.wait_for(is_text, after=asked, chat_id=group)
    assert not said["text"].startswith("Looking for")
