"""Faults that tests can ask for."""

import time

import httpx
import pytest

from bot.local import LocalServer
from tests.bot.local.conftest import Api, one_button, picture
from tests.bot.local_chat import PRIVATE, LocalChat


async def test_too_many_requests(server: LocalServer, api: Api) -> None:
    server.faults.add("getMe", retry_after=7, times=2)
    for _ in range(2):
        assert await api.post("getMe") == {
            "ok": False,
            "error_code": 429,
            "description": "Too Many Requests: retry after 7",
            "parameters": {"retry_after": 7},
        }
    assert await api("getMe")


@pytest.mark.parametrize("status", [403, 500, 502, 504])
async def test_errors_of_the_server(server: LocalServer, api: Api, status: int) -> None:
    server.faults.add("*", status=status)
    answer = await api.post("getMe")
    assert (answer["error_code"], "parameters" in answer) == (status, False)
    assert await api("getMe")


async def test_dropped_connections(server: LocalServer, api: Api, chat: LocalChat) -> None:
    server.faults.drop("sendMessage")
    with pytest.raises(httpx.RemoteProtocolError):
        await api("sendMessage", text="never arrives")
    assert await chat.messages() == []
    server.faults.drop("sendMessage", processed=True)
    with pytest.raises(httpx.RemoteProtocolError):
        await api("sendMessage", text="arrives, but the answer does not")
    assert len(await chat.messages()) == 1
    assert await api("sendMessage", text="well again")


async def test_dropped_downloads(
    server: LocalServer, api: Api, chat: LocalChat, http: httpx.AsyncClient
) -> None:
    (message,) = await chat.send_photos([picture()])
    file = await api("getFile", file_id=message["photo"][0]["file_id"])
    address = f"/file/bot{server.token}/{file['file_path']}"
    server.faults.drop("download")
    with pytest.raises(httpx.RemoteProtocolError):
        await http.get(address)
    server.faults.add("download", status=500)
    assert (await http.get(address)).status_code == 500
    assert (await http.get(address)).is_success


async def test_slow_answers(server: LocalServer, api: Api) -> None:
    server.faults.delay("getMe", 0.3)
    began = time.monotonic()
    await api("getMe")
    assert time.monotonic() - began >= 0.3


async def test_faults_of_one_chat(server: LocalServer, api: Api, chat: LocalChat) -> None:
    person = await chat.new_person()
    server.faults.add("sendMessage", retry_after=9, times=2, chat_id=person)
    assert await api("sendMessage", text="elsewhere")
    assert (await api.post("sendMessage", chat_id=person, text="x"))["parameters"] == {"retry_after": 9}
    assert await api("getMe"), "a call about no chat"
    server.faults.drop("*", chat_id=PRIVATE)
    assert (await api.post("sendMessage", chat_id=person, text="x"))["error_code"] == 429
    assert await api("sendMessage", chat_id=person, text="x")
    with pytest.raises(httpx.RemoteProtocolError):
        await api("sendMessage", text="dropped")
    server.faults.delay("sendMessage", 0.3, chat_id=person)
    began = time.monotonic()
    await api("sendMessage", text="at once")
    at_once_s = time.monotonic() - began
    await api("sendMessage", chat_id=person, text="late")
    assert time.monotonic() - began - at_once_s >= 0.3
    server.faults.add("sendMessage", chat_id=person)
    server.faults.clear()
    assert await api("sendMessage", chat_id=person, text="well again")


async def test_expired_callbacks_and_unknown_methods(server: LocalServer, api: Api, chat: LocalChat) -> None:
    message = await api("sendMessage", text="choose", reply_markup=one_button())
    server.faults.expire_callbacks()
    query_id = await chat.press(message, "More")
    error = await api.error("answerCallbackQuery", callback_query_id=query_id)
    assert error == "Bad Request: query is too old and response timeout expired or query ID is invalid"
    server.faults.unknown("sendChatAction")
    assert (await api.post("sendChatAction", action="typing"))["error_code"] == 404
    server.faults.clear()
    assert await api("answerCallbackQuery", callback_query_id=query_id)
    assert await api("sendChatAction", action="typing")
