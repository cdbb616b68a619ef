"""What is said of photos as people send them: previews, albums, numbered pictures."""

import re
from collections.abc import Iterable, Sequence
from html import unescape

from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.constants import MessageLimit

from bot.language import _
from bot.language.phrases import caption, sentence
from bot.messages.photo import Photo
from bot.photos.texts import found
from bot.store.answers import SheetCell

# What the buttons send back, with a number behind it.
LIKE_PART = "part:"
SHOW_PICTURE = "sheet:"

NUMBERS_IN_A_ROW = 8
NAME_LENGTHS = (60, 30, 16, 6)


def with_note(text: str, note: str) -> str:
    """Put a note under an answer, if there is one; both are HTML."""
    return f"{text}\n{note}" if note else text


def with_photo_note(text: str, photo: Photo | None) -> str:
    """Say under an answer about words that the photo above them was left aside, if there is one."""
    return with_note(text, "" if photo is None else f"\n{photo_not_used()}")


def photo_not_used() -> str:
    """Say that a command was about its words, and how to ask about the photo above it."""
    return _("This is about your words. For the photo itself, reply to it with /caption or /similar.")


def photo_not_used_by_find() -> str:
    """Say that /find was about its words, and how they would change the photo above them."""
    change = _("To change the photo by your words, reply to it with /find and the words.")
    return f"{photo_not_used()} {change}"


def album(lines: Sequence[str], *, can_be_tapped: bool) -> str:
    """Answer an album: a line a photo, as `album_line` and `unread_line` make them."""
    numbered = "\n".join(f"{place}. {line}" for place, line in enumerate(lines, 1))
    tap = _("Tap a number for photos like that one.")  # no f-string: catalogues do not look into them
    return "\n\n".join((numbered, tap)) if can_be_tapped else numbered


def album_line(text: str, *, is_preview: bool, is_sure: bool = True) -> str:
    """Show the caption of one photo of an album, briefly marked if it is doubted."""
    shown = caption(text) if is_sure else _("{caption} (perhaps)").format(caption=caption(text))
    return _("{caption} (seen in its preview)").format(caption=shown) if is_preview else shown


def unread_line(reason: str) -> str:
    """Say why one photo of an album has no caption."""
    return _("could not be read: {reason}").format(reason=sentence(reason))


def album_keyboard(numbers: Iterable[int]) -> InlineKeyboardMarkup:
    """Offer photos like each of an album's."""
    return InlineKeyboardMarkup(_numbers(numbers, LIKE_PART))


def like_part(part: int) -> str:
    """Announce photos like one of an album's."""
    return _("The most similar photos to number {number}:").format(number=part)


def like_all() -> str:
    """Announce photos like an album's, all taken together."""
    return _("The most similar photos to these, taken together:")


def sheet(text: str, cells: Sequence[SheetCell]) -> str:
    """Put a line a picture under an answer, with names as long as a caption has room for.

    The lines are the last paragraph, see `above_lines`.
    """
    for length in NAME_LENGTHS:
        lines = [f"{place}. {found(cell, length)}" for place, cell in enumerate(cells, 1)]
        if _length(text) + sum(_length(line) + 1 for line in lines) < MessageLimit.CAPTION_LENGTH:
            break
    return "\n\n".join(filter(None, (text, "\n".join(lines))))


def above_lines(html: str) -> str:
    """Return the answer above the lines of a numbered picture."""
    return html.rpartition("\n\n")[0]


def sheet_keyboard(cells: Sequence[SheetCell], below: InlineKeyboardMarkup | None) -> InlineKeyboardMarkup:
    """Offer each picture alone, and what else there is."""
    numbers = _numbers(range(1, len(cells) + 1), SHOW_PICTURE)
    return InlineKeyboardMarkup([*numbers, *(below.inline_keyboard if below is not None else ())])


def other_rows(keyboard: InlineKeyboardMarkup | None) -> InlineKeyboardMarkup | None:
    """Return a keyboard without the numbers of the pictures."""
    rows = keyboard.inline_keyboard if keyboard is not None else ()
    kept = [row for row in rows if not str(row[0].callback_data).startswith(SHOW_PICTURE)]
    return InlineKeyboardMarkup(kept) if kept else None


def is_sheet(keyboard: InlineKeyboardMarkup | None) -> bool:
    """Tell whether a message with these buttons is a numbered picture."""
    rows = keyboard.inline_keyboard if keyboard is not None else ()
    return any(str(row[0].callback_data).startswith(SHOW_PICTURE) for row in rows)


def picture_gone() -> str:
    """Say that a found photo is no longer there."""
    return _("That photo is no longer there.")


def _numbers(numbers: Iterable[int], data: str) -> list[list[InlineKeyboardButton]]:
    """Make buttons in rows of about the same length."""
    buttons = [InlineKeyboardButton(str(each), callback_data=f"{data}{each}") for each in numbers]
    rows = -(-len(buttons) // NUMBERS_IN_A_ROW) or 1
    in_a_row = -(-len(buttons) // rows) or 1
    return [buttons[start : start + in_a_row] for start in range(0, len(buttons), in_a_row)]


def _length(html: str) -> int:
    """Count as Telegram does: UTF-16 units, without the tags."""
    return len(unescape(re.sub(r"<[^>]+>", "", html)).encode("utf-16-le")) // 2
