"""Word games: the word that does not belong, and a walk from one word to another."""

import io
from collections.abc import Sequence

from telegram import InlineKeyboardMarkup

from bot.delivery.quoting import is_to_be_quoted
from bot.inference.worker import Worker
from bot.language import _, ngettext, phrases, quoted
from bot.language.network import examples_here, read_here
from bot.messages.command import separated
from bot.messages.incoming import Incoming
from bot.photos.sending import reply_picture
from bot.routing.feature import Command, Feature, Features, explain
from onenet.engine import Engine
from onenet.errors import N_
from onenet.pictures import draw_walk
from onenet.words import Neighbour, Odd, Stop


class WordGames:
    """Answers /odd and /walk.

    Args:
        engine: Knows the words.
        worker: Lets it, and draws.
        features: Know how the commands are explained.
    """

    def __init__(self, engine: Engine, worker: Worker, features: Features) -> None:
        self._engine = engine
        self._worker = worker
        self._features = features

    async def odd(self, asked: Incoming) -> None:
        """Answer /odd: which word does not belong, and why."""
        words = separated(asked.words)
        if not words:
            await explain(asked, self._features.commands["odd"])
            return
        preferred = read_here(self._engine)
        found = await self._worker.call(lambda: self._engine.words.odd(words, preferred=preferred))
        await asked.message.reply_text(odd_text(found), do_quote=is_to_be_quoted(asked.message))

    async def walk(self, asked: Incoming) -> None:
        """Answer /walk: a way from one word to another over words between."""
        words = separated(asked.words)
        if len(words) == 4 and (words[0].lower(), words[2].lower()) == ("from", "to"):
            words = [words[1], words[3]]
        if len(words) != 2:
            await explain(asked, self._features.commands["walk"])
            return
        preferred = read_here(self._engine)
        stops = await self._worker.call(lambda: self._engine.words.walk(*words, preferred=preferred))
        picture = await self._worker.decode(_draw, stops)
        await reply_picture(asked, picture, walk_text(stops), walk_keyboard(stops))


def odd_text(found: Odd) -> str:
    """Tell which word does not belong, how near each is to the others, and what those have in common."""
    word = phrases.quote(found.words[0].word)
    if found.is_close_call:
        title = _("<b>{word}</b> does not belong, but it is a close call.").format(word=word)
    else:
        title = _("<b>{word}</b> does not belong.").format(word=word)
    lines = [
        title,
        _("How much each word is like the others:"),
        *(phrases.scored_word(each) for each in found.words[::-1]),
    ]
    if found.shared:
        shared = quoted(phrases.quote(each.word) for each in found.shared)
        lines.append(_("Without it, they make me think of {words}.").format(words=shared))
    return "\n".join(lines)


def walk_text(steps: Sequence[Neighbour]) -> str:
    """Show the way from one word to another, a step a line, each with its likeness to the word before."""
    count = len(steps) - 1
    title = ngettext(
        "From <b>{start}</b> to <b>{end}</b> in {count} step, with its likeness to the word before:",
        "From <b>{start}</b> to <b>{end}</b> in {count} steps, each with its likeness to the word before:",
        count,
    )
    start, end = phrases.quote(steps[0].word), phrases.quote(steps[-1].word)
    title = title.format(start=start, end=end, count=count)
    return "\n".join([title, *(phrases.scored_word(step) for step in steps[1:])])


def walk_keyboard(steps: Sequence[Neighbour]) -> InlineKeyboardMarkup | None:
    """Offer the way back."""
    return phrases.examples_keyboard(
        [phrases.example(f"/walk {steps[-1].word} {steps[0].word}", _("The way back"))]
    )


def _draw(stops: Sequence[Stop]) -> bytes:
    """Draw a walk as a PNG: it has few colours, and letters that a JPEG would blur."""
    content = io.BytesIO()
    draw_walk(stops).save(content, "PNG")
    return content.getvalue()


def feature(engine: Engine, worker: Worker, features: Features) -> Feature:
    """Make the feature of /odd and /walk."""
    games = WordGames(engine, worker, features)
    return Feature(
        "word_games",
        commands=(
            Command(
                "odd",
                "which word does not belong",
                games.odd,
                examples_here=lambda: (f"/odd {examples_here(engine).odd}",),
                group="words",
                label=N_("Odd one out: {words}"),
            ),
            Command(
                "walk",
                "a way from one word to another",
                games.walk,
                examples_here=lambda: (f"/walk {examples_here(engine).walk}",),
                group="words",
                label=N_("Walk: {words}"),
            ),
        ),
    )
