"""Analogy: a is to b as c is to what."""

import re
from collections.abc import Sequence

from bot.inference.worker import Worker
from bot.language import _, phrases
from bot.language.network import examples_here, read_here
from bot.messages.command import separated
from bot.messages.incoming import Incoming
from bot.routing.feature import Command, Feature, Features, explain
from bot.search.texts import with_photo_note
from onenet.engine import Engine
from onenet.errors import N_
from onenet.words import Neighbour


class Analogy:
    """Answers /analogy.

    Args:
        engine: Knows the words.
        worker: Lets it.
        features: Know how the command is explained.
    """

    def __init__(self, engine: Engine, worker: Worker, features: Features) -> None:
        self._engine = engine
        self._worker = worker
        self._features = features

    async def analogy(self, asked: Incoming) -> None:
        """Answer /analogy with what completes it."""
        words = three_words(asked.words)
        if words is None:
            await explain(asked, self._features.commands["analogy"])
            return
        preferred = read_here(self._engine)
        answers = await self._worker.call(lambda: self._engine.words.analogy(*words, preferred=preferred))
        await asked.message.reply_text(with_photo_note(completed(*words, answers), asked.photo))


def three_words(words: Sequence[str]) -> tuple[str, str, str] | None:
    """Understand “a b c”, “a : b :: c : ?”, “a is to b as c is to what?”; None if it is none of these."""
    found = separated(words)
    if len(found) != 3:
        text = " ".join(found)
        found = re.sub(r"\bis to\b|\bas\b|\bwhat\b", " ", text, flags=re.IGNORECASE).split()
    return (found[0], found[1], found[2]) if len(found) == 3 else None


def completed(a: str, b: str, c: str, answers: Sequence[Neighbour]) -> str:
    """Complete “a is to b as c is to …”."""
    best = answers[0].word if answers else "…"
    question = _("{a} is to {b} as {c} is to <b>{answer}</b>")
    question = question.format(
        a=phrases.quote(a), b=phrases.quote(b), c=phrases.quote(c), answer=phrases.quote(best)
    )
    return f"{question}\n{phrases.scored_words(answers)}"


def feature(engine: Engine, worker: Worker, features: Features) -> Feature:
    """Make the feature of /analogy."""
    analogy = Analogy(engine, worker, features)
    return Feature(
        "analogy",
        commands=(
            Command(
                "analogy",
                "a is to b as c is to …",
                analogy.analogy,
                examples_here=lambda: (f"/analogy {examples_here(engine).analogy}",),
                group="words",
                label=N_("Analogy: {words}"),
            ),
        ),
    )
