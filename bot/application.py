"""The application: the commands, who handles what, what is opened at the start and closed at the end."""

import logging
from functools import partial

from PIL import Image
from telegram import BotCommand
from telegram.ext import Application, CallbackQueryHandler, ContextTypes, MessageHandler
from telegram.ext.filters import PHOTO, TEXT, Document, StatusUpdate, UpdateType

from bot import replies
from bot.addressing import HoldsImageFile, IsAddressed, IsCommand, IsUnknownCommand
from bot.albums import Albums
from bot.chats import Chats
from bot.connection import Connection
from bot.context import BotApplication, BotContext, Command, Services
from bot.database import Database
from bot.errors import error_handler
from bot.finder import Finder
from bot.gallery import Gallery, index_path_for
from bot.handlers import answers, forget, general, memory, migration, photos, remembering, search, words
from bot.memory import Memory
from bot.memory_keeper import MemoryKeeper
from bot.seen_before import SeenBefore
from bot.settings import Settings
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
    Command("memory", "whether I remember this chat's photos: on, off", memory.memory),
    Command("forget", "as a reply to a photo: forget it; or: mine, everything", forget.forget),
    Command("privacy", "what is kept of this chat, and for how long", memory.privacy),
    Command("export", "all that is kept of this chat, as a file", memory.export_chat),
    Command("start", "say hello", general.start),
    Command("help", "what I can do, with examples", general.show_help),
    Command("about", "the network, its limits, what is kept", general.about),
)
ALLOWED_UPDATES = ("message", "callback_query")
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
    remembered = Memory(database, worker, engine, chats)
    finder = Finder(remembered, gallery)
    return Services(
        settings=settings,
        engine=engine,
        database=database,
        worker=worker,
        gallery=gallery,
        albums=Albums(gallery, finder, remembered, database, worker, settings.matches),
        chats=chats,
        memory=remembered,
        memory_keeper=MemoryKeeper(remembered, worker, engine),
        finder=finder,
        seen_before=SeenBefore(chats, remembered),
        commands={command.name: command for command in COMMANDS},
        local=local,
    )


def build_application(services: Services, connection: Connection) -> BotApplication:
    """Put the bot together; run it with `run_polling` or `run_webhook`."""
    application = (
        Application.builder()
        .bot(connection)
        .context_types(ContextTypes(context=BotContext))
        .concurrent_updates(SIMULTANEOUS_UPDATES)
        .job_queue(None)
        .post_init(_post_init)
        .post_shutdown(_post_shutdown)
        .build()
    )
    application.bot_data["services"] = services
    _add_handlers(application)
    application.add_error_handler(error_handler)
    return application


def _add_handlers(application: BotApplication) -> None:
    """The first handler that fits is the only one. Edited messages and channels' posts fit none."""
    new = UpdateType.MESSAGE
    for command in COMMANDS:
        application.add_handler(MessageHandler(new & IsCommand(command.name), command.handler))
    application.add_handler(MessageHandler(new & StatusUpdate.MIGRATE, migration.migrate))
    addressed = new & IsAddressed()
    application.add_handler(MessageHandler(new & IsUnknownCommand(), general.unknown_command))
    application.add_handler(MessageHandler(addressed & PHOTO, photos.photo))
    application.add_handler(MessageHandler(addressed & HoldsImageFile(), photos.photo))
    application.add_handler(MessageHandler(addressed & Document.ALL, photos.not_a_photo))
    application.add_handler(MessageHandler(addressed & TEXT, general.plain_text))
    application.add_handler(MessageHandler(addressed & ~StatusUpdate.ALL, general.anything_else))
    application.add_handler(MessageHandler(new & (PHOTO | HoldsImageFile()), remembering.remember_quietly))
    buttons = (
        (replies.ANOTHER_CAPTION, answers.another_caption),
        (replies.MORE_LIKE_THIS, answers.more_like_this),
        (f"{replies.FIND_TEXT}|{replies.SIMILAR_TEXT}", general.use_text),
        (f"{replies.RUN}.*", general.run_example),
        ("forget:.*", forget.press),
        ("", general.unknown_button),
    )
    for pattern, handler in buttons:
        application.add_handler(CallbackQueryHandler(handler, f"^({pattern})$" if pattern else None))


async def _post_init(application: BotApplication) -> None:
    services: Services = application.bot_data["services"]
    await services.database.open()
    services.worker.start()
    services.gallery.start()
    await services.memory.load()
    services.memory_keeper.start(application.bot, partial(services.seen_before.tell, application.bot))
    # The first photo should not have to wait for the encoder's weights.
    await services.worker.background(services.engine.represent, [Image.new("RGB", (8, 8))])
    await application.bot.set_my_commands(
        [BotCommand(command.name, command.description) for command in COMMANDS]
    )


async def _post_shutdown(application: BotApplication) -> None:
    services: Services = application.bot_data["services"]
    await services.memory_keeper.stop()
    await services.gallery.stop()
    await services.worker.stop()
    await services.database.close()
