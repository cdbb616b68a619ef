"""A server for any bot: every token is a bot of its own, with chats that no other bot sees."""

import asyncio
import hashlib
import logging
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route, Router
from starlette.types import Receive, Scope, Send

from bot.local.api.bot_api import BotApi, Caller
from bot.local.api.controls import Controls
from bot.local.api.methods.registry import METHODS
from bot.local.errors import ApiError, PageError
from bot.local.hosted import Hosted, open_bot
from bot.local.person.page_api import PAGE_FOLDER, page_files
from bot.local.person.tester_api import TesterApi
from bot.local.refusals import REFUSALS
from bot.local.security import Guard, hosts_of, is_for_own_pages
from bot.local.serving import Served, ServerThread
from bot.local.store.people import ME
from bot.local.store.records import Json
from onenet.files import replace_file

logger = logging.getLogger(__name__)

_TOKEN = re.compile(r"[1-9][0-9]{0,15}:[A-Za-z0-9_-]{1,128}")
_EVERYWHERE = ("0.0.0.0", "::")


class AnyBotServer:
    """A Bot API server and chat page for every bot that calls, with its own thread and event loop.

    Args:
        folder: Each bot's state lies in a sub-folder.
        host: The address to listen at.
        port: 0 takes a free one.
        tokens: The tokens to take; none means any.
    """

    def __init__(
        self, folder: Path, *, host: str = "127.0.0.1", port: int = 0, tokens: Sequence[str] = ()
    ) -> None:
        self._folder = folder
        self._host = host
        self._tokens = tokens
        self._thread = ServerThread(self._opened, folder=folder, host=host, port=port)

    @property
    def url(self) -> str:
        """Where the page is; the `base_url` of bots is this and "/bot"."""
        host = "127.0.0.1" if self._host in _EVERYWHERE else self._host
        return f"http://{f'[{host}]' if ':' in host else host}:{self._thread.port}"

    @property
    def is_alive(self) -> bool:
        """Whether it serves."""
        return self._thread.is_alive

    def __enter__(self) -> "AnyBotServer":
        """The server, which serves from now on.

        Raises:
            OneNetError: If the port is in use or the state cannot be opened.
        """
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.stop()

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[Served]:
        bots = Bots(self._folder, self._tokens)
        try:
            await bots.load()
            hosts = None if self._host in _EVERYWHERE else hosts_of(self._host)
            application = Starlette(
                routes=[*BotApi(bots.caller, METHODS).routes(), *Doors(bots).routes()],
                middleware=[Middleware(Guard, hosts=hosts)],
                exception_handlers=REFUSALS,
            )
            yield Served(application, bots.hush)
        finally:
            await bots.close()


class Bots:
    """The bots that have called, each opened once and kept open.

    Args:
        folder: Where each has a sub-folder.
        tokens: The tokens to take; none means any.
    """

    def __init__(self, folder: Path, tokens: Sequence[str] = ()) -> None:
        self._folder = folder
        self._tokens = tokens
        self._pages: dict[str, Router] = {}
        self._bots: dict[str, Hosted] = {}
        self._opening = asyncio.Lock()
        self._stack = AsyncExitStack()
        self.latest: str | None = None

    async def load(self) -> None:
        """Open the bots of the folder, and those that were named."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for token in self._tokens or self._kept():
            await self.find(token)

    async def find(self, token: str) -> Hosted:
        """The bot with a token, new or not.

        Raises:
            ApiError: 401 if the token is not taken here.
        """
        async with self._opening:
            if token not in self._bots:
                bot_id = self._checked_id(token)
                await self._open(token, bot_id)
                self._tell()
        return self._bots[token]

    async def caller(self, token: str) -> Caller:
        """The bot that calls with a token; it is the latest now."""
        hosted = await self.find(token)
        self.latest = token
        return hosted.caller

    async def page(self, token: str, *, may_be_new: bool) -> Router:
        """The addresses of a bot's page and people.

        Raises:
            ApiError: 401 if the token is not taken here, 404 if nobody has called with it who has to.
        """
        if token not in self._bots and not may_be_new:
            raise ApiError(404, "Not Found: no bot has called with this token yet")
        await self.find(token)
        return self._pages[token]

    def describe(self) -> list[Json]:
        """The bots by token and names, in the order in which they came."""
        names = ("first_name", "username")
        return [
            {"token": token, **{name: hosted.chats.bot[name] for name in names}}
            for token, hosted in self._bots.items()
        ]

    def hush(self) -> None:
        """End all long polls and event streams."""
        for hosted in self._bots.values():
            hosted.hush()

    async def close(self) -> None:
        """Close every bot's file."""
        await self._stack.aclose()

    def _kept(self) -> Iterator[str]:
        """The tokens of the folder; the bot of a file that holds none is there again when it calls."""
        for path in sorted(self._folder.glob("*/token")):
            token = _token_in(path)
            if token:
                yield token
            else:
                logger.warning("%s holds no token: its bot is left out until it calls", path)

    def _checked_id(self, token: str) -> int:
        if not _TOKEN.fullmatch(token):
            raise ApiError(401, "Unauthorized: a token is a number, a colon and letters, such as 123:abc")
        bot_id = int(token.partition(":")[0])
        if bot_id == ME["id"]:
            raise ApiError(401, f"Unauthorized: {bot_id} is the person at the page; take another number")
        if self._tokens and token not in self._tokens:
            raise ApiError(401, "Unauthorized")
        return bot_id

    async def _open(self, token: str, bot_id: int) -> None:
        digest = hashlib.sha256(token.encode()).hexdigest()[:12]  # two tokens may differ in case alone
        folder = self._folder / f"{bot_id}-{digest}"
        folder.mkdir(parents=True, exist_ok=True)
        if _token_in(folder / "token") != token:
            replace_file(folder / "token", token.encode("ascii"))
        names = {"first_name": f"Bot {bot_id}", "username": f"test_{bot_id}_bot"}
        bot, controls = {"id": bot_id, "is_bot": True, **names}, Controls()
        hosted = await self._stack.enter_async_context(open_bot(folder, bot, controls))
        tester = TesterApi(hosted.chats, controls, METHODS)
        self._pages[token] = Router([*tester.routes(), *hosted.routes(bots=self.describe)])
        self._bots[token] = hosted

    def _tell(self) -> None:
        for hosted in self._bots.values():
            hosted.chats.events.publish("bots", bots=self.describe())


def _token_in(path: Path) -> str:
    """The token of a file; "" if there is none."""
    try:
        token = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeError):
        return ""
    return token if _TOKEN.fullmatch(token) else ""


class Doors:
    """The ways to the bots' pages: by token, or without one where there is no choice."""

    def __init__(self, bots: Bots) -> None:
        self._bots = bots

    def routes(self) -> list[Route | Mount]:
        """Every address that is no call of a bot."""
        return [
            Route("/", self._start),
            page_files(),
            Route("/local/bots", self._show_bots),
            Route("/local/methods", self._show_methods),
            Mount("/chat/{token}", app=self._chat),
            Mount("", app=self._only),
        ]

    async def _start(self, request: Request) -> Response:
        """The chats with the bot that called last; until one has, a page that waits for it."""
        known = [bot["token"] for bot in self._bots.describe()]
        if not known:
            return FileResponse(PAGE_FOLDER / "waiting.html", headers={"Cache-Control": "no-cache"})
        return RedirectResponse(
            f"/chat/{self._bots.latest or known[-1]}/", headers={"Cache-Control": "no-store"}
        )

    async def _show_bots(self, request: Request) -> Response:
        return JSONResponse({"bots": self._bots.describe()})

    async def _show_methods(self, request: Request) -> Response:
        return JSONResponse({"methods": sorted(METHODS)})

    async def _chat(self, scope: Scope, receive: Receive, send: Send) -> None:
        may_be_new = is_for_own_pages(scope["path"])  # else a page elsewhere could make bots
        try:
            page = await self._bots.page(scope["path_params"]["token"], may_be_new=may_be_new)
        except ApiError as error:
            raise PageError(f"{error.description}.", status=error.code) from None
        await page(scope, receive, send)

    async def _only(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not scope["path"].startswith("/local/"):
            raise HTTPException(404)
        known = self._bots.describe()
        if len(known) != 1:
            which = "the bots are at /local/bots" if known else "no bot has called yet"
            raise PageError(f"Say whose chats: /chat/TOKEN{scope['path']}; {which}.", status=409)
        await (await self._bots.page(known[0]["token"], may_be_new=False))(scope, receive, send)
