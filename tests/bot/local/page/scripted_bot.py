"""A small bot with fixed answers, and drawn pictures for it to send."""

import io
import json
import threading
from contextlib import suppress
from typing import Any

import httpx
from PIL import Image, ImageDraw

from tests.bot.local_chat import PRIVATE

TOKEN = "42:secret"
BUTTONS = {
    "inline_keyboard": [
        [
            {"text": "Another caption", "callback_data": "another"},
            {"text": "Alert", "callback_data": "alert"},
        ],
        [{"text": "Article", "url": "https://example.org/article"}],
    ]
}


class ScriptedBot:
    """Answers photos with buttons and an album, commands with an echo, presses with a toast or an alert."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=f"{url}/bot{TOKEN}/", timeout=30, verify=False)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="scripted bot")
        self.failure: BaseException | None = None
        self.seen: list[dict[str, Any]] = []

    def __enter__(self) -> "ScriptedBot":
        commands = [
            ("start", "What this is"),
            ("similar", "Words used alike"),
            ("find", "Photos by description"),
        ]
        self("setMyCommands", commands=[{"command": name, "description": words} for name, words in commands])
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        with suppress(httpx.TransportError):
            self._client.post("getUpdates")  # ends the poll under way, with a conflict
        self._thread.join(20)
        self._client.close()
        if self.failure is not None:
            raise self.failure

    def __call__(self, method: str, files: dict[str, Any] | None = None, **fields: Any) -> Any:
        data = {name: v if isinstance(v, str) else json.dumps(v) for name, v in fields.items()}
        answer = self._client.post(method, data=data, files=files).json()
        assert answer["ok"], answer
        return answer["result"]

    def say(self, text: str, chat_id: int = PRIVATE, **fields: Any) -> Any:
        return self("sendMessage", chat_id=chat_id, text=text, **fields)

    def _run(self) -> None:
        offset = 0
        try:
            while not self._stopping.is_set():
                with suppress(httpx.TransportError):  # the server restarts in one test
                    for update in self("getUpdates", offset=offset, timeout=10):
                        offset = update["update_id"] + 1
                        self.seen.append(update)
                        self._answer(update)
        except BaseException as error:
            if not self._stopping.is_set():
                self.failure = error

    def _answer(self, update: dict[str, Any]) -> None:
        if query := update.get("callback_query"):
            message = query["message"]
            if query["data"] == "alert":
                self("answerCallbackQuery", callback_query_id=query["id"], text="Mind this", show_alert=True)
                return
            place = {"chat_id": message["chat"]["id"], "message_id": message["message_id"]}
            self("editMessageText", **place, text="a second caption", reply_markup=BUTTONS)
            self("answerCallbackQuery", callback_query_id=query["id"], text="Another one")
        elif message := update.get("message"):
            chat_id, text = message["chat"]["id"], message.get("text", "")
            if message.get("photo") and not message.get("media_group_id"):
                reply = {"message_id": message["message_id"]}
                self.say("a first caption", chat_id, reply_parameters=reply, reply_markup=BUTTONS)
                self._send_album(chat_id)
            elif text.startswith("/"):
                self.say(f"You wrote <b>{text}</b>", chat_id, parse_mode="HTML")

    def _send_album(self, chat_id: int) -> None:
        scores = ("0.91", "0.88", "0.85", "0.81")
        media = [{"type": "photo", "media": f"attach://p{n}", "caption": s} for n, s in enumerate(scores)]
        files = {f"p{n}": (f"p{n}.jpg", jpeg(500 + 90 * n, 400), "image/jpeg") for n in range(len(scores))}
        self("sendMediaGroup", files, chat_id=chat_id, media=media)


def jpeg(width: int = 600, height: int = 400) -> bytes:
    """A drawn picture; its shape makes it its own."""
    image = Image.new("RGB", (width, height), (40, 110 + height % 100, 140))
    ImageDraw.Draw(image).ellipse((width // 4, height // 4, width // 2, height // 2), fill=(250, 210, 90))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG")
    return buffer.getvalue()
