"""The application: the commands, who handles what, what is opened at the start and closed at the end."""

import logging
from functools import partial
from typing import cast

from PIL import Image
from telegram import Update
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    ChatMemberHandler,
    ContextTypes,
    InlineQueryHandler,
    MessageHandler,
    TypeHandler,
)
from telegram.ext.filters import TEXT, Document, StatusUpdate, UpdateType

from bot.chats.access import Access
from bot.chats.chats import Chats
from bot.chats.languages import interpret
from bot.delivery.answered import Answered
from bot.delivery.connection import Connection
from bot.delivery.dispatch import Dispatcher
from bot.delivery.inbox import Inbox, UpdateQueue
from bot.delivery.stopping import PromptApplication, PromptUpdater
from bot.errors import error_handler
from bot.features.caption import albums
from bot.features.caption import handlers as photos
from bot.features.dream import handlers as dream
from bot.features.dream import texts as dream_replies
from bot.features.dream.service import Dreams
from bot.features.find import changed
from bot.features.game import handlers as game
from bot.features.game import texts as game_replies
from bot.features.game.rounds import Rounds
from bot.features.game.service import Games
from bot.features.help import handlers as general
from bot.features.help.menus import set_menus
from bot.features.inline import handlers as inline
from bot.features.inline.service import Inline
from bot.features.inside import handlers as inside
from bot.features.inside.service import Insides
from bot.features.map import handlers as maps
from bot.features.map import texts as map_replies
from bot.features.map.service import Maps
from bot.features.membership import handlers as membership
from bot.features.membership import migration
from bot.features.mix import handlers as mix
from bot.features.mix.service import Mixes
from bot.features.owner import handlers as owner
from bot.features.owner import texts as owner_replies
from bot.features.owner.broadcasts import Broadcasts
from bot.features.privacy import forget
from bot.features.privacy import handlers as memory
from bot.features.privacy import texts as memory_replies
from bot.features.settings import handlers as settings_handlers
from bot.features.settings import language
from bot.features.settings import texts as settings_replies
from bot.features.settings.language_texts import LANGUAGE
from bot.features.why import handlers as why
from bot.features.words import games as word_games
from bot.features.words import handlers as words
from bot.gallery.gallery import Gallery, index_path_for
from bot.gallery.uploads import Uploads
from bot.health import Health
from bot.inference.quotas import LeftOut, Limits
from bot.inference.worker import Worker
from bot.language import phrases as replies
from bot.memory.keeper import MemoryKeeper
from bot.memory.memory import Memory
from bot.memory.seen_before import SeenBefore
from bot.messages.addressee import (
    HoldsPhoto,
    HoldsPicture,
    IsAddressed,
    IsCommand,
    IsInAlbum,
    IsOwner,
    IsUnknownCommand,
)
from bot.metrics import Metrics
from bot.photos.album_in import AlbumBuffer
from bot.routing import interruptions
from bot.routing.context import BotApplication, BotContext, Command, Services
from bot.routing.once import once
from bot.search import answers
from bot.search import sheet_answers as sheets
from bot.search.album_out import Albums
from bot.search.finder import Finder
from bot.search.pictures import Pictures
from bot.search.sheets import Sheets
from bot.search.texts import LIKE_PART, SHOW_PICTURE
from bot.settings import Settings
from bot.store.database import Database
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
    Command(
        "why",
        "where in a photo I saw each word: as a reply to it, its caption behind or not",
        why.why,
    ),
    Command(
        "mix", "what lies between two photos: under an album of two, or a photo that replies to one", mix.mix
    ),
    Command("analogy", "a is to b as c is to …", words.analogy, ("/analogy man men woman",)),
    Command("find", "photos that fit a description", changed.find, ("/find a dog in the snow",)),
    Command("odd", "which word does not belong", word_games.odd, ("/odd dog puppy cat truck",)),
    Command("walk", "a way from one word to another", word_games.walk, ("/walk dog beach",)),
    Command(
        "inside",
        "the 300 numbers of a photo, and what turns them on: under it, or as a reply",
        inside.inside,
    ),
    Command("game", "guess what I said of a photo; or: scores", game.game),
    Command(
        "map",
        "words or photos laid out by likeness, as a picture; or the surroundings of a word",
        maps.draw,
        ("/map words", "/map photos"),
    ),
    Command(
        "dream",
        "an invented picture of what you describe; it takes up to a minute",
        dream.dream,
        ("/dream a dog runs through the snow",),
    ),
    Command("memory", "whether I remember this chat's photos: on, off", memory.memory),
    Command("forget", "as a reply to a photo: forget it; or: mine, everything", forget.forget),
    Command("privacy", "what is kept of this chat, and for how long", memory.privacy),
    Command(
        "export",
        "all that is kept of this chat, as a file",
        memory.export_chat,
        menus=frozenset({"private", "admins"}),
    ),
    Command("language", "the language I speak in this chat", language.ask),
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
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member", "inline_query")
DRAIN_S = 2.0


def build_services(settings: Settings, engine: Engine, *, local: bool = False) -> Services:
    """Make everything that lives as long as the bot; nothing is started yet."""
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
    database = Database(settings.data_dir / "bot.sqlite3")
    folder = settings.gallery_dir
    gallery = Gallery(folder, index_path_for(settings.data_dir, folder), worker, engine)
    chats = Chats(database)
    remembered = Memory(database, worker, engine, chats)
    finder = Finder(remembered, gallery)
    pictures = Pictures(finder, remembered, gallery, database, worker, settings.matches)
    uploads = Uploads(database, worker, settings.storage_chat)
    return Services(
        settings=settings,
        engine=engine,
        database=database,
        chats=chats,
        worker=worker,
        gallery=gallery,
        albums=Albums(pictures, database),
        memory=remembered,
        memory_keeper=MemoryKeeper(remembered, worker, engine),
        finder=finder,
        games=Games(Rounds(database), gallery, worker, engine),
        seen_before=SeenBefore(chats, remembered),
        access=Access(settings),
        broadcasts=Broadcasts(database, chats),
        uploads=uploads,
        inline=Inline(engine, worker, gallery, database, uploads, remembered),
        commands={command.name: command for command in COMMANDS},
        sheets=Sheets(pictures, worker),
        mixes=Mixes(pictures, worker, engine),
        answered=Answered(database),
        incoming=AlbumBuffer(),
        inbox=Inbox(database),
        insides=Insides(engine, worker, gallery),
        left_out=LeftOut(),
        dreams=Dreams(engine, worker),
        maps=Maps(engine, worker, gallery, remembered.photos, settings.data_dir / "maps"),
        metrics=metrics,
        local=local,
    )


def build_application(services: Services, connection: Connection) -> BotApplication:
    """Put the bot together; run it with `run_polling` or `run_webhook`."""
    queue = UpdateQueue(services.inbox)
    dispatcher = Dispatcher(
        services.inbox,
        queue,
        prepare=partial(interpret, services.chats),
        observe=services.metrics.observe_update,
    )
    application = (
        Application.builder()
        .application_class(PromptApplication)
        .updater(PromptUpdater(connection, queue))
        .context_types(ContextTypes(context=BotContext))
        .concurrent_updates(dispatcher)
        .job_queue(None)
        .post_init(_post_init)
        .post_stop(_post_stop)
        .post_shutdown(_post_shutdown)
        .build()
    )
    application.bot_data["services"] = services
    application.bot_data["health"] = Health(services, cast(BotApplication, application))
    _watch(services, connection)
    # an Updater does not say whose connection it has
    _add_handlers(cast(BotApplication, application), services.settings.owner_id)
    application.add_error_handler(error_handler)
    return cast(BotApplication, application)


def _watch(services: Services, connection: Connection) -> None:
    """Let the metrics know what is counted elsewhere."""
    metrics = services.metrics
    metrics.watch(
        "onenet_queue_length", "Questions that wait for the network", lambda: services.worker.waiting
    )
    metrics.watch("onenet_open_updates", "Updates not answered yet", lambda: services.inbox.open_updates)
    metrics.watch("onenet_uptime_seconds", "Seconds since the start", lambda: metrics.uptime_s)
    metrics.watch_failures(lambda: connection.failures)


def _add_handlers(application: BotApplication, owner_id: int | None) -> None:
    """The first of a group that fits is the only one. Channels' posts fit none, of edits only some."""
    application.add_handler(TypeHandler(Update, membership.keep_out), group=-20)
    application.add_handler(TypeHandler(Update, interruptions.apologise), group=-10)
    application.add_handler(TypeHandler(Update, membership.meet), group=-1)
    application.add_handler(ChatMemberHandler(membership.changed, ChatMemberHandler.MY_CHAT_MEMBER))
    application.add_handler(InlineQueryHandler(inline.query))
    new = UpdateType.MESSAGE
    said = new | UpdateType.EDITED_MESSAGE
    application.add_handler(MessageHandler(said & IsInAlbum(), albums.part))
    for command in OWNER_COMMANDS:
        by_owner = new & IsOwner(owner_id) & IsCommand(command.name)
        application.add_handler(MessageHandler(by_owner, command.handler))
    for command in COMMANDS:
        application.add_handler(MessageHandler(said & IsCommand(command.name), once(command.handler)))
    application.add_handler(MessageHandler(new & StatusUpdate.MIGRATE, migration.migrate))
    addressed = new & IsAddressed()
    application.add_handler(MessageHandler(said & IsUnknownCommand(), once(general.unknown_command)))
    application.add_handler(MessageHandler(said & IsAddressed() & HoldsPicture(), once(photos.photo)))
    application.add_handler(MessageHandler(addressed & Document.ALL, photos.not_a_photo))
    application.add_handler(MessageHandler(addressed & TEXT, once(general.plain_text)))
    application.add_handler(MessageHandler(addressed & ~StatusUpdate.ALL, general.anything_else))
    application.add_handler(MessageHandler(new & HoldsPhoto(), photos.overheard))
    buttons = (
        (replies.ANOTHER_CAPTION, answers.another_caption),
        (replies.WHY, why.press),
        (rf"{replies.MORE_LIKE_THIS}|{LIKE_PART}\d{{1,4}}", answers.more_like_this),
        (rf"{SHOW_PICTURE}\d{{1,4}}", sheets.show_picture),
        (f"{replies.FIND_TEXT}|{replies.SIMILAR_TEXT}", general.use_text),
        (f"{replies.RUN}.*", general.run_example),
        (f"{LANGUAGE}.*", language.choose),
        (f"{game_replies.GUESS}.*", game.press),
        (rf"({owner_replies.SEND}|{owner_replies.DROP})\d{{1,18}}", owner.decide),
        (f"{settings_replies.SET}.*", settings_handlers.press),
        (map_replies.STOP, maps.stop),
        (dream_replies.STOP, dream.stop),
        (f"{memory_replies.FORGET}.*", forget.press),
        ("", general.unknown_button),
    )
    for pattern, handler in buttons:
        application.add_handler(CallbackQueryHandler(handler, f"^({pattern})$" if pattern else None))


async def _post_init(application: BotApplication) -> None:
    services: Services = application.bot_data["services"]
    settings = services.settings
    if settings.metrics_port is not None:
        application.bot_data["health"].start(settings.metrics_listen, settings.metrics_port)
    await services.database.open()
    services.worker.start()
    services.gallery.start()
    await services.memory.load()
    services.memory_keeper.start(application.bot, partial(services.seen_before.tell_unasked, application.bot))
    # The first photo should not have to wait for the encoder's weights.
    await services.worker.background(services.engine.represent, [Image.new("RGB", (8, 8))])
    await set_menus(application.bot, COMMANDS, OWNER_COMMANDS, settings.owner_id)
    services.uploads.start(application.bot)
    services.games.start(application.bot.id, partial(game.reveal, application.bot))
    if settings.owner_id is not None:
        services.broadcasts.start(application.bot, partial(owner.report, application.bot, settings.owner_id))
    await cast(UpdateQueue, application.update_queue).replay(application.bot)


async def _post_stop(application: BotApplication) -> None:
    """End what talks to the server while it still can."""
    services: Services = application.bot_data["services"]
    await services.broadcasts.stop()
    await services.uploads.stop()
    await services.games.stop()
    await services.memory_keeper.stop()


async def _post_shutdown(application: BotApplication) -> None:
    services: Services = application.bot_data["services"]
    await application.bot_data["health"].stop()
    await services.left_out.stop()
    await services.gallery.stop()
    await services.worker.stop(drain_s=DRAIN_S)
    await services.inbox.note()
    await services.database.close()
