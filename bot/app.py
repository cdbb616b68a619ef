"""The bot put together: its parts, the list of its features, what is opened at first and closed at last."""

import asyncio
import logging
import os
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any, cast, get_type_hints

from telegram import Bot, Update
from telegram.ext import Application, ContextTypes, TypeHandler

from bot.background import Background
from bot.chats.access import Access
from bot.chats.chats import Chats
from bot.chats.languages import interpret
from bot.delivery.answered import Answered
from bot.delivery.connection import Connection
from bot.delivery.dispatch import Dispatcher, arrival_of
from bot.delivery.inbox import Inbox, UpdateQueue
from bot.delivery.pressing import Pressing
from bot.delivery.stopping import PromptApplication
from bot.delivery.turn import current_trace
from bot.delivery.updates import PatientUpdater
from bot.errors import ErrorHandler
from bot.features import (
    analogy,
    ask,
    caption,
    dream,
    find,
    game,
    help,
    inline,
    inside,
    map,
    membership,
    mix,
    more,
    owner,
    privacy,
    settings,
    similar,
    teach,
    translate,
    why,
    word_games,
)
from bot.gallery.gallery import Gallery, index_path_for
from bot.gallery.notes import GalleryNotes
from bot.gallery.uploads import Uploads
from bot.health import Health
from bot.inference.errors import StoppedError
from bot.inference.left_out import LeftOut
from bot.inference.quotas import Limits
from bot.inference.worker import Worker
from bot.memory.comparing import Comparing
from bot.memory.keeper import MemoryKeeper
from bot.memory.memory import Memory
from bot.memory.reading import PhotoReader
from bot.memory.remembering import Remembering
from bot.memory.seen_before import SeenBefore
from bot.memory.served import ServedMemoryIndex
from bot.memory.table import RememberedPhotos
from bot.memory.taught import TaughtWords
from bot.metrics import Metrics
from bot.photos.album_in import AlbumBuffer
from bot.routing.feature import Feature, Features
from bot.routing.interruptions import Interruptions
from bot.routing.menus import set_descriptions, set_menus
from bot.routing.router import Router
from bot.search.album_out import Albums
from bot.search.answers import Answers
from bot.search.finder import Finder
from bot.search.pictures import Pictures
from bot.search.sheets import Sheets
from bot.settings import Settings
from bot.store.answers import KeptAnswers
from bot.store.database import Database
from bot.store.forgettings import Forgettings
from bot.store.installation import installation_in
from bot.store.scrubbing import Scrubbing
from bot.store.sent_photos import SentPhotos
from onenet.engine import Engine
from onenet.search import MilvusChats, MilvusConnection, MilvusIndex, raise_unless_installed

logger = logging.getLogger(__name__)

# One folder or file each, in the order of /help; the first that accepts a message is the one that answers it.
FEATURES: tuple[ModuleType, ...] = (
    membership,
    caption,
    more,
    similar,
    ask,
    why,
    mix,
    analogy,
    find,
    teach,
    word_games,
    translate,
    inside,
    game,
    map,
    dream,
    inline,
    privacy,
    settings,
    help,
    owner,
)
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member", "inline_query")
DRAIN_S = 2.0
PRESENT_S = 3.0
INDEX_ANSWERS_S = (
    5.0  # within which a server with the index has to; whoever searches waits for it, the network does not
)

BotApplication = Application[Connection, Any, dict[Any, Any], dict[Any, Any], dict[Any, Any], None]


@dataclass(frozen=True)
class Parts:
    """What the features are made of. Only this file knows all of it: a feature is given what it asks for."""

    settings: Settings
    engine: Engine
    metrics: Metrics
    database: Database
    kept_answers: KeptAnswers
    sent_photos: SentPhotos
    scrubbing: Scrubbing
    inbox: Inbox
    answered: Answered
    pressing: Pressing
    access: Access
    chats: Chats
    worker: Worker
    left_out: LeftOut
    incoming: AlbumBuffer
    gallery: Gallery
    gallery_notes: GalleryNotes
    uploads: Uploads
    memory: Memory
    comparing: Comparing | None
    memory_keeper: MemoryKeeper
    seen_before: SeenBefore
    remembering: Remembering
    taught: TaughtWords
    reader: PhotoReader
    finder: Finder
    pictures: Pictures
    albums: Albums
    sheets: Sheets
    answers: Answers
    features: Features

    def build(self, module: ModuleType) -> Feature:
        """Make a feature of the parts that its function `feature` names by their types."""
        by_type = {kind: getattr(self, name) for name, kind in get_type_hints(Parts).items()}
        wanted = get_type_hints(module.feature)
        wanted.pop("return")
        return cast(Feature, module.feature(**{name: by_type[kind] for name, kind in wanted.items()}))


def build_parts(settings: Settings, engine: Engine, *, local: bool = False) -> Parts:
    """Make everything that lives as long as the bot; nothing is started yet.

    Args:
        local: Whether the bot talks in the local chat.
    """
    metrics = Metrics()
    worker = Worker(
        engine,
        queue_size=settings.queue_size,
        queue_per_chat=settings.queue_per_chat,
        batch_size=settings.batch_size,
        beam_size=settings.beam_size,
        limits=Limits(settings.photos_per_minute, settings.questions_per_minute),
        observe_batch=metrics.observe_batch,
    )
    forgettings = Forgettings(asked_at=lambda: current_trace().arrived_at)
    database = Database(settings.data_dir / "bot.sqlite3", forgettings)
    kept_answers, sent_photos = KeptAnswers(database), SentPhotos(database)
    chats, pressing = Chats(database), Pressing()
    folder = settings.gallery_dir
    served_gallery, served_memory = _served(settings, engine)
    index_path = index_path_for(settings.data_dir, folder)
    gallery = Gallery(folder, index_path, worker, engine, served=served_gallery)
    gallery_notes = GalleryNotes(gallery, local=local)
    comparing = None
    if served_memory is not None:
        comparing = Comparing(served_memory, RememberedPhotos(database), worker.beside, engine)
    memory = Memory(database, worker, engine, chats, served_memory, comparing)
    keeper, seen_before = MemoryKeeper(memory, worker, engine), SeenBefore(chats, memory)
    remembering = Remembering(memory, keeper, chats, seen_before)
    taught = TaughtWords(database, chats, worker, engine)
    reader = PhotoReader(worker, remembering, taught)
    finder = Finder(memory, gallery)
    pictures = Pictures(finder, memory, gallery, sent_photos, worker, settings.matches)
    albums, sheets = Albums(pictures, sent_photos), Sheets(pictures, worker)
    answers = Answers(finder, albums, sheets, gallery_notes, kept_answers, chats, pressing, engine)
    parts = Parts(
        settings=settings,
        engine=engine,
        metrics=metrics,
        database=database,
        kept_answers=kept_answers,
        sent_photos=sent_photos,
        scrubbing=Scrubbing(database),
        inbox=Inbox(database),
        answered=Answered(database),
        pressing=pressing,
        access=Access(settings),
        chats=chats,
        worker=worker,
        left_out=LeftOut(),
        incoming=AlbumBuffer(),
        gallery=gallery,
        gallery_notes=gallery_notes,
        uploads=Uploads(sent_photos, worker, settings.storage_chat),
        memory=memory,
        comparing=comparing,
        memory_keeper=keeper,
        seen_before=seen_before,
        remembering=remembering,
        taught=taught,
        reader=reader,
        finder=finder,
        pictures=pictures,
        albums=albums,
        sheets=sheets,
        answers=answers,
        features=Features(remember=remembering.remember_quietly),
    )
    parts.features.all.extend(parts.build(module) for module in FEATURES)
    return parts


def _served(settings: Settings, engine: Engine) -> tuple[MilvusIndex | None, ServedMemoryIndex | None]:
    """Give the indexes on the server of INDEX_URL, over one connection; none if they are in files.

    Raises:
        IndexFileError: If the package is missing that talks to it.
    """
    if not settings.index_url:
        return None, None
    raise_unless_installed()
    connection = MilvusConnection(settings.index_url, patience_s=INDEX_ANSWERS_S)
    # Whatever else others index is not for everyone.
    below = os.path.join(os.path.realpath(settings.gallery_dir), "")
    gallery = MilvusIndex(settings.index_url, engine.fingerprint, below=below, connection=connection)
    owner = installation_in(settings.data_dir)
    return gallery, ServedMemoryIndex(MilvusChats(connection, engine.fingerprint, owner))


def build_application(parts: Parts, connection: Connection) -> BotApplication:
    """Put the bot together; run it with `bot.delivery.running.run`."""
    settings = parts.settings
    router = Router(parts.features, parts.answered, parts.pressing, Interruptions(), settings.owner_id)
    queue = UpdateQueue(parts.inbox, wants=router.wants)
    dispatcher = Dispatcher(
        parts.inbox,
        queue,
        prepare=partial(interpret, parts.chats),
        observe=parts.metrics.observe_update,
        observe_way=parts.metrics.observe_way,
        is_urgent=router.is_urgent,
    )
    life = _Life(parts)
    application = cast(
        BotApplication,
        Application.builder()
        .application_class(PromptApplication)
        .updater(PatientUpdater(connection, queue))
        .concurrent_updates(dispatcher)
        .job_queue(None)
        .post_init(life.begin)
        .post_stop(life.fall_silent)
        .post_shutdown(life.end)
        .build(),
    )
    _watch(parts, connection)

    async def answer(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        await router.route(arrival_of(update))

    application.add_handler(TypeHandler(Update, answer))
    application.add_error_handler(ErrorHandler(parts.chats, parts.left_out).handle)
    return application


def _watch(parts: Parts, connection: Connection) -> None:
    """Let the metrics know what is counted elsewhere."""
    metrics = parts.metrics
    metrics.watch("onenet_queue_length", "Questions that wait for the network", lambda: parts.worker.waiting)
    metrics.watch("onenet_open_updates", "Updates not answered yet", lambda: parts.inbox.open_updates)
    metrics.watch("onenet_uptime_seconds", "Seconds since the start", lambda: metrics.uptime_s)
    metrics.watch(
        "onenet_index_away",
        "1 while the index's server does not answer",
        lambda: parts.gallery.is_away,
    )
    metrics.watch_failures(lambda: connection.failures)


class _Life:
    """Starts and stops the parts and the features.

    Args:
        parts: Of the bot.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._health: Health | None = None
        self._presenting: asyncio.Task[None] | None = None
        self._warming = Background("The network could not be loaded in advance", retry_s=0.0)

    async def begin(self, application: BotApplication) -> None:
        """Open the database, load what is remembered, begin the work in the background."""
        parts, settings, bot = self._parts, self._parts.settings, application.bot
        if settings.metrics_port is not None:
            self._health = Health(parts.worker, parts.inbox, parts.metrics, settings, application)
            self._health.start(settings.metrics_listen, settings.metrics_port)
        await parts.database.open()
        await parts.kept_answers.forget_old()
        parts.scrubbing.start()
        parts.worker.start()
        parts.gallery.start()
        await parts.memory.load()
        if parts.comparing is not None:
            parts.comparing.start()
        parts.memory_keeper.start(bot, partial(parts.seen_before.tell_unasked, bot))
        # The first photo should not have to wait for the encoder's weights; the rest is loaded meanwhile.
        loading = parts.engine.warm_up()
        await parts.worker.background(next, loading, None)
        self._warming.start(partial(self._load_next, loading))
        self._presenting = asyncio.create_task(self._present(bot))
        await asyncio.wait([self._presenting], timeout=PRESENT_S)  # a server that hangs holds nothing else
        parts.uploads.start(bot)
        for feature in parts.features.all:
            if feature.start is not None:
                await feature.start(bot)
        await cast(UpdateQueue, application.update_queue).replay(bot)

    async def _load_next(self, loading: Iterator[None]) -> float | None:
        """Load a part of the network that no question has asked for yet; None once all is there."""
        is_over = object()
        try:
            found = await self._parts.worker.background(next, cast(Iterator[object], loading), is_over)
        except StoppedError:
            return None
        return None if found is is_over else 0.0

    async def _present(self, bot: Bot) -> None:
        """Let messengers show what the bot is and can do."""
        features, owner_id = self._parts.features, self._parts.settings.owner_id
        await set_menus(bot, [*features.commands.values()], features.owner_commands, owner_id)
        await set_descriptions(bot, self._parts.engine)

    async def fall_silent(self, application: BotApplication) -> None:
        """End what talks to the server while it still can, each though another fails."""
        parts = self._parts
        async with AsyncExitStack() as stack:
            if self._presenting is not None:
                self._presenting.cancel()
            stops = [feature.stop for feature in parts.features.all]
            for stop in (
                self._warming.stop,
                parts.memory_keeper.stop,
                parts.uploads.stop,
                *reversed(stops),
            ):  # the last first
                stack.push_async_callback(stop)

    async def end(self, application: BotApplication) -> None:
        """End the threads and close the database, each though another fails."""
        parts = self._parts
        async with AsyncExitStack() as stack:  # the last first
            stack.push_async_callback(parts.database.close)
            if parts.comparing is not None:
                stack.push_async_callback(parts.comparing.close)
            stack.push_async_callback(parts.scrubbing.stop)
            stack.push_async_callback(parts.inbox.stop)
            stack.push_async_callback(parts.worker.stop, drain_s=DRAIN_S)
            stack.push_async_callback(parts.gallery.stop)
            if parts.comparing is not None:
                stack.push_async_callback(parts.comparing.stop)
            stack.push_async_callback(parts.left_out.stop)
            if self._health is not None:
                stack.push_async_callback(self._health.stop)
