"""Inline mode: photos offered in any chat."""

from bot.features.inline.handlers import InlineMode
from bot.features.inline.service import Inline
from bot.features.inline.texts import START
from bot.gallery.gallery import Gallery
from bot.gallery.uploads import Uploads
from bot.inference.worker import Worker
from bot.memory.memory import Memory
from bot.routing.feature import Feature, Listener
from bot.store.sent_photos import SentPhotos
from onenet.engine import Engine


def feature(
    engine: Engine,
    worker: Worker,
    gallery: Gallery,
    sent_photos: SentPhotos,
    uploads: Uploads,
    memory: Memory,
) -> Feature:
    """Make the feature of inline mode."""
    inline = InlineMode(Inline(engine, worker, gallery, sent_photos, uploads, memory), gallery.folder, engine)
    return Feature(
        "inline",
        listeners=(
            Listener(
                lambda said: said.command == "start" and said.words == (START,),
                inline.explain,
                "first",
                takes_edits=True,
            ),
        ),
        inline=inline.query,
        service=inline,
    )
