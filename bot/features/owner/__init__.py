"""What the bot's owner alone may do: figures and broadcasts."""

from bot.chats.chats import Chats
from bot.features.owner.broadcasts import Broadcasts
from bot.features.owner.handlers import Owner
from bot.features.owner.texts import DROP, SEND
from bot.gallery.gallery import Gallery
from bot.inference.worker import Worker
from bot.metrics import Metrics
from bot.routing.feature import Button, Command, Feature
from bot.settings import Settings
from bot.store.database import Database


def feature(
    settings: Settings,
    database: Database,
    chats: Chats,
    worker: Worker,
    gallery: Gallery,
    metrics: Metrics,
) -> Feature:
    """Make the feature of /stats and /broadcast."""
    broadcasts = Broadcasts(database, chats)
    owner = Owner(settings.owner_id, broadcasts, chats, worker, gallery, metrics)
    return Feature(
        "owner",
        owner_commands=(
            Command("stats", "how I am doing", owner.stats),
            Command("broadcast", "a message to every chat", owner.broadcast),
        ),
        buttons=(Button(rf"({SEND}|{DROP})\d{{1,18}}", owner.decide),),
        service=broadcasts,
        start=owner.start,
        stop=broadcasts.stop,
    )
