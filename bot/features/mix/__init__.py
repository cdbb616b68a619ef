"""Mix: what lies between two photos."""

from bot.features.mix.handlers import Mix
from bot.features.mix.service import Mixes
from bot.inference.worker import Worker
from bot.memory.reading import PhotoReader
from bot.routing.feature import Command, Feature
from bot.search.pictures import Pictures
from onenet.engine import Engine


def feature(engine: Engine, worker: Worker, pictures: Pictures, reader: PhotoReader) -> Feature:
    """Make the feature of /mix."""
    mix = Mix(reader, Mixes(pictures, worker, engine))
    return Feature(
        "mix",
        commands=(
            Command(
                "mix",
                "what lies between two photos: under an album of two, or a photo that replies to one",
                mix.mix,
                of_album=mix.mix_album,
                group="photos",
            ),
        ),
    )
