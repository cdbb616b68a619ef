"""The server in its thread: start it, point the bot at it, stop it."""

import asyncio
import logging
import os
import secrets
import socket
import threading
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.local.bot_api import BotApi, SeenRequest
from bot.local.chats import Chats
from bot.local.errors import PageError
from bot.local.events import EventStream
from bot.local.faults import Faults
from bot.local.files import Files
from bot.local.gallery import FetchFlickr8k, GalleryControl, PageGallery
from bot.local.page_api import PageApi
from bot.local.people_api import PeopleApi
from bot.local.person_api import PersonApi
from bot.local.security import Guard
from bot.local.store import Store
from bot.local.webhook import post_updates
from onenet.errors import OneNetError

logger = logging.getLogger(__name__)

_HOST = "127.0.0.1"
_START_S = 20.0
_STOP_S = 5.0
_KEPT_REQUESTS = 10_000


class LocalServer:
    """A Bot API server and chat page on this computer, with its own thread and event loop.

    Args:
        data_dir: The state lies in its sub-folder `local`.
        port: 0 takes a free one.
        token: What the bot has to call itself with; a random one if None.
        gallery: The gallery that photos dropped on the page go to.
        fetch_flickr8k: `onenet.datasets.download.download_flickr8k`, for the page's button.
        busy_port_ok: Take a free port where the wanted one is in use, instead of failing.

    Attributes:
        faults: What shall go wrong, for tests.
        requests: The latest calls of the bot, for tests; uploads without their bytes.
        privacy_mode: Whether the bot gets to see of groups only what is meant for it, for tests.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        port: int = 0,
        token: str | None = None,
        gallery: GalleryControl | None = None,
        fetch_flickr8k: FetchFlickr8k | None = None,
        busy_port_ok: bool = False,
    ) -> None:
        self.token = token or f"1:local-{secrets.token_urlsafe(24)}"
        self.faults = Faults()
        self.requests: list[SeenRequest] = []
        self.privacy_mode = False
        self._folder = data_dir / "local"
        self._port = port
        self._busy_port_ok = busy_port_ok
        self._gallery = gallery
        self._fetch_flickr8k = fetch_flickr8k
        self._thread: threading.Thread | None = None
        self._stop: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._failure: BaseException | None = None

    @property
    def url(self) -> str:
        """Where the page is; the bot's `base_url` is this and "/bot"."""
        return f"http://{_HOST}:{self._port}"

    def start(self) -> None:
        """Serve from now on.

        Raises:
            OneNetError: If the port is in use or the state cannot be opened.
        """
        listener = self._listen()
        ready = threading.Event()
        self._failure = None
        self._thread = threading.Thread(
            target=self._run, args=(listener, ready), name="local chat", daemon=True
        )
        self._thread.start()
        if not ready.wait(_START_S) or self._failure is not None:
            self.stop()
            raise OneNetError(
                f"The local chat cannot start with its data in {self._folder}."
            ) from self._failure

    def stop(self) -> None:
        """End long polls and streams, and stop serving; harmless if it does not run."""
        if self._thread is None:
            return
        if self._loop is not None and self._stop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_STOP_S)
        self._thread = None

    def __enter__(self) -> "LocalServer":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _listen(self) -> socket.socket:
        # with the protocol named asyncio sets TCP_NODELAY; without it each answer waits up to 40 ms
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            try:
                listener.bind((_HOST, self._port))
            except OSError as error:
                if not self._busy_port_ok:
                    advice = "Is the bot running already? Stop it, or set LOCAL_PORT to another port."
                    raise OneNetError(f"Port {self._port} is in use. {advice}") from error
                listener.bind((_HOST, 0))
            listener.listen(128)
        except BaseException:
            listener.close()
            raise
        self._port = listener.getsockname()[1]
        return listener

    def _run(self, listener: socket.socket, ready: threading.Event) -> None:
        try:
            asyncio.run(self._serve(listener, ready))
        except BaseException as error:
            self._failure = error
            logger.exception("The local chat stopped")
        finally:
            listener.close()
            ready.set()

    async def _serve(self, listener: socket.socket, ready: threading.Event) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        store = await Store.open(self._folder / "chat.sqlite3")
        try:
            events = EventStream()
            chats = Chats(
                store,
                Files(store, self._folder / "files"),
                events,
                bot_id=self._bot_id(),
                faults=self.faults,
                privacy_mode=lambda: self.privacy_mode,
            )
            await chats.people.load()
            gallery = PageGallery(self._gallery, self._fetch_flickr8k, events)
            server = uvicorn.Server(_config(self._application(chats, gallery)))
            async with asyncio.TaskGroup() as group:
                background = [group.create_task(gallery.watch()), group.create_task(post_updates(chats))]
                serving = group.create_task(server.serve(sockets=[listener]))
                ready.set()
                await self._stop.wait()
                chats.close()
                gallery.close()
                for task in background:
                    task.cancel()
                server.should_exit = True
                await serving
        finally:
            await store.close()

    def _application(self, chats: Chats, gallery: PageGallery) -> Starlette:
        bot_api = BotApi(chats, token=self.token, faults=self.faults, see=self._see)
        return Starlette(
            routes=[
                *bot_api.routes(),
                *PageApi(chats, gallery).routes(),
                *PersonApi(chats).routes(),
                *PeopleApi(chats).routes(),
            ],
            middleware=[Middleware(Guard)],
            exception_handlers={PageError: _refuse, HTTPException: _refuse_http, Exception: _fail},
        )

    def _bot_id(self) -> int:
        return int(self.token.partition(":")[0])

    def _see(self, request: SeenRequest) -> None:
        self.requests.append(request)
        del self.requests[:-_KEPT_REQUESTS]


def _config(application: Starlette) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level=logging.CRITICAL,  # its lines name addresses, and the bot's addresses hold the token
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=75,
    )


async def _refuse(request: Request, error: Exception) -> Response:
    status = error.status if isinstance(error, PageError) else 400
    return JSONResponse({"error": str(error)}, status_code=status)


async def _refuse_http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    if request.url.path.startswith(("/bot", "/file/bot")):
        body = {"ok": False, "error_code": error.status_code, "description": error.detail}
        return JSONResponse(body, status_code=error.status_code)
    return JSONResponse({"error": f"{error.detail}."}, status_code=error.status_code)


async def _fail(request: Request, error: Exception) -> Response:
    logger.error("The local chat failed", exc_info=error)
    return JSONResponse({"error": "Something went wrong here; the log says what."}, status_code=500)
