"""What is said of taught words."""

from collections.abc import Sequence

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.language import _, ngettext, number
from bot.language.phrases import NOT_IT, quote
from bot.memory.taught import Lesson
from onenet.teaching import MAX_EXAMPLES

__all__ = ["NOT_IT"]

WELL_FROM = 3  # examples
IN_A_MESSAGE = 40  # words, which are no longer than a message together even if all are as long as can be


def taught(lesson: Lesson) -> str:
    """Say that a word was learnt, from how many photos, and what it meant before."""
    word, count = quote(lesson.name), lesson.examples
    if lesson.was_taught:
        text = ngettext(
            "I know <b>{word}</b> from {count} photo now.",
            "I know <b>{word}</b> from {count} photos now.",
            count,
        )
    else:
        text = ngettext(
            "I have learnt <b>{word}</b>, from {count} photo.",
            "I have learnt <b>{word}</b>, from {count} photos.",
            count,
        )
    sentences = [text.format(word=word, count=number(count))]
    if lesson.has_copies:
        sentences.append(_("Copies of a photo count once."))
    if count < WELL_FROM:
        sentences.append(_("Three to five make me surer."))
    elif count == MAX_EXAMPLES:
        sentences.append(_("More I do not keep: each new one takes the place of the oldest."))
    if lesson.was_read and not lesson.was_taught:
        meaning = _("I had read the word before; in this chat it now means what you showed me.")
        sentences.append(meaning)
    return " ".join(sentences)


def words(names: Sequence[str]) -> list[str]:
    """List the words of a chat, in as many messages as it takes however long they are."""
    if not names:
        return [_("Nobody has taught me a word here. Reply to a photo with /teach and a word.")]
    lines = [quote(name) for name in names]
    parts = [lines[start : start + IN_A_MESSAGE] for start in range(0, len(lines), IN_A_MESSAGE)]
    parts[0] = [_("This chat has taught me:"), *parts[0]]
    return ["\n".join(part) for part in parts]


def picture(name: str) -> str:
    """Name a picture of a word."""
    return f"<b>{quote(name)}</b>"


def untaught(name: str) -> str:
    """Say that a word was forgotten."""
    return _("I have forgotten <b>{word}</b>.").format(word=quote(name))


def not_taught(name: str) -> str:
    """Say that a word was not taught."""
    return _("Nobody has taught me “{word}” here. /words lists what I was taught.").format(word=quote(name))


def without_button(keyboard: InlineKeyboardMarkup | None, data: str) -> InlineKeyboardMarkup | None:
    """Leave out the button that was pressed."""
    rows = [[each for each in row if each.callback_data != data] for row in _rows(keyboard)]
    return InlineKeyboardMarkup([row for row in rows if row])


def _rows(keyboard: InlineKeyboardMarkup | None) -> Sequence[Sequence[InlineKeyboardButton]]:
    return keyboard.inline_keyboard if keyboard is not None else ()


def noted(name: str) -> str:
    """Say that a mistake was learnt from; plain text."""
    return _("I see, that is not {word}.").format(word=name)


def examples_forgotten() -> str:
    """Say that what a person showed was forgotten."""
    return _("I have forgotten what you taught me here.")


def switched_off() -> str:
    """Say that a chat teaches no words."""
    return _("Teaching is switched off in this chat; /settings has the switch.")
