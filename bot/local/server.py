"""The server of one bot: start it, point the bot at it, stop it."""

import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware

from bot.local.api.bot_api import BotApi, Caller
from bot.local.api.controls import Controls
from bot.local.api.methods.registry import METHODS
from bot.local.errors import ApiError
from bot.local.hosted import open_bot
from bot.local.person.gallery import FetchFlickr8k, GalleryControl
from bot.local.refusals import REFUSALS
from bot.local.security import Guard
from bot.local.serving import Served, ServerThread

_HOST = "127.0.0.1"
_NAMES = {"first_name": "One Network", "username": "onenet_local_bot"}


class LocalServer:
    """A Bot API server and chat page on this computer, with its own thread and event loop.

    Args:
        data_dir: The state lies in its sub-folder `local`.
        port: 0 takes a free one.
        token: What the bot has to call itself with; a random one if None.
        gallery: The gallery that photos dropped on the page go to.
        fetch_flickr8k: Fetches the data set into a folder, for the page's button.
        examples: What an empty chat offers to try, by the codes of the page's languages.
        busy_port_ok: Take a free port where the wanted one is in use, instead of failing.

    Attributes:
        faults: What shall go wrong, for tests.
        requests: The latest calls of the bot, for tests; uploads without their bytes.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        port: int = 0,
        token: str | None = None,
        gallery: GalleryControl | None = None,
        fetch_flickr8k: FetchFlickr8k | None = None,
        examples: Mapping[str, Sequence[str]] | None = None,
        busy_port_ok: bool = False,
    ) -> None:
        self.token = token or f"1:local-{secrets.token_urlsafe(24)}"
        self._controls = Controls()
        self.faults = self._controls.faults
        self.requests = self._controls.requests
        self._folder = data_dir / "local"
        self._gallery = gallery
        self._fetch_flickr8k = fetch_flickr8k
        self._examples = examples or {}
        self._thread = ServerThread(
            self._opened, folder=self._folder, host=_HOST, port=port, busy_port_ok=busy_port_ok
        )

    @property
    def url(self) -> str:
        """Where the page is; the bot's `base_url` is this and "/bot"."""
        return f"http://{_HOST}:{self._thread.port}"

    @property
    def privacy_mode(self) -> bool:
        """Whether the bot gets to see of groups only what is meant for it, for tests."""
        return self._controls.privacy_mode

    @privacy_mode.setter
    def privacy_mode(self, is_on: bool) -> None:
        self._controls.privacy_mode = is_on

    @property
    def has_died(self) -> bool:
        """Whether it has ended though nobody stopped it."""
        return self._thread.has_died

    def start(self) -> None:
        """Serve from now on.

        Raises:
            OneNetError: If the port is in use or the state cannot be opened.
        """
        self._thread.start()

    def stop(self) -> None:
        """End long polls and streams, and stop serving; harmless if it does not run."""
        self._thread.stop()

    def __enter__(self) -> "LocalServer":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[Served]:
        bot = {"id": int(self.token.partition(":")[0]), "is_bot": True, **_NAMES}
        opened = open_bot(
            self._folder, bot, self._controls, gallery=self._gallery, fetch_flickr8k=self._fetch_flickr8k
        )
        async with opened as hosted:

            async def find(token: str) -> Caller:
                if secrets.compare_digest(token.encode(), self.token.encode()):
                    return hosted.caller
                raise ApiError(401, "Unauthorized")

            application = Starlette(
                routes=[*BotApi(find, METHODS).routes(), *hosted.routes(examples=self._examples)],
                middleware=[Middleware(Guard)],
                exception_handlers=REFUSALS,
            )
            yield Served(application, hosted.hush)
