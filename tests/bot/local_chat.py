"""People in the local chat, for tests: they write, press buttons, come and go, and wait for answers.

async with local_chat(tmp_path) as chat:
    ...  # run the bot with chat.server.token against f"{chat.server.url}/bot"
    photo, = await chat.send_photos([jpeg], caption="/caption")
    answer = await chat.wait_for(lambda message: "reply_markup" in message, after=photo)
    await chat.press(answer, "Another caption")

Whoever acts is `sender`, the id of a person; by default the one whose private chat it is, in groups "You".
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Literal

from bot.local import LocalServer
from tests.bot.page_client import GROUP, PRIVATE, Json
from tests.bot.people_client import PeopleClient

__all__ = ["GROUP", "PRIVATE", "LocalChat", "local_chat", "passing_server"]

_ENDINGS = ThreadPoolExecutor(thread_name_prefix="ends a local chat")


@asynccontextmanager
async def local_chat(data_dir: Path, **options: Any) -> AsyncIterator["LocalChat"]:
    """A LocalServer on a free port, and people at its page; `options` go to the server."""
    with LocalServer(data_dir, **options) as server:
        async with LocalChat(server) as chat:
            yield chat


@contextmanager
def passing_server(data_dir: Path, **options: Any) -> Iterator[LocalServer]:
    """A LocalServer whose folder nobody needs again, so that nobody waits until it has stopped."""
    server = LocalServer(data_dir, **options)
    server.start()
    try:
        yield server
    finally:
        _ENDINGS.submit(server.stop)


class LocalChat(PeopleClient):
    """Everybody but the bot."""

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
