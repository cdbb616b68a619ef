"""The way to the server by a proxy: which one, real ones of each kind, and those that cannot be used."""

import asyncio
import gc
import shutil
import ssl
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.request import RequestData

from bot.delivery.connection import _may_have_arrived
from bot.delivery.proxy import Proxy, WayRequest, proxy_to
from bot.settings import Secret, Settings, SettingsError, read_proxy
from tests.bot.conftest import TOKEN, jpeg, until
from tests.bot.delivery.test_alive import _short_pauses, free_port, living, serves
from tests.bot.local_chat import LocalChat
from tests.bot.proxies import Greeting, RunningProxy, http, in_front_of, proxy, socks5
from tests.test_bot import ended

assert _short_pauses, "a fixture"

VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
NONSENSE = (
    "ftp://proxy:1",
    "socks4://proxy:1080",
    "://proxy",
    "http://",
    "socks5://:1080",
    "http://proxy:port",
    "http://proxy:99999",
    "http://[::1",
    "http://a proxy:3128",
    "hunter2 hunter2",
)


@pytest.fixture(autouse=True)
def _no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def by_proxy_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' server is of this machine, to which no proxy leads."""
    monkeypatch.setattr("bot.delivery.proxy.HERE", ())


def way(**environ: str) -> Proxy | None:
    return proxy_to(Settings.from_env(environ))


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("socks5://127.0.0.1:1080", "socks5://127.0.0.1:1080"),
        ("socks5h://proxy.example:9050", "socks5://proxy.example:9050"),
        ("socks://proxy.example", "socks5://proxy.example:1080"),
        ("http://name:pass%3Aword@proxy.example:3128", "http://proxy.example:3128"),
        ("http://proxy.example", "http://proxy.example"),
        ("https://proxy.example:8443", "https://proxy.example:8443"),
        ("proxy.example:3128", "http://proxy.example:3128"),
        ("http://[::1]:3128", "http://[::1]:3128"),
    ],
)
def test_addresses_of_each_kind(monkeypatch: pytest.MonkeyPatch, value: str, address: str) -> None:
    found = way(PROXY=value)
    assert found is not None
    assert (found.variable, str(found)) == ("PROXY", address)
    assert found.address.raw_auth == ((b"name", b"pass:word") if "name" in value else None)
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            found = way()
            assert found is not None
            assert (found.variable, str(found)) == (name, address)


def test_the_setting_comes_first_and_some_servers_need_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert way() is None
    monkeypatch.setenv("ALL_PROXY", "http://of-all:1")
    monkeypatch.setenv("HTTPS_PROXY", "http://of-https:1")
    assert str(way()) == "http://of-https:1"
    assert str(way(PROXY="http://own:1")) == "http://own:1"
    assert str(way(BOT_API_URL="http://server.example")) == "http://of-all:1"
    for here in ("http://127.0.0.1:8081", "http://localhost:8081", "http://[::1]:8081"):
        assert way(BOT_API_URL=here, PROXY="http://own:1") is None
    monkeypatch.setenv("NO_PROXY", "telegram.org")
    assert way() is None
    assert str(way(PROXY="http://own:1")) == "http://own:1"


@pytest.mark.parametrize("value", NONSENSE)
def test_nonsense_is_refused_in_one_sentence_that_does_not_show_it(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    expected = (
        "expected an address such as socks5://127.0.0.1:1080 or http://name:password@proxy.example:3128"
    )
    with pytest.raises(SettingsError) as refused:
        way(PROXY=value, THREADS="many")
    [of_proxy, of_threads] = str(refused.value).splitlines()
    assert of_proxy == f"PROXY is wrong: {expected}."
    assert of_threads.startswith("THREADS='many' is wrong")
    monkeypatch.setenv("HTTPS_PROXY", value)
    with pytest.raises(SettingsError) as refused:
        way()
    assert str(refused.value) == (
        f"HTTPS_PROXY cannot be used: {expected}. Set PROXY, which comes before it, or "
        "NO_PROXY=api.telegram.org to do without."
    )


@given(st.text() | st.from_regex(r"\A(socks5?h?|https?|ftp)://[^ ]*\Z"))
def test_any_value_is_read_or_refused(value: str) -> None:
    try:
        address = read_proxy(value)
    except ValueError:
        return
    assert httpx.Proxy(address).url.host


def test_the_program_ends_with_the_sentence(tmp_path: Path) -> None:
    code, text = ended(DATA_DIR=tmp_path, BOT_TOKEN=TOKEN, PROXY="hunter2://x", MATCHES="0")
    assert code == 2
    assert [line.split()[0].partition("=")[0] for line in text.splitlines()] == ["PROXY", "MATCHES"]
    assert "hunter2" not in text


def by(kind: str, port: int) -> Secret:
    return Secret(read_proxy(f"{kind}://127.0.0.1:{port}"))


async def is_answered(chat: LocalChat, data_dir: Path, **changes: Any) -> None:
    """The bot lives, takes a photo, which it downloads, and ends."""
    async with living(chat, data_dir, **changes) as life:
        assert await serves(chat, life)
        [photo] = await chat.send_photos([jpeg("red")])
        assert (await chat.wait_for(after=photo))["text"] == "A red wall"
        await life.end()


@pytest.mark.usefixtures("by_proxy_alone")
@pytest.mark.parametrize(
    ("start", "greet"),
    [
        ("socks5://", socks5()),
        ("socks5h://", socks5()),
        ("socks://me:word@", socks5(("me", "word"))),
        ("http://", http),
    ],
)
async def test_the_bot_works_by_way_of_each(
    chat: LocalChat, tmp_path: Path, start: str, greet: Greeting
) -> None:
    async with proxy(greet) as running:
        address = read_proxy(f"{start}127.0.0.1:{running.port}")
        await is_answered(chat, tmp_path / "data", proxy=Secret(address))
        assert set(running.asked) == {("127.0.0.1", urlsplit(chat.server.url).port)}


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A file with the key and the certificate of 127.0.0.1."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl, which makes a certificate, is not installed")
    file = tmp_path / "both.pem"
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    new = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", file, "-out", file]
    subprocess.run([openssl, *new, *names], check=True, capture_output=True, timeout=60)
    return file


@pytest.mark.usefixtures("by_proxy_alone")
@pytest.mark.parametrize(("kind", "greet"), [("http", http), ("socks5", socks5())])
async def test_and_with_https_through_a_tunnel(
    chat: LocalChat,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    certificate: Path,
    kind: str,
    greet: Greeting,
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    own = ssl.create_default_context.__wrapped__  # type: ignore[attr-defined] # tests keep what it gave before
    monkeypatch.setattr(ssl, "create_default_context", own)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    port = urlsplit(chat.server.url).port
    assert port is not None
    async with proxy(in_front_of(port), tls=context) as front, proxy(greet) as running:
        url = f"https://127.0.0.1:{front.port}"
        await is_answered(chat, tmp_path / "data", bot_api_url=url, proxy=by(kind, running.port))
        assert set(running.asked) == {("127.0.0.1", front.port)}


@pytest.mark.usefixtures("by_proxy_alone")
@pytest.mark.parametrize("kind", ["socks5", "http"])
async def test_a_proxy_that_cannot_be_reached_is_named_and_waited_for(
    chat: LocalChat, tmp_path: Path, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    port = free_port()
    where = f"{kind}://127.0.0.1:{port}"
    async with living(chat, tmp_path / "data", proxy=by(kind, port)) as life:
        sentence = f"No answer from {chat.server.url} yet (No connection by way of the proxy {where} ("
        await until(lambda: caplog.text.count(sentence) > 1)
        assert "): check PROXY); trying again" in caplog.text
        async with proxy(socks5() if kind == "socks5" else http, port=port):
            assert await serves(chat, life)
        later = f"No messages from the server just now (No connection by way of the proxy {where}"
        await until(lambda: later in caplog.text)
        async with proxy(socks5() if kind == "socks5" else http, port=port):
            assert await serves(chat, life)
            await life.end()
    assert "Traceback" not in caplog.text


async def nonsense(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> tuple[str, int, bytes, bytes]:
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    raise PermissionError


@pytest.mark.filterwarnings("ignore:unclosed")  # the library leaves it to the garbage collector
@pytest.mark.usefixtures("by_proxy_alone")
@pytest.mark.parametrize(
    ("address", "greet", "why"),
    [
        ("socks5://127.0.0.1:{}", http, "it does not answer"),  # it waits for more
        ("socks5://127.0.0.1:{}", nonsense, "it speaks no SOCKS5"),
        ("socks5://127.0.0.1:{}", socks5(("me", "word")), "Requested NO AUTHENTICATION REQUIRED"),
        ("socks5://me:hunter2@127.0.0.1:{}", socks5(("me", "word")), "Invalid username/password"),
        ("http://127.0.0.1:{}", socks5(), ""),
    ],
)
async def test_a_proxy_that_refuses_is_named(
    chat: LocalChat,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    address: str,
    greet: Greeting,
    why: str,
) -> None:
    monkeypatch.setattr("bot.delivery.proxy.CONNECT_S", 0.5)
    monkeypatch.setattr("bot.delivery.connection.QUICK_S", 0.5)
    async with proxy(greet) as running:
        setting = Secret(read_proxy(address.format(running.port)))
        async with living(chat, tmp_path / "data", proxy=setting) as life:
            await until(lambda: caplog.text.count("; trying again") > 1)
            await life.end()
    assert why in caplog.text
    if why:
        assert "No connection by way of the proxy socks5://127.0.0.1:" in caplog.text
        assert "check PROXY" in caplog.text
    assert "Traceback" not in caplog.text
    assert "hunter2" not in caplog.text
    gc.collect()


@pytest.mark.parametrize(
    ("cause", "may"),
    [
        (None, False),  # the server says no
        (TelegramError("Invalid server response"), False),
        (httpx.ProxyError("503"), False),
        (httpx.ConnectTimeout("no"), False),
        (httpx.PoolTimeout("no"), False),
        (httpx.ReadError("gone"), True),
        (httpx.ReadTimeout("gone"), True),
        (TimeoutError(), True),
        (RuntimeError("not initialized"), False),
    ],
)
def test_nobody_is_told_of_an_answer_that_never_left(cause: Exception | None, *, may: bool) -> None:
    """What a proxy refused is sent again, as what no server was reached for is."""
    for error in (NetworkError("no"), TimedOut()):
        error.__cause__ = cause
        assert _may_have_arrived(error) is may


async def answering_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Any:
    """A server that answers the first request alone."""
    await reader.readuntil(b"\r\n\r\n")
    content = b'{"ok": true, "result": true}'
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(content), content))
    await silent(reader, writer)


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Any:
    await reader.read()
    raise PermissionError


def by_socks(running: RunningProxy) -> WayRequest:
    way = Proxy("PROXY", httpx.Proxy(f"socks5://127.0.0.1:{running.port}"))
    return WayRequest(way, connection_pool_size=1, httpx_kwargs={"trust_env": False})


async def send(request: WayRequest, server: RunningProxy) -> Any:
    url = f"http://127.0.0.1:{server.port}/bot/sendMessage"
    return await request.post(url, RequestData([]), read_timeout=0.5)


async def test_what_was_sent_by_socks_and_not_answered_may_have_arrived(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with proxy(answering_once) as server, proxy(socks5()) as running, by_socks(running) as request:
        assert await send(request, server) is True
        monkeypatch.setattr("bot.delivery.proxy.CONNECT_S", 0.0)  # the connection is there already
        with pytest.raises(TimedOut) as failed:
            await send(request, server)
    assert len(running.asked) == 1
    assert _may_have_arrived(failed.value)


@pytest.mark.filterwarnings("ignore:unclosed")  # the library leaves it to the garbage collector
@pytest.mark.parametrize("greet", [silent, nonsense])
async def test_what_waits_for_the_greeting_of_a_proxy_never_left(
    monkeypatch: pytest.MonkeyPatch, greet: Greeting
) -> None:
    monkeypatch.setattr("bot.delivery.proxy.CONNECT_S", 0.5)
    async with proxy(answering_once) as server, proxy(greet) as running, by_socks(running) as request:
        with pytest.raises(NetworkError) as failed:
            await send(request, server)
    assert not _may_have_arrived(failed.value)
    gc.collect()
