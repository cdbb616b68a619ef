"""Ask: questions about a photo."""

from telegram.constants import ChatAction

from bot.chats.chats import Chats
from bot.features.ask.handlers import Ask, asks_about_a_photo
from bot.inference.worker import Worker
from bot.memory.memory import Memory
from bot.memory.reading import PhotoReader
from bot.routing.feature import Command, Feature, Features, Listener
from bot.search.answers import Answers
from onenet.engine import Engine


def feature(
    engine: Engine,
    worker: Worker,
    reader: PhotoReader,
    answers: Answers,
    memory: Memory,
    features: Features,
    chats: Chats,
) -> Feature:
    """Make the feature of /ask, and of questions written as a reply."""
    ask = Ask(engine, worker, reader, answers, memory, features, chats)
    return Feature(
        "ask",
        commands=(
            Command(
                "ask",
                "a question about a photo, as a reply to it, or about the photos of this chat",
                ask.ask,
                shows=ChatAction.TYPING,
                group="photos",
                menus=frozenset({"private"}),
            ),
        ),
        listeners=(Listener(asks_about_a_photo, ask.question, shows=ChatAction.TYPING),),
    )
