"""The photos in a folder and below: found by name or first bytes, hidden ones left out, each folder once."""

import os
from collections.abc import Iterator
from pathlib import Path

from onenet.errors import OneNetError
from onenet.files import is_text
from onenet.search.formats.kinds import is_photo
from onenet.search.searchable import Skipped


def find_photos(folder: Path, closed: list[Skipped] | None = None) -> Iterator[Path]:
    """Find the photos in a folder and below, known by their names or first bytes, in a fixed order.

    Hidden files and folders are left out. Links are followed, but no folder is visited twice.

    Args:
        folder: Where to look; the paths found begin with it.
        closed: Collects the folders below it that cannot be read.

    Raises:
        OneNetError: If there is no such folder, or it cannot be read.
    """
    for current, entries in visit(folder, [] if closed is None else closed):
        for entry in entries:
            if is_photo(entry.path):
                yield current / entry.name


def visit(folder: Path, closed: list[Skipped]) -> Iterator[tuple[Path, list["os.DirEntry[str]"]]]:
    """Give a folder and each below it with what is in it that might be photos, in a fixed order."""
    if not folder.is_dir():
        raise OneNetError(f"There is no folder {folder}; give one that holds your photos.")
    visited: set[tuple[int, int]] = set()
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        try:
            status = current.stat()
            if (place := (status.st_dev, status.st_ino)) in visited:
                continue
            visited.add(place)
            entries = sorted(os.scandir(current), key=lambda entry: entry.name)
        except OSError as error:
            if current == folder:
                raise OneNetError(f"The folder {folder} cannot be read ({_reason(error)}).") from error
            closed.append(Skipped(str(current), f"The folder cannot be read ({_reason(error)})."))
            continue
        below: list[Path] = []
        shown: list[os.DirEntry[str]] = []
        for entry in entries:
            if entry.name.startswith("."):
                continue
            is_folder = _is_folder(entry)
            if is_text(entry.name):
                if is_folder:
                    below.append(current / entry.name)
                else:
                    shown.append(entry)
            else:
                shown_name = os.fsencode(entry.name).decode(errors="replace")
                closed.append(Skipped(str(current / shown_name), "Its name is not UTF-8 text; rename it."))
        waiting += reversed(below)
        yield current, shown


def beneath(folder: str) -> str:
    """Return a folder with a separator at its end, as all that is in it begins."""
    return os.path.join(folder, "")


def path_of(skipped: Skipped) -> str:
    """Return the path of a file that is left out, to sort by."""
    return skipped.photo


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
