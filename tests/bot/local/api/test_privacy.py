"""What a bot in privacy mode gets to see of a group."""

import asyncio
from typing import Any

import pytest

from bot.local import LocalServer
from tests.bot.local.conftest import Api, picture
from tests.bot.local_chat import GROUP, LocalChat


async def heard(api: Api, kind: str = "message") -> list[str]:
    """Words of the messages that the bot has heard of, and that they are heard no more."""
    updates = await api("getUpdates")
    if updates:
        await api("getUpdates", offset=updates[-1]["update_id"] + 1)
    messages = [update[kind] for update in updates if kind in update]
    return [message.get("text", message.get("caption", "")) for message in messages]


async def test_the_bot_is_told_of_its_mode(server: LocalServer, api: Api) -> None:
    assert (await api("getMe"))["can_read_all_group_messages"] is True
    assert (await api("getMe"))["supports_inline_queries"] is True
    server.privacy_mode = True
    assert (await api("getMe"))["can_read_all_group_messages"] is False


@pytest.mark.parametrize(
    ("text", "is_heard"),
    [
        ("/help", True),
        ("/find@onenet_local_bot a dog", True),
        ("/find@OneNet_Local_Bot a dog", True),
        ("/find@another_bot a dog", False),
        ("a /find in the middle", False),
        ("@onenet_local_bot, what is this?", False),
        ("good morning", False),
    ],
)
async def test_texts_in_a_group(
    server: LocalServer, api: Api, chat: LocalChat, text: str, is_heard: bool
) -> None:
    server.privacy_mode = True
    await chat.send_text(text, chat_id=GROUP)
    await chat.send_text(text)
    assert await heard(api) == [text, text] if is_heard else [text], "in private everything is heard"


async def test_photos_replies_and_service_messages(server: LocalServer, api: Api, chat: LocalChat) -> None:
    server.privacy_mode = True
    answer = await api("sendMessage", chat_id=GROUP, text="I am a bot")
    person = await chat.new_person()
    (photo,) = await chat.send_photos([picture()], caption="mine", chat_id=GROUP)
    await chat.send_photos([picture()] * 2, caption="/caption", chat_id=GROUP)
    await chat.send_text("not to the bot", chat_id=GROUP, reply_to=photo)
    await chat.send_text("to the bot", chat_id=GROUP, reply_to=answer)
    await chat.send_text("/similar", chat_id=GROUP, reply_to=photo)
    await chat.set_status(GROUP, person, "member")
    assert await heard(api) == ["/caption", "to the bot", "/similar", ""]


async def test_edits_are_heard_if_the_message_is(server: LocalServer, api: Api, chat: LocalChat) -> None:
    server.privacy_mode = True
    chatter = await chat.send_text("hello all", chat_id=GROUP)
    await chat.edit(chatter, text="hello everybody")
    await chat.edit(chatter, text="/help")
    assert await heard(api, "edited_message") == ["/help"]


async def test_an_administrator_hears_everything(server: LocalServer, api: Api, chat: LocalChat) -> None:
    server.privacy_mode = True
    await chat.set_admin(GROUP, chat.bot_id)
    await chat.send_text("hello all", chat_id=GROUP)
    await chat.set_admin(GROUP, chat.bot_id, False)
    await chat.send_text("psst", chat_id=GROUP)
    assert await heard(api) == ["hello all"]


async def test_what_is_sent_via_the_bot_is_heard(server: LocalServer, api: Api, chat: LocalChat) -> None:
    server.privacy_mode = True
    words: Any = {"message_text": "chosen"}
    offered = {"type": "article", "id": "1", "title": "x", "input_message_content": words}
    waiting = asyncio.create_task(chat.inline("a dog"))
    query = (await api("getUpdates", timeout=5))[-1]["inline_query"]
    await api("answerInlineQuery", inline_query_id=query["id"], results=[offered])
    await waiting
    await chat.choose(offered, chat_id=GROUP)
    assert await heard(api) == ["chosen"]
