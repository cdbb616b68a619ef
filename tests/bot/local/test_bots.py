"""One server for several bots: each token has its own chats, names, faults and folder."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from bot.local.api.methods.registry import METHODS
from bot.local.bots import AnyBotServer
from onenet.errors import OneNetError
from onenet.files import state_of
from tests.bot.local.any_bot import people_of
from tests.bot.local.conftest import Api, picture
from tests.bot.local_chat import PRIVATE
from tests.bot.page_client import plain_http

ONE, TWO = "111:one", "222:two"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[AnyBotServer]:
    with AnyBotServer(tmp_path) as server:
        yield server


@pytest.fixture
async def http(server: AnyBotServer) -> AsyncIterator[httpx.AsyncClient]:
    async with plain_http(server.url) as client:
        yield client


async def test_any_token_is_a_bot_with_its_number(http: httpx.AsyncClient) -> None:
    me = await Api(http, ONE)("getMe")
    assert (me["id"], me["first_name"], me["username"]) == (111, "Bot 111", "test_111_bot")
    assert (await Api(http, TWO)("getMe"))["id"] == 222
    bots = (await http.get("/local/bots")).json()["bots"]
    assert [bot["token"] for bot in bots] == [ONE, TWO]


@pytest.mark.parametrize("token", ["nonsense", "0:zero", ":a", "12:", "12:ü", "1001:person"])
async def test_what_is_no_token(http: httpx.AsyncClient, token: str) -> None:
    answer = await http.get(f"/bot{token}/getMe")
    assert answer.status_code in (401, 404)
    assert answer.json()["ok"] is False
    assert (await http.get(f"/chat/{token}/local/state")).status_code in (401, 404)
    assert (await http.get("/local/bots")).json()["bots"] == []


async def test_bots_do_not_see_each_others_updates_and_files(
    server: AnyBotServer, http: httpx.AsyncClient
) -> None:
    one, two = Api(http, ONE), Api(http, TWO)
    async with people_of(server.url, ONE) as with_one, people_of(server.url, TWO) as with_two:
        await with_one.send_text("for one")
        (photo,) = await with_one.send_photos([picture()])
        await with_two.send_text("for two")
        assert [update["message"].get("text") for update in await one("getUpdates")] == ["for one", None]
        assert [update["message"]["text"] for update in await two("getUpdates")] == ["for two"]
        file_id = photo["photo"][-1]["file_id"]
        path = (await one("getFile", file_id=file_id))["file_path"]
        assert (await http.get(f"/file/bot{ONE}/{path}")).is_success
        assert (await http.get(f"/file/bot{TWO}/{path}")).status_code == 404
        assert await two.error("getFile", file_id=file_id) == "Bad Request: invalid file_id"
        await two("sendMessage", text="from two")
        assert len(await with_one.messages()) == 2


async def test_tokens_with_one_number_are_two_bots(http: httpx.AsyncClient) -> None:
    await Api(http, "7:a")("sendMessage", chat_id=PRIVATE, text="a")
    assert (await Api(http, "7:A")("sendMessage", chat_id=PRIVATE, text="A"))["message_id"] == 1


async def test_a_poll_of_one_bot_does_not_end_that_of_another(
    server: AnyBotServer, http: httpx.AsyncClient
) -> None:
    polls = [asyncio.create_task(Api(http, token)("getUpdates", timeout=20)) for token in (ONE, TWO)]
    for token in (ONE, TWO):
        async with people_of(server.url, token) as people:
            await people.send_text(token)
    assert [(await poll)[0]["message"]["text"] for poll in polls] == [ONE, TWO]


async def test_without_a_token_in_the_address_the_only_bot_is_meant(http: httpx.AsyncClient) -> None:
    nobody = await http.get("/local/state")
    assert (nobody.status_code, "no bot has called yet" in nobody.json()["error"]) == (409, True)
    await Api(http, ONE)("getMe")
    assert (await http.get("/local/state")).json()["bot"]["id"] == 111
    await Api(http, TWO)("getMe")
    several = await http.get("/local/state")
    assert (several.status_code, several.json()["error"]) == (
        409,
        "Say whose chats: /chat/TOKEN/local/state; the bots are at /local/bots.",
    )
    assert (await http.get("/nowhere")).status_code == 404


async def test_the_page_waits_for_a_bot_and_shows_the_one_that_called_last(http: httpx.AsyncClient) -> None:
    assert "No bot has called yet" in (await http.get("/")).text
    for token in (ONE, TWO, ONE):
        await Api(http, token)("getMe")
        answer = await http.get("/")
        assert answer.headers["location"] == f"/chat/{token}/"
        assert "<title>One Network</title>" in (await http.get(answer.headers["location"])).text


async def test_everything_is_kept_and_the_names_too(tmp_path: Path) -> None:
    with AnyBotServer(tmp_path) as server:
        async with plain_http(server.url) as http:
            await Api(http, TWO)("setMyName", name="Second")
            await Api(http, TWO)("sendMessage", text="kept")
    with AnyBotServer(tmp_path) as server:
        async with plain_http(server.url) as http:
            (bot,) = (await http.get("/local/bots")).json()["bots"]
            assert bot == {"token": TWO, "first_name": "Second", "username": "test_222_bot"}
            (message,) = (await http.get(f"/local/chats/{PRIVATE}/messages")).json()["messages"]
            assert (message["text"], message["from"]["first_name"]) == ("kept", "Second")


def token_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*/token"))


@pytest.mark.parametrize("content", [b"", b"\xff", b"0:zero", None])
async def test_a_token_file_that_holds_none_hides_no_other_bot_and_its_own_until_it_calls(
    tmp_path: Path, content: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    with AnyBotServer(tmp_path) as server:
        async with plain_http(server.url) as http:
            for token in (ONE, TWO):
                await Api(http, token)("sendMessage", text=f"of {token}")
    file, _ = token_files(tmp_path)
    file.unlink()
    file.mkdir() if content is None else file.write_bytes(content)
    with AnyBotServer(tmp_path) as server:
        async with plain_http(server.url) as http:
            assert [bot["token"] for bot in (await http.get("/local/bots")).json()["bots"]] == [TWO]
            assert caplog.text.count("holds no token") == 1
            if content is None:
                return
            await Api(http, ONE)("getMe")
            (message,) = (await http.get(f"/chat/{ONE}/local/chats/{PRIVATE}/messages")).json()["messages"]
            assert message["text"] == f"of {ONE}"
    assert file.read_text() == ONE


async def test_a_token_is_written_once(tmp_path: Path) -> None:
    states = set()
    for _ in range(3):
        with AnyBotServer(tmp_path) as server:
            async with plain_http(server.url) as http:
                await Api(http, ONE)("getMe")
        (file,) = token_files(tmp_path)
        states.add(state_of(file))
    assert len(states) == 1


async def test_only_the_tokens_that_were_named(tmp_path: Path) -> None:
    with AnyBotServer(tmp_path, tokens=[ONE]) as server:
        async with plain_http(server.url) as http:
            assert [bot["token"] for bot in (await http.get("/local/bots")).json()["bots"]] == [ONE]
            assert (await Api(http, TWO).post("getMe"))["error_code"] == 401


async def test_the_methods_are_told(http: httpx.AsyncClient) -> None:
    assert (await http.get("/local/methods")).json() == {"methods": sorted(METHODS)}


def test_what_cannot_be_served_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(OneNetError, match="cannot start with its data in"), AnyBotServer(tmp_path / "file"):
        pass
    with pytest.raises(OneNetError, match="There is no port 70000"), AnyBotServer(tmp_path, port=70000):
        pass
    nowhere = AnyBotServer(tmp_path, host="nowhere.invalid")
    with pytest.raises(OneNetError, match=r"nowhere\.invalid is no address of this computer"), nowhere:
        pass


@pytest.mark.parametrize(
    ("host", "name", "status"),
    [("127.0.0.1", "evil.example", 403), ("127.0.0.1", "localhost:1", 200), ("0.0.0.0", "bots.example", 200)],
)
async def test_under_which_names_it_answers(tmp_path: Path, host: str, name: str, status: int) -> None:
    with AnyBotServer(tmp_path, host=host) as server:
        async with plain_http(server.url) as http:
            answer = await http.get(f"/bot{ONE}/getMe", headers={"host": name})
            assert answer.status_code == status


@pytest.mark.parametrize("path", [f"/bot{ONE}/getMe", f"/file/bot{ONE}/x", f"/chat/{ONE}/local/state"])
async def test_other_sites_cannot_act_as_a_bot_or_look(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(path, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert (await http.get("/local/bots")).json()["bots"] == []


@pytest.mark.parametrize("path", ["/chat/5:a", "/chat/5:a/", "/chat/5:a/local", "/chat/5:a/x.png"])
@pytest.mark.parametrize("site", ["cross-site", "same-origin", "none"])
async def test_no_page_makes_a_bot(http: httpx.AsyncClient, tmp_path: Path, path: str, site: str) -> None:
    for _ in range(2):
        answer = await http.get(path, headers={"sec-fetch-site": site}, follow_redirects=True)
        assert answer.status_code == 404
    assert (await http.get("/local/bots")).json()["bots"] == []
    assert token_files(tmp_path) == []


async def test_a_link_from_elsewhere_opens_the_page_of_a_bot_that_has_called(http: httpx.AsyncClient) -> None:
    await Api(http, ONE)("getMe")
    answer = await http.get(f"/chat/{ONE}/", headers={"sec-fetch-site": "cross-site"})
    assert "<title>One Network</title>" in answer.text
