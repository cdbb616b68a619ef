"""Only this computer's own pages may talk to the server."""

import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

THIS_COMPUTER = frozenset({"127.0.0.1", "localhost"})
_NOT_THE_PAGE = re.compile(r"(?:/chat/[^/]+)?/local/|/(?:file/)?bot")
_OWN_SITE = frozenset({"same-origin", "none"})
_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' blob: data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",  # ask whether it changed: a new version of the page is seen at once
}


class Guard:
    """Refuses foreign hosts (DNS rebinding) and foreign pages (forged requests); adds safe headers.

    A page elsewhere on the web can make a browser send requests here; it cannot make it lie about
    `Host`, `Origin` and `Sec-Fetch-Site`.

    Args:
        app: What is guarded.
        hosts: The names under which requests may come; None for any, which gives up the first guard.
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[str] | None = THIS_COMPUTER) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403, or pass the request on."""
        if scope["type"] != "http":
            return
        if not self._is_own(Headers(scope=scope), scope["path"]):
            refusal = JSONResponse(
                {"error": "Only pages of this computer may talk to the chat."}, status_code=403
            )
            await refusal(scope, receive, send)
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_safely)

    def _is_own(self, headers: Headers, path: str) -> bool:
        host = headers.get("host", "")
        if self._hosts is not None and not self._hosts & {host, host.rpartition(":")[0]}:
            return False
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            return False
        # A link from elsewhere may open the page, but nothing else of another site may look at the chat
        # or act as a bot.
        return not is_for_own_pages(path) or headers.get("sec-fetch-site", "none") in _OWN_SITE


def is_for_own_pages(path: str) -> bool:
    """Whether an address does something, or tells something, so that no page elsewhere may ask for it."""
    return _NOT_THE_PAGE.match(path) is not None


def hosts_of(host: str) -> frozenset[str]:
    """The names under which a server at an address is asked."""
    return THIS_COMPUTER | {f"[{host}]" if ":" in host else host}
