"""People in the local chat, for tests: they write, press buttons, come and go, and wait for answers.

async with local_chat(tmp_path) as chat:
    ...  # run the bot with chat.server.token against f"{chat.server.url}/bot"
    photo, = await chat.send_photos([jpeg], caption="/caption")
    answer = await chat.wait_for(lambda message: "reply_markup" in message, after=photo)
    await chat.press(answer, "Another caption")

Whoever acts is `sender`, the id of a person; by default the one whose private chat it is, in groups "You".
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

from bot.local import LocalServer
from tests.bot.page_client import GROUP, PRIVATE, Json, PageClient

__all__ = ["GROUP", "PRIVATE", "LocalChat", "local_chat"]


@asynccontextmanager
async def local_chat(data_dir: Path, **options: Any) -> AsyncIterator["LocalChat"]:
    """A LocalServer on a free port, and people at its page; `options` go to the server."""
    with LocalServer(data_dir, **options) as server:
        async with LocalChat(server) as chat:
            yield chat


class LocalChat(PageClient):
    """Everybody but the bot."""

    def __init__(self, server: LocalServer) -> None:
        super().__init__(server)
        self.bot_id = int(server.token.partition(":")[0])
        self._inline_answers: list[Json] = []

    # People and groups

    async def new_person(
        self, first_name: str | None = None, *, language: str | None = "en", username: str | None = None
    ) -> int:
        """Somebody new; the id is also that of their private chat with the bot."""
        details = {"first_name": first_name, "language": language, "username": username}
        return int((await self._post("/local/people", **details))["user"]["id"])

    async def new_group(
        self,
        title: str = "Group",
        *,
        kind: Literal["group", "supergroup"] = "supergroup",
        admins: Sequence[int] = (),
        members: Sequence[int] = (),
        with_bot: bool = True,
    ) -> int:
        """A group that "You" own; the bot is added to it."""
        people = {"admins": list(admins), "members": list(members)}
        answer = await self._post("/local/groups", title=title, kind=kind, with_bot=with_bot, **people)
        return int(answer["chat"]["id"])

    async def set_status(self, chat_id: int, user_id: int, status: str, *, actor: int | None = None) -> None:
        """Make someone "administrator", "member", "left" or "kicked"."""
        await self._post(f"/local/chats/{chat_id}/members", user_id=user_id, status=status, actor=actor)

    async def set_admin(self, chat_id: int, user_id: int, is_admin: bool = True) -> None:
        """Make someone (`bot_id`: the bot) an administrator, or one no longer."""
        await self.set_status(chat_id, user_id, "administrator" if is_admin else "member")

    async def add_bot(self, chat_id: int, *, actor: int | None = None) -> None:
        """Add the bot to a group; in a private chat: unblock it."""
        await self.set_status(chat_id, self.bot_id, "member", actor=actor)

    async def remove_bot(self, chat_id: int, *, actor: int | None = None) -> None:
        """Remove the bot from a group; in a private chat: block it."""
        await self.set_status(chat_id, self.bot_id, "kicked", actor=actor)

    async def migrate(self, chat_id: int) -> int:
        """Let a group become a supergroup; the new id."""
        return int((await self._post(f"/local/chats/{chat_id}/migrate"))["chat_id"])

    async def commands(self, chat_id: int = PRIVATE, *, sender: int | None = None) -> list[Json]:
        """The bot's commands that someone is shown in a chat."""
        params = {} if sender is None else {"sender": sender}
        commands: list[Json] = (await self._get(f"/local/chats/{chat_id}/commands", **params))["commands"]
        return commands

    # Messages

    async def send_text(
        self,
        text: str,
        *,
        chat_id: int = PRIVATE,
        sender: int | None = None,
        reply_to: Json | int | None = None,
    ) -> Json:
        """Write a message."""
        fields = {"text": text, "sender": sender, "reply_to_message_id": _id(reply_to)}
        return (await self._send(chat_id, fields, []))[-1]

    async def send_photos(
        self,
        photos: Sequence[bytes | str],
        *,
        caption: str = "",
        chat_id: int = PRIVATE,
        sender: int | None = None,
        reply_to: Json | int | None = None,
        album: str | None = None,
    ) -> list[Json]:
        """Drop pictures into the chat; several are an album.

        Args:
            photos: Files, or, faster, file ids of photos sent before.
            album: The media_group_id of an album whose parts are sent apart.
        """
        files: list[Any] = []
        for number, photo in enumerate(photos):
            name = f"photo{number}.jpg"
            is_file = isinstance(photo, bytes)
            files.append(("photo", (name, photo, "image/jpeg")) if is_file else ("photo_id", (None, photo)))
        fields = {"caption": caption, "sender": sender, "reply_to_message_id": _id(reply_to)}
        return await self._send(chat_id, {**fields, "media_group_id": album}, files)

    async def send_document(
        self,
        content: bytes,
        name: str = "file.jpg",
        *,
        caption: str = "",
        chat_id: int = PRIVATE,
        sender: int | None = None,
        reply_to: Json | int | None = None,
    ) -> Json:
        """Send a file as a file."""
        fields = {"caption": caption, "sender": sender, "reply_to_message_id": _id(reply_to)}
        files = [("document", (name, content, "application/octet-stream"))]
        return (await self._send(chat_id, fields, files))[-1]

    async def send_sticker(
        self,
        sticker: bytes,
        *,
        kind: Literal["static", "animated", "video"] = "static",
        thumbnail: bytes | None = None,
        chat_id: int = PRIVATE,
        sender: int | None = None,
        reply_to: Json | int | None = None,
    ) -> Json:
        """Send a sticker; a static one has a thumbnail by itself."""
        suffix = {"static": "webp", "animated": "tgs", "video": "webm"}[kind]
        fields = {"sticker_kind": kind, "sender": sender, "reply_to_message_id": _id(reply_to)}
        return await self._send_clip("sticker", f"sticker.{suffix}", sticker, thumbnail, chat_id, fields)

    async def send_video(
        self,
        video: bytes,
        *,
        thumbnail: bytes | None = None,
        caption: str = "",
        chat_id: int = PRIVATE,
        sender: int | None = None,
        reply_to: Json | int | None = None,
    ) -> Json:
        """Send a video."""
        fields = {"caption": caption, "sender": sender, "reply_to_message_id": _id(reply_to)}
        return await self._send_clip("video", "video.mp4", video, thumbnail, chat_id, fields)

    async def send_animation(
        self,
        animation: bytes,
        *,
        thumbnail: bytes | None = None,
        caption: str = "",
        chat_id: int = PRIVATE,
        sender: int | None = None,
        reply_to: Json | int | None = None,
    ) -> Json:
        """Send a GIF, which Telegram keeps as a video without sound."""
        fields = {"caption": caption, "sender": sender, "reply_to_message_id": _id(reply_to)}
        return await self._send_clip("animation", "animation.mp4", animation, thumbnail, chat_id, fields)

    async def forward(
        self, *messages: Json, chat_id: int = PRIVATE, sender: int | None = None, hidden: bool = False
    ) -> list[Json]:
        """Forward messages of one chat; with `hidden`, their sender is only a name."""
        body = {
            "from_chat_id": messages[0]["chat"]["id"],
            "message_ids": [message["message_id"] for message in messages],
        }
        answer = await self._post(f"/local/chats/{chat_id}/forward", **body, sender=sender, hidden=hidden)
        forwarded: list[Json] = answer["messages"]
        return forwarded

    async def edit(self, message: Json, *, text: str | None = None, caption: str | None = None) -> Json:
        """Let the one who wrote a message give it other words; no caption is ""."""
        words = {"text": text, "caption": caption}
        path = f"/local/chats/{message['chat']['id']}/edit"
        edited: Json = (await self._post(path, message_id=message["message_id"], **words))["message"]
        return edited

    async def delete(self, message: Json) -> None:
        """Delete a message; a bot is not told."""
        await self._post(f"/local/chats/{message['chat']['id']}/delete", message_id=message["message_id"])

    async def press(self, message: Json, button: str, *, sender: int | None = None) -> str:
        """Press the button with this text as the message is now; the callback_query_id."""
        current = await self.message(message)
        rows = current["reply_markup"]["inline_keyboard"]
        texts = {each["text"]: each for row in rows for each in row}
        assert button in texts, f"no button {button!r} among {list(texts)}"
        pressed = {"message_id": message["message_id"], "data": texts[button]["callback_data"]}
        path = f"/local/chats/{message['chat']['id']}/callback"
        return str((await self._post(path, **pressed, sender=sender))["callback_query_id"])

    # Inline mode

    async def inline(
        self, query: str, *, sender: int = PRIVATE, offset: str = "", timeout_s: float = 10, **details: str
    ) -> list[Json]:
        """Write behind the bot's name in any chat; the results that the bot offers.

        Args:
            details: `chat_type`, by default "sender": the private chat with the bot.
        """
        body = {"query": query, "sender": sender, "offset": offset, "timeout_s": timeout_s, **details}
        answer = await self._post("/local/inline", **body)
        self._inline_answers.append(answer)
        results: list[Json] = answer["results"]
        return results

    async def choose(self, result: Json, *, chat_id: int = PRIVATE) -> Json:
        """Send one of the results of `inline` as a message of the one who asked."""
        answers = reversed(self._inline_answers)
        query_id = next(answer["inline_query_id"] for answer in answers if result in answer["results"])
        path = f"/local/chats/{chat_id}/chosen"
        message: Json = (await self._post(path, inline_query_id=query_id, result_id=result["id"]))["message"]
        return message

    async def _send_clip(
        self,
        kind: str,
        name: str,
        content: bytes,
        thumbnail: bytes | None,
        chat_id: int,
        fields: dict[str, Any],
    ) -> Json:
        pictures = [] if thumbnail is None else [("thumbnail", ("thumbnail.jpg", thumbnail, "image/jpeg"))]
        files = [(kind, (name, content, "application/octet-stream")), *pictures]
        return (await self._send(chat_id, fields, files))[-1]

    async def _send(self, chat_id: int, fields: dict[str, Any], files: list[Any]) -> list[Json]:
        data = {name: str(value) for name, value in fields.items() if value is not None}
        async with self._acting:
            answer = await self._client.post(f"/local/chats/{chat_id}/messages", data=data, files=files)
        messages: list[Json] = self._checked(answer)["messages"]
        return messages


def _id(message: Json | int | None) -> int | None:
    return message["message_id"] if isinstance(message, dict) else message
