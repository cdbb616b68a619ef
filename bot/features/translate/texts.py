"""What is said of translations."""

from collections.abc import Iterable

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.language import _, listed, name_of
from bot.language.naming import unknown_language
from bot.language.network import Multilingual, heading
from bot.language.phrases import caption, left_out, quote, sentence
from onenet.captions import Translation

TRANSLATE = "translate:"  # what the buttons send back, with the code of a language behind it

BUTTONS_IN_A_ROW = 3


def translated(found: Translation) -> str:
    """Show a text and its translation, each with the name of its language."""
    lines = [
        f"{heading(found.language)}: {quote(found.text)}",
        f"{heading(found.to)}: {caption(found.translation)}",
    ]
    return "\n".join([*lines, *left_out(found.unknown_words)])


def into_which(found: Translation) -> str:
    """Ask for the language of a text that is in the one that it was to be in."""
    text = _("“{text}” is in this language already: {language}. Which one shall it be?")
    return text.format(text=quote(found.text), language=name_of(found.language))


def languages_keyboard(languages: Iterable[str]) -> InlineKeyboardMarkup | None:
    """Offer languages."""
    buttons = [InlineKeyboardButton(heading(code), callback_data=f"{TRANSLATE}{code}") for code in languages]
    starts = range(0, len(buttons), BUTTONS_IN_A_ROW)
    rows = [buttons[start : start + BUTTONS_IN_A_ROW] for start in starts]
    return InlineKeyboardMarkup(rows) if rows else None


def not_written(language: str, network: Multilingual) -> str:
    """Say that there are no translations into a language, and into which there are.

    Args:
        language: Its code, or a word that names none.
    """
    name = name_of(language)
    if name == language:
        return sentence(unknown_language(language, network.written))
    text = _("I do not write this language: {language}; choose one of {languages}.")
    return text.format(language=quote(name), languages=listed(network.written))


def how_it_goes(code: str) -> str:
    """Tell how a text is translated.

    Args:
        code: Of a language that can be chosen.
    """
    text = _(
        "Your words lead me to the place where a photo of what they say would lie, and from there I write in "
        "the other language, as I do for a photo; nobody told me which sentence translates which. Begin with "
        "a language and a colon to choose one (“{code}: …”); without, I take the one that we speak here."
    )
    return text.format(code=code)
