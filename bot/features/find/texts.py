"""What is said of a photo that was changed by words, and of a search that goes on."""

from collections.abc import Sequence

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.language import _, notes
from bot.language.phrases import left_out, more_keyboard, quote
from onenet.conversation import Wish
from onenet.search import ChangeQuery, RefinedQuery, photo_terms

# What the buttons send back, with a number behind the last one.
WHICH = "on:which"
BACK = "on:back"
LIKE_FOUND = "on:like:"

WISHES_SHOWN = 6
MOST_NUMBERS = 16
NUMBERS_IN_A_ROW = 8


def changed(answer: ChangeQuery) -> str:
    """Tell what became of a photo, how the words were understood, and how to search for them alone."""
    words = quote(answer.description)
    if photo_terms(answer.description) is not None:
        how = _("Your photo, with words added and taken away: {words}").format(words=words)
    else:
        how = _("Your photo, moved toward: {words}").format(words=words)
    lines = [how, _("I imagined: <b>{caption}</b>").format(caption=quote(answer.imagined))]
    return "\n".join([*lines, *left_out(answer.unknown_words)])


def words_alone() -> str:
    """Say how to look for the words without the photo."""
    return _("For your words alone, send /find without replying to a photo.")


def which_photo() -> str:
    """Say that words to add and take away need a photo."""
    return _("Reply to a photo with that, and I add your words to it and take them away.")


def going_on(query: RefinedQuery, *, nothing_fits: bool) -> str:
    """Tell in a line what is looked for now, what the network pictured, and what it left out."""
    wishes = [_wish(wish) for wish in query.state.wishes[-WISHES_SHOWN:]]
    lines = [
        _("Looking for: {wishes}").format(wishes=" · ".join(wishes)),
        _("I imagined: <b>{caption}</b>").format(caption=quote(query.imagined)),
        *left_out(query.unknown_words),
    ]
    warning = [notes.nothing_fits()] if nothing_fits else []
    return "\n\n".join(["\n".join(lines), *warning])


def going_on_keyboard(*, can_go_back: bool) -> InlineKeyboardMarkup:
    """Offer more photos, those more like one of these, and the way back."""
    which = InlineKeyboardButton(_("More like the …"), callback_data=WHICH)
    back = [InlineKeyboardButton(_("Back"), callback_data=BACK)] if can_go_back else []
    return InlineKeyboardMarkup([*more_keyboard().inline_keyboard, [which, *back]])


def with_numbers(rows: Sequence[Sequence[InlineKeyboardButton]], count: int) -> InlineKeyboardMarkup:
    """Put the numbers of the photos found in the place of the button that asks which of them is meant."""
    numbers = [
        # Translators: a button that means “more like the photo of that number”.
        InlineKeyboardButton(_("like {number}").format(number=each), callback_data=f"{LIKE_FOUND}{each}")
        for each in range(1, min(count, MOST_NUMBERS) + 1)
    ]
    wide = NUMBERS_IN_A_ROW // 2
    numbered = [numbers[start : start + wide] for start in range(0, len(numbers), wide)]
    others = [[button for button in row if button.callback_data != WHICH] for row in rows]
    return InlineKeyboardMarkup([*numbered, *(row for row in others if row)])


def _wish(wish: Wish) -> str:
    """Say one wish of a search."""
    if wish.number:
        said = _("like number {number}").format(number=wish.number)
    else:
        said = quote(wish.words, 60) or _("like the photo")
    if wish.weight > 0:
        return said
    if wish.weight > -1:
        return _("less: {words}").format(words=said)
    return _("without: {words}").format(words=said)
