"""What is covered in a chat stays so, what must not be sent on is not, and replies stay in their topic."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from telegram import Message, Update

from bot.memory.remembering import photo_message
from bot.memory.table import PhotoMessage
from bot.messages.incoming import read_message
from bot.photos.sending import blurred
from bot.search.pictures import PROTECTED
from bot.store.keys import ChatKey
from tests.bot.conftest import COLOURS, Bot, all_answered, is_photo, is_text, jpeg
from tests.bot.features.privacy.test_memory import photo_answered, remembering_group, settled
from tests.bot.local_chat import GROUP, PRIVATE, Json

CHAT = {"id": GROUP, "type": "supergroup", "title": "Friends", "is_forum": True}
PHOTO = [{"file_id": "id", "file_unique_id": "unique", "width": 90, "height": 90}]
TOPIC = {"message_thread_id": 7, "is_topic_message": True}


@pytest.fixture
def remembers() -> bool:
    return True


async def mark(bot: Bot, column: str, chat_id: int = PRIVATE) -> None:
    await bot.services.database.write(
        f"UPDATE remembered_photos SET {column} = 1 WHERE chat_id = ?", (chat_id,)
    )


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {}),
        ({"has_media_spoiler": True}, {"is_spoiler": True}),
        ({"has_protected_content": True}, {"is_protected": True}),
        (TOPIC, {"thread": 7}),
    ],
)
async def test_how_a_photo_stands_in_its_chat_is_remembered(
    bot: Bot, fields: dict[str, Any], expected: dict[str, Any]
) -> None:
    message = {"message_id": 9, "date": 1, "chat": CHAT, "photo": PHOTO, "from": {"id": 5, "is_bot": False}}
    sender = {"id": 5, "is_bot": False, "first_name": "Ann"}
    read = read_message(Message.de_json({**message, "from": sender, **fields}, bot.application.bot))
    sent = photo_message(read)
    assert sent == PhotoMessage(9, 5, "photo", "id", "unique", "id", 1.0, "", **expected)
    key = ChatKey(bot.chat.bot_id, GROUP)
    photos = bot.services.memory.photos
    await photos.add(key, sent, None)
    [kept] = await photos.at(key, 9)
    assert kept.message == sent


async def found(bot: Bot, text: str, chat_id: int = PRIVATE) -> list[Json]:
    asked = await bot.chat.send_text(text, chat_id=chat_id)
    await bot.chat.wait_for(after=asked)
    await all_answered(bot)
    messages = await bot.chat.messages(chat_id, after=asked["message_id"])
    return [message for message in messages if is_photo(message)]


@pytest.mark.parametrize("count", [1, 2])
async def test_a_spoiler_comes_back_covered(bot: Bot, count: int) -> None:
    """Alone, in private as a reply, and in an album of a supergroup."""
    group = await remembering_group(bot)
    for colour in ("red", "pink")[:count]:  # alike, but no copies of one photo
        await bot.chat.send_photos([jpeg(colour)], chat_id=group)
    await settled(bot, group, count)
    await mark(bot, "is_spoiler", group)
    photos = await found(bot, "/find red", group)
    assert [photo.get("has_media_spoiler") for photo in photos] == [True] * count
    await photo_answered(bot, "red")
    await mark(bot, "is_spoiler")
    [photo] = await found(bot, "/find red")
    assert photo["has_media_spoiler"] is True


async def test_a_spoiler_is_blurred_where_pictures_are_put_together(bot: Bot) -> None:
    group = await remembering_group(bot, pictures="sheet")
    halves = Image.new("RGB", (400, 400), COLOURS["red"])
    halves.paste(COLOURS["blue"], (0, 0, 400, 40))  # fine enough to be lost
    content = io.BytesIO()
    halves.save(content, "PNG")
    await bot.chat.send_photos([content.getvalue()], chat_id=group)
    await settled(bot, group, 1)

    async def bluest(messages: list[Json]) -> int:
        [message] = messages
        sheet = Image.open(io.BytesIO(await bot.chat.file(message["photo"][-1]["file_id"]))).convert("RGB")
        pixels = np.asarray(sheet, dtype=int)
        return int((pixels[..., 2] - pixels[..., 0]).max())

    assert await bluest(await found(bot, "/find red", group)) > 200
    await mark(bot, "is_spoiler", group)
    assert await bluest(await found(bot, "/find red", group)) < 100


def test_nothing_is_to_be_told_of_a_blurred_picture() -> None:
    picture = Image.effect_noise((640, 480), 100).convert("RGB")
    picture.paste("white", (100, 100, 300, 140))
    colours = {colour for _, colour in blurred(picture).resize((8, 8)).getcolors(64)}  # type: ignore[union-attr]
    spread = [max(each) - min(each) for each in zip(*colours, strict=True)]
    assert max(spread) < 60


@pytest.mark.parametrize("pictures", ["album", "sheet"])
async def test_what_is_protected_is_never_sent_on(bot: Bot, pictures: str) -> None:
    await bot.fill_gallery("green")
    group = await remembering_group(bot, pictures=pictures)
    [sent] = await bot.chat.send_photos([jpeg("red")], chat_id=group)
    await settled(bot, group, 1)
    await mark(bot, "is_protected", group)
    known = sent["photo"][-1]["file_unique_id"]
    asked = await bot.chat.send_text("/find red", chat_id=group)
    photos = await found(bot, "/find pink", group) + await found(bot, "/map photos", group)
    messages = await bot.chat.messages(group, after=asked["message_id"])
    photos += [message for message in messages if is_photo(message)]
    assert not [photo for photo in photos if photo["photo"][-1]["file_unique_id"] == known]
    for photo in photos:
        content = await bot.chat.file(photo["photo"][-1]["file_id"])
        assert reddest(content) < 60 or "/map" in photo.get("reply_to_message", {}).get("text", "")
    text = next(each for each in map(words_of, messages) if "From this chat" in each)
    assert PROTECTED in text
    assert ("only point to it" in text) == (pictures == "album")
    links = [
        entity["url"]
        for message in messages
        for entity in (*message.get("entities", ()), *message.get("caption_entities", ()))
        if entity["type"] == "text_link"
    ]
    assert any(link.endswith(f"/{sent['message_id']}") for link in links)
    again = (await bot.chat.send_photos([jpeg("red")], chat_id=group))[0]
    pointer = await bot.chat.wait_for(is_text, after=again)  # where it is may be said
    assert pointer["text"].startswith("Seen here before")


def words_of(message: Json) -> str:
    return str(message.get("text") or message.get("caption") or "")


def reddest(content: bytes) -> int:
    pixels = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"), dtype=int)
    return int((pixels[..., 0] - pixels[..., 1]).max())


async def test_what_is_protected_is_replied_to_where_there_are_no_links(bot: Bot) -> None:
    sent = await photo_answered(bot, "red")
    await mark(bot, "is_protected")
    assert await found(bot, "/find red") == []
    pointer = await bot.chat.wait_for(lambda message: "only point to it" in message.get("text", ""))
    assert pointer["reply_to_message"]["message_id"] == sent["message_id"]


async def test_nor_is_what_is_protected_sent_from_a_numbered_picture(bot: Bot) -> None:
    group = await remembering_group(bot, pictures="sheet")
    await bot.chat.send_photos([jpeg("red")], chat_id=group)
    await settled(bot, group, 1)
    await mark(bot, "is_protected", group)
    [sheet] = await found(bot, "/find red", group)
    await bot.chat.press(sheet, "1")
    assert "only point to it" in (await bot.chat.wait_for(is_text, after=sheet))["text"]


@pytest.mark.parametrize("column", ["is_spoiler", "is_protected"])
async def test_inline_offers_neither(bot: Bot, column: str) -> None:
    await photo_answered(bot, "red")
    assert len(await bot.chat.inline("red")) == 1
    await mark(bot, column)
    assert await bot.chat.inline("a red") == []


@pytest.mark.parametrize("command", ["/why", "/inside"])
@pytest.mark.parametrize(
    ("fields", "sent"), [("has_media_spoiler", "has_spoiler"), ("has_protected_content", "protect_content")]
)
async def test_what_is_drawn_of_a_photo_is_sent_as_the_photo_was(
    bot: Bot, command: str, fields: str, sent: str
) -> None:
    [photo] = await bot.chat.send_photos([jpeg("red")], chat_id=GROUP)
    asked = {**photo, "message_id": 900, "caption": command, fields: True}
    update = Update.de_json({"update_id": 900, "message": asked}, bot.application.bot)
    await bot.application.update_queue.put(update)
    await bot.chat.wait_for(is_photo, chat_id=GROUP)
    [request] = bot.requests("sendPhoto")
    assert str(request[sent]).lower() == "true"


async def test_a_photo_seen_before_is_pointed_to_in_its_topic(bot: Bot) -> None:
    group = await remembering_group(bot)
    [sent] = await bot.chat.send_photos([jpeg("red")], chat_id=group)
    await settled(bot, group, 1)
    photos, key = bot.services.memory.photos, ChatKey(bot.chat.bot_id, group)
    [earlier] = await photos.at(key, sent["message_id"])
    again = PhotoMessage(
        *(sent["message_id"], 5, "photo", earlier.message.file_id, earlier.message.file_unique_id),
        *(earlier.message.read_file_id, earlier.message.sent_at + 9),
        thread=7,
    )
    remembered = await bot.services.memory.remember(key, again, None)
    assert not remembered.is_new
    [photo] = await photos.at(key, sent["message_id"])
    assert photo.message.thread == 0  # a message does not move
    other = PhotoMessage(
        *(990, 5, "photo", earlier.message.file_id, earlier.message.file_unique_id),
        *(earlier.message.read_file_id, earlier.message.sent_at + 9),
        thread=7,
    )
    new = (await bot.services.memory.remember(key, other, None)).photo
    assert await bot.services.seen_before.tell(bot.application.bot, new)
    request = bot.requests("sendMessage")[-1]
    assert int(request["message_thread_id"]) == 7
