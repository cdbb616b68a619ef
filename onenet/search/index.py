"""The index of photos: add, remove, search by likeness; what is saved is a file that is added to."""

import contextlib
import os
import random
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onenet.errors import IndexFileError
from onenet.files import resolved
from onenet.search.index_faults import not_readable, not_writable, raise_unless_fit
from onenet.search.index_file import SQLITE, Head, IndexFile, PhotoRecord, split
from onenet.search.made_before import FILE_VERSION as VERSION_BEFORE
from onenet.search.made_before import OtherFileError, read_index_made_before
from onenet.search.searchable import Match, Searchable, Skipped
from onenet.search.segments import files_in, sync_folder, vectors_folder
from onenet.search.stored import Change, StoredPhotos, remove_others
from onenet.search.unsaved import Unsaved
from onenet.search.vectors import unit_rows

__all__ = ["ImageIndex", "Match", "PhotoRecord", "Searchable", "Skipped"]

FILE_VERSION = "sqlite 1"
_WRITTEN_AT_ONCE = 50_000  # photos of an index that is taken over
_LISTED_MOST = 10_000  # photos that are listed, to draw from


class ImageIndex:
    """Photos by the likeness of their representations; score = cosine.

    What has changed is in memory until it is saved, and found there. Saved, it is on the disk for good, and
    other programs that have opened the file find it too. Up to `EXACT_ROWS` photos the search is exact.
    Not locked: use it from one thread at a time.

    Args:
        fingerprint: Names the network that makes the representations; another one's do not compare.
        dimensions: Length D of a representation.
    """

    def __init__(self, fingerprint: str, dimensions: int = 300) -> None:
        self.fingerprint = fingerprint
        self.dimensions = dimensions
        self._stored: StoredPhotos | None = None
        self._unsaved = Unsaved(dimensions)
        self._unreadable: dict[str, tuple[PhotoRecord, str]] = {}  # saved ones too
        self._missing_since: dict[str, float] = {}
        self._is_missing_changed = False

    def __len__(self) -> int:
        self._catch_up()
        stored = self._stored.head.photos if self._stored is not None else 0
        return stored - sum(photo_id > 0 for photo_id in self._unsaved.gone.values()) + len(self._unsaved)

    def __contains__(self, photo: object) -> bool:
        return isinstance(photo, str) and self._has(photo)

    @property
    def missing_since(self) -> dict[str, float]:
        """When folders were first seen without their photos, seconds since 1970: `onenet.search.folder`."""
        return self._missing_since

    @missing_since.setter
    def missing_since(self, missing_since: dict[str, float]) -> None:
        self._is_missing_changed |= missing_since != self._missing_since
        self._missing_since = missing_since

    @property
    def photos(self) -> list[str]:
        """The absolute paths of all photos, sorted."""
        return sorted(record.photo for record in self._searchable())

    @property
    def records(self) -> Mapping[str, PhotoRecord]:
        """The file of each photo by its absolute path, unreadable ones included."""
        unreadable = {photo: record for photo, (record, _) in self._unreadable.items()}
        return {record.photo: record for record in self._searchable()} | unreadable

    def records_of(self, photos: Collection[str]) -> dict[str, PhotoRecord]:
        """Return the files of photos by their paths, unreadable ones included; unknown ones are left out."""
        self._catch_up()
        found: dict[str, PhotoRecord] = {}
        if self._stored is not None:
            with self._explained():
                ids = self._stored.ids_of([photo for photo in photos if photo not in self._unsaved.gone])
                known = self._stored.records_of([photo_id for photo_id in ids.values() if photo_id > 0])
            found = {record.photo: record for record in known.values()}
        for photo in photos:
            if photo in self._unsaved:
                found[photo] = self._unsaved.record_of(photo)
            elif photo in self._unreadable:
                found[photo] = self._unreadable[photo][0]
        return found

    def parts(self, size: int) -> Iterator[list[PhotoRecord]]:
        """Give the files of all photos that can be found, some at once; nothing may be changed meanwhile."""
        fresh = self._unsaved.records
        if self._stored is not None:
            self._catch_up()
            ids = self._stored.ids()
            for start in range(0, len(ids), size):
                with self._explained():
                    found = self._stored.records_of(ids[start : start + size].tolist())
                yield [record for record in found.values() if record.photo not in self._unsaved.gone]
        for start in range(0, len(fresh), size):
            yield fresh[start : start + size]

    @property
    def unreadable(self) -> list[Skipped]:
        """The files that are known to be no photos, and why."""
        return [Skipped(photo, reason) for photo, (_, reason) in self._unreadable.items()]

    def known_below(self, folder: str) -> dict[str, dict[str, tuple[int, int]]]:
        """Return size and time of each file in a folder and below, by its folder and name.

        It may be asked for in another thread while nothing is added or removed.

        Args:
            folder: With a separator at its end, as the folders that come back.
        """
        known: dict[str, dict[str, tuple[int, int]]] = {}
        if self._stored is not None:
            with self._explained():
                known = self._stored.known_below(folder)
        for photo in self._unsaved.gone:
            place, name = split(photo)
            known.get(place, {}).pop(name, None)
        unreadable = (self._unreadable[photo][0] for photo in self._unsaved.unreadable)
        for record in (*self._unsaved.records, *unreadable):
            if record.photo.startswith(folder):
                place, name = split(record.photo)
                known.setdefault(place, {})[name] = record.size_bytes, record.modified_ns
        return known

    def by_content(self, sizes: Collection[int]) -> dict[tuple[int, int], str]:
        """Return photos of some sizes by size and digest, as far as it is known what is in them.

        It may be asked for in another thread while nothing is added or removed.
        """
        known: dict[tuple[int, int], str] = {}
        if self._stored is not None:
            with self._explained():
                known = self._stored.by_content(sizes)
        known = {content: photo for content, photo in known.items() if photo not in self._unsaved.gone}
        fresh = (record for record in self._unsaved.records if record.digest)
        return known | {(each.size_bytes, each.digest): each.photo for each in fresh}

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
        places = list(row_of.values())
        self._unsaved.add([records[place] for place in places], rows[places])

    def mark_unreadable(self, record: PhotoRecord, reason: str) -> None:
        """Remember that a file is no photo, so that it is not read again before it changes."""
        self.remove([record.photo])
        self._unreadable[record.photo] = (record, reason)
        self._unsaved.unreadable.add(record.photo)

    def remove(self, photos: Iterable[str]) -> int:
        """Forget photos and return how many of them were searchable; unknown ones are ignored."""
        photos = dict.fromkeys(photos)
        fresh = self._unsaved.remove(photos)
        for photo in photos:
            self._unreadable.pop(photo, None)
        gone: dict[str, int] = {}
        if self._stored is not None:
            with self._explained():
                gone = self._stored.ids_of([photo for photo in photos if photo not in self._unsaved.gone])
                self._stored.bury(list(gone.values()))
            self._unsaved.gone |= gone
        return fresh + sum(photo_id > 0 for photo_id in gone.values())

    def search(self, representation: ArrayLike, k: int, *, exclude: Collection[str] = ()) -> list[Match]:
        """Find the photos most like a representation, best first.

        A photo whose file has gone since it was indexed is left out, and the next best takes its place. What
        is at an address is not looked for.

        Args:
            representation: Shape (D,), of any length but zero.
            k: How many to find; fewer come back when there are no more.
            exclude: Absolute paths of photos that must not be found.

        Raises:
            ValueError: If the shape is another, or the representation is zero or not finite.
            IndexFileError: If the index is damaged where it is looked into.
        """
        (query,) = unit_rows(np.asarray(representation)[np.newaxis], (1, self.dimensions))
        wanted = k + len(exclude)
        exclude = frozenset(exclude)
        there = len(self)
        while k > 0 and there:
            matches = []
            for photo, score in self._nearest(query, wanted):
                if photo not in exclude and ("://" in photo or os.path.exists(photo)):
                    matches.append(Match(photo, score))
                if len(matches) == k:
                    return matches
            if wanted >= there:
                return matches
            wanted *= 4
        return []

    def sample(self, count: int, chance: random.Random) -> list[str]:
        """Draw different photos, as many as that or all, without looking at all of them if they are many."""
        if self._stored is None or len(self) <= _LISTED_MOST or len(self._unsaved):
            known = self.photos
            return chance.sample(known, min(count, len(known)))
        with self._explained():
            ids = self._stored.ids()
            chosen = chance.sample(range(len(ids)), min(count, len(ids)))
            records = self._stored.records_of([int(ids[place]) for place in chosen])
        return [record.photo for record in records.values()]

    def representations_of(self, photos: Sequence[str]) -> NDArray[np.float32]:
        """Return the representations of photos, shape (len(photos), D), unit length.

        Raises:
            KeyError: If one is not in the index.
        """
        vectors = np.zeros((len(photos), self.dimensions), np.float32)
        fresh = [row for row, photo in enumerate(photos) if photo in self._unsaved]
        vectors[fresh] = self._unsaved.vectors_of([photos[row] for row in fresh])
        others = [row for row, photo in enumerate(photos) if photo not in self._unsaved]
        if others:
            ids = self._stored_ids({photos[row] for row in others})
            numbers = [ids[photos[row]] for row in others]
            assert self._stored is not None
            with self._explained():
                vectors[others] = self._stored.vectors_of(numbers)
        return vectors

    def representation_of(self, photo: str) -> NDArray[np.float32]:
        """Return the representation of a photo, shape (D,), unit length.

        Raises:
            KeyError: If the photo is not in the index.
        """
        vector: NDArray[np.float32] = self.representations_of([photo])[0]
        return vector

    def save(self, path: Path) -> None:
        """Write what has changed into the file, or all of it into another one; at once, or not at all.

        Raises:
            IndexFileError: If the file cannot be written.
        """
        try:
            if self._stored is None:
                self._write_anew(resolved(path))
            elif not _is_same(self._stored.path, path):
                self._write_copy(resolved(path))
            elif self._is_changed():
                self._commit(self._stored)
        except (OSError, sqlite3.Error) as error:
            raise not_writable(path, error) from error

    @classmethod
    def load(cls, path: Path, *, fingerprint: str) -> "ImageIndex":
        """Open an index that was saved. One made before is read, and is taken over when it is saved.

        Args:
            path: The file.
            fingerprint: The network in use; an index made by another one is refused.

        Raises:
            IndexFileError: If it is missing, damaged, no index, of another version or another network's.
        """
        try:
            if not path.is_file():
                raise IndexFileError(
                    f"There is no index at {path}; make one with: python -m onenet index FOLDER"
                )
            with path.open("rb") as file:
                is_database = file.read(len(SQLITE)) == SQLITE
            return (cls._opened if is_database else cls._taken_over)(path.resolve(), fingerprint)
        except OtherFileError:
            raise IndexFileError(f"{path} is not an image index; choose another file with --index.") from None
        except (OSError, sqlite3.Error, ValueError, KeyError, TypeError, AttributeError) as error:
            raise not_readable(path, error) from error

    @classmethod
    def _opened(cls, path: Path, fingerprint: str) -> "ImageIndex":
        stored = StoredPhotos(path, vectors_folder(path))
        try:
            raise_unless_fit(path, stored.head, fingerprint, version=FILE_VERSION)
            index = cls(fingerprint, stored.head.dimensions)
            stored.read()
        except BaseException:
            stored.close()
            raise
        index._stored = stored
        index._take_over_lists()
        return index

    @classmethod
    def _taken_over(cls, path: Path, fingerprint: str) -> "ImageIndex":
        before = read_index_made_before(path)
        raise_unless_fit(
            path,
            Head(before.fingerprint, before.vectors.shape[1], before.version),
            fingerprint,
            version=VERSION_BEFORE,
        )
        index = cls(fingerprint, before.vectors.shape[1])
        index.add(before.records, before.vectors)
        for record, reason in before.unreadable:
            index.mark_unreadable(record, reason)
        index.missing_since = before.missing_since
        return index

    def _nearest(self, query: NDArray[np.float32], k: int) -> Iterator[tuple[str, float]]:
        """Give the k photos nearest to a query, best first, and their cosines."""
        found = [(score, photo) for photo, score in self._unsaved.search(query, k)]
        if self._stored is not None:
            with self._explained():
                nearest = self._stored.search(query, k)
                nearest.sort(key=lambda each: -each[1])
                records = self._stored.records_of([photo_id for photo_id, _ in nearest[:k]])
            found += [
                (score, records[photo_id].photo) for photo_id, score in nearest[:k] if photo_id in records
            ]
            found.sort(key=lambda each: -each[0])
        return ((photo, score) for score, photo in found[:k])

    def _searchable(self) -> list[PhotoRecord]:
        self._catch_up()
        stored: list[PhotoRecord] = []
        if self._stored is not None:
            with self._explained():
                stored = [
                    record for record in self._stored.records() if record.photo not in self._unsaved.gone
                ]
        return stored + list(self._unsaved.records)

    def _has(self, photo: str) -> bool:
        """Whether a photo can be found."""
        if photo in self._unsaved:
            return True
        with contextlib.suppress(KeyError):
            return bool(self._stored_ids([photo]))
        return False

    def _stored_ids(self, photos: Collection[str]) -> dict[str, int]:
        """Return the numbers of photos that are on the disk.

        Raises:
            KeyError: If one is not there.
        """
        self._catch_up()
        ids: dict[str, int] = {}
        if self._stored is not None:
            with self._explained():
                ids = self._stored.ids_of(photos)
        for photo in photos:
            if ids.get(photo, 0) <= 0 or photo in self._unsaved.gone:
                raise KeyError(photo)
        return ids

    def _catch_up(self) -> None:
        """Take over what other programs have committed."""
        if self._stored is None:
            return
        with self._explained():
            if self._stored.catch_up():
                self._unsaved.gone = self._stored.ids_of(self._unsaved.gone)
                self._stored.bury(list(self._unsaved.gone.values()))
                self._take_over_lists()

    def _take_over_lists(self) -> None:
        assert self._stored is not None
        fresh = {photo: self._unreadable[photo] for photo in self._unsaved.unreadable}
        saved = self._stored.unreadable
        self._unreadable = {photo: saved[photo] for photo in saved if photo not in self._unsaved.gone} | fresh
        if not self._is_missing_changed:
            self._missing_since = self._stored.head.missing_since

    def _is_changed(self) -> bool:
        return bool(self._unsaved) or self._is_missing_changed

    def _write_copy(self, path: Path) -> None:
        """Write everything into another file and go on with that; if it cannot be, nothing is changed."""
        copy = ImageIndex(self.fingerprint, self.dimensions)
        records = self._searchable()
        if records:
            copy.add(records, self.representations_of([record.photo for record in records]))
        for record, reason in self._unreadable.values():
            copy.mark_unreadable(record, reason)
        copy.missing_since = self.missing_since
        copy._write_anew(path)
        assert self._stored is not None
        self._stored.close()
        vars(self).update(vars(copy))

    def _write_anew(self, path: Path) -> None:
        """Write everything into a new file that replaces another one, if there is one."""
        path.parent.mkdir(parents=True, exist_ok=True)
        folder, photos = vectors_folder(path), self._unsaved.photos
        before = files_in(folder)
        temporary = path.with_name(f".{path.name}.new")  # the next one takes the place of one that was left
        for file in (temporary, _journal_of(temporary)):
            file.unlink(missing_ok=True)
        try:
            IndexFile.create(temporary, Head(self.fingerprint, self.dimensions, FILE_VERSION)).close()
            stored = StoredPhotos(temporary, folder)
            try:
                stored.read()
                stored.commit(self._change([]))
                for start in range(0, len(photos), _WRITTEN_AT_ONCE):
                    stored.commit(self._unsaved.added(photos[start : start + _WRITTEN_AT_ONCE]))
                segments = stored.head.segments
            finally:
                stored.close()
            _journal_of(path).unlink(missing_ok=True)  # of what is replaced; it must not be played back
            os.replace(temporary, path)
        except BaseException:
            for file in (temporary, _journal_of(temporary), *(files_in(folder) - before)):
                file.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
        if folder.is_dir():
            remove_others(folder, segments)
        self._stored = StoredPhotos(path, folder)
        self._stored.read()
        self._forget_changes()

    def _commit(self, stored: StoredPhotos) -> None:
        stored.commit(self._change(self._unsaved.photos))
        self._forget_changes()

    def _change(self, photos: Sequence[str]) -> Change:
        """Give all that is to be saved, of the photos that are new only some."""
        added = self._unsaved.added(photos)
        return Change(
            [*self._unsaved.gone, *photos, *self._unsaved.unreadable],
            added.records,
            added.vectors,
            [self._unreadable[photo] for photo in self._unsaved.unreadable],
            self._missing_since if self._is_missing_changed else None,
        )

    def _forget_changes(self) -> None:
        """Note that all is saved."""
        self._unsaved = Unsaved(self.dimensions)
        self._is_missing_changed = False
        self._take_over_lists()

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """Say in a sentence why the file cannot be read."""
        assert self._stored is not None
        try:
            yield
        except (OSError, sqlite3.Error, ValueError, TypeError) as error:
            raise not_readable(self._stored.path, error) from error


def _journal_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-journal")


def _is_same(one: Path, other: Path) -> bool:
    return resolved(one) == resolved(other) and one.is_file()
