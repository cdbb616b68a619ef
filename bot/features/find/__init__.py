"""Photos that fit words, and photos changed by words."""

from telegram.constants import ChatAction

from bot.features.find.going_on import GoingOn
from bot.features.find.handlers import Find
from bot.features.find.texts import BACK, LIKE_FOUND, WHICH
from bot.gallery.notes import GalleryNotes
from bot.inference.worker import Worker
from bot.language.network import examples_here
from bot.memory.reading import PhotoReader
from bot.memory.remembering import Remembering
from bot.memory.taught import TaughtWords
from bot.routing.feature import EVERYWHERE, Button, Command, Feature, Features, Listener
from bot.search.answers import Answers
from bot.search.finder import Finder
from onenet.engine import Engine
from onenet.errors import N_


def feature(
    engine: Engine,
    worker: Worker,
    finder: Finder,
    taught: TaughtWords,
    answers: Answers,
    reader: PhotoReader,
    remembering: Remembering,
    gallery_notes: GalleryNotes,
    features: Features,
) -> Feature:
    """Make the feature of /find, and of what is said to found photos."""
    find = Find(engine, worker, finder, taught, answers, reader, remembering, gallery_notes, features)
    going_on = GoingOn(engine, worker, finder, taught, answers)
    typing = ChatAction.TYPING
    return Feature(
        "find",
        commands=(
            Command(
                "find",
                "photos that fit a description",
                find.find,
                examples_here=lambda: (f"/find {examples_here(engine).photo}",),
                shows=typing,
                of_album=find.of_album,
                group="photos",
                label=N_("Find: {words}"),
                menus=EVERYWHERE,
            ),
        ),
        buttons=(
            Button(WHICH, going_on.which),
            Button(rf"{LIKE_FOUND}\d{{1,4}}", going_on.like, shows=typing),
            Button(BACK, going_on.back, shows=typing),
        ),
        listeners=(Listener(going_on.accepts, going_on.reply, shows=typing, takes=going_on.takes),),
    )
