"""What is answered in a group, and what must not be."""

from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import pytest
from telegram import Message, User

from bot.chats.chats import ChatSettings
from bot.features.caption.overhearing import should_caption
from bot.messages.incoming import Incoming, read_message
from tests.bot.conftest import Bot, buttons, is_photo, is_silent_about, jpeg
from tests.bot.local_chat import GROUP


@pytest.mark.parametrize(
    "text",
    [
        "hello everybody",
        "dog",
        "/dance",
        "/help@other_bot",
        "/similar@other_bot dog",
        "ask @onenet_local_bot2 about it",
        "me@onenet_local_bot.example",
        "our One Network is down",
        "One Networks",
        "look: /help",
    ],
)
async def test_what_is_not_said_to_the_bot_is_not_answered(bot: Bot, text: str) -> None:
    sent = await bot.chat.send_text(text, chat_id=GROUP)
    assert await is_silent_about(bot, sent)


async def test_photos_and_files_for_others_are_not_answered(bot: Bot) -> None:
    await bot.fill_gallery("red")
    [photo] = await bot.chat.send_photos([jpeg("red")], chat_id=GROUP, caption="my wall")
    assert await is_silent_about(bot, photo)
    file = await bot.chat.send_document(b"text", "notes.txt", chat_id=GROUP)
    assert await is_silent_about(bot, file)
    reply = await bot.chat.send_text("nice", chat_id=GROUP, reply_to=photo)
    assert await is_silent_about(bot, reply)
    assert bot.requests("getFile") == []


async def test_a_file_for_others_is_no_matter_even_when_the_bot_is_named(bot: Bot) -> None:
    file = await bot.chat.send_document(b"text", "a.txt", caption="@onenet_local_bot", chat_id=GROUP)
    assert await is_silent_about(bot, file)


@pytest.mark.parametrize(
    "text", ["/similar dog", "/similar@onenet_local_bot dog", "/SIMILAR@ONENET_local_bot dog"]
)
async def test_commands_are_answered(bot: Bot, text: str) -> None:
    sent = await bot.chat.send_text(text, chat_id=GROUP)
    assert (await bot.chat.wait_for(after=sent))["text"].startswith("Closest to dog:")


async def test_an_unknown_command_with_the_bots_name_is_answered(bot: Bot) -> None:
    sent = await bot.chat.send_text("/dance@onenet_local_bot", chat_id=GROUP)
    assert "/help" in (await bot.chat.wait_for(after=sent))["text"]


@pytest.mark.parametrize(
    "text",
    ["@onenet_local_bot dog", "what about dog, @OneNet_Local_Bot?", "One Network, dog", "one network: dog!"],
)
async def test_its_name_is_answered(bot: Bot, text: str) -> None:
    sent = await bot.chat.send_text(text, chat_id=GROUP)
    answer = await bot.chat.wait_for(after=sent)
    assert answer["text"].startswith("What shall I do with “")
    assert "etwork" not in answer["text"]
    assert "onenet" not in answer["text"]


async def test_a_word_said_to_it_can_be_looked_up(bot: Bot) -> None:
    sent = await bot.chat.send_text("@onenet_local_bot dog", chat_id=GROUP)
    answer = await bot.chat.wait_for(after=sent)
    assert buttons(answer) == ["Find photos of this", "Similar words"]
    await bot.chat.press(answer, "Similar words")
    assert (await bot.chat.wait_for(after=answer))["text"].startswith("Closest to dog:")


async def test_a_photo_with_its_name_is_answered(bot: Bot) -> None:
    await bot.fill_gallery("red")
    for caption in (
        "@onenet_local_bot",
        "One Network, what is this?",
        "/caption",
        "/caption@onenet_local_bot",
    ):
        [photo] = await bot.chat.send_photos([jpeg("red")], chat_id=GROUP, caption=caption)
        answer = await bot.chat.wait_for(after=photo)
        assert (answer.get("text") or answer["caption"]).startswith("A red wall")
        assert answer["reply_to_message"]["message_id"] == photo["message_id"]


async def test_a_reply_to_the_bot_is_answered(bot: Bot) -> None:
    sent = await bot.chat.send_text("/help", chat_id=GROUP)
    answer = await bot.chat.wait_for(after=sent)
    sent = await bot.chat.send_text("dog?", chat_id=GROUP, reply_to=answer)
    assert (await bot.chat.wait_for(after=sent))["text"].startswith("What shall I do with “dog?”")
    [photo] = await bot.chat.send_photos([jpeg("blue")], chat_id=GROUP, reply_to=answer)
    assert (await bot.chat.wait_for(after=photo))["text"] == "A blue wall"


@pytest.mark.parametrize(
    ("text", "to_caption", "to_photo"),
    [
        ("狗是什么颜色？", "▇", "▇"),  # noqa: RUF001
        ("ما لون الكلب؟", "▇", "▇"),
        ("这是什么？", "What shall I do with", "A red wall"),  # noqa: RUF001
        ("τι είναι αυτό\u037e", "What shall I do with", "A red wall"),
    ],
)
async def test_a_question_mark_of_any_script_makes_a_question(
    bot: Bot, text: str, to_caption: str, to_photo: str
) -> None:
    [photo] = await bot.chat.send_photos([jpeg("red")], chat_id=GROUP, caption="/caption")
    caption = await bot.chat.wait_for(after=photo)
    sent = await bot.chat.send_text(text, chat_id=GROUP, reply_to=caption)
    assert to_caption in (await bot.chat.wait_for(after=sent))["text"]
    named = await bot.chat.send_text(f"@onenet_local_bot{text}", chat_id=GROUP, reply_to=photo)
    assert to_photo in (await bot.chat.wait_for(after=named))["text"]


@pytest.mark.parametrize("text", ["haha", "so true", "👍", "dog"])
async def test_a_remark_on_an_answer_in_a_group_is_no_question(bot: Bot, text: str) -> None:
    asked = await bot.chat.send_text("/about", chat_id=GROUP)
    answer = await bot.chat.wait_for(after=asked)
    assert await is_silent_about(bot, await bot.chat.send_text(text, chat_id=GROUP, reply_to=answer))


@pytest.mark.parametrize("name", ["Cat 🐱", "Ann & Bob!", "网络", "(net)", "Réseau"])
async def test_any_name_is_recognised_where_it_begins_a_message(bot: Bot, name: str) -> None:
    me = bot.application.bot
    user = User(me.id, name, is_bot=True, username="onenet_local_bot")
    chat = {"id": GROUP, "type": "supergroup", "title": "Friends"}
    texts = {f"{name} dog": "dog", f"{name}, dog": "dog", f"{name}，狗": "狗", name: ""}  # noqa: RUF001
    for text, rest in texts.items():
        message = Message.de_json({"message_id": 1, "date": 1, "chat": chat, "text": text}, me)
        with patch.object(type(me), "first_name", user.first_name):
            read = read_message(message)
        assert read.is_named
        assert read.text == rest
    message = Message.de_json({"message_id": 1, "date": 1, "chat": chat, "text": f"{name}x dog"}, me)
    if name[-1].isalnum():
        with patch.object(type(me), "first_name", user.first_name):
            assert not read_message(message).is_named


def in_topic(bot: Bot, text: str, **fields: Any) -> Incoming:
    """Read a message of a forum topic that the bot made; such topics begin with a message of the bot's."""
    me = bot.application.bot
    chat = {"id": GROUP, "type": "supergroup", "title": "Friends", "is_forum": True}
    first = {
        **{"message_id": 7, "date": 1, "chat": chat, "message_thread_id": 7, "is_topic_message": True},
        "from": {"id": me.id, "is_bot": True, "first_name": "One Network"},
        "forum_topic_created": {"name": "Photos", "icon_color": 1},
    }
    message = {
        **{"message_id": 9, "date": 1, "chat": chat, "message_thread_id": 7, "is_topic_message": True},
        **{"text": text, "reply_to_message": first, **fields},
    }
    return read_message(Message.de_json(message, me))


async def test_what_is_written_into_a_topic_replies_to_nothing(bot: Bot) -> None:
    said = in_topic(bot, "good morning")
    assert not said.is_addressed
    assert said.thread == 7
    command = in_topic(bot, "/forget")
    assert command.command == "forget"
    assert command.replied is None


async def test_a_reply_within_a_topic_is_one(bot: Bot) -> None:
    me = bot.application.bot
    answered = {
        **{"message_id": 8, "date": 1, "chat": {"id": GROUP, "type": "supergroup", "title": "Friends"}},
        "from": {"id": me.id, "is_bot": True, "first_name": "One Network"},
        "text": "A red wall",
    }
    said = in_topic(bot, "why?", reply_to_message=answered)
    assert said.is_addressed
    assert said.replied is not None
    assert said.replied.text == "A red wall"


async def test_every_photo_command_works_as_a_reply_to_a_photo(bot: Bot) -> None:
    await bot.fill_gallery("red")
    [photo] = await bot.chat.send_photos([jpeg("blue")], chat_id=GROUP)
    for text in ("/caption", "@onenet_local_bot"):
        sent = await bot.chat.send_text(text, chat_id=GROUP, reply_to=photo)
        assert (await bot.chat.wait_for(after=sent))["text"] == "A blue wall"
    sent = await bot.chat.send_text("/similar@onenet_local_bot", chat_id=GROUP, reply_to=photo)
    assert "red.jpg" in (await bot.chat.wait_for(is_photo, after=sent))["caption"]


async def want_every_caption(bot: Bot, **settings: Any) -> None:
    chats, me = bot.services.chats, bot.application.bot.id
    await chats.meet(me, GROUP, "supergroup")
    await chats.set(me, GROUP, captions="every", **settings)


async def test_every_photo_is_captioned_where_the_group_wants_that(bot: Bot) -> None:
    await bot.fill_gallery("red")
    await want_every_caption(bot)
    [photo] = await bot.chat.send_photos([jpeg("red")], chat_id=GROUP, caption="my wall")
    answer = await bot.chat.wait_for(after=photo)
    assert (answer["text"], buttons(answer)) == ("A red wall", ["Another caption", "More like this", "Why?"])
    file = await bot.chat.send_document(jpeg("blue"), chat_id=GROUP)
    assert (await bot.chat.wait_for(after=file))["text"] == "A blue wall"


async def test_stickers_gifs_and_other_files_are_no_photos_to_caption_unasked(bot: Bot) -> None:
    await want_every_caption(bot)
    shown: dict[str, Any] = {"thumbnail": jpeg("red"), "chat_id": GROUP}
    assert await is_silent_about(bot, await bot.chat.send_sticker(b"played", kind="video", **shown))
    assert await is_silent_about(bot, await bot.chat.send_animation(b"played", **shown))
    assert await is_silent_about(bot, await bot.chat.send_video(b"played", **shown))
    assert await is_silent_about(bot, await bot.chat.send_document(b"text", "a.txt", chat_id=GROUP))


async def test_in_quiet_hours_only_what_is_asked_is_answered(bot: Bot) -> None:
    hour = datetime.now(UTC).hour
    await want_every_caption(bot, quiet_from=hour, quiet_to=(hour + 2) % 24)
    [photo] = await bot.chat.send_photos([jpeg("red")], chat_id=GROUP)
    assert await is_silent_about(bot, photo)
    sent = await bot.chat.send_text("/caption", chat_id=GROUP, reply_to=photo)
    assert (await bot.chat.wait_for(after=sent))["text"] == "A red wall"


@pytest.mark.parametrize(
    ("caption", "via_bot", "settings", "hour", "expected"),
    [
        (None, None, ChatSettings(), 12, False),
        (None, None, ChatSettings(captions="every"), 12, True),
        ("my wall", None, ChatSettings(captions="every"), 12, True),
        ("/caption@other_bot", None, ChatSettings(captions="every"), 12, False),
        (None, "me", ChatSettings(captions="every"), 12, False),
        (None, "other", ChatSettings(captions="every"), 12, True),
        (None, None, ChatSettings(captions="every", quiet_from=22, quiet_to=7), 23, False),
        (None, None, ChatSettings(captions="every", quiet_from=22, quiet_to=7), 6, False),
        (None, None, ChatSettings(captions="every", quiet_from=22, quiet_to=7), 7, True),
    ],
)
async def test_whether_a_photo_is_captioned_unasked(
    bot: Bot, caption: str | None, via_bot: str | None, settings: ChatSettings, hour: int, expected: bool
) -> None:
    me = bot.application.bot.id
    chat = {"id": GROUP, "type": "supergroup", "title": "Friends"}
    message: dict[str, Any] = {"message_id": 1, "date": 1, "chat": chat, "caption": caption}
    if via_bot is not None:
        message["via_bot"] = {"id": me if via_bot == "me" else 4, "is_bot": True, "first_name": "Bot"}
    read = Message.de_json(message, bot.application.bot)
    assert (
        should_caption(read_message(read), settings, datetime(2026, 1, 1, hour, 30, tzinfo=UTC)) is expected
    )
