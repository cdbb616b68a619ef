"""Inside: the 300 numbers of a photo."""

from telegram.constants import ChatAction

from bot.features.inside.handlers import InsideHandler
from bot.features.inside.service import Insides
from bot.gallery.gallery import Gallery
from bot.inference.worker import Worker
from bot.memory.memory import Memory
from bot.memory.reading import PhotoReader
from bot.routing.feature import Command, Feature, Features
from bot.search.answers import Answers
from onenet.engine import Engine


def feature(
    engine: Engine,
    worker: Worker,
    gallery: Gallery,
    reader: PhotoReader,
    answers: Answers,
    memory: Memory,
    features: Features,
) -> Feature:
    """Make the feature of /inside."""
    inside = InsideHandler(reader, Insides(engine, worker, gallery), gallery, answers, memory, features)
    return Feature(
        "inside",
        commands=(
            Command(
                "inside",
                "the 300 numbers of a photo, and what turns them on: under it, or as a reply",
                inside.inside,
                shows=ChatAction.UPLOAD_PHOTO,
                group="photos",
            ),
        ),
    )
