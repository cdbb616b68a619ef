"""One bot's chats while they are open, with everything that serves them."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from starlette.routing import BaseRoute

from bot.local.api.bot_api import Caller
from bot.local.api.chats import Chats
from bot.local.api.controls import Controls
from bot.local.api.methods.webhook import post_updates
from bot.local.person.gallery import FetchFlickr8k, GalleryControl, PageGallery
from bot.local.person.page_api import PageApi
from bot.local.person.people_api import PeopleApi
from bot.local.person.person_api import PersonApi
from bot.local.store.database import Store
from bot.local.store.events import EventStream
from bot.local.store.files import Files
from bot.local.store.records import Json

logger = logging.getLogger(__name__)


class Hosted:
    """A bot with its chats and its gallery; made by `open_bot`."""

    def __init__(self, chats: Chats, controls: Controls, gallery: PageGallery) -> None:
        self.chats = chats
        self.controls = controls
        self._gallery = gallery

    @property
    def caller(self) -> Caller:
        """The bot as its own calls meet it."""
        return Caller(self.chats, self.controls)

    def routes(
        self,
        *,
        bots: Callable[[], list[Json]] | None = None,
        examples: Mapping[str, Sequence[str]] | None = None,
    ) -> list[BaseRoute]:
        """Every address of the page and of what people do, see `PageApi`."""
        page = PageApi(self.chats, self._gallery, bots=bots, examples=examples)
        return [*page.routes(), *PersonApi(self.chats).routes(), *PeopleApi(self.chats).routes()]

    def hush(self) -> None:
        """End long polls, event streams and a download under way."""
        self.chats.close()
        self._gallery.close()


@asynccontextmanager
async def open_bot(
    folder: Path,
    bot: Json,
    controls: Controls,
    *,
    gallery: GalleryControl | None = None,
    fetch_flickr8k: FetchFlickr8k | None = None,
) -> AsyncIterator[Hosted]:
    """A bot's chats from a folder, which is made if need be; updates are posted while they are open.

    Args:
        bot: The bot's User, unless the folder knows other names.
    """
    store = await Store.open(folder / "chat.sqlite3")
    try:
        events = EventStream()
        files = Files(store, folder / "files")
        chats = Chats(store, files, events, bot=bot, controls=controls)
        await chats.people.load()
        shown = PageGallery(gallery, fetch_flickr8k, events)
        background = [asyncio.create_task(shown.watch()), asyncio.create_task(post_updates(chats))]
        try:
            yield Hosted(chats, controls, shown)
        finally:
            for task in background:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
    finally:
        await store.close()
