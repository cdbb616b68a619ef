"""Words taught by showing photos, for one chat alone."""

from telegram.constants import ChatAction

from bot.features.teach import texts
from bot.features.teach.handlers import Teaching
from bot.memory.reading import PhotoReader
from bot.memory.taught import TaughtWords
from bot.routing.feature import EVERYWHERE, Button, Command, Feature, Features
from bot.search.answers import Answers


def feature(taught: TaughtWords, reader: PhotoReader, answers: Answers, features: Features) -> Feature:
    """Make the feature of /teach, /words and /unteach."""
    teaching = Teaching(taught, reader, answers, features)
    return Feature(
        "teach",
        commands=(
            Command(
                "teach",
                "teach me a word: as a reply to a photo, followed by the word",
                teaching.teach,
                examples=("/teach Rex",),
                is_about_photo=True,
                shows=ChatAction.TYPING,
                of_album=teaching.of_album,
                group="words",
                menus=EVERYWHERE,
            ),
            Command("words", "the words that this chat taught me", teaching.words, group="words"),
            Command(
                "unteach",
                "forget a word that this chat taught me",
                teaching.unteach,
                examples=("/unteach Rex",),
                is_about_photo=True,
                group="words",
            ),
        ),
        buttons=(Button(rf"{texts.NOT_IT}[0-9a-f]{{12}}", teaching.is_not),),
        service=taught,
        forget_person=teaching.forget_person,
    )
