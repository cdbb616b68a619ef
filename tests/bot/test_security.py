"""The token stays hidden whatever goes wrong; a webhook's posts are checked; no input brings the bot down."""

import asyncio
import json
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from telegram import Update

from bot.app import ALLOWED_UPDATES
from bot.delivery.connection import UpdatesRequest
from bot.features.analogy import three_words
from onenet.words import plain
from tests.bot.commands import COMMANDS, OWNER_COMMANDS
from tests.bot.conftest import TOKEN, Bot, jpeg, running_bot, until
from tests.bot.database_file import locked
from tests.bot.local_chat import GROUP, PRIVATE, LocalChat, local_chat
from tests.processes import Process
from tests.test_bot import checkpoint

__all__ = ["checkpoint"]  # a fixture

TOKENLESS = TOKEN.partition(":")[2]
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"


@pytest.mark.slow
async def test_the_token_is_not_in_the_most_talkative_log(
    chat: LocalChat, tmp_path: Path, checkpoint: Path
) -> None:
    environ = {
        "BOT_TOKEN": TOKEN,
        "BOT_API_URL": chat.server.url,
        "DATA_DIR": str(tmp_path / "data"),
        "CHECKPOINT": str(checkpoint),
        "LOG_LEVEL": "DEBUG",
    }
    (tmp_path / "data" / "gallery").mkdir(parents=True)
    process = Process(environ)
    try:
        await asyncio.to_thread(process.wait_for, "Application started")
        faults = chat.server.faults
        for method in ("getUpdates", "getFile", "download"):
            faults.drop(method)
        for status in (400, 403, 404, 500):
            faults.add("sendMessage", status=status)
            await chat.send_text("/about")
        await chat.send_photos([jpeg("red")])
        await asyncio.to_thread(process.wait_for, "kind=message(.|\n)*kind=message")
        chat.server.stop()  # all requests fail from now on
        await asyncio.to_thread(process.wait_for, "next try in")
    finally:
        await asyncio.to_thread(process.end, signal.SIGTERM)
    assert "DEBUG" in process.text
    assert TOKENLESS not in process.text


@asynccontextmanager
async def posted_to(bot: Bot, **options: Any) -> AsyncIterator[str]:
    """Let the bot be posted to instead of polling."""
    updater = bot.application.updater
    assert updater is not None
    await updater.stop()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/hook"
    await updater.start_webhook(
        listen="127.0.0.1",
        port=port,
        url_path="hook",
        webhook_url=url,
        allowed_updates=ALLOWED_UPDATES,
        **options,
    )
    yield url


async def test_only_who_knows_the_secret_may_post(bot: Bot) -> None:
    async with posted_to(bot, secret_token="sesame") as url, httpx.AsyncClient(trust_env=False) as client:
        chat = {"id": PRIVATE, "type": "private", "first_name": "You"}
        sender = {"id": PRIVATE, "is_bot": False, "first_name": "You"}
        message = {"message_id": 1, "date": 1, "chat": chat, "from": sender, "text": "/about"}
        update = {"update_id": 900_000, "message": message}
        for headers in ({}, {SECRET_HEADER: ""}, {SECRET_HEADER: "open"}, {SECRET_HEADER: "sesam"}):
            assert (await client.post(url, json=update, headers=headers)).status_code == 403
        assert bot.services.inbox.open_updates == 0
        rows = await bot.services.database.rows("SELECT * FROM inbox", ())
        assert rows == []
        sent = await bot.chat.send_text("/about")  # the server knows it
        assert "One Network" in (await bot.chat.wait_for(after=sent))["text"]


async def test_a_post_that_cannot_be_stored_is_refused_and_comes_again(bot: Bot) -> None:
    await bot.services.database.rows("PRAGMA busy_timeout = 20", ())
    async with posted_to(bot, secret_token="sesame") as url, httpx.AsyncClient(trust_env=False) as client:
        async with locked(bot.services.database.path):
            headers = {SECRET_HEADER: "sesame"}
            answer = await client.post(url, json={"update_id": 900_000}, headers=headers)
            assert answer.status_code == 500
            assert TOKENLESS not in answer.text
            failed_at = bot.services.inbox.failed_at
            sent = await bot.chat.send_text("/about")
            await until(lambda: bot.services.inbox.failed_at > failed_at)
        await bot.chat.wait_for(after=sent)
        assert len([m for m in await bot.chat.messages() if m["from"]["is_bot"]]) == 1


PERSON = {"id": PRIVATE, "is_bot": False, "first_name": "You", "language_code": "en"}
PHOTO = {"file_id": "x", "file_unique_id": "y", "width": 9, "height": 9, "file_size": 9}
NAMES = (*(f"/{command.name}" for command in (*COMMANDS, *OWNER_COMMANDS)), "/nothing", "", "@bot")
WORDS = (
    "on",
    "off",
    "mine",
    "everything",
    "scores",
    "words",
    "photos",
    "gallery",
    "photo - dog + child",
    "red",
)
DATA = (
    "run:/find red",
    "another",
    "more",
    "part:",
    "sheet:",
    "set:main:",
    "forget:mine:",
    "language:",
    "why",
    "game:",
)


def message(text: str, **fields: Any) -> dict[str, Any]:
    chat = {"id": PRIVATE, "type": "private", "first_name": "You"}
    return {"message_id": 5, "date": 1, "chat": chat, "from": PERSON, "text": text, **fields}


def command(text: str) -> dict[str, Any]:
    first = text.split(" ")[0]
    entities = [{"type": "bot_command", "offset": 0, "length": len(first)}] if first.startswith("/") else []
    return message(text, entities=entities)


def in_group(text: str) -> dict[str, Any]:
    group = {"id": GROUP, "type": "supergroup", "title": "Friends"}
    return {**command(text), "chat": group, "reply_to_message": message("before")}


TEXTS = st.builds(
    lambda name, words: f"{name} {words}"[:4000],
    st.sampled_from(NAMES),
    st.sampled_from(WORDS) | st.text(max_size=300),
)
MESSAGES = st.one_of(
    st.builds(command, TEXTS),
    st.builds(in_group, TEXTS),
    st.builds(lambda text: {**message(""), "photo": [PHOTO], "caption": text}, TEXTS),
    st.builds(lambda text: {**message(""), "document": {**PHOTO, "mime_type": text}}, TEXTS),
)
MEMBER = {"user": PERSON, "status": "member"}
QUERIES = st.builds(
    lambda data: {"id": "1", "from": PERSON, "chat_instance": "1", "data": data, "message": message("x")},
    st.builds(
        lambda data, rest: f"{data}{rest}"[:64], st.sampled_from(DATA) | st.just(""), st.text(max_size=64)
    ),
)
UPDATES = st.one_of(
    MESSAGES.map(lambda body: {"message": body}),
    MESSAGES.map(lambda body: {"edited_message": {**body, "edit_date": 2}}),
    MESSAGES.map(lambda body: {"channel_post": body}),
    QUERIES.map(lambda body: {"callback_query": body}),
    st.text(max_size=256).map(
        lambda query: {"inline_query": {"id": "1", "from": PERSON, "query": query, "offset": ""}}
    ),
    st.just(
        {
            "my_chat_member": {
                **{name: message("")[name] for name in ("chat", "from", "date")},
                "old_chat_member": MEMBER,
                "new_chat_member": {**MEMBER, "status": "kicked", "until_date": 0},
            }
        }
    ),
)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=20),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=8), inside, max_size=3),
    max_leaves=6,
)


def places(body: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where in a body something could be replaced."""
    items = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    return [each for key, value in items for each in [(*path, key), *places(value, (*path, key))]]


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    """An update in which up to three things are replaced or missing."""
    update: dict[str, Any] = json.loads(json.dumps(draw(UPDATES)))
    for _ in range(draw(st.integers(0, 3))):
        path = draw(st.sampled_from(places(update) or [()]))
        if not path:
            break
        place: Any = update
        for key in path[:-1]:
            place = place[key]
        if draw(st.booleans()) and isinstance(place, dict):
            del place[path[-1]]
        else:
            place[path[-1]] = draw(JUNK)
    return update


@pytest.mark.slow
def test_no_update_brings_the_bot_down_or_costs_the_next_one_its_answer(tmp_path: Path) -> None:
    """All in one bot, as a server of another make would send them."""
    loop = asyncio.new_event_loop()
    number = 500_000

    async def take(bot: Bot, body: dict[str, Any]) -> None:
        nonlocal number
        number += 2
        good = {"update_id": number + 1, "message": message("/nothing", message_id=number)}
        answer = {"ok": True, "result": [{**body, "update_id": number}, good]}
        parsed = UpdatesRequest.parse_json_payload(json.dumps(answer).encode())["result"]
        assert [update["update_id"] for update in parsed] == [number, number + 1]
        for update in parsed:
            await bot.application.update_queue.put(Update.de_json(update, bot.application.bot))
        before = len(bot.requests("sendMessage"))
        async with asyncio.timeout(60):
            await bot.application.update_queue.join()
        assert len(bot.requests("sendMessage")) > before
        assert bot.application.updater is not None
        assert bot.application.updater.running

    async def settled(bot: Bot) -> None:
        async def is_done() -> bool:  # the last ones may still be worked on
            query = "SELECT content FROM inbox WHERE state <> 'answered'"
            return not await bot.services.database.rows(query, ())

        await until(is_done)

    async def start() -> tuple[Any, Any, Bot]:
        chatting = local_chat(tmp_path / "server", token=TOKEN)
        chat = await chatting.__aenter__()
        running = running_bot(chat, tmp_path / "data", questions_per_minute=10_000, photos_per_minute=10_000)
        return chatting, running, await running.__aenter__()

    chatting, running, bot = loop.run_until_complete(start())

    @settings(
        max_examples=150,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        database=None,
    )
    @given(mutated())
    def feed(body: dict[str, Any]) -> None:
        del bot.chat.server.requests[:-1]
        loop.run_until_complete(take(bot, body))

    try:
        feed()
        loop.run_until_complete(settled(bot))
    finally:
        loop.run_until_complete(running.__aexit__(None, None, None))
        loop.run_until_complete(chatting.__aexit__(None, None, None))
        loop.close()


@given(st.lists(st.text(max_size=20), max_size=8))
def test_three_words_are_three_words_of_the_text_or_none(words: list[str]) -> None:
    found = three_words(words)
    if found is not None:
        assert len(found) == 3
        assert all(word and word == word.strip() for word in found)
        assert all(word in plain(" ".join(words)) for word in found)


@given(st.lists(JUNK, max_size=4))
def test_an_answer_of_any_kind_is_read_and_numbers_survive(result: list[Any]) -> None:
    payload = json.dumps({"ok": True, "result": [*result, {"update_id": 7, "message": "no message"}]})
    read = UpdatesRequest.parse_json_payload(payload.encode())["result"]
    assert {"update_id": 7} in read
    for update in read:
        Update.de_json(update, None)


def test_an_update_that_is_not_understood_keeps_its_number_and_one_without_is_dropped() -> None:
    result = [{"update_id": 1, "message": {"message_id": 1}}, {"update_id": "x"}, {"update_id": 2**63}, 3]
    payload = json.dumps({"ok": True, "result": result}).encode()
    assert UpdatesRequest.parse_json_payload(payload)["result"] == [{"update_id": 1}]
