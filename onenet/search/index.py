"""The index of photos: add, remove, search by likeness, one file on disk."""

import json
import os
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from onenet.errors import IndexFileError
from onenet.files import replace_file
from onenet.search.vectors import VectorIndex, unit_rows

FILE_FORMAT = "onenet image index"
FILE_VERSION = "1"


@dataclass(frozen=True)
class Match:
    """A photo that was found: its name, here the absolute path, and its cosine with the query.

    Attributes:
        copies: Photos that are copies of it, and are not found beside it therefore.
    """

    photo: str
    score: float
    copies: tuple[str, ...] = ()


class Searchable(Protocol):
    """Photos that can be found by a representation, each under a name of its own."""

    def __len__(self) -> int:
        """Return the number of the photos."""
        ...

    def search(self, representation: NDArray[np.float32], k: int) -> list[Match]:
        """Find the k photos most like a representation (D,), best first."""
        ...

    def representations_of(self, photos: Sequence[str]) -> NDArray[np.float32]:
        """Return the representations of photos, shape (len(photos), D), unit length."""
        ...


@dataclass(frozen=True)
class PhotoRecord:
    """A photo file as it was when it was read: absolute path, size and time of last change."""

    photo: str
    size_bytes: int
    modified_ns: int


@dataclass(frozen=True)
class Skipped:
    """A file that could not be read as a photo, and why."""

    photo: str
    reason: str


class ImageIndex:
    """Photos by the likeness of their representations; exact search, score = cosine.

    Args:
        fingerprint: Names the network that makes the representations; another one's do not compare.
        dimensions: Length D of a representation.

    Attributes:
        missing_since: When folders were first seen without their photos, seconds since 1970, see
            `onenet.search.folder`.
    """

    def __init__(self, fingerprint: str, dimensions: int = 300) -> None:
        self.fingerprint = fingerprint
        self.dimensions = dimensions
        self._vectors = VectorIndex(dimensions)
        self._next_id = 0
        self._id_of: dict[str, int] = {}
        self._record_of: dict[int, PhotoRecord] = {}
        self._unreadable: dict[str, tuple[PhotoRecord, str]] = {}
        self.missing_since: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._id_of)

    def __contains__(self, photo: object) -> bool:
        return photo in self._id_of

    @property
    def photos(self) -> list[str]:
        """The absolute paths of all photos, sorted."""
        return sorted(self._id_of)

    @property
    def records(self) -> Mapping[str, PhotoRecord]:
        """The file of each photo by its absolute path, unreadable ones included."""
        unreadable = {photo: record for photo, (record, _) in self._unreadable.items()}
        return {record.photo: record for record in self._record_of.values()} | unreadable

    @property
    def unreadable(self) -> list[Skipped]:
        """The files that are known to be no photos, and why."""
        return [Skipped(photo, reason) for photo, (_, reason) in self._unreadable.items()]

    def add(self, records: Sequence[PhotoRecord], representations: ArrayLike) -> None:
        """Add photos; one that is there already is replaced.

        Args:
            records: B files.
            representations: Shape (B, D); scaled to unit length here.

        Raises:
            ValueError: If the shape is another, or a representation is zero or not finite.
        """
        rows = unit_rows(representations, (len(records), self.dimensions))
        row_of = {record.photo: row for row, record in enumerate(records)}  # of a photo named twice, the last
        self.remove(row_of)
        if not row_of:
            return
        ids = range(self._next_id, self._next_id + len(row_of))
        self._next_id += len(row_of)
        self._vectors.add(ids, rows[list(row_of.values())])
        for photo_id, row in zip(ids, row_of.values(), strict=True):
            self._id_of[records[row].photo] = photo_id
            self._record_of[photo_id] = records[row]

    def mark_unreadable(self, record: PhotoRecord, reason: str) -> None:
        """Remember that a file is no photo, so that it is not read again before it changes."""
        self.remove([record.photo])
        self._unreadable[record.photo] = (record, reason)

    def remove(self, photos: Iterable[str]) -> int:
        """Forget photos and return how many of them were searchable; unknown ones are ignored."""
        ids = []
        for photo in photos:
            self._unreadable.pop(photo, None)
            if (photo_id := self._id_of.pop(photo, None)) is not None:
                del self._record_of[photo_id]
                ids.append(photo_id)
        return self._vectors.remove(ids)

    def search(self, representation: ArrayLike, k: int, *, exclude: Collection[str] = ()) -> list[Match]:
        """Find the photos most like a representation, best first.

        A photo whose file has gone since it was indexed is left out, and the next best takes its place.

        Args:
            representation: Shape (D,), of any length but zero.
            k: How many to find; fewer come back when there are no more.
            exclude: Absolute paths of photos that must not be found.

        Raises:
            ValueError: If the shape is another, or the representation is zero or not finite.
        """
        (query,) = unit_rows(np.asarray(representation)[np.newaxis], (1, self.dimensions))
        wanted = k + len(exclude)
        while k > 0 and len(self):
            matches = []
            for photo_id, score in self._vectors.search(query, wanted):
                photo = self._record_of[photo_id].photo
                if photo not in exclude and os.path.exists(photo):
                    matches.append(Match(photo, score))
                if len(matches) == k:
                    return matches
            if wanted >= len(self):
                return matches
            wanted *= 4
        return []

    def representations_of(self, photos: Sequence[str]) -> NDArray[np.float32]:
        """Return the representations of photos, shape (len(photos), D), unit length.

        Raises:
            KeyError: If one is not in the index.
        """
        return self._vectors.vectors_of([self._id_of[photo] for photo in photos])

    def representation_of(self, photo: str) -> NDArray[np.float32]:
        """Return the representation of a photo, shape (D,), unit length.

        Raises:
            KeyError: If the photo is not in the index.
        """
        vector: NDArray[np.float32] = self._vectors.vectors_of([self._id_of[photo]])[0]
        return vector

    def save(self, path: Path) -> None:
        """Write the index into one file that replaces the old one at once, or not at all.

        Raises:
            IndexFileError: If the file cannot be written.
        """
        ids = self._vectors.ids
        vectors = self._vectors.vectors_of(ids)
        listing = {
            "photos": [_fields(self._record_of[photo_id]) for photo_id in ids],
            "unreadable": [[*_fields(record), reason] for record, reason in self._unreadable.values()],
            "missing_since": self.missing_since,
        }
        # A tensor of its own: the header, where metadata go, is limited to 100 MB. ASCII keeps any file name.
        records = np.frombuffer(json.dumps(listing).encode("ascii"), np.uint8)
        metadata = {
            "format": FILE_FORMAT,
            "version": FILE_VERSION,
            "fingerprint": self.fingerprint,
            "checksum": _checksum(vectors, records),
        }
        try:
            replace_file(path, save({"vectors": vectors, "records": records}, metadata=metadata))
        except OSError as error:
            raise IndexFileError(
                f"The index cannot be written to {path} ({_reason(error)}); make room or choose another file."
            ) from error

    @classmethod
    def load(cls, path: Path, *, fingerprint: str) -> "ImageIndex":
        """Read an index that was saved.

        Args:
            path: The file.
            fingerprint: The network in use; an index made by another one is refused.

        Raises:
            IndexFileError: If it is missing, damaged, no index, of another version or another network's.
        """
        remedy = "delete it and make a new one with: python -m onenet index FOLDER"
        if not path.is_file():
            raise IndexFileError(f"There is no index at {path}; make one with: python -m onenet index FOLDER")
        try:
            with safe_open(path, framework="numpy") as file:
                metadata = file.metadata() or {}
                if metadata.get("format") != FILE_FORMAT:
                    raise IndexFileError(f"{path} is not an image index; choose another file with --index.")
                if metadata.get("version") != FILE_VERSION:
                    raise IndexFileError(f"The index {path} is of another version of One Network; {remedy}")
                vectors, records = file.get_tensor("vectors"), file.get_tensor("records")
            if metadata["checksum"] != _checksum(vectors, records):
                raise ValueError("the checksum differs")
            listing = json.loads(records.tobytes())
            if vectors.dtype != np.float32 or vectors.shape[:1] != (len(listing["photos"]),):
                raise ValueError(f"{len(listing['photos'])} photos have vectors of shape {vectors.shape}")
            maker = metadata["fingerprint"]
        except (OSError, SafetensorError, ValueError, KeyError) as error:
            raise IndexFileError(f"The index {path} is damaged; {remedy}") from error
        if maker != fingerprint:
            raise IndexFileError(f"The index {path} was made by another network; {remedy}")
        index = cls(fingerprint, vectors.shape[1])
        index._record_of = {n: PhotoRecord(*fields) for n, fields in enumerate(listing["photos"])}
        index._id_of = {record.photo: n for n, record in index._record_of.items()}
        index._next_id = len(index._record_of)
        for *fields, reason in listing["unreadable"]:
            record = PhotoRecord(*fields)
            index._unreadable[record.photo] = (record, reason)
        index.missing_since = {
            place: float(since) for place, since in listing.get("missing_since", {}).items()
        }
        index._vectors.add(range(len(vectors)), vectors)
        return index


def _checksum(vectors: NDArray[np.float32], records: NDArray[np.uint8]) -> str:
    return f"{zlib.crc32(records.tobytes(), zlib.crc32(vectors.tobytes())):08x}"


def _fields(record: PhotoRecord) -> list[str | int]:
    return [record.photo, record.size_bytes, record.modified_ns]


def _reason(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__
