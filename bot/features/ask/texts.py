"""What is said in answer to a question about a photo."""

from babel.numbers import format_percent
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.language import _, spoken
from bot.language.phrases import WHY, caption, quote
from onenet.asking import Answers, RankedAnswer

SHOWN = 3
BAR = 8  # signs of a score of one


def answer(found: Answers) -> str:
    """Say the answer, or that it is not clear, with the next ones as small bars."""
    bars = "\n".join(map(_bar, found.ranked[:SHOWN]))
    if found.is_sure:
        return f"{caption(found.ranked[0].text)}\n\n{bars}"
    doubt = _("I cannot tell. Perhaps:")  # no f-string: catalogues do not look into them
    if found.is_absent:
        doubt = _("I see none there, so I cannot tell. If there is one:")
    return f"{doubt}\n\n{bars}"


def why_keyboard() -> InlineKeyboardMarkup:
    """Offer to show where in the photo the answer is seen."""
    return InlineKeyboardMarkup.from_button(InlineKeyboardButton(_("Why?"), callback_data=WHY))


def _bar(ranked: RankedAnswer) -> str:
    signs = round(BAR * ranked.score)
    percent = format_percent(ranked.score, "#,##0 %", locale=spoken())
    return f"<code>{'▇' * signs}{'▁' * (BAR - signs)} {percent:>5}</code> {quote(ranked.text)}"
