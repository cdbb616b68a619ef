"""Ask: questions about a photo."""

from telegram.constants import ChatAction

from bot.features.ask.handlers import Ask, asks_about_a_photo
from bot.inference.worker import Worker
from bot.language import DEFAULT_LANGUAGE
from bot.language.network import Multilingual, read_here
from bot.memory.memory import Memory
from bot.memory.reading import PhotoReader
from bot.memory.taught import TaughtWords
from bot.routing.feature import EVERYWHERE, Command, Feature, Features, Listener
from bot.search.answers import Answers
from onenet.asking import grammar_of, languages_asked
from onenet.engine import Engine


def feature(
    engine: Engine,
    worker: Worker,
    reader: PhotoReader,
    answers: Answers,
    memory: Memory,
    taught: TaughtWords,
    features: Features,
) -> Feature:
    """Make the feature of /ask, and of questions written as a reply."""
    ask = Ask(engine, worker, reader, answers, memory, taught, features)
    return Feature(
        "ask",
        commands=(
            Command(
                "ask",
                "a question about a photo, as a reply to it, or about the photos of this chat",
                ask.ask,
                examples_here=lambda: (f"/ask {grammar_of(_asked_here(engine)).examples[1]}",),
                is_about_photo=True,
                shows=ChatAction.TYPING,
                group="photos",
                menus=EVERYWHERE,
            ),
        ),
        listeners=(Listener(asks_about_a_photo, ask.question, shows=ChatAction.TYPING),),
    )


def _asked_here(network: Multilingual) -> str:
    here = read_here(network)
    return here if here in languages_asked() else DEFAULT_LANGUAGE
