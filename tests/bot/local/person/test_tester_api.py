"""What testers ask for by HTTP: faults, names, privacy mode, the bot's calls."""

import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.local.bots import AnyBotServer
from tests.bot.local.any_bot import people_of
from tests.bot.local.conftest import Api, one_button, picture
from tests.bot.local_chat import GROUP, PRIVATE, LocalChat
from tests.bot.page_client import plain_http

TOKEN = "123:any"


@pytest.fixture
def any_server(tmp_path: Path) -> Iterator[AnyBotServer]:
    with AnyBotServer(tmp_path) as server:
        yield server


@pytest.fixture
async def chat(any_server: AnyBotServer) -> AsyncIterator[LocalChat]:
    async with people_of(any_server.url, TOKEN) as chat:
        yield chat


@pytest.fixture
async def http(any_server: AnyBotServer) -> AsyncIterator[httpx.AsyncClient]:
    async with plain_http(any_server.url) as client:
        yield client


@pytest.fixture
def api(http: httpx.AsyncClient) -> Api:
    return Api(http, TOKEN)


async def spoil(http: httpx.AsyncClient, **fault: Any) -> list[dict[str, Any]]:
    """Ask for a fault; the faults still to come."""
    answer = await http.post(f"/chat/{TOKEN}/local/faults", json=fault)
    assert answer.is_success, answer.text
    waiting: list[dict[str, Any]] = answer.json()["faults"]
    return waiting


async def test_the_next_calls_fail_as_was_asked(http: httpx.AsyncClient, api: Api) -> None:
    waiting = await spoil(http, method="sendmessage", status=429, retry_after=5, times=2)
    assert waiting == [{"method": "sendMessage", "kind": "error", "status": 429, "times": 2, "chat_id": None}]
    assert await api("getMe")
    for _ in range(2):
        assert (await api.post("sendMessage", text="x"))["parameters"] == {"retry_after": 5}
    assert await api("sendMessage", text="x")
    await spoil(http, status=401)
    assert (await api.post("getMe"))["description"] == "Unauthorized"
    await spoil(http, status=400, description="Bad Request: as I say", method="getMe", chat_id=None)
    assert await api.error("getMe") == "Bad Request: as I say"


async def test_a_web_page_comes_instead_of_json(http: httpx.AsyncClient, api: Api) -> None:
    await spoil(http, kind="html", method="getMe")
    answer = await http.get(f"/bot{TOKEN}/getMe")
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (502, "text/html")
    assert "<h1>502 Bad Gateway</h1>" in answer.text
    assert await api("getMe")


async def test_answers_are_late_or_break_off(http: httpx.AsyncClient, api: Api, chat: LocalChat) -> None:
    await spoil(http, kind="delay", method="getMe", seconds=20)
    began = time.monotonic()
    with pytest.raises(httpx.ReadTimeout):
        await http.get(f"/bot{TOKEN}/getMe", timeout=0.3)
    assert time.monotonic() - began < 10
    await spoil(http, kind="drop", method="sendMessage", processed=True)
    with pytest.raises(httpx.RemoteProtocolError):
        await api("sendMessage", text="arrives")
    assert [message["text"] for message in await chat.messages()] == ["arrives"]


async def test_one_chat_downloads_unknown_methods_and_updates(
    http: httpx.AsyncClient, api: Api, chat: LocalChat
) -> None:
    await spoil(http, method="sendMessage", chat_id=GROUP, status=403)
    assert await api("sendMessage", text="x")
    assert (await api.post("sendMessage", chat_id=GROUP, text="x"))["error_code"] == 403
    (photo,) = await chat.send_photos([picture()])
    path = (await api("getFile", file_id=photo["photo"][0]["file_id"]))["file_path"]
    await spoil(http, method="download", kind="html")
    assert (await http.get(f"/file/bot{TOKEN}/{path}")).status_code == 502
    waiting = await spoil(http, method="getChat", kind="unknown")
    assert [(fault["method"], fault["kind"]) for fault in waiting] == [("getChat", "unknown")]
    assert (await api.post("getChat", chat_id=PRIVATE))["error_code"] == 404
    await spoil(http, kind="repeat_updates", times=1)
    (update,) = await api("getUpdates")
    assert await api("getUpdates", offset=update["update_id"] + 1) == [update]
    await spoil(http, kind="shuffle_updates")
    await spoil(http, kind="expire_callbacks")
    query_id = await chat.press(await api("sendMessage", text="x", reply_markup=one_button()), "More")
    assert "too old" in await api.error("answerCallbackQuery", callback_query_id=query_id)
    assert (await http.delete(f"/chat/{TOKEN}/local/faults")).json() == {"faults": []}
    assert await api("getChat", chat_id=PRIVATE)
    assert await api("answerCallbackQuery", callback_query_id=query_id)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ({"kind": "fire"}, "A fault is one of error, html, drop, delay,"),
        ({"method": "sendMesage"}, "sendMesage is no method here: it is one of /local/methods,"),
        ({"statu": 429}, "A fault has no statu: it has after_s,"),
        ({"status": 99}, "99 is no status of HTTP"),
        ({"status": "high"}, "status is a whole number, not 'high'."),
        ({"times": -1}, "times is a whole number, not -1."),
        ({"kind": "delay", "seconds": "long"}, "seconds is a number of seconds, not 'long'."),
    ],
)
async def test_faults_that_there_are_not(
    http: httpx.AsyncClient, fault: dict[str, Any], sentence: str
) -> None:
    answer = await http.post(f"/chat/{TOKEN}/local/faults", json=fault)
    assert (answer.status_code, answer.json()["error"].startswith(sentence)) == (400, True)
    assert (await http.get("/local/faults")).json() == {"faults": []}


async def test_faults_of_one_bot_are_not_anothers(http: httpx.AsyncClient, api: Api) -> None:
    await spoil(http, method="getMe", status=500)
    assert await Api(http, "9:other")("getMe")
    assert (await api.post("getMe"))["error_code"] == 500


async def test_the_bot_is_given_names(http: httpx.AsyncClient, api: Api, chat: LocalChat) -> None:
    before = await api("sendMessage", text="before")
    answer = await http.post("/local/bot", json={"first_name": "Echo", "username": "echo_bot"})
    assert answer.json()["bot"]["username"] == "echo_bot"
    me = await api("getMe")
    assert (me["first_name"], me["username"]) == ("Echo", "echo_bot")
    assert (await chat.wait_for_event("bot"))["bot"]["first_name"] == "Echo"
    assert await api("deleteMessage", message_id=before["message_id"])
    await api("setMyName", name="Echo Echo")
    await api("setMyName", name="Echo auf Deutsch", language_code="de")
    assert (await api("getMe"))["first_name"] == "Echo Echo"
    assert await api("getMyName", language_code="de") == {"name": "Echo auf Deutsch"}
    assert await api("getMyName", language_code="fr") == {"name": "Echo Echo"}
    assert await api.error("setMyName", name="x" * 65) == "Bad Request: name is too long"
    assert await api.error("setMyName", name="x", language_code="xyz")
    await api("setMyDescription", description="Repeats")
    await api("setMyShortDescription", short_description="Echo")
    assert await api("getMyDescription") == {"description": "Repeats"}
    assert await api("getMyShortDescription") == {"short_description": "Echo"}


async def test_privacy_mode(http: httpx.AsyncClient, api: Api, chat: LocalChat) -> None:
    assert (await http.post("/local/bot", json={"privacy_mode": True})).json()["privacy_mode"] is True
    await chat.send_text("among us", chat_id=GROUP)
    await chat.send_text("/start", chat_id=GROUP)
    assert [update["message"]["text"] for update in await api("getUpdates")] == ["/start"]


async def test_what_the_bot_called_is_shown(http: httpx.AsyncClient, api: Api) -> None:
    await api("sendDocument", {"document": ("a.txt", b"words", "text/plain")}, caption="c")
    (request,) = (await http.get("/local/requests")).json()["requests"]
    assert request["method"] == "sendDocument"
    assert (request["fields"]["caption"], request["fields"]["document"]) == ("c", "file a.txt")


async def test_the_product_has_no_such_addresses(server: Any) -> None:
    async with plain_http(server.url) as client:
        for path in ("/local/faults", "/local/requests", "/local/bots", "/local/methods", "/chat/42:secret/"):
            assert (await client.get(path)).status_code == 404
        assert "bots" not in (await client.get("/local/state")).json()
