"""Proxy and certificates: how a server is reached, checked before the first question."""

import asyncio
import os
import ssl
from contextvars import ContextVar
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx
from telegram.error import NetworkError, TimedOut
from telegram.request import HTTPXRequest

from bot.settings import Settings, SettingsError, read_proxy

CONNECT_S = 10.0
HERE = ("127.0.0.1", "localhost", "::1")

_limit: ContextVar[asyncio.Timeout] = ContextVar("limit")


@dataclass(frozen=True)
class Proxy:
    """A proxy on the way to the server.

    Attributes:
        variable: Which names it.
        address: Where it is.
    """

    variable: str
    address: httpx.Proxy

    def __str__(self) -> str:
        return f"{self.address.url}"  # without name and password


class WayRequest(HTTPXRequest):
    """Makes requests by way of a proxy, if there is one; where that fails, the error names it.

    Args:
        proxy: On the way.
        options: Of the library's own class.
    """

    def __init__(self, proxy: Proxy | None, **options: Any) -> None:
        if proxy is not None:
            options["proxy"] = proxy.address
            options["httpx_kwargs"] = {**options["httpx_kwargs"], "event_hooks": {"request": [_watch]}}
        super().__init__(**options)
        self._proxy = proxy

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """Make a request; see `telegram.request.BaseRequest.do_request`."""
        try:
            async with asyncio.timeout(None) as limit:
                _limit.set(limit)
                return await super().do_request(*args, **kwargs)
        except TimeoutError as error:
            assert self._proxy is not None
            sentence = self._sentence(self._proxy, "it does not answer")
            raise TimedOut(sentence) from httpx.ConnectTimeout(repr(error))
        except NetworkError as error:
            cause = error.__cause__
            if self._proxy is None or not is_of_the_way(cause):
                raise
            kind = TimedOut if isinstance(error, TimedOut) else NetworkError
            raise kind(self._sentence(self._proxy, str(cause))) from cause
        except Exception as error:  # what SOCKS makes of a greeting that is none, assertions among it
            if self._proxy is None or limit.when() is None:  # no greetings are being exchanged
                raise
            sentence = self._sentence(self._proxy, "it speaks no SOCKS5")
            raise NetworkError(sentence) from httpx.ProxyError(repr(error))

    def _sentence(self, proxy: Proxy, why: str) -> str:
        why = f" ({why})" if why else ""
        return f"No connection by way of the proxy {proxy}{why}: check {proxy.variable}"


async def _watch(request: httpx.Request) -> None:
    """Limit how long the greetings of SOCKS take, for which the library has no limit."""
    limit = _limit.get()

    async def note(event: str, _: object) -> None:
        if event == "socks.setup_socks5_connection.started":
            limit.reschedule(asyncio.get_running_loop().time() + CONNECT_S)
        elif event == "socks.setup_socks5_connection.complete":
            limit.reschedule(None)

    request.extensions["trace"] = note


def is_of_the_way(error: BaseException | None) -> bool:
    """Tell whether a request failed before it was sent: there was no connection to send it on."""
    return isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError)


def proxy_to(settings: Settings) -> Proxy | None:
    """Give the proxy on the way to the Bot API server: PROXY, or what the environment says; None if none.

    A proxy leads out of this machine, never back into it.

    Raises:
        SettingsError: If it cannot be used.
    """
    server = urlsplit(settings.bot_api_url)
    host = server.hostname or ""
    if host in HERE:
        return None
    if settings.proxy:
        return _checked("PROXY", settings.proxy.reveal(), "")
    proxies = getproxies()
    for kind in (server.scheme, "all"):
        if proxies.get(kind) and not proxy_bypass(host):
            instead = f" Set PROXY, which comes before it, or NO_PROXY={host} to do without."
            return _checked(_variable_of(kind), proxies[kind], instead)
    return None


def certificates() -> ssl.SSLContext:
    """Give the certificates that servers are checked by, those of SSL_CERT_FILE or SSL_CERT_DIR if set.

    Raises:
        SettingsError: If there are none.
    """
    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if folder and not file and not Path(folder).is_dir():
        raise SettingsError(
            f"SSL_CERT_DIR={folder} is no folder: set it to one of certificates, or unset it."
        )
    try:
        return httpx.create_ssl_context()
    except OSError as error:
        if not file:
            raise
        raise SettingsError(
            f"SSL_CERT_FILE={file} cannot be used ({error.strerror or error}): set it to a file of "
            "certificates, or unset it."
        ) from error


def _variable_of(kind: str) -> str:
    """Give the name as it is written in the environment; small letters come first there."""
    name = f"{kind}_proxy"
    return name if os.environ.get(name) else name.upper()


def _checked(name: str, value: str, instead: str) -> Proxy:
    try:
        address = read_proxy(value)
    except ValueError as error:
        raise SettingsError(f"{name} cannot be used: {error}.{instead}") from None
    if address.startswith("socks") and find_spec("socksio") is None:
        raise SettingsError(
            f"{name} cannot be used: SOCKS needs the package socksio, see requirements.txt.{instead}"
        )
    return Proxy(name, httpx.Proxy(address))
