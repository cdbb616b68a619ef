"""The conversation itself: who takes part, and what happens when someone writes, edits or presses."""

import asyncio
import secrets
import time
from collections.abc import Sequence
from typing import Any

from bot.local.api.controls import Controls
from bot.local.api.privacy import is_delivered
from bot.local.api.updates import Updates
from bot.local.store.database import Store
from bot.local.store.events import EventStream
from bot.local.store.files import Files
from bot.local.store.inline import InlineQueries, InlineQuery, too_old
from bot.local.store.people import People
from bot.local.store.records import Json

CALLBACK_LIFETIME_S = 600.0


class Chats:
    """The chats, kept in the store and shown to every open page.

    Args:
        bot: The bot's own User, until it is given other names.
        controls: What shall go wrong with updates, and whether the bot is in privacy mode.
    """

    def __init__(
        self,
        store: Store,
        files: Files,
        events: EventStream,
        *,
        bot: Json,
        controls: Controls,
    ) -> None:
        self.store = store
        self.files = files
        self.events = events
        self.people = People(store, bot)
        self.updates = Updates(store, controls.faults)
        self.inline = InlineQueries()
        self.closing = asyncio.Event()
        self._controls = controls

    @property
    def bot(self) -> Json:
        """The bot's own User."""
        return self.people.bot

    @property
    def privacy_mode(self) -> bool:
        """Whether the bot gets to see of groups only what is meant for it."""
        return self._controls.privacy_mode

    def close(self) -> None:
        """End all long polls, event streams and answers that are late on purpose."""
        self.closing.set()
        self.updates.close()
        self.events.close()

    # Writing

    async def post_as_bot(self, chat_id: int, contents: Sequence[Json]) -> list[Json]:
        """Messages of the bot as they are shown now, with their numbers."""
        return await self._post(self._framed(chat_id, self.bot, contents), [False] * len(contents))

    async def post_as_person(self, chat_id: int, sender: Json, contents: Sequence[Json]) -> list[Json]:
        """Messages of a person as they are shown now; the bot hears of them."""
        messages = self._framed(chat_id, sender, contents)
        return await self._post(messages, [await self._reaches_bot("message", each) for each in messages])

    async def post_service(self, chat_id: int, actor: Json, content: Json) -> Json:
        """The message of what happened in the chat; the bot hears of it, whatever it may read."""
        told = await self.updates.are_allowed("message") and actor["id"] != self.bot["id"]
        (message,) = await self._post(self._framed(chat_id, actor, [content]), [told])
        return message

    async def tell(self, kind: str, body: Json) -> None:
        """Let the bot know of something that is no message, if it wants to."""
        if await self.updates.are_allowed(kind):
            await self.store.add_update(kind, body)
            self.updates.wake()

    async def rename_bot(self, names: Json) -> None:
        """Show the bot under another `first_name` or `username` from now on."""
        await self.people.rename_bot(names)
        self.events.publish("bot", bot=self.bot)

    async def edit_as_person(self, message: Json, content: Json) -> Json:
        """A person's message in its new form; the bot hears of it."""
        edited = {**message, **content}
        return await self._replace(edited, told=await self._reaches_bot("edited_message", edited))

    def _framed(self, chat_id: int, sender: Json, contents: Sequence[Json]) -> list[Json]:
        frame = {"from": sender, "chat": self.people.rooms[chat_id].chat, "date": int(time.time())}
        return [{**frame, **content} for content in contents]

    async def _reaches_bot(self, kind: str, message: Json) -> bool:
        room = self.people.rooms[message["chat"]["id"]]
        delivered = is_delivered(message, room, self.bot, privacy_mode=self._controls.privacy_mode)
        return delivered and await self.updates.are_allowed(kind)

    async def _post(self, messages: Sequence[Json], told: Sequence[bool]) -> list[Json]:
        numbered = await self.store.add_messages(messages, told)
        for message in numbered:
            self.events.publish("message", message=message)
        if any(told):
            self.updates.wake()
        return numbered

    async def message(self, chat_id: int, message_id: int | None) -> Json | None:
        """One message of a chat, or None."""
        return None if message_id is None else await self.store.message(chat_id, message_id)

    async def reply_to(self, chat_id: int, message_id: int) -> Json | None:
        """The message replied to, as it is embedded in the reply; None if it is gone."""
        message = await self.store.message(chat_id, message_id)
        return {k: v for k, v in message.items() if k != "reply_to_message"} if message else None

    async def replace(self, message: Json) -> Json:
        """A message of the bot in its new form."""
        return await self._replace(message, told=False)

    async def _replace(self, message: Json, *, told: bool) -> Json:
        edited = {**message, "edit_date": int(time.time())}
        await self.store.replace_message(edited, told=told)
        if told:
            self.updates.wake()
        self.events.publish("edited", message=edited)
        return edited

    async def delete(self, chat_id: int, message_id: int) -> bool:
        """Whether there was such a message; it is gone now."""
        gone = await self.store.delete_message(chat_id, message_id)
        if gone:
            self.events.publish("deleted", chat_id=chat_id, message_id=message_id)
        return gone

    # Inline mode

    async def ask_inline(self, sender: Json, query: str, *, offset: str, chat_type: str) -> InlineQuery:
        """The query of someone who writes behind the bot's name; the bot hears of it."""
        asked = self.inline.ask(sender, query)
        body = {"id": asked.id, "from": sender, "query": query, "offset": offset, "chat_type": chat_type}
        await self.tell("inline_query", body)
        return asked

    async def choose(self, asked: InlineQuery, result_id: str, content: Json, chat_id: int) -> Json:
        """The message that someone's choice among the bot's results becomes; the bot hears of it."""
        content = {**content, "via_bot": self.bot}
        (message,) = await self.post_as_person(chat_id, asked.sender, [content])
        chosen = {"result_id": result_id, "from": asked.sender, "query": asked.query}
        if "reply_markup" in message:
            chosen["inline_message_id"] = inline_message_id(message)
        await self.tell("chosen_inline_result", chosen)
        return message

    # Buttons

    async def press(self, message: Json, data: str, sender: Json) -> str:
        """The callback_query_id of a button that a person pressed; the bot hears of it."""
        query_id = str(secrets.randbits(62))
        pressed: Json = {"inline_message_id": inline_message_id(message)} if "via_bot" in message else {}
        query = {
            "id": query_id,
            "from": sender,
            **(pressed or {"message": message}),
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
            raise too_old()
        details: dict[str, Any] = {"callback_query_id": query_id, "text": text, "show_alert": show_alert}
        self.events.publish("callback_answer", **details)


def inline_message_id(message: Json) -> str:
    """The identifier of a message that a person sent via the bot."""
    return f"local-{message['chat']['id']}-{message['message_id']}"
