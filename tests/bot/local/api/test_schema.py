"""The checker itself, and python-telegram-bot's requests held to Telegram's description."""

import asyncio
import io
from datetime import timedelta
from typing import Any

import pytest
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultCachedPhoto,
    InputMediaDocument,
    InputMediaPhoto,
    MessageOriginUser,
    ReplyParameters,
)
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated, Forbidden, NetworkError, RetryAfter

from bot.local import LocalServer
from bot.local.api.controls import SeenRequest
from bot.local.store.files import Upload
from tests.bot.local import schema
from tests.bot.local.conftest import picture
from tests.bot.local_chat import PRIVATE, LocalChat

pytestmark = schema.needs_bot_api

MESSAGE: dict[str, Any] = {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}, "text": "x"}


def test_an_object_of_telegram_passes() -> None:
    schema.check_object(MESSAGE, "Message")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"message_id": "1"}, "is no Integer"),
        ({"date": True}, "is no Integer"),
        ({"colour": "red"}, "no field 'colour' is documented"),
        ({"chat": {"id": 1}}, "required fields are missing: \\['type'\\]"),
        ({"photo": [{"file_id": "x"}]}, "Message.photo\\[0\\]: required fields"),
        ({"entities": {}}, "is no Array of MessageEntity"),
    ],
)
def test_anything_else_does_not(change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(schema.SchemaError, match=complaint):
        schema.check_object({**MESSAGE, **change}, "Message")


@pytest.mark.parametrize(
    ("request_", "complaint"),
    [
        (SeenRequest("fly", {}), "no method"),
        (SeenRequest("sendMessage", {"chat_id": "1"}), "required fields are missing: \\['text'\\]"),
        (SeenRequest("sendMessage", {"chat_id": "1", "text": "x", "colour": "red"}), "no field 'colour'"),
        (SeenRequest("getUpdates", {"timeout": "soon"}), "is no Integer"),
        (
            SeenRequest("sendPhoto", {"chat_id": "1", "photo": "x", "lost": Upload("a", b"")}),
            "nothing refers",
        ),
        (SeenRequest("sendMessage", {"chat_id": "1", "text": "x", "reply_markup": '{"rows": []}'}), "rows"),
    ],
)
def test_a_request_with_anything_undocumented_does_not_pass(request_: SeenRequest, complaint: str) -> None:
    with pytest.raises(schema.SchemaError, match=complaint):
        schema.check_request(request_)


async def test_python_telegram_bot_understands_the_server_and_asks_for_documented_things(
    server: LocalServer, chat: LocalChat
) -> None:
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("More", callback_data="more")]])
    photo = picture()
    async with Bot(server.token, f"{server.url}/bot", f"{server.url}/file/bot") as bot:
        assert bot.username == "onenet_local_bot"
        await bot.delete_webhook(drop_pending_updates=True)
        await bot.set_my_commands([BotCommand("find", "Search")])
        (sent,) = await chat.send_photos([photo], caption="/caption")
        (update,) = await bot.get_updates(allowed_updates=["message", "callback_query"], timeout=1)
        assert update.message is not None
        assert update.message.parse_caption_entities() == {update.message.caption_entities[0]: "/caption"}
        file = await bot.get_file(update.message.photo[-1])
        assert await file.download_as_bytearray() == await chat.file(sent["photo"][-1]["file_id"])
        await bot.send_chat_action(PRIVATE, "typing")
        reply = ReplyParameters(update.message.message_id)
        answer = await bot.send_message(
            PRIVATE, "<b>x</b>", parse_mode=ParseMode.HTML, reply_parameters=reply, reply_markup=keyboard
        )
        assert answer.reply_to_message is not None
        query_id = await chat.press(sent | {"message_id": answer.message_id}, "More")
        assert await bot.answer_callback_query(query_id, "Here")
        await answer.edit_text("y", reply_markup=keyboard)
        await answer.edit_reply_markup(None)
        album = await bot.send_media_group(
            PRIVATE, [InputMediaPhoto(photo, caption="1"), InputMediaPhoto(update.message.photo[0], "2")]
        )
        assert [message.caption for message in album] == ["1", "2"]
        await bot.send_media_group(PRIVATE, [InputMediaDocument(io.BytesIO(b"a")), InputMediaDocument(b"b")])
        shown = await bot.send_photo(PRIVATE, photo, caption="c")
        await shown.edit_caption("d")
        await shown.edit_media(InputMediaPhoto(photo, "e"))
        await bot.send_document(PRIVATE, b"words", filename="a.txt")
        await shown.delete()
        await bot.get_chat(PRIVATE)
        await bot.get_chat_member(PRIVATE, bot.id)
    schema.check_requests(server.requests)
    assert len({request.method for request in server.requests}) == 18


async def test_python_telegram_bot_reads_the_errors(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")  # the library warns without it
    async with Bot(server.token, f"{server.url}/bot") as bot:
        with pytest.raises(BadRequest, match="Chat not found"):
            await bot.send_message(5, "x")
        server.faults.add("sendMessage", retry_after=3)
        with pytest.raises(RetryAfter) as raised:
            await bot.send_message(PRIVATE, "x")
        assert raised.value.retry_after == timedelta(seconds=3)
        server.faults.drop("sendMessage")
        with pytest.raises(NetworkError):
            await bot.send_message(PRIVATE, "x")


async def test_python_telegram_bot_understands_people_groups_and_all_they_send(
    server: LocalServer, chat: LocalChat
) -> None:
    person = await chat.new_person("Bo", language="de")
    async with Bot(server.token, f"{server.url}/bot", f"{server.url}/file/bot") as bot:
        assert bot.supports_inline_queries
        group = await chat.new_group("Crew", kind="group", admins=(person,))
        (photo,) = await chat.send_photos([picture()], chat_id=group, sender=person)
        await chat.send_sticker(picture(512, 512, "WEBP"), chat_id=group)
        await chat.send_video(b"x", thumbnail=picture(), chat_id=group)
        await chat.send_animation(b"x", thumbnail=picture(), chat_id=group)
        await chat.forward(photo, chat_id=group)
        await chat.edit(photo, caption="new")
        new = await chat.migrate(group)
        asking = asyncio.create_task(chat.inline("a dog", sender=person))
        await chat.wait_for_event("message", lambda event: "migrate_from_chat_id" in event["message"])
        updates = await bot.get_updates(timeout=1)
        while updates[-1].inline_query is None:
            updates = await bot.get_updates(timeout=1)
        change, added, sent, sticker, video, animation, forwarded, edited, joined, *_, query = updates
        assert change.my_chat_member is not None
        assert change.my_chat_member.difference()["status"] == ("left", "member")
        assert added.message is not None
        assert added.message.new_chat_members[0].id == bot.id
        assert sent.effective_user is not None
        assert (sent.effective_user.id, sent.effective_user.language_code) == (person, "de")
        assert sticker.message is not None
        assert sticker.message.sticker is not None
        assert sticker.message.sticker.thumbnail is not None
        assert video.message is not None
        assert video.message.video is not None
        assert animation.message is not None
        assert animation.message.animation is not None
        assert forwarded.message is not None
        assert isinstance(forwarded.message.forward_origin, MessageOriginUser)
        assert edited.edited_message is not None
        assert edited.edited_message.caption == "new"
        assert joined.effective_chat is not None
        assert joined.effective_chat.id == new
        with pytest.raises(ChatMigrated) as raised:
            await bot.send_message(group, "x")
        assert raised.value.new_chat_id == new
        offered = InlineQueryResultCachedPhoto("1", photo["photo"][-1]["file_id"], caption="c")
        assert query.inline_query is not None
        await query.inline_query.answer([offered], cache_time=0, is_personal=True)
        await chat.choose((await asking)[0], chat_id=new)
        members = await bot.get_chat_administrators(new)
        assert [member.user.id for member in members] == [PRIVATE, person]
        assert await bot.get_chat_member_count(new) == 3
        await bot.set_my_commands([BotCommand("suche", "Suchen")], BotCommandScopeChat(new), "de")
        assert await bot.get_my_commands(BotCommandScopeChat(new), "de")
        await chat.remove_bot(new)
        with pytest.raises(Forbidden, match="kicked from the supergroup chat"):
            await bot.leave_chat(new)
    schema.check_requests(server.requests)
