"""Photos that fit words, and photos changed by words."""

from telegram.constants import ChatAction

from bot.features.find.handlers import Find
from bot.gallery.notes import GalleryNotes
from bot.inference.worker import Worker
from bot.language.network import examples_here
from bot.memory.reading import PhotoReader
from bot.memory.remembering import Remembering
from bot.routing.feature import EVERYWHERE, Command, Feature, Features
from bot.search.answers import Answers
from bot.search.finder import Finder
from onenet.engine import Engine
from onenet.errors import N_


def feature(
    engine: Engine,
    worker: Worker,
    finder: Finder,
    answers: Answers,
    reader: PhotoReader,
    remembering: Remembering,
    gallery_notes: GalleryNotes,
    features: Features,
) -> Feature:
    """Make the feature of /find."""
    find = Find(engine, worker, finder, answers, reader, remembering, gallery_notes, features)
    return Feature(
        "find",
        commands=(
            Command(
                "find",
                "photos that fit a description",
                find.find,
                examples_here=lambda: (f"/find {examples_here(engine).photo}",),
                shows=ChatAction.TYPING,
                of_album=find.of_album,
                group="photos",
                label=N_("Find: {words}"),
                menus=EVERYWHERE,
            ),
        ),
    )
