"""Why an index cannot be used or saved, in sentences that say what to do."""

import errno
import sqlite3
from pathlib import Path

from onenet.errors import IndexFileError
from onenet.search.index_file import FILE_FORMAT, Head
from onenet.search.made_before import OtherFileError

_REMEDY = "delete it and make a new one with: python -m onenet index FOLDER"
_MISSING = (errno.ENOENT, errno.ENOTDIR)  # a file that belongs to the index: it is not whole
# What SQLite cannot do though the file may be whole: open it, read the disk, get memory.
_UNABLE = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PERM, sqlite3.SQLITE_NOMEM)


def raise_unless_fit(path: Path, head: Head, fingerprint: str, *, version: str) -> None:
    """Find out whether an index is of this program's version and a network's.

    Raises:
        OtherFileError: If it is no index.
        IndexFileError: If it is another version's or another network's.
    """
    if head.format != FILE_FORMAT:
        raise OtherFileError
    if head.version != version:
        raise IndexFileError(f"The index {path} is of another version of One Network; {_REMEDY}")
    if head.fingerprint != fingerprint:
        raise IndexFileError(f"The index {path} was made by another network; {_REMEDY}")


def not_readable(path: Path, error: Exception) -> IndexFileError:
    """Say why an index cannot be read."""
    if isinstance(error, sqlite3.OperationalError):
        if "locked" in str(error):
            return IndexFileError(f"Another program is writing {path} just now; try again when it is done.")
        if "no such table" in str(error):
            return IndexFileError(f"{path} is not an image index; choose another file with --index.")
    if isinstance(error, OSError) and error.errno == errno.EROFS:
        return IndexFileError(
            f"The index {path} lies where nothing can be written, and its last change was not finished: open "
            "it once where it can be written to."
        )
    if reason := _why_not_read(error):
        return IndexFileError(
            f"The index {path} cannot be read ({reason}); see to that and try again; what is in it stays."
        )
    return IndexFileError(f"The index {path} is damaged; {_REMEDY}")


def not_writable(path: Path, error: Exception) -> IndexFileError:
    """Say why an index cannot be written."""
    remedy = "make room or choose another file"
    if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
        reason = "another program is writing it just now"
    elif _is_read_only(error):
        reason, remedy = "nothing can be written there", "choose another file"
    else:
        reason = (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__
    return IndexFileError(f"The index cannot be written to {path} ({reason}); {remedy}.")


def _why_not_read(error: Exception) -> str:
    """Say what kept a file from being read, whatever is in it; "" if it was read."""
    if isinstance(error, OSError):
        return "" if error.errno in _MISSING else error.strerror or ""
    if isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) & 0xFF in _UNABLE:
        return str(error)
    return ""


def _is_read_only(error: Exception) -> bool:
    if isinstance(error, OSError):
        return error.errno in (errno.EROFS, errno.EACCES, errno.EPERM)
    return "readonly" in str(error) or "unable to open database file" in str(error)
