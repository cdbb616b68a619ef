"""Maps of words and photos."""

from bot.features.map.handlers import MapHandler
from bot.features.map.service import Maps
from bot.features.map.texts import STOP
from bot.gallery.gallery import Gallery
from bot.gallery.notes import GalleryNotes
from bot.inference.worker import Worker
from bot.memory.memory import Memory
from bot.routing.feature import Button, Command, Feature, Features
from bot.settings import Settings
from onenet.engine import Engine
from onenet.errors import N_


def feature(
    engine: Engine,
    worker: Worker,
    gallery: Gallery,
    memory: Memory,
    gallery_notes: GalleryNotes,
    settings: Settings,
    features: Features,
) -> Feature:
    """Make the feature of /map."""
    maps = Maps(engine, worker, gallery, memory.photos, settings.data_dir / "maps")
    handler = MapHandler(maps, gallery, gallery_notes, features)
    return Feature(
        "map",
        commands=(
            Command(
                "map",
                "words or photos laid out by likeness, as a picture; or the surroundings of a word",
                handler.draw,
                ("/map words", "/map photos"),
                group="play",
                label=N_("Map: {words}"),
            ),
        ),
        buttons=(Button(STOP, handler.stop, is_urgent=True),),
        service=maps,
    )
