"""A chat's own photos over HTTP: remembered, found, exported; on and off."""

import base64
import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.features.privacy import texts as replies
from bot.features.privacy.export import _TABLES as EXPORTED
from bot.features.privacy.export import export
from bot.memory import texts as memory_texts
from bot.memory.links import link_to
from bot.memory.memory import ERASE_AFTER_S
from bot.memory.table import PhotoMessage, RememberedPhoto
from bot.store.keys import ChatKey
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
    toast,
    until,
)
from tests.bot.database_file import execute
from tests.bot.fake_engine import FakeEngine
from tests.bot.local_chat import GROUP, PRIVATE, Json, LocalChat


@pytest.fixture
def remembers() -> bool:
    return True


async def ask(bot: Bot, text: str, **details: Any) -> Json:
    """Write something and give the first text of the answer."""
    sent = await bot.chat.send_text(text, **details)
    return await bot.chat.wait_for(is_text, after=sent, timeout_s=20)


async def photo_answered(bot: Bot, colour: str, size: tuple[int, int] = (64, 48)) -> Json:
    """Send a photo to the private chat and wait for its caption; the message that was sent."""
    before = await counted(bot, PRIVATE)
    [sent] = await bot.chat.send_photos([jpeg(colour, size)])
    await bot.chat.wait_for(lambda m: "wall" in m.get("text", ""), after=sent, timeout_s=20)
    if before == 0 and await counted(bot, PRIVATE) == 1:
        await bot.chat.wait_for(lambda m: m.get("text") == memory_texts.first_photo(), after=sent)
    await until(lambda: bot.application.update_processor.current_concurrent_updates == 0)
    return sent


async def remembering_group(
    bot: Bot, *members: int, kind: Any = "supergroup", pictures: str = "album"
) -> int:
    group = await greeted_group(bot, "Friends of walls", kind=kind, members=members)
    sent = await bot.chat.send_text("/memory on", chat_id=group)
    await bot.chat.wait_for(lambda m: "From now on I remember" in m.get("text", ""), after=sent)
    await bot.services.chats.set(bot.chat.bot_id, group, pictures=pictures)
    return group


async def counted(bot: Bot, chat_id: int) -> int:
    return await bot.services.memory.photos.count(ChatKey(bot.chat.bot_id, chat_id))


async def unread(bot: Bot) -> int:
    return len(await bot.services.memory.photos.unread(bot.chat.bot_id, 99))


async def kept_unread(bot: Bot, count: int) -> None:
    async def is_so() -> bool:
        return await unread(bot) == count

    await until(is_so)


async def settled(bot: Bot, chat_id: int, count: int) -> None:
    """Wait until a chat's photos are remembered and read."""

    async def is_so() -> bool:
        return (await counted(bot, chat_id), await unread(bot)) == (count, 0)

    await until(is_so)


async def test_in_private_photos_are_remembered_and_the_first_one_says_so(bot: Bot) -> None:
    assert "I remember your photos here" in (await ask(bot, "/start"))["text"]
    [sent] = await bot.chat.send_photos([jpeg("red")])
    texts = [m["text"] for m in await bot.chat.wait_for_all(is_text, 2, after=sent)]
    assert texts == ["A red wall", memory_texts.first_photo()]
    assert "/memory off" in texts[1]
    await photo_answered(bot, "green")
    assert memory_texts.first_photo() not in [m.get("text") for m in (await bot.chat.messages())[-2:]]
    assert "So far I know 2 photos." in (await ask(bot, "/memory"))["text"]


async def test_find_sends_own_photos_as_replies_to_them_before_the_gallerys(bot: Bot) -> None:
    await bot.fill_gallery("red", "pink")
    own = await photo_answered(bot, "dark red")
    sent = await bot.chat.send_text("/find red")
    photos = await bot.chat.wait_for_all(is_photo, 3, after=sent)
    assert photos[0]["reply_to_message"]["message_id"] == own["message_id"]
    assert re.fullmatch(r"0\.93 From this chat, \d{4}-\d\d-\d\d: a red wall", photos[0]["caption"])
    assert photos[0]["photo"][-1]["file_unique_id"] == own["photo"][-1]["file_unique_id"]
    assert [photo["caption"].split()[-1] for photo in photos[1:]] == ["red.jpg", "pink.jpg"]


async def test_own_photos_are_found_without_any_gallery(bot: Bot) -> None:
    await photo_answered(bot, "red")
    sent = await bot.chat.send_text("/find red")
    answer = await bot.chat.wait_for(is_text, after=sent)
    assert buttons(answer) == ["More like this", "More like the …"]
    assert answer["text"] == "You wrote: red\nI imagined: a red wall"
    assert "From this chat" in (await bot.chat.wait_for(is_photo, after=sent))["caption"]


async def test_a_photo_is_no_answer_to_itself(bot: Bot) -> None:
    first = await photo_answered(bot, "red")
    [sent] = await bot.chat.send_photos([jpeg("pink")])
    photo = await bot.chat.wait_for(is_photo, after=sent)
    assert photo["reply_to_message"]["message_id"] == first["message_id"]
    await until(lambda: not bot.services.pressing)
    photos = [m for m in await bot.chat.messages() if is_photo(m) and m["from"]["is_bot"]]
    assert len(photos) == 1


async def test_more_like_this_goes_through_own_and_gallery_without_repeats(
    chat: LocalChat, tmp_path: Path
) -> None:
    async with running_bot(chat, tmp_path / "data", matches=2, remembers=True) as bot:
        await bot.fill_gallery("red", "pink", "violet")
        for colour in ("dark red", "green", "pink"):
            await photo_answered(bot, colour)
        sent = await chat.send_text("/find red")
        answer = await chat.wait_for(is_text, after=sent)
        for count in (2, 4, 6):
            await chat.wait_for_all(is_photo, count, after=sent)
            await until(lambda: bot.application.update_processor.current_concurrent_updates == 0)
            await chat.press(answer, "More like this")
        photos = await chat.wait_for_all(is_photo, 6, after=sent)
        where = ["own" if "this chat" in photo["caption"] else "gallery" for photo in photos]
        assert where == ["own", "own", "gallery", "gallery", "gallery", "own"]  # green comes last
        assert len({photo["photo"][-1]["file_unique_id"] for photo in photos}) >= 5


async def test_nothing_fits_well_counts_own_photos(bot: Bot) -> None:
    await photo_answered(bot, "green")
    assert "fits this well" in (await ask(bot, "/find red"))["text"]
    await photo_answered(bot, "red")
    assert "fits this well" not in (await ask(bot, "/find red"))["text"]


async def test_a_file_comes_back_as_a_file(bot: Bot) -> None:
    sent = await bot.chat.send_document(jpeg("red", image_format="PNG"), "wall.png")
    await bot.chat.wait_for(lambda m: "wall" in m.get("text", ""), after=sent)
    asked = await bot.chat.send_text("/find red")
    found = await bot.chat.wait_for(lambda m: "document" in m, after=asked)
    assert found["document"]["file_unique_id"] == sent["document"]["file_unique_id"]
    assert found["reply_to_message"]["message_id"] == sent["message_id"]


async def test_of_an_own_photo_that_can_no_longer_be_sent_the_message_is_pointed_to(bot: Bot) -> None:
    await bot.fill_gallery("pink")
    own = await photo_answered(bot, "red")
    bot.chat.server.faults.add("sendPhoto", status=400, description="Bad Request: wrong file identifier")
    sent = await bot.chat.send_text("/find red")
    photos = await bot.chat.wait_for_all(is_photo, 1, after=sent)
    assert photos[0]["caption"].endswith("pink.jpg")
    pointer = await bot.chat.wait_for(lambda m: "From this chat" in m.get("text", ""), after=sent)
    assert pointer["reply_to_message"]["message_id"] == own["message_id"]


async def test_another_persons_chat_finds_nothing_of_it(bot: Bot) -> None:
    await photo_answered(bot, "red")
    other = await bot.chat.new_person()
    sent = await bot.chat.send_text("/find red", chat_id=other)
    answer = await bot.chat.wait_for(is_text, after=sent)
    assert buttons(answer) == []
    group = await remembering_group(bot)
    answer = await ask(bot, "/find red", chat_id=group)
    assert buttons(answer) == []
    assert [m for chat in (other, group) for m in await bot.chat.messages(chat) if is_photo(m)] == []


async def test_memory_off_in_private_remembers_no_more_and_keeps_or_forgets(bot: Bot) -> None:
    await photo_answered(bot, "red")
    answer = await ask(bot, "/memory off")
    assert buttons(answer) == ["Keep them", "Forget everything"]
    await photo_answered(bot, "green")
    assert await counted(bot, PRIVATE) == 1
    await toast(bot.chat, await bot.chat.press(answer, "Forget everything"))
    assert await counted(bot, PRIVATE) == 0
    assert "I remember no new photos" in (await ask(bot, "/memory"))["text"]
    assert buttons(await ask(bot, "/memory off")) == []


async def test_a_group_is_not_remembered_until_an_admin_says_so(bot: Bot) -> None:
    person = await bot.chat.new_person()
    group = await greeted_group(bot, "Friends of walls", members=[person])
    [photo] = await bot.chat.send_photos([jpeg("red")], chat_id=group)
    assert await is_silent_about(bot, photo)
    answer = await ask(bot, "/memory on", chat_id=group, sender=person)
    assert answer["text"] == replies.only_admins()
    assert await counted(bot, group) == 0
    await ask(bot, "/memory on", chat_id=group)
    [photo] = await bot.chat.send_photos([jpeg("red")], chat_id=group, sender=person)
    assert await is_silent_about(bot, photo)
    await settled(bot, group, 1)
    assert "So far I know 1 photo." in (await ask(bot, "/memory", chat_id=group, sender=person))["text"]


async def test_in_a_supergroup_own_photos_come_with_links_as_one_album(bot: Bot) -> None:
    group = await remembering_group(bot)
    sent = [(await bot.chat.send_photos([jpeg(colour)], chat_id=group))[0] for colour in ("red", "pink")]
    await settled(bot, group, 2)
    asked = await bot.chat.send_text("/find red", chat_id=group)
    photos = await bot.chat.wait_for_all(is_photo, 2, after=asked)
    assert len({photo["media_group_id"] for photo in photos}) == 1
    links = [photo["caption_entities"][1]["url"] for photo in photos]
    number = str(group).removeprefix("-100")
    assert links == [f"https://t.me/c/{number}/{message['message_id']}" for message in sent]


async def test_in_a_basic_group_own_photos_reply_to_their_messages(bot: Bot) -> None:
    group = await remembering_group(bot, kind="group")
    [sent] = await bot.chat.send_photos([jpeg("red")], chat_id=group)
    await settled(bot, group, 1)
    asked = await bot.chat.send_text("/find red", chat_id=group)
    photo = await bot.chat.wait_for(is_photo, after=asked)
    assert photo["reply_to_message"]["message_id"] == sent["message_id"]


async def test_a_copy_gets_a_reply_that_points_to_the_earlier_photo(bot: Bot) -> None:
    group = await remembering_group(bot)
    [first] = await bot.chat.send_photos([jpeg("red")], chat_id=group)
    await settled(bot, group, 1)
    [copy] = await bot.chat.send_photos([jpeg("red", (80, 60))], chat_id=group)
    note = await bot.chat.wait_for(is_text, after=copy)
    assert note["text"].startswith("Seen here before, on ")
    assert note["reply_to_message"]["message_id"] == copy["message_id"]
    assert note["entities"][0]["url"].endswith(f"/{first['message_id']}")


async def test_seen_before_can_be_turned_off_and_is_silent_in_quiet_hours(bot: Bot) -> None:
    group = await remembering_group(bot)
    chats, key = bot.services.chats, (bot.chat.bot_id, group)
    await bot.chat.send_photos([jpeg("red")], chat_id=group)
    await settled(bot, group, 1)
    await chats.set(*key, seen_before=False)
    await bot.chat.send_photos([jpeg("red")], chat_id=group)
    await settled(bot, group, 2)
    await chats.set(*key, seen_before=True, zone="UTC", quiet_begin=0, quiet_end=24 * 60)
    [copy] = await bot.chat.send_photos([jpeg("red")], chat_id=group)
    await settled(bot, group, 3)
    assert await is_silent_about(bot, copy)


async def test_in_private_the_reply_is_to_the_earlier_photo(bot: Bot) -> None:
    first = await photo_answered(bot, "red")
    copy = await photo_answered(bot, "red", (80, 60))
    note = await bot.chat.wait_for(lambda m: "once more" in m.get("text", ""), after=copy)
    assert note["reply_to_message"]["message_id"] == first["message_id"]
    again = await bot.chat.send_text("/caption", reply_to=copy)  # it is known: nothing new to point to
    await bot.chat.wait_for(is_text, after=again)
    await ask(bot, "/help")
    texts = [m.get("text", "") for m in await bot.chat.messages() if m["message_id"] > again["message_id"]]
    assert not [text for text in texts if "once more." in text]


async def test_a_migrated_group_keeps_its_memory_but_no_links_into_the_old_chat(bot: Bot) -> None:
    group = await remembering_group(bot, kind="group")
    await bot.chat.send_photos([jpeg("red")], chat_id=group)
    await settled(bot, group, 1)
    new = await bot.chat.migrate(group)
    await settled(bot, new, 1)
    asked = await bot.chat.send_text("/find red", chat_id=new)
    photo = await bot.chat.wait_for(is_photo, after=asked)
    assert "From this chat" in photo["caption"]
    assert [entity["type"] for entity in photo["caption_entities"]] == ["bold"]
    assert photo["reply_to_message"]["message_id"] == asked["message_id"]
    assert "I remember the photos of this chat." in (await ask(bot, "/memory", chat_id=new))["text"]


async def test_privacy_says_what_is_kept(bot: Bot) -> None:
    await photo_answered(bot, "red")
    text = (await ask(bot, "/privacy"))["text"]
    for part in ("300 numbers", "1 photo", "30 days", "/forget everything", "/export", "/memory off"):
        assert part in text


async def test_export_gives_everything_of_this_chat_alone(bot: Bot) -> None:
    await photo_answered(bot, "red")
    other = await bot.chat.new_person()
    [sent] = await bot.chat.send_photos([jpeg("green")], chat_id=other)
    await bot.chat.wait_for(is_text, after=sent)
    asked = await bot.chat.send_text("/export")
    file = await bot.chat.wait_for(lambda m: "document" in m, after=asked)
    assert file["document"]["file_name"] == "chat-1.json"
    content = json.loads(await bot.chat.file(file["document"]["file_id"]))
    [photo] = content["photos"]
    [answer] = content["answers"]
    assert "base64" in content["representations"]
    numbers = np.frombuffer(base64.b64decode(photo["representation"]), "<f4")
    np.testing.assert_allclose(numbers, FakeEngine().imagine("red").representation, atol=0.02)
    assert (photo["caption"], answer["captions"][0]) == ("a red wall", "a red wall")
    assert {row["chat_id"] for row in (photo, answer, content["chat"])} == {PRIVATE}


async def test_export_leaves_out_no_table_that_names_the_chat_or_its_person(bot: Bot) -> None:
    await photo_answered(bot, "red")
    await bot.services.chats.set_language(bot.chat.bot_id, PRIVATE, "de")
    parts = [part async for part in export(bot.services.database, ChatKey(bot.chat.bot_id, PRIVATE))]
    content = json.loads(parts[0].content)
    assert [row["language"] for row in content["languages"]] == ["de"]
    assert len(content["fingerprints"]) == 1
    query = """SELECT DISTINCT tables.name FROM sqlite_master AS tables, pragma_table_info(tables.name) AS own
               WHERE tables.type = 'table' AND own.name IN ('chat_id', 'user_id')"""
    known = {str(row[0]) for row in await bot.services.database.rows(query, ())}
    exported = {table for table, *_ in EXPORTED.values()}
    assert known - exported == {"chats", "broadcast_chats"}  # the head of the file; what the owner sends


async def test_a_long_export_comes_in_files_of_bounded_size(bot: Bot) -> None:
    for colour in ("red", "green", "blue"):
        await photo_answered(bot, colour)
    chat = ChatKey(bot.chat.bot_id, PRIVATE)
    parts = [part async for part in export(bot.services.database, chat, part_bytes=2000)]
    assert [part.number for part in parts] == list(range(1, len(parts) + 1))
    assert len(parts) > 2
    photos = [photo["caption"] for part in parts for photo in json.loads(part.content)["photos"]]
    assert photos == ["a red wall", "a green wall", "a blue wall"]
    assert sum(part.photos for part in parts) == 3


async def test_only_admins_export_a_group(bot: Bot) -> None:
    person = await bot.chat.new_person()
    group = await greeted_group(bot, "Friends of walls", members=[person])
    assert (await ask(bot, "/export", chat_id=group, sender=person))["text"] == replies.only_admins()
    asked = await bot.chat.send_text("/export", chat_id=group)
    await bot.chat.wait_for(lambda m: "document" in m, after=asked)


async def test_after_a_change_of_the_network_photos_are_read_again(
    chat: LocalChat, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Other(FakeEngine):
        fingerprint = "other"

    caplog.set_level("INFO")
    async with running_bot(chat, tmp_path / "data", remembers=True) as bot:
        for colour in ("red", "green"):
            await photo_answered(bot, colour)
    lost = "UPDATE remembered_photos SET read_file_id = 'gone' WHERE caption = 'a green wall'"
    await execute(bot.services.database.path, lost)
    async with running_bot(chat, tmp_path / "data", Other(), remembers=True) as bot:
        await until(lambda: "Read 1 remembered photos again" in caplog.text, timeout_s=20)
        assert "1 can no longer be found" in caplog.text
        sent = await chat.send_text("/find red")
        assert "From this chat" in (await chat.wait_for(is_photo, after=sent))["caption"]
        assert await counted(bot, PRIVATE) == 2  # kept, though not found
        asked_for = len(bot.requests("getFile"))
    async with running_bot(chat, tmp_path / "data", Other(), remembers=True) as bot:
        await ask(bot, "/help")
        assert len(bot.requests("getFile")) == asked_for  # neither the read one nor the lost one


@pytest.mark.parametrize("kind", ["sticker", "video", "animation"])
async def test_what_is_no_photo_comes_back_as_what_it_is(bot: Bot, kind: str) -> None:
    group = await remembering_group(bot)
    content = jpeg("red", image_format="WEBP") if kind == "sticker" else b"moving"
    sent = await getattr(bot.chat, f"send_{kind}")(content, chat_id=group, thumbnail=jpeg("red"))
    await bot.chat.send_text("/caption", chat_id=group, reply_to=sent)
    await settled(bot, group, 1)
    asked = await bot.chat.send_text("/find red", chat_id=group)
    found = await bot.chat.wait_for(lambda m: kind in m, after=asked)
    assert found[kind]["file_unique_id"] == sent[kind]["file_unique_id"]
    link = f"https://t.me/c/{str(group).removeprefix('-100')}/{sent['message_id']}"
    if kind == "sticker":
        assert found["reply_markup"]["inline_keyboard"][0][0]["url"] == link
    else:
        assert found["caption_entities"][1]["url"] == link


async def test_own_photos_are_on_a_numbered_picture_too_and_each_is_had_by_its_button(bot: Bot) -> None:
    await bot.fill_gallery("pink")
    group = await remembering_group(bot, pictures="sheet")
    [sent] = await bot.chat.send_photos([jpeg("red")], chat_id=group)
    await settled(bot, group, 1)
    asked = await bot.chat.send_text("/find red", chat_id=group)
    sheet = await bot.chat.wait_for(is_photo, after=asked)
    assert re.search(
        r"1\. 1\.00 From this chat, \d{4}-\d\d-\d\d: a red wall\n2\. .*pink.jpg", sheet["caption"]
    )
    assert buttons(sheet) == ["1", "2", "More like this", "More like the …"]
    await bot.chat.press(sheet, "1")
    own = await bot.chat.wait_for(is_photo, after=sheet)
    assert own["photo"][-1]["file_unique_id"] == sent["photo"][-1]["file_unique_id"]
    assert own["caption_entities"][1]["url"].endswith(f"/{sent['message_id']}")
    await ask(bot, "/forget", chat_id=group, reply_to=sent)
    said = await toast(bot.chat, await bot.chat.press(sheet, "1"))
    assert said == "That photo is no longer there."


async def test_an_album_is_remembered_and_pointed_out_once_when_it_comes_again(bot: Bot) -> None:
    photos = [jpeg("red"), jpeg("green")]
    sent = await bot.chat.send_photos(photos)
    texts = [m["text"] for m in await bot.chat.wait_for_all(is_text, 2, after=sent[-1])]
    assert texts[0].startswith("1. A red wall\n2. A green wall")
    assert texts[1] == memory_texts.first_photo()
    await settled(bot, PRIVATE, 2)
    copies = await bot.chat.send_photos(photos)
    await bot.chat.wait_for(lambda m: "once more" in m.get("text", ""), after=copies[-1])
    await ask(bot, "/help")
    said = [
        m.get("text", "") for m in await bot.chat.messages() if m["message_id"] > copies[-1]["message_id"]
    ]
    assert len([text for text in said if "once more." in text]) == 1


async def test_an_album_that_nobody_asked_about_is_remembered(bot: Bot) -> None:
    group = await remembering_group(bot)
    sent = await bot.chat.send_photos([jpeg("red"), jpeg("green")], chat_id=group)
    await settled(bot, group, 2)
    assert await is_silent_about(bot, sent[-1])


@pytest.mark.parametrize(
    "words",
    [
        "/find a green wall",
        "/similar dog",
        "/analogy man men woman",
        "/odd cat dog man",
        "/walk cat puppy",
        "/dream a red wall",
        "/help",
    ],
)
async def test_a_photo_above_words_about_something_else_is_remembered(bot: Bot, words: str) -> None:
    await bot.chat.send_photos([jpeg("red")], caption=words)
    await settled(bot, PRIVATE, 1)


@pytest.mark.parametrize(
    "words", ["/find a green wall", "/similar dog", "/find photo - red + green", "/odd cat dog man", "/help"]
)
async def test_all_photos_of_an_album_above_words_are_remembered(bot: Bot, words: str) -> None:
    sent = await bot.chat.send_photos([jpeg("red"), jpeg("green"), jpeg("pink")], caption=words)
    await bot.chat.wait_for(is_text, after=sent[-1])
    await settled(bot, PRIVATE, 3)


async def test_an_edit_brings_no_forgotten_part_of_an_album_back(bot: Bot) -> None:
    group = await remembering_group(bot)
    parts = await bot.chat.send_photos([jpeg("red"), jpeg("green")], chat_id=group)
    await settled(bot, group, 2)
    await bot.chat.wait_for(
        is_text, after=await bot.chat.send_text("/forget", chat_id=group, reply_to=parts[1])
    )
    assert await counted(bot, group) == 1
    await bot.chat.edit(parts[0], caption="ours")
    await bot.chat.wait_for(after=await bot.chat.send_text("/about", chat_id=group))
    await all_answered(bot)
    assert await counted(bot, group) == 1


async def test_a_photo_above_a_wish_to_forget_is_not_remembered(bot: Bot) -> None:
    first = await photo_answered(bot, "red")
    [sent] = await bot.chat.send_photos([jpeg("green")], caption="/forget", reply_to=first)
    await bot.chat.wait_for(lambda m: "Forgotten: 1 photo" in m.get("text", ""), after=sent)
    await until(lambda: bot.services.inbox.open_updates == 0)
    assert await counted(bot, PRIVATE) == 0
    [sent] = await bot.chat.send_photos([jpeg("green")], caption="/memory off")
    await bot.chat.wait_for(is_text, after=sent)
    await until(lambda: bot.services.inbox.open_updates == 0)
    assert await counted(bot, PRIVATE) == 0


async def test_a_photo_is_answered_though_it_cannot_be_remembered(
    bot: Bot, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(bot.services.memory.photos, "add", full)
    [sent] = await bot.chat.send_photos([jpeg("red")])
    assert (await bot.chat.wait_for(is_text, after=sent))["text"] == "A red wall"
    assert "could not be remembered: database or disk is full" in caplog.text


async def test_a_photo_that_nobody_asked_about_and_cannot_be_remembered_stays_without_a_word(
    bot: Bot, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def locked(*_: object) -> None:
        raise sqlite3.OperationalError("database is locked")

    group = await remembering_group(bot)
    monkeypatch.setattr(bot.services.memory.photos, "add", locked)
    [sent] = await bot.chat.send_photos([jpeg("red")], chat_id=group)
    assert await is_silent_about(bot, sent)
    assert "could not be remembered: database is locked" in caplog.text


async def test_quiet_photos_wait_for_a_server_that_fails(bot: Bot) -> None:
    bot.services.memory_keeper._reading._retry_s = 0.05
    group = await remembering_group(bot)
    for _ in range(3):
        bot.chat.server.faults.drop("getFile")
    await bot.chat.send_photos([jpeg("red")], chat_id=group)
    await settled(bot, group, 1)


async def test_a_quiet_photo_that_cannot_be_read_is_given_up(bot: Bot) -> None:
    group = await remembering_group(bot)
    await bot.chat.send_photos([jpeg("red", (13, 13))], chat_id=group)
    await bot.chat.send_photos([jpeg("green")], chat_id=group)
    await settled(bot, group, 1)


async def test_quiet_photos_are_read_after_a_restart(chat: LocalChat, tmp_path: Path) -> None:
    async with running_bot(chat, tmp_path / "data", remembers=True) as bot:
        group = await remembering_group(bot)
        await bot.services.memory_keeper.stop()
        [photo] = await chat.send_photos([jpeg("red")], chat_id=group)
        assert await is_silent_about(bot, photo)
        await kept_unread(bot, 1)
    async with running_bot(chat, tmp_path / "data", remembers=True) as bot:
        await settled(bot, group, 1)


async def test_chats_left_long_ago_are_erased_at_the_start(chat: LocalChat, tmp_path: Path) -> None:
    async with running_bot(chat, tmp_path / "data", remembers=True) as bot:
        await photo_answered(bot, "red")
        await bot.services.chats.leave(chat.bot_id, PRIVATE)
    long_ago = "UPDATE chats SET left_at = left_at - ?"
    await execute(bot.services.database.path, long_ago, (ERASE_AFTER_S + 60,))
    async with running_bot(chat, tmp_path / "data", remembers=True) as bot:
        await settled(bot, PRIVATE, 0)


@pytest.mark.parametrize(
    ("chat_id", "sent_in", "username", "link"),
    [
        (-1001234567890, -1001234567890, None, "https://t.me/c/1234567890/7"),
        (-1001234567890, -1001234567890, "walls", "https://t.me/walls/7"),
        (-1001234567890, -4321, None, ""),
        (-4321, -4321, None, ""),
        (1001, 1001, None, ""),
    ],
)
def test_links_to_messages(chat_id: int, sent_in: int, username: str | None, link: str) -> None:
    message = PhotoMessage(7, 5, "photo", "id", "unique", "id", 0.0)
    assert link_to(RememberedPhoto(1, ChatKey(77, chat_id), sent_in, message, ""), username) == link


async def test_the_default_group_is_not_remembered(bot: Bot) -> None:
    [photo] = await bot.chat.send_photos([jpeg("red")], chat_id=GROUP, caption="@onenet_local_bot")
    await bot.chat.wait_for(is_text, after=photo)
    assert await counted(bot, GROUP) == 0
