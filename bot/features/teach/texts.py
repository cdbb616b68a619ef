"""What is said of taught words."""

from collections.abc import Sequence

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.language import _, ngettext, number
from bot.language.phrases import NOT_IT, quote

__all__ = ["NOT_IT"]

WELL_FROM = 3  # examples


def taught(name: str, examples: int) -> str:
    """Say that a word was learnt, from how many photos."""
    text = ngettext(
        "I have learnt <b>{word}</b>, from {count} photo.",
        "I have learnt <b>{word}</b>, from {count} photos.",
        examples,
    ).format(word=quote(name), count=number(examples))
    if examples >= WELL_FROM:
        return text
    more = _("Three to five make me surer.")  # no f-string: catalogues do not look into them
    return f"{text} {more}"


def words(names: Sequence[str]) -> str:
    """List the words of a chat."""
    if not names:
        return _("Nobody has taught me a word here. Reply to a photo with /teach and a word.")
    return "\n".join([_("This chat has taught me:"), *(quote(name) for name in names)])


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
