"""What a program needs of its process: streams that never end it, text that is safe there, an end in time."""

import codecs
import contextlib
import ctypes
import io
import logging
import os
import re
import sys
import threading
import time
from typing import NoReturn

LEAVE_S = 1.0
INSTALL = "python3 -m venv .venv && .venv/bin/python -m pip install -r requirements.txt"

_PLAIN = {
    "…": "...",
    "“": '"',
    "”": '"',
    "\N{LEFT SINGLE QUOTATION MARK}": "'",
    "’": "'",
    "\N{EN DASH}": "-",
    "—": "-",
    "·": "*",
    "→": "->",
    "\N{MULTIPLICATION SIGN}": "x",
}
# Control characters, which can move the cursor and more; marks that turn the direction of writing; line ends
# that only some programs take for such.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def prepare_streams() -> None:
    """Let stdout and stderr take any text, plainly what their encodings lack, and let stdin give any bytes.

    In the place of one that was closed comes the null device: what stderr is for does not go to stdout, and
    no file that is opened gets its number.
    """
    codecs.register_error("onenet.plain", _in_plain_letters)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            null = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(null, mode, encoding="utf-8", closefd=False))
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="onenet.plain")


def printable(text: str, *, keep: str = "\n\t") -> str:
    r"""Give a text in which nothing acts upon a terminal: a file may be named "\x1b[2J".

    Args:
        keep: Characters that stay though they act; "" for a name or a line of a log.
    """
    return _UNSAFE.sub(lambda found: found[0] if found[0] in keep else _escaped(found[0]), text)


def is_missing_package(error: ModuleNotFoundError) -> bool:
    """Tell whether a package of others is missing, not a module of our own."""
    return (error.name or "").partition(".")[0] not in ("", "bot", "onenet")


def missing_package(error: ModuleNotFoundError) -> str:
    """Say what to do when a package is missing: mostly another Python was meant."""
    return (
        f"This Python ({sys.executable}) has no package {error.name}. In the folder of README.md, run "
        f"`{INSTALL}`, then start with .venv/bin/python (on Windows .venv\\Scripts\\python)."
    )


def give_memory_back() -> None:
    """Give the system what is free: after loading, glibc keeps tens of megabytes for whoever asks next."""
    if sys.platform == "linux":
        with contextlib.suppress(AttributeError, OSError):  # another C library has no such thing
            ctypes.CDLL(None).malloc_trim(0)


def leave(code: int) -> NoReturn:
    """End the process, within a second though a thread hangs: in a name lookup, at a drive that is gone."""
    until = time.monotonic() + LEAVE_S
    threads = [thread for thread in threading.enumerate() if not thread.daemon]
    for thread in threads:
        if thread is not threading.current_thread():
            thread.join(max(0.0, until - time.monotonic()))
    if sum(thread.is_alive() for thread in threads) > 1:
        logging.shutdown()
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        os._exit(code)
    sys.exit(code)


def _escaped(character: str) -> str:
    number = ord(character)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"


def _in_plain_letters(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    wrong = error.object[error.start : error.end]
    plain = (_PLAIN.get(each) or each.encode("ascii", "backslashreplace").decode("ascii") for each in wrong)
    return "".join(plain), error.end
