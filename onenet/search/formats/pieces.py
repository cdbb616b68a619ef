"""A file put together from bytes and from parts of another file, of which nothing is copied."""

import io
from collections.abc import Iterable, Iterator
from typing import BinaryIO


class Pieces(io.RawIOBase):
    """Reads pieces one after the other, as if they were a file.

    Args:
        file: What the parts are of.
        pieces: Bytes as they are, and ranges of the file's.
    """

    def __init__(self, file: BinaryIO, pieces: Iterable[bytes | range]) -> None:
        self._file = file
        self._pieces = list(_joined(pieces))
        self._starts = []
        self._end = 0
        for piece in self._pieces:
            self._starts.append(self._end)
            self._end += len(piece)
        self._position = 0
        self._current = 0

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def seekable(self) -> bool:
        """Return that it can be read from anywhere."""
        return True

    def tell(self) -> int:
        """Return where it is read next."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to where it is to be read next, and return that."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._end}[whence]
        self._position = max(0, base + offset)
        self._current = 0
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        """Return so many bytes, fewer only at the end."""
        left = max(0, self._end - self._position)
        wanted = left if size is None or size < 0 else min(size, left)
        found = []
        while wanted > 0:
            some = self._read_piece(wanted)
            if not some:  # the file has become shorter
                break
            found.append(some)
            wanted -= len(some)
            self._position += len(some)
        return found[0] if len(found) == 1 else b"".join(found)

    def _read_piece(self, wanted: int) -> bytes:
        while self._current + 1 < len(self._starts) and self._starts[self._current + 1] <= self._position:
            self._current += 1
        piece = self._pieces[self._current]
        skip = self._position - self._starts[self._current]
        if isinstance(piece, range):
            self._file.seek(piece.start + skip)
            return self._file.read(min(wanted, len(piece) - skip))
        return piece[skip : skip + wanted]


def _joined(pieces: Iterable[bytes | range]) -> Iterator[bytes | range]:
    """Join ranges that follow upon each other: a large PNG has thousands."""
    last: bytes | range = b""
    for piece in pieces:
        if isinstance(piece, range) and isinstance(last, range) and last.stop == piece.start:
            last = range(last.start, piece.stop)
            continue
        if last:
            yield last
        last = piece
    if last:
        yield last
