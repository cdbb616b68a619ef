"""Why: where in a photo the network saw each word of its caption."""

from telegram.constants import ChatAction

from bot.features.why.handlers import Why
from bot.inference.worker import Worker
from bot.language.phrases import WHY
from bot.memory.memory import Memory
from bot.routing.feature import Button, Command, Feature
from bot.search.answers import Answers
from onenet.engine import Engine


def feature(engine: Engine, worker: Worker, answers: Answers, memory: Memory) -> Feature:
    """Make the feature of /why."""
    why, shows = Why(engine, worker, answers, memory), ChatAction.UPLOAD_PHOTO

    return Feature(
        "why",
        commands=(
            Command(
                "why",
                "where in a photo I saw each word: as a reply to it, its caption behind or not",
                why.why,
                shows=shows,
                group="photos",
            ),
        ),
        buttons=(Button(WHY, why.press),),
    )
