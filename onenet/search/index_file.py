"""The file of an index: what is known of each photo, and which vectors count, in one SQLite database."""

import contextlib
import errno
import json
import os
import sqlite3
import weakref
import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from onenet.search.segments import Segment

FILE_FORMAT = "onenet image index"
SQLITE = b"SQLite format 3\0"
_JOURNAL = bytes.fromhex("d9d505f920a163d7")  # begins one that is to be played back
WAIT_S = 30.0  # for another program that is writing a few photos just now
_SIZES = ("page_count", "page_size")
_SCHEMA = """
    CREATE TABLE head (content TEXT NOT NULL, checksum INTEGER NOT NULL);
    CREATE TABLE folders (folder_id INTEGER PRIMARY KEY, folder BLOB NOT NULL UNIQUE);
    CREATE TABLE photos (photo_id INTEGER PRIMARY KEY, folder_id INTEGER NOT NULL, name BLOB NOT NULL,
        size_bytes INTEGER NOT NULL, modified_ns INTEGER NOT NULL, digest INTEGER NOT NULL,
        checksum INTEGER NOT NULL, reason TEXT, UNIQUE (folder_id, name));
    CREATE TABLE newest (photo_id INTEGER PRIMARY KEY, vector BLOB NOT NULL);
    CREATE TABLE removed (photo_id INTEGER PRIMARY KEY);
"""
_ROWS = """SELECT folder, name, size_bytes, modified_ns, digest, photo_id, checksum, reason
    FROM photos JOIN folders USING (folder_id)"""


@dataclass(frozen=True)
class PhotoRecord:
    """A photo file as it was when it was read: absolute path, size and time of last change.

    Attributes:
        digest: Of what is in it, 8 bytes; 0: not known. Two records may differ in it and be of one file.
    """

    photo: str
    size_bytes: int
    modified_ns: int
    digest: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Head:
    """What an index says of itself.

    Attributes:
        next_id: The number of the next photo; those that could not be read have numbers below 0.
        photos: How many can be found.
        segments: Files of vectors, the oldest first.
        missing_since: See `onenet.search.index.ImageIndex`.
    """

    fingerprint: str
    dimensions: int
    version: str
    format: str = FILE_FORMAT
    next_id: int = 1
    next_unreadable: int = -1
    photos: int = 0
    segments: tuple[Segment, ...] = ()
    missing_since: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """A photo as the file has it.

    Attributes:
        photo_id: Below 0 if it could not be read.
        reason: Why it could not.
    """

    record: PhotoRecord
    photo_id: int
    checksum: int
    reason: str | None = None


class IndexFile:
    """An open file of an index. What is asked of it is answered from what was committed last, by whomever.

    Args:
        path: An existing one; where it cannot be written to it can still be read.

    Raises:
        sqlite3.Error: As all of its methods: it is damaged, held, or the disk is full.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection = _connect(path)
        self._commits = 0
        self._leave = weakref.finalize(self, _leave, self._connection)

    @classmethod
    def create(cls, path: Path, head: Head) -> "IndexFile":
        """Make a file that has no photos; one that is there must be empty."""
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.executescript(_SCHEMA)
            connection.execute("INSERT INTO head VALUES (?, ?)", _packed(head))
            connection.commit()
        return cls(path)

    def close(self) -> None:
        """Let go of the file."""
        self._leave()

    def state(self) -> int:
        """Tell what differs whenever another connection has changed the file."""
        (state,) = self._connection.execute("PRAGMA data_version").fetchone()
        return int(state)

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """See one and the same state in all that is read."""
        self._connection.execute("BEGIN")
        try:
            yield
        finally:
            self._connection.rollback()

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Change all or nothing; another program that writes is waited for."""
        if (
            self._commits == 1
        ):  # who goes on writing keeps the journal's file: to make and delete one takes 25 ms
            self._connection.execute("PRAGMA journal_mode = PERSIST")
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.commit()
            self._commits += 1
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self._connection.rollback()
            raise

    def head(self) -> Head:
        """Return what the index says of itself.

        Raises:
            ValueError: If it is damaged.
            KeyError: If it is.
        """
        found = self._connection.execute("SELECT content, checksum FROM head").fetchall()
        ((content, checksum),) = found
        if zlib.crc32(content.encode()) != checksum:
            raise ValueError("the checksum differs")
        fields = json.loads(content)
        fields["segments"] = tuple(Segment(**segment) for segment in fields["segments"])
        return Head(**fields)

    def set_head(self, head: Head) -> None:
        """Say something else."""
        self._connection.execute("UPDATE head SET content = ?, checksum = ?", _packed(head))

    def rows(self) -> Iterator[Row]:
        """Give all photos, also those that could not be read."""
        yield from map(_row, self._connection.execute(_ROWS))

    def known_below(self, folder: str) -> Iterator[tuple[str, str, int, int]]:
        """Give folder, name, size and time of the photos in a folder and below, with nothing beside."""
        begin = _bytes(folder)
        end = begin[:-1] + bytes([begin[-1] + 1])  # behind all that begin as this one does
        places = self._connection.execute(
            "SELECT folder_id, folder FROM folders WHERE folder >= ? AND folder < ?", (begin, end)
        )
        names = {folder_id: _text(place) for folder_id, place in places}
        query = """SELECT folder_id, name, size_bytes, modified_ns FROM photos WHERE folder_id IN
                   (SELECT folder_id FROM folders WHERE folder >= ? AND folder < ?)"""
        for folder_id, name, size_bytes, modified_ns in self._connection.execute(query, (begin, end)):
            yield names[folder_id], _text(name), size_bytes, modified_ns

    def by_content(self, sizes: Collection[int]) -> Iterator[PhotoRecord]:
        """Give the photos of some sizes of whose content is known what it is."""
        query = f"""{_ROWS} WHERE photo_id > 0 AND digest <> 0
                    AND size_bytes IN (SELECT value FROM json_each(?))"""
        for row in self._connection.execute(query, (json.dumps([*sizes]),)):
            yield _row(row).record

    def unreadable(self) -> Iterator[Row]:
        """Give the photos that could not be read."""
        yield from map(_row, self._connection.execute(f"{_ROWS} WHERE photo_id < 0"))

    def rows_of(self, ids: Collection[int]) -> dict[int, Row]:
        """Give photos by their numbers; unknown ones are left out."""
        query = f"{_ROWS} WHERE photo_id IN (SELECT value FROM json_each(?))"
        found = self._connection.execute(query, (json.dumps([*ids]),))
        return {row.photo_id: row for row in map(_row, found)}

    def ids_of(self, photos: Iterable[str]) -> dict[str, int]:
        """Give the numbers of photos by their paths; unknown ones are left out."""
        query = """SELECT photo_id FROM photos WHERE name = ?
                   AND folder_id = (SELECT folder_id FROM folders WHERE folder = ?)"""
        found = {}
        for photo in photos:
            folder, name = _split(photo)
            row = self._connection.execute(query, (name, folder)).fetchone()
            if row is not None:
                found[photo] = int(row[0])
        return found

    def removed(self) -> list[int]:
        """Give the numbers of photos that were removed, and whose vectors are still in a segment."""
        return [photo_id for (photo_id,) in self._connection.execute("SELECT photo_id FROM removed")]

    def newest(self) -> tuple[list[int], list[bytes]]:
        """Give the numbers and vectors of the photos that are in no segment yet, rising."""
        rows = self._connection.execute("SELECT photo_id, vector FROM newest ORDER BY photo_id").fetchall()
        return [photo_id for photo_id, _ in rows], [vector for _, vector in rows]

    def add(self, rows: Sequence[Row]) -> None:
        """Add photos that are not there."""
        folders: dict[bytes, int] = {}
        values = []
        for row in rows:
            folder, name = _split(row.record.photo)
            if folder not in folders:
                folders[folder] = self._folder_id(folder)
            record = row.record
            about = (record.size_bytes, record.modified_ns, record.digest, row.checksum, row.reason)
            values.append((row.photo_id, folders[folder], name, *about))
        self._connection.executemany("INSERT INTO photos VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)

    def remove(self, ids: Collection[int]) -> None:
        """Forget photos; a vector that is in a segment stays there, and no longer counts."""
        each = [(photo_id,) for photo_id in ids]
        new = {photo_id for (photo_id,) in each if self._is_newest(photo_id)}
        self._connection.executemany("DELETE FROM photos WHERE photo_id = ?", each)
        self._connection.executemany("DELETE FROM newest WHERE photo_id = ?", each)
        dead = [(photo_id,) for (photo_id,) in each if photo_id > 0 and photo_id not in new]
        self._connection.executemany("INSERT OR IGNORE INTO removed VALUES (?)", dead)

    def add_newest(self, ids: Iterable[int], vectors: Iterable[bytes]) -> None:
        """Keep vectors here until there are enough of them for a segment."""
        self._connection.executemany("INSERT INTO newest VALUES (?, ?)", zip(ids, vectors, strict=True))

    def clear_newest(self) -> None:
        """Forget what has gone into a segment."""
        self._connection.execute("DELETE FROM newest")

    def forget_removed(self, ids: Collection[int]) -> None:
        """Forget the numbers of removed photos whose vectors are gone too."""
        self._connection.executemany("DELETE FROM removed WHERE photo_id = ?", [(each,) for each in ids])

    def is_whole(self) -> bool:
        """Whether no end is missing."""
        (pages,), (size,) = (self._connection.execute(f"PRAGMA {name}").fetchone() for name in _SIZES)
        return self.path.stat().st_size >= int(pages) * int(size)

    def is_sound(self) -> bool:
        """Whether the database finds no fault with itself; it reads all of it."""
        return bool(self._connection.execute("PRAGMA integrity_check").fetchone() == ("ok",))

    def _is_newest(self, photo_id: int) -> bool:
        query = "SELECT 1 FROM newest WHERE photo_id = ?"
        return self._connection.execute(query, (photo_id,)).fetchone() is not None

    def _folder_id(self, folder: bytes) -> int:
        query = "SELECT folder_id FROM folders WHERE folder = ?"
        known = self._connection.execute(query, (folder,)).fetchone()
        if known is not None:
            return int(known[0])
        return int(
            self._connection.execute("INSERT INTO folders (folder) VALUES (?)", (folder,)).lastrowid or 0
        )


def checksum_of(record: PhotoRecord, content: bytes) -> int:
    """Sum up a photo's record and its vector, or the reason why it has none."""
    numbers = repr((record.size_bytes, record.modified_ns, record.digest)).encode()
    return zlib.crc32(content, zlib.crc32(numbers, zlib.crc32(_bytes(record.photo))))


def _connect(path: Path) -> sqlite3.Connection:
    """Open a file: for writing if that can be; on read-only media, where no lock can be had, without."""
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=rw",
        uri=True,
        timeout=WAIT_S,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        # What is committed is on the disk; the journal is kept short, for the file is the whole index.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA cache_size = -8000")
        connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone()
    except sqlite3.OperationalError:
        connection.close()
        if os.access(path.parent, os.W_OK):
            raise
        if _is_amid_a_write(path):
            raise OSError(errno.EROFS, "its last change was not finished", str(path)) from None
        uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    return connection


def _is_amid_a_write(path: Path) -> bool:
    """Whether who wrote last was stopped: what there was before lies in the journal."""
    try:
        with path.with_name(f"{path.name}-journal").open("rb") as journal:
            return journal.read(len(_JOURNAL)) == _JOURNAL
    except OSError:
        return False


def _leave(connection: sqlite3.Connection) -> None:
    """Delete the journal's file, if it was kept and nobody else uses it, and close."""
    with contextlib.suppress(sqlite3.Error):
        if connection.execute("PRAGMA journal_mode").fetchone() == ("persist",):
            connection.execute("PRAGMA busy_timeout = 0")
            connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()


def _packed(head: Head) -> tuple[str, int]:
    content = json.dumps(asdict(head))
    return content, zlib.crc32(content.encode())


def _row(fields: tuple[bytes, bytes, int, int, int, int, int, str | None]) -> Row:
    folder, name, size_bytes, modified_ns, digest, photo_id, checksum, reason = fields
    record = PhotoRecord(_text(folder + name), size_bytes, modified_ns, digest)
    return Row(record, photo_id, checksum, reason)


def split(photo: str) -> tuple[str, str]:
    """Split a path behind its last separator; together both parts are the path again, whatever it is."""
    place = photo.rfind(os.sep) + 1
    return photo[:place], photo[place:]


def _split(photo: str) -> tuple[bytes, bytes]:
    place, name = split(photo)
    return _bytes(place), _bytes(name)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogatepass")
