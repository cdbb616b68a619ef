"""Proxy and certificates: how a server is reached, checked before the first question."""

import os
import ssl
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from bot.settings import Settings, SettingsError, read_proxy

HERE = ("127.0.0.1", "localhost", "::1")


def proxy_to(settings: Settings) -> httpx.Proxy | None:
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
            return _checked(f"{kind.upper()}_PROXY", proxies[kind], instead)
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


def _checked(name: str, value: str, instead: str) -> httpx.Proxy:
    try:
        address = read_proxy(value)
    except ValueError as error:
        raise SettingsError(f"{name} cannot be used: {error}.{instead}") from None
    if address.startswith("socks") and find_spec("socksio") is None:
        raise SettingsError(
            f"{name} cannot be used: SOCKS needs the package socksio, see requirements.txt.{instead}"
        )
    return httpx.Proxy(address)
