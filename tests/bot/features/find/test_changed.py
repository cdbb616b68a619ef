"""Photos changed by words: /find as a reply to a photo, apart from /find under one and /find alone."""

from typing import Any

import pytest

from bot.features.find import texts as replies
from bot.language import notes
from tests.bot.conftest import Bot, all_answered, buttons, is_photo, is_text, jpeg, shown, toast, until
from tests.bot.local_chat import GROUP, PRIVATE


async def photo_in(bot: Bot, colour: str, chat_id: int = GROUP) -> dict[str, Any]:
    """A photo that nobody asked about."""
    [photo] = await bot.chat.send_photos([jpeg(colour)], chat_id=chat_id)
    return photo


async def shows_albums(bot: Bot) -> None:
    await bot.services.chats.meet(bot.application.bot.id, GROUP, "supergroup")
    await bot.services.chats.set(bot.application.bot.id, GROUP, pictures="album")


async def test_a_reply_to_a_photo_starts_from_the_photo(bot: Bot) -> None:
    await bot.fill_gallery("red", "violet", "green")
    await shows_albums(bot)
    photo = await photo_in(bot, "red")
    sent = await bot.chat.send_text("/find a blue wall", reply_to=photo, chat_id=GROUP)
    answer = await bot.chat.wait_for(is_text, after=sent)
    assert answer["text"] == (
        "Your photo, moved toward: a blue wall\nI imagined: a red wall\n\n"
        "For your words alone, send /find without replying to a photo.\n\nThe most similar photos:"
    )
    # red and blue together are violet: the photo and the words alike count
    assert shown(await bot.chat.wait_for_all(is_photo, 3, after=sent)) == ["violet", "red", "green"]
    assert buttons(answer) == ["More like this", "More like the …"]
    await until(lambda: not bot.services.pressing)
    assert await toast(bot.chat, await bot.chat.press(answer, "More like this")) == notes.no_more_alike()


@pytest.mark.parametrize(
    "text", ["/find photo - red + green", "/find -red +green", "/find@onenet_local_bot - red + green"]
)
async def test_words_are_added_and_taken_away(bot: Bot, text: str) -> None:
    await bot.fill_gallery("red", "green")
    await shows_albums(bot)
    photo = await photo_in(bot, "red")
    sent = await bot.chat.send_text(text, reply_to=photo, chat_id=GROUP)
    answer = await bot.chat.wait_for(is_text, after=sent)
    assert answer["text"].startswith("Your photo, with words added and taken away: ")
    assert "I imagined: a green wall" in answer["text"]
    assert shown(await bot.chat.wait_for_all(is_photo, 1, after=sent))[0] == "green"


async def test_they_are_about_the_photo_that_they_stand_under_too(bot: Bot) -> None:
    [sent] = await bot.chat.send_photos([jpeg("red")], caption="/find photo - red + blue")
    answer = await bot.chat.wait_for(is_text, after=sent)
    assert "I imagined: a blue wall" in answer["text"]


async def test_a_description_under_a_photo_is_about_the_words_alone_and_says_what_else_there_is(
    bot: Bot,
) -> None:
    await bot.fill_gallery("red", "blue")
    [sent] = await bot.chat.send_photos([jpeg("red")], caption="/find a blue wall")
    text = (await bot.chat.wait_for(is_text, after=sent))["text"]
    assert text.startswith("You wrote: a blue wall\nI imagined: a blue wall")
    assert "To change the photo by your words, reply to it with /find and the words." in text
    assert "Your photo" not in text


@pytest.mark.parametrize("chat_id", [PRIVATE, GROUP])
async def test_a_reply_to_the_caption_of_a_photo_is_about_the_photo(bot: Bot, chat_id: int) -> None:
    await bot.fill_gallery("red", "violet", "green")
    await shows_albums(bot)
    [photo] = await bot.chat.send_photos([jpeg("red")], caption="/caption", chat_id=chat_id)
    caption = await bot.chat.wait_for(is_text, after=photo)

    async def answer_to(text: str) -> tuple[str, list[str]]:
        await all_answered(bot)
        sent = await bot.chat.send_text(text, reply_to=caption, chat_id=chat_id)
        answer = await bot.chat.wait_for(is_text, after=sent)
        found = await bot.chat.wait_for_all(is_photo, 2, after=sent)
        return answer["text"], [photo["caption"].split()[-1].removesuffix(".jpg") for photo in found]

    text, found = await answer_to("/find a blue wall")
    assert text.startswith("Your photo, moved toward: a blue wall\nI imagined: a red wall")
    assert found[0] == "violet"
    text, found = await answer_to("/find photo - red + green")
    assert text.startswith("Your photo, with words added and taken away: ")
    assert found[0] == "green"
    for command in ("/find", "/similar"):
        text, found = await answer_to(command)
        assert (text, found[0]) == (notes.most_alike(), "red")


async def test_a_reply_to_found_photos_or_to_what_tells_of_them_asks_anew(bot: Bot) -> None:
    await bot.fill_gallery("red", "violet", "green")
    [photo] = await bot.chat.send_photos([jpeg("red")])
    await bot.chat.wait_for_all(is_photo, 3, after=photo)
    sent = await bot.chat.send_text("/find a blue wall", reply_to=photo)
    changed = await bot.chat.wait_for(is_text, after=sent)
    await all_answered(bot)
    sent = await bot.chat.send_text("/find a green wall", reply_to=changed)
    described = await bot.chat.wait_for(is_text, after=sent)
    assert described["text"].startswith("You wrote: a green wall")
    await all_answered(bot)
    sent = await bot.chat.send_text("/find red", reply_to=described)
    assert (await bot.chat.wait_for(is_text, after=sent))["text"].startswith("You wrote: red")


async def test_a_photo_is_forgotten_with_what_was_found_from_its_caption(bot: Bot) -> None:
    await bot.fill_gallery("red", "violet")
    [photo] = await bot.chat.send_photos([jpeg("red")])
    caption = await bot.chat.wait_for(is_text, after=photo)
    sent = await bot.chat.send_text("/find a blue wall", reply_to=caption)
    changed = await bot.chat.wait_for(is_text, after=sent)
    await all_answered(bot)
    await bot.chat.send_text("/forget", reply_to=photo)
    await all_answered(bot)
    assert await toast(bot.chat, await bot.chat.press(changed, "More like this")) == notes.forgotten()


async def test_without_a_photo_there_is_nothing_to_add_to(bot: Bot) -> None:
    sent = await bot.chat.send_text("/find photo - red + blue")
    assert (await bot.chat.wait_for(is_text, after=sent))["text"] == replies.which_photo()
    sent = await bot.chat.send_text("/find a red wall", reply_to=sent)  # a reply to a text is none to a photo
    assert (await bot.chat.wait_for(is_text, after=sent))["text"].startswith("You wrote: a red wall")


async def test_without_words_a_reply_still_finds_photos_like_the_photo(bot: Bot) -> None:
    await bot.fill_gallery("red", "green")
    photo = await photo_in(bot, "green")
    sent = await bot.chat.send_text("/find", reply_to=photo, chat_id=GROUP)
    found = await bot.chat.wait_for(is_photo, after=sent)
    assert found["caption"].startswith(notes.most_alike())


async def test_words_that_cannot_be_used_and_an_empty_gallery_are_told(bot: Bot) -> None:
    photo = await photo_in(bot, "green")
    sent = await bot.chat.send_text("/find zeppelin", reply_to=photo, chat_id=GROUP)
    assert (await bot.chat.wait_for(is_text, after=sent))["text"].startswith(
        "I never read any of these words."
    )
    sent = await bot.chat.send_text("/find red zeppelin", reply_to=photo, chat_id=GROUP)
    answer = await bot.chat.wait_for(is_text, after=sent)
    assert "I never read “zeppelin”, so I left that out." in answer["text"]
    assert notes.none_alike() in answer["text"]
    assert "There are no photos to search yet." in answer["text"]
    assert buttons(answer) == []


async def test_a_reply_to_a_numbered_picture_of_many_photos_asks_anew(bot: Bot) -> None:
    await bot.fill_gallery("red", "blue")
    sent = await bot.chat.send_text("/find red", chat_id=GROUP)
    sheet = await bot.chat.wait_for(is_photo, after=sent)
    assert buttons(sheet)[:2] == ["1", "2"]
    sent = await bot.chat.send_text("/find blue", reply_to=sheet, chat_id=GROUP)
    assert (await bot.chat.wait_for(is_photo, after=sent))["caption"].startswith("You wrote: blue")
