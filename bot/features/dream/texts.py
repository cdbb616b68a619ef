"""What is said of dreams: how far one is, and what came of it."""

from telegram import InlineKeyboardMarkup

from bot.features.dream.service import Dreamt
from bot.inference.progress_texts import with_bar
from bot.language import _, ngettext, number
from bot.language.phrases import example, examples_keyboard, left_out, quote
from onenet.search import WordsQuery

STOP = "dream:stop"


def in_line(before: int) -> str:
    """Say that a dream has not begun.

    Args:
        before: How many others come first.
    """
    text = ngettext(
        "{count} dream comes before yours; it takes up to a minute.",
        "{count} dreams come before yours; each takes up to a minute.",
        before,
    )
    return text.format(count=number(before))


def in_the_making(share: float) -> str:
    """Show how far a dream is, 0 to 1."""
    return with_bar(_("I am dreaming: {percent} %").format(percent=number(100 * share)), share)


def dreamt(query: WordsQuery, dream: Dreamt) -> str:
    """Tell what was dreamt, what the network sees in its own dream and how near that came."""
    lines = [
        _wrote(query),
        _("When I look at my dream, I see: <b>{caption}</b>").format(caption=quote(dream.seen.caption)),
        _("Its likeness to what I imagined: <b>{score}</b>").format(score=number(dream.seen.cosine, 2)),
        *left_out(query.unknown_words),
    ]
    if not dream.is_whole:
        lines.append(_("Its time was up, so it is coarser than it could be."))
    return "\n".join(lines)


def stopped(query: WordsQuery, share: float) -> str:
    """Tell how far a dream came that was stopped."""
    return "\n".join((_wrote(query), _("Stopped at {percent} %.").format(percent=number(100 * share))))


def keyboard_below(query: WordsQuery) -> InlineKeyboardMarkup | None:
    """Offer to find photos of what was dreamt of."""
    return examples_keyboard(
        [example(f"/find {' '.join(query.description.split())}", _("Find photos of this"))]
    )


def _wrote(query: WordsQuery) -> str:
    return _("You wrote: {description}").format(description=quote(query.description))
