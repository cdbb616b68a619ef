"""Similar: words close to a word, or photos like a photo."""

from telegram.constants import ChatAction

from bot.features.similar.handlers import Similar, SimilarPhotos
from bot.gallery.notes import GalleryNotes
from bot.inference.worker import Worker
from bot.language.network import examples_here
from bot.memory.reading import PhotoReader
from bot.memory.remembering import Remembering
from bot.memory.taught import TaughtWords
from bot.routing.feature import Command, Feature, Features
from bot.search.answers import Answers
from bot.search.finder import Finder
from onenet.engine import Engine
from onenet.errors import N_


def feature(
    engine: Engine,
    worker: Worker,
    reader: PhotoReader,
    finder: Finder,
    answers: Answers,
    taught: TaughtWords,
    remembering: Remembering,
    gallery_notes: GalleryNotes,
    features: Features,
) -> Feature:
    """Make the feature of /similar."""
    photos = SimilarPhotos(reader, finder, answers, gallery_notes)
    similar = Similar(engine, worker, photos, taught, remembering, features)
    return Feature(
        "similar",
        commands=(
            Command(
                "similar",
                "words close to a word; as a reply to a photo, photos like it",
                similar.similar,
                examples_here=lambda: tuple(
                    f"/similar {word}" for word in examples_here(engine).walk.split()
                ),
                shows=ChatAction.TYPING,
                of_album=similar.of_album,
                group="photos",
                label=N_("Words like {words}"),
                menus=frozenset({"private"}),
            ),
        ),
    )
