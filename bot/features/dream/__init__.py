"""Dreams: invented pictures of what is described."""

from bot.features.dream.handlers import DreamHandler
from bot.features.dream.service import Dreams
from bot.features.dream.texts import STOP
from bot.inference.worker import Worker
from bot.language.network import examples_here
from bot.routing.feature import Button, Command, Feature, Features
from bot.search.answers import Answers
from onenet.engine import Engine
from onenet.errors import N_


def feature(engine: Engine, worker: Worker, answers: Answers, features: Features) -> Feature:
    """Make the feature of /dream."""
    dreams = Dreams(engine, worker)
    handler = DreamHandler(engine, worker, dreams, answers, features)
    return Feature(
        "dream",
        commands=(
            Command(
                "dream",
                "an invented picture of what you describe; it takes up to a minute",
                handler.dream,
                examples_here=lambda: (f"/dream {examples_here(engine).scene}",),
                group="play",
                label=N_("Dream: {words}"),
                menus=frozenset({"private"}),
            ),
        ),
        buttons=(Button(STOP, handler.stop, is_urgent=True),),
        service=dreams,
    )
