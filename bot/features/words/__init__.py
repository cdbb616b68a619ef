"""Words: neighbours, analogies, the odd one out, a walk from one to another."""

from telegram.constants import ChatAction

from bot.features.words.games import WordGames
from bot.features.words.handlers import Words
from bot.inference.worker import Worker
from bot.routing.feature import Command, Feature, Features
from bot.search.similar import SimilarPhotos
from onenet.engine import Engine


def feature(engine: Engine, worker: Worker, similar: SimilarPhotos, features: Features) -> Feature:
    """Put it together."""
    words, games = Words(engine, worker, similar, features), WordGames(engine, worker, features)
    return Feature(
        "words",
        commands=(
            Command(
                "similar",
                "words close to a word; as a reply to a photo, photos like it",
                words.similar,
                ("/similar dog", "/similar beach"),
                shows=ChatAction.TYPING,
                of_album=words.similar_to_album,
            ),
            Command("analogy", "a is to b as c is to …", words.analogy, ("/analogy man men woman",)),
            Command("odd", "which word does not belong", games.odd, ("/odd dog puppy cat truck",)),
            Command("walk", "a way from one word to another", games.walk, ("/walk dog beach",)),
        ),
    )
