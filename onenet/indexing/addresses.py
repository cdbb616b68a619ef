"""Photos wherever they are: files of this machine, and whatever fsspec has an address for."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from onenet.errors import OneNetError, PhotoError
from onenet.search.formats.kinds import OTHER_SUFFIXES, suffix_of
from onenet.search.index import PhotoRecord, Skipped

NOT_LOOKED_AT = -1  # the size of a photo of which only the name is known
MAX_REMOTE_BYTES = 100_000_000  # of a photo that has to be fetched into memory
_TIMES = ("mtime", "LastModified", "last_modified", "updated", "created", "Last-Modified")
_VERSIONS = ("ETag", "etag", "md5Hash", "Content-MD5", "content_settings")


def is_address(place: str | Path) -> bool:
    """Whether a photo, a list or a folder is named by an address rather than by a path."""
    return isinstance(place, str) and "://" in place


def local_path(place: str) -> str:
    """Write file:// addresses as the paths that they are; all others stay."""
    if not place.startswith("file:///"):
        return place
    return place.removeprefix("file:///" if os.name == "nt" else "file://")


def look_at(photo: str) -> PhotoRecord:
    """Tell size and time of a photo.

    Raises:
        PhotoError: If it is not there, or cannot be reached.
    """
    try:
        if not is_address(photo):
            status = Path(photo).stat()
            return PhotoRecord(photo, status.st_size, status.st_mtime_ns)
        files, path = open_address(photo)
        return _record(photo, files.info(path))
    except OneNetError:
        raise
    except Exception as error:  # each of fsspec's file systems raises its own
        raise PhotoError(f"{photo} {_reason(error)}.") from error


def fetch(record: PhotoRecord) -> Path | bytes:
    """Give what a photo can be read from: its path, or what is at its address.

    Raises:
        PhotoError: If it is not there, or cannot be reached.
    """
    if not is_address(record.photo):
        return Path(record.photo)
    try:
        files, path = open_address(record.photo)
        if record.size_bytes > 0:
            content: bytes = files.cat_file(path)
        else:
            with files.open(path, "rb") as file:
                content = file.read(MAX_REMOTE_BYTES + 1)
    except OneNetError:
        raise
    except Exception as error:  # as above
        raise PhotoError(f"{record.photo} {_reason(error)}.") from error
    return content


def is_too_large(record: PhotoRecord) -> bool:
    """Whether a photo at an address is too large to be fetched."""
    return is_address(record.photo) and record.size_bytes > MAX_REMOTE_BYTES


def read_text(address: str) -> str:
    """Read a text at an address.

    Raises:
        OneNetError: If it cannot be read.
    """
    files, path = open_address(address)
    try:
        content: bytes = files.cat_file(path)
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise OneNetError(f"The list {address} is not UTF-8 text.") from error
    except Exception as error:  # as above
        raise OneNetError(f"{address} {_reason(error)}.") from error


def is_folder(address: str) -> bool:
    """Whether there is something below an address.

    Raises:
        OneNetError: If it cannot be reached.
    """
    files, path = open_address(address)
    try:
        return bool(files.isdir(path))
    except Exception as error:  # as above
        raise OneNetError(f"{address} {_reason(error)}.") from error


def as_listed(address: str) -> str:
    """Write an address as those of the photos below it begin.

    Raises:
        OneNetError: If it is no address that can be read.
    """
    files, path = open_address(address)
    return str(files.unstrip_protocol(path)).rstrip("/") + "/"


def photos_below(address: str, closed: list[Skipped]) -> Iterator[PhotoRecord]:
    """Give what may be a photo at an address and below, a folder after the other.

    Where the listing does not tell sizes, as web pages do not, they are `NOT_LOOKED_AT`.

    Args:
        closed: Collects what cannot be listed.

    Raises:
        OneNetError: If the address cannot be listed.
    """
    files, path = open_address(address)
    refused: list[Skipped] = []

    def refuse(error: Exception) -> None:
        refused.append(Skipped(address, f"A folder below it {_reason(error)}."))

    is_first = True
    for place, folders, found in files.walk(path, detail=True, on_error=refuse):
        if is_first and refused:
            raise OneNetError(f"{address} cannot be listed.")
        is_first = False
        for name in [name for name in folders if name.startswith(".")]:
            del folders[name]
        for name, about in sorted(found.items()):
            if name and not name.startswith(".") and suffix_of(name) not in OTHER_SUFFIXES:
                own = about.get("name") or f"{place}/{name}"
                yield _record(files.unstrip_protocol(own), about)
    closed += refused


def open_address(address: str) -> tuple[Any, str]:
    """Give the file system of an address, and what the address is called there.

    Raises:
        OneNetError: If there is none for it, or a package is missing.
    """
    scheme = address.partition("://")[0]
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise OneNetError(
            f"To read {scheme}:// the package fsspec is needed: pip install 'onenet[ray]'"
        ) from error
    try:
        files, path = url_to_fs(address)
    except ImportError as error:
        package = next((word for word in str(error).split() if word.endswith("fs")), "one of fsspec's")
        raise OneNetError(
            f"To read {scheme}:// the package {package} is needed: pip install {package}"
        ) from error
    except Exception as error:  # as above; an unknown scheme is a ValueError
        raise OneNetError(f"{address} is no address that can be read ({error}).") from error
    return files, path


def _record(photo: str, about: Mapping[str, Any]) -> PhotoRecord:
    size = about.get("size")
    return PhotoRecord(photo, NOT_LOOKED_AT if size is None else int(size), _time_of(about))


def _time_of(about: Mapping[str, Any]) -> int:
    """Give the time of the last change, ns since 1970; where there is none, a number for its version.

    To the microsecond: some file systems list it with digits that they leave out elsewhere.
    """
    for key in _TIMES:
        seconds = _seconds(about.get(key))
        if seconds is not None:
            return round(seconds * 1_000_000) * 1000
    version = next((str(about[key]) for key in _VERSIONS if about.get(key)), "")
    return int.from_bytes(hashlib.sha256(version.encode()).digest()[:7], "big") if version else 0


def _seconds(time: object) -> float | None:
    match time:
        case datetime():
            return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
        case float() | int():
            return float(time)
        case str():
            for read in (datetime.fromisoformat, parsedate_to_datetime):
                try:
                    return _seconds(read(time))
                except ValueError:
                    continue
    return None


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "was not found"
    if isinstance(error, PermissionError):
        return "may not be read"
    said = (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__
    return f"could not be read: {said.splitlines()[0][:200].removesuffix('.')}"
