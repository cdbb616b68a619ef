"""Translate: what a description says, in another language."""

from telegram.constants import ChatAction

from bot.features.translate.handlers import Translate
from bot.features.translate.texts import TRANSLATE
from bot.inference.worker import Worker
from bot.language.network import Multilingual, another_written, examples_here
from bot.routing.feature import Button, Command, Feature, Features
from bot.search.answers import Answers
from onenet.engine import Engine
from onenet.errors import N_


def feature(engine: Engine, worker: Worker, answers: Answers, features: Features) -> Feature:
    """Make the feature of /translate; of a network that writes but one language it has no command."""
    if len(engine.written) < 2:
        return Feature("translate")
    translate = Translate(engine, worker, answers, features)
    return Feature(
        "translate",
        commands=(
            Command(
                "translate",
                "a description in another language: as words, or as a reply to a caption",
                translate.translate,
                examples_here=lambda: (_example(engine),),
                shows=ChatAction.TYPING,
                group="words",
                label=N_("Translate: {words}"),
                menus=frozenset({"private"}),
            ),
        ),
        buttons=(Button(f"{TRANSLATE}[a-z]{{2,3}}", translate.press, is_personal=True),),
    )


def _example(network: Multilingual) -> str:
    """Translate from the language that is read here into another."""
    return f"/translate {another_written(network)}: {examples_here(network).scene}"
