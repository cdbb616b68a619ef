"""What is said of single photos."""

import os
from pathlib import Path

from bot.inference.reading import Reading
from bot.language import _, ngettext, number, quoted
from bot.language.phrases import caption, quote
from bot.messages.photo import Kind
from bot.store.answers import SheetCell


def what_it_shows(reading: Reading) -> str:
    """Say what a photo shows, and where that is doubted what else it may be."""
    said = caption(reading.caption.text)
    if reading.is_sure:
        return said
    lines = [_("I am not sure, perhaps: {caption}").format(caption=said)]
    if reading.names:
        names = quoted(quote(name) for name in reading.names)
        lines.append(_("Or is it one of these? {names}").format(names=names))
    return "\n".join(lines)


def preview_note(kind: Kind) -> str:
    """Say that only the preview was looked at."""
    return {
        "animation": _("I looked at the preview of the GIF, one picture of it."),
        "sticker": _("I looked at the preview of the sticker, one picture of it."),
        "video_note": _("I looked at the preview of the video message, one picture of it."),
    }.get(kind, _("I looked at the preview of the video, one picture of it."))


def name_of(photo: str, folder: Path) -> str:
    """Name a photo of the gallery for a person."""
    name = os.path.relpath(photo, folder)
    return os.path.basename(photo) if name.startswith("..") else name


def found(cell: SheetCell, length: int | None = None) -> str:
    """Name a found photo and its score, a cosine or what it ranks by for a description."""
    name = quote(cell.name) if length is None else quote(cell.name, length)
    line = f"<b>{number(cell.score, 2)}</b> {_linked(name, cell.link)}"
    return f"{line}, {_copies(cell.copies)}" if cell.copies else line


def _copies(count: int) -> str:
    return ngettext("and {count} copy", "and {count} copies", count).format(count=count)


def _linked(name: str, link: str) -> str:
    return f'<a href="{link}">{name}</a>' if link else name
