"""The application: the commands, who handles what, what is opened at the start and closed at the end."""

import logging
from collections.abc import Awaitable
from functools import partial
from typing import Any

from PIL import Image
from telegram import Update
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    ChatMemberHandler,
    ContextTypes,
    InlineQueryHandler,
    MessageHandler,
    SimpleUpdateProcessor,
    TypeHandler,
)
from telegram.ext.filters import PHOTO, TEXT, Document, StatusUpdate, UpdateType

from bot import replies
from bot.access import Access
from bot.addressing import HoldsImageFile, IsAddressed, IsCommand, IsOwner, IsUnknownCommand
from bot.albums import Albums
from bot.broadcasts import Broadcasts
from bot.chats import Chats
from bot.connection import Connection
from bot.context import BotApplication, BotContext, Command, Services
from bot.database import Database
from bot.errors import error_handler
from bot.gallery import Gallery, index_path_for
from bot.handlers import answers, general, inline, membership, owner, photos, search, words
from bot.handlers import settings as settings_handlers
from bot.inline import Inline
from bot.menus import set_menus
from bot.replies import owner as owner_replies
from bot.replies import settings as settings_replies
from bot.settings import Settings
from bot.statistics import Statistics
from bot.uploads import Uploads
from bot.worker import Worker
from onenet.engine import Engine

logger = logging.getLogger(__name__)

COMMANDS = (
    Command("caption", "describe a photo: write it under the photo, or as a reply to one", photos.caption),
    Command(
        "similar",
        "words close to a word; as a reply to a photo, photos like it",
        words.similar,
        ("/similar dog", "/similar beach"),
    ),
    Command("analogy", "a is to b as c is to …", words.analogy, ("/analogy man men woman",)),
    Command("find", "photos that fit a description", search.find, ("/find a dog in the snow",)),
    Command(
        "settings",
        "how I behave in this chat",
        settings_handlers.settings,
        menus=frozenset({"private", "admins"}),
    ),
    Command("start", "say hello", general.start, menus=frozenset({"private"})),
    Command("help", "what I can do, with examples", general.show_help),
    Command("about", "the network, its limits, what is kept", general.about),
)
OWNER_COMMANDS = (
    Command("stats", "how I am doing", owner.stats),
    Command("broadcast", "a message to every chat", owner.broadcast),
)
ALLOWED_UPDATES = ("message", "callback_query", "my_chat_member", "inline_query")
SIMULTANEOUS_UPDATES = 256


def build_services(settings: Settings, engine: Engine, *, local: bool = False) -> Services:
    """Make everything that lives as long as the bot; nothing is started yet."""
    worker = Worker(
        engine,
        queue_size=settings.queue_size,
        batch_size=settings.batch_size,
        beam_size=settings.beam_size,
    )
    database = Database(settings.data_dir / "bot.sqlite3")
    folder = settings.gallery_dir
    gallery = Gallery(folder, index_path_for(settings.data_dir, folder), worker, engine)
    chats = Chats(database)
    uploads = Uploads(database, worker, settings.storage_chat)
    return Services(
        settings=settings,
        engine=engine,
        database=database,
        worker=worker,
        gallery=gallery,
        albums=Albums(gallery, database, worker, settings.matches),
        chats=chats,
        access=Access(settings),
        broadcasts=Broadcasts(database, chats),
        uploads=uploads,
        inline=Inline(engine, worker, gallery, database, uploads),
        commands={command.name: command for command in COMMANDS},
        local=local,
    )


def build_application(services: Services, connection: Connection) -> BotApplication:
    """Put the bot together; run it with `run_polling` or `run_webhook`."""
    application = (
        Application.builder()
        .bot(connection)
        .context_types(ContextTypes(context=BotContext))
        .concurrent_updates(MeasuringProcessor(SIMULTANEOUS_UPDATES, services.statistics))
        .job_queue(None)
        .post_init(_post_init)
        .post_stop(_post_stop)
        .post_shutdown(_post_shutdown)
        .build()
    )
    application.bot_data["services"] = services
    _add_handlers(application, services.settings.owner_id)
    application.add_error_handler(error_handler)
    return application


class MeasuringProcessor(SimpleUpdateProcessor):
    """Handles updates at the same time, and measures each."""

    def __init__(self, most: int, statistics: Statistics) -> None:
        super().__init__(most)
        self._statistics = statistics

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """See the class."""
        with self._statistics.measuring():
            await super().do_process_update(update, coroutine)


def _add_handlers(application: BotApplication, owner_id: int | None) -> None:
    """The first of a group that fits is the only one. Edited messages and channels' posts fit none."""
    application.add_handler(TypeHandler(Update, membership.keep_out), group=-20)
    application.add_handler(TypeHandler(Update, membership.meet), group=-1)
    application.add_handler(ChatMemberHandler(membership.changed, ChatMemberHandler.MY_CHAT_MEMBER))
    application.add_handler(InlineQueryHandler(inline.query))
    new = UpdateType.MESSAGE
    for command in OWNER_COMMANDS:
        by_owner = new & IsOwner(owner_id) & IsCommand(command.name)
        application.add_handler(MessageHandler(by_owner, command.handler))
    for command in COMMANDS:
        application.add_handler(MessageHandler(new & IsCommand(command.name), command.handler))
    addressed = new & IsAddressed()
    application.add_handler(MessageHandler(new & IsUnknownCommand(), general.unknown_command))
    application.add_handler(MessageHandler(addressed & PHOTO, photos.photo))
    application.add_handler(MessageHandler(addressed & HoldsImageFile(), photos.photo))
    application.add_handler(MessageHandler(addressed & Document.ALL, photos.not_a_photo))
    application.add_handler(MessageHandler(addressed & TEXT, general.plain_text))
    application.add_handler(MessageHandler(addressed & ~StatusUpdate.ALL, general.anything_else))
    buttons = (
        (replies.ANOTHER_CAPTION, answers.another_caption),
        (replies.MORE_LIKE_THIS, answers.more_like_this),
        (f"{replies.FIND_TEXT}|{replies.SIMILAR_TEXT}", general.use_text),
        (f"{replies.RUN}.*", general.run_example),
        (rf"({owner_replies.SEND}|{owner_replies.DROP})\d{{1,18}}", owner.decide),
        (f"{settings_replies.SET}.*", settings_handlers.press),
        ("", general.unknown_button),
    )
    for pattern, handler in buttons:
        application.add_handler(CallbackQueryHandler(handler, f"^({pattern})$" if pattern else None))


async def _post_init(application: BotApplication) -> None:
    services: Services = application.bot_data["services"]
    await services.database.open()
    services.worker.start()
    services.gallery.start()
    # The first photo should not have to wait for the encoder's weights.
    await services.worker.background(services.engine.represent, [Image.new("RGB", (8, 8))])
    bot, owner_id = application.bot, services.settings.owner_id
    await set_menus(bot, COMMANDS, OWNER_COMMANDS, owner_id)
    services.uploads.start(bot)
    if owner_id is not None:
        services.broadcasts.start(bot, partial(owner.report, bot, owner_id))


async def _post_stop(application: BotApplication) -> None:
    """End what talks to the server while it still can."""
    services: Services = application.bot_data["services"]
    await services.broadcasts.stop()
    await services.uploads.stop()


async def _post_shutdown(application: BotApplication) -> None:
    services: Services = application.bot_data["services"]
    await services.gallery.stop()
    await services.worker.stop()
    await services.database.close()
