"""The conversation itself: who takes part, and what happens when someone writes, edits or presses."""

import secrets
import time
from collections.abc import Sequence
from typing import Any

from bot.local.errors import ApiError, bad_request
from bot.local.events import EventStream
from bot.local.files import Files
from bot.local.store import Json, Store
from bot.local.updates import Updates

USERNAME = "onenet_local_bot"
ME: Json = {"id": 1001, "is_bot": False, "first_name": "You", "language_code": "en"}
PRIVATE_CHAT: Json = {"id": 1001, "type": "private", "first_name": "You"}
GROUP_CHAT: Json = {"id": -1002000000001, "type": "supergroup", "title": "Friends"}
CHATS = {chat["id"]: chat for chat in (PRIVATE_CHAT, GROUP_CHAT)}

CALLBACK_LIFETIME_S = 600.0


class Chats:
    """The private chat and the group, kept in the store and shown to every open page."""

    def __init__(self, store: Store, files: Files, events: EventStream, *, bot_id: int) -> None:
        self.store = store
        self.files = files
        self.events = events
        self.bot: Json = {
            "id": bot_id,
            "is_bot": True,
            "first_name": "One Network",
            "username": USERNAME,
        }
        self.updates = Updates(store)

    def close(self) -> None:
        """End all long polls and event streams."""
        self.updates.close()
        self.events.close()

    # Writing

    async def post_as_bot(self, chat_id: int, contents: Sequence[Json]) -> list[Json]:
        """Show messages of the bot."""
        return await self._post(chat_id, self.bot, contents, update=False)

    async def post_as_person(self, chat_id: int, contents: Sequence[Json]) -> list[Json]:
        """Show messages of the person and let the bot know of them."""
        update = await self.updates.are_allowed("message")
        messages = await self._post(chat_id, ME, contents, update=update)
        self.updates.wake()
        return messages

    async def _post(
        self, chat_id: int, sender: Json, contents: Sequence[Json], *, update: bool
    ) -> list[Json]:
        frame = {"from": sender, "chat": CHATS[chat_id], "date": int(time.time())}
        messages = [{**frame, **content} for content in contents]
        messages = await self.store.add_messages(messages, update=update)
        for message in messages:
            self.events.publish("message", message=message)
        return messages

    async def message(self, chat_id: int, message_id: int | None) -> Json | None:
        """One message of a chat, or None."""
        return None if message_id is None else await self.store.message(chat_id, message_id)

    async def reply_to(self, chat_id: int, message_id: int) -> Json | None:
        """The message replied to, as it is embedded in the reply; None if it is gone."""
        message = await self.store.message(chat_id, message_id)
        return {k: v for k, v in message.items() if k != "reply_to_message"} if message else None

    async def replace(self, message: Json) -> Json:
        """Show the new form of a message."""
        edited = {**message, "edit_date": int(time.time())}
        await self.store.replace_message(edited)
        self.events.publish("edited", message=edited)
        return edited

    async def delete(self, chat_id: int, message_id: int) -> bool:
        """Whether there was such a message; it is gone now."""
        gone = await self.store.delete_message(chat_id, message_id)
        if gone:
            self.events.publish("deleted", chat_id=chat_id, message_id=message_id)
        return gone

    # Buttons

    async def press(self, message: Json, data: str) -> str:
        """Let the bot know that the person pressed a button; the callback_query_id."""
        query_id = str(secrets.randbits(62))
        query = {
            "id": query_id,
            "from": ME,
            "message": message,
            "chat_instance": str(abs(message["chat"]["id"]) * 7919),
            "data": data,
        }
        if await self.updates.are_allowed("callback_query"):
            await self.store.add_callback(query_id, query)
            self.updates.wake()
        return query_id

    async def answer_press(self, query_id: str, *, text: str | None, show_alert: bool) -> None:
        """Show the bot's answer to a pressed button.

        Raises:
            ApiError: If there is no such query, or it is too old.
        """
        age_s = await self.store.callback_age_s(query_id)
        if age_s is None or age_s > CALLBACK_LIFETIME_S:
            raise expired_callback()
        details: dict[str, Any] = {"callback_query_id": query_id, "text": text, "show_alert": show_alert}
        self.events.publish("callback_answer", **details)


def expired_callback() -> ApiError:
    """The refusal of a callback query that nobody waits for any more."""
    return bad_request("query is too old and response timeout expired or query ID is invalid")
