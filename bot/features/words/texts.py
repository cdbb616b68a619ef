"""What is said of words: neighbours, analogies, the word that does not belong, walks."""

from collections.abc import Sequence

from telegram import InlineKeyboardMarkup

from bot.language import _, ngettext, number, quoted
from bot.language.phrases import examples_keyboard, quote
from onenet.engine import Neighbour, Odd

SUGGESTIONS = 4


def neighbours(word: str, found: Sequence[Neighbour]) -> str:
    """List the words nearest to a word."""
    title = _("Closest to <b>{word}</b>:").format(word=quote(word))
    return f"{title}\n{_lines(found)}"


def neighbours_keyboard(found: Sequence[Neighbour]) -> InlineKeyboardMarkup | None:
    """Offer to go on from the nearest words."""
    return examples_keyboard(f"/similar {neighbour.word}" for neighbour in found[:SUGGESTIONS])


def analogy(a: str, b: str, c: str, answers: Sequence[Neighbour]) -> str:
    """Complete “a is to b as c is to …”."""
    best = answers[0].word if answers else "…"
    question = _("{a} is to {b} as {c} is to <b>{answer}</b>")
    question = question.format(a=quote(a), b=quote(b), c=quote(c), answer=quote(best))
    return f"{question}\n{_lines(answers)}"


def odd(found: Odd) -> str:
    """Tell which word does not belong, how near each is to the others, and what those have in common."""
    word = quote(found.words[0].word)
    if found.is_close_call:
        title = _("<b>{word}</b> does not belong, but it is a close call.").format(word=word)
    else:
        title = _("<b>{word}</b> does not belong.").format(word=word)
    lines = [title, _("How much each word is like the others:"), *(_line(each) for each in found.words[::-1])]
    if found.shared:
        shared = quoted(quote(each.word) for each in found.shared)
        lines.append(_("Without it, they make me think of {words}.").format(words=shared))
    return "\n".join(lines)


def walk(steps: Sequence[Neighbour]) -> str:
    """Show the way from one word to another, a step a line, each with its likeness to the word before."""
    count = len(steps) - 1
    title = ngettext(
        "From <b>{start}</b> to <b>{end}</b> in {count} step, with its likeness to the word before:",
        "From <b>{start}</b> to <b>{end}</b> in {count} steps, each with its likeness to the word before:",
        count,
    )
    start, end = quote(steps[0].word), quote(steps[-1].word)
    title = title.format(start=start, end=end, count=count)
    return "\n".join([title, *(_line(step) for step in steps[1:])])


def walk_keyboard(steps: Sequence[Neighbour]) -> InlineKeyboardMarkup | None:
    """Offer the way back."""
    return examples_keyboard([f"/walk {steps[-1].word} {steps[0].word}"])


def _line(neighbour: Neighbour) -> str:
    return f"<code>{number(neighbour.score, 2):>5}</code>  {quote(neighbour.word)}"


def _lines(found: Sequence[Neighbour]) -> str:
    return "\n".join(_line(neighbour) for neighbour in found)
