"""Photos in Milvus: the vectors on a server that holds more than one machine, or in a file (Milvus Lite).

What is changed is there for good at once, for everyone who asks the server. To add a photo once more does no
harm. `pip install .[milvus]` brings what this needs; without it nothing here is imported.
"""

import json
import os
import random
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onenet.files import is_text
from onenet.search.index_file import PhotoRecord, split
from onenet.search.milvus_connection import MOST, MilvusConnection, literal
from onenet.search.searchable import Match, Skipped
from onenet.search.vectors import unit_rows

Floats = NDArray[np.float32]

GALLERY = ""  # the chat of photos that belong to none
CHATS = "_chats"  # ends the name of the collection of all others
_AT_ONCE = 500  # photos a message to the server: 1 MB
_KEY_BYTES = 8192
_REASON_BYTES = 60_000
_NOTES = "notes"  # a row that is no photo: when folders were first seen without theirs
_FIELDS = ["photo", "size_bytes", "modified_ns", "digest", "reason"]
_PARTS_MOST = 20  # questions for photos by their sizes, beyond which it is quicker to ask for all
_LISTED_MOST = 10_000  # photos that are listed, to draw from
_AROUND = 8  # places that photos are drawn around if they are too many for that


class MilvusIndex:
    """Photos by the likeness of their representations, in a collection of one network's.

    Chats have a collection of their own beside the gallery's, in which each is a partition key: there the
    search compares with every photo of the chat, so that it is exact.

    Args:
        url: Of a server, such as http://host:19530, or file:PATH for Milvus Lite.
        fingerprint: Names the network that makes the representations; each has a collection of its own.
        dimensions: Length D of a representation.
        chat: Whose photos: those of others are not found, changed or counted.
        below: A folder with a separator at its end: photos elsewhere are not found, changed or counted.
        connection: One that is to be shared, and is made when it is needed; None: it is made now.

    Raises:
        IndexFileError: If pymilvus is not installed.
        IndexAwayError: As all of its methods: if Milvus cannot be reached.
    """

    def __init__(
        self,
        url: str,
        fingerprint: str,
        dimensions: int = 300,
        *,
        chat: str = GALLERY,
        below: str = "",
        connection: MilvusConnection | None = None,
    ) -> None:
        self.url = url
        self.dimensions = dimensions
        self.fingerprint = fingerprint
        self.connection = connection or MilvusConnection(url)
        self._chat = chat
        self._below = _between(below)
        self._name = collection_of(fingerprint) + (CHATS if chat != GALLERY else "")
        if connection is None:
            self.connection.check()

    def of_chat(self, chat: str) -> "MilvusIndex":
        """Give the photos of a chat, in a partition that others do not look into."""
        return MilvusIndex(self.url, self.fingerprint, self.dimensions, chat=chat, connection=self.connection)

    def close(self) -> None:
        """Let go of the connection."""
        self.connection.close()

    def __len__(self) -> int:
        found = self._query(self._only('reason == ""'), ["count(*)"])
        return int(found[0]["count(*)"]) if found else 0

    def __contains__(self, photo: object) -> bool:
        return isinstance(photo, str) and bool(self._rows_of([photo], ["photo"]))

    @property
    def photos(self) -> list[str]:
        """The absolute paths of all photos, sorted."""
        return sorted(_photo(row["photo"]) for row in self._every('reason == ""', ["photo"]))

    @property
    def records(self) -> Mapping[str, PhotoRecord]:
        """The file of each photo by its absolute path, unreadable ones included."""
        return {(record := _record(row)).photo: record for row in self._every('photo != ""', _FIELDS)}

    def records_of(self, photos: Collection[str]) -> dict[str, PhotoRecord]:
        """Return the files of photos by their paths, unreadable ones included; unknown ones are left out."""
        rows = self._rows_of(set(photos), _FIELDS, all_of_them=True)
        return {(record := _record(row)).photo: record for row in rows}

    def parts(self, size: int) -> Iterator[list[PhotoRecord]]:
        """Give the files of all photos that can be found, some at once."""
        records = map(_record, self._every('reason == ""', _FIELDS))
        while part := list(islice(records, size)):
            yield part

    @property
    def unreadable(self) -> list[Skipped]:
        """The files that are known to be no photos, and why."""
        rows = self._every('reason != "" and photo != ""', ["photo", "reason"])
        return [Skipped(_photo(row["photo"]), row["reason"]) for row in rows]

    @property
    def missing_since(self) -> dict[str, float]:
        """When folders were first seen without their photos, seconds since 1970."""
        found = self._query(f"key in {_listed([self._key(_NOTES, is_photo=False)])}", ["reason"])
        return (
            {place: float(since) for place, since in json.loads(found[0]["reason"]).items()} if found else {}
        )

    @missing_since.setter
    def missing_since(self, missing_since: dict[str, float]) -> None:
        if missing_since != self.missing_since:
            row = self._row(PhotoRecord("", 0, 0), None, json.dumps(missing_since))
            self._upsert([row | {"key": self._key(_NOTES, is_photo=False), "photo": ""}])

    def known_below(self, folder: str) -> dict[str, dict[str, tuple[int, int]]]:
        """Return size and time of each file in a folder and below, by its folder and name."""
        known: dict[str, dict[str, tuple[int, int]]] = {}
        begins = ['"', *([folder] if is_text(folder) else [])]  # names that are no text begin with a quote
        below = " or ".join(f"({_begins_with(begin)})" for begin in begins)
        for row in self._every(f'photo != "" and ({below})', ["photo", "size_bytes", "modified_ns"]):
            photo = _photo(row["photo"])
            if photo.startswith(folder):
                place, name = split(photo)
                known.setdefault(place, {})[name] = row["size_bytes"], row["modified_ns"]
        return known

    def by_content(self, sizes: Collection[int]) -> dict[tuple[int, int], str]:
        """Return photos of some sizes by size and digest, as far as it is known what is in them."""
        known: dict[tuple[int, int], str] = {}
        listed = sorted(sizes)
        parts = [listed[start : start + _AT_ONCE] for start in range(0, len(listed), _AT_ONCE)]
        if len(parts) > _PARTS_MOST:
            parts = [[]]
        for part in parts:
            condition = 'digest != 0 and reason == "" and photo != ""'
            condition += f" and size_bytes in {part}" if part else ""
            for row in self._every(condition, ["photo", "size_bytes", "digest"]):
                known[row["size_bytes"], row["digest"]] = _photo(row["photo"])
        return known

    def add(self, records: Sequence[PhotoRecord], representations: ArrayLike) -> None:
        """Add photos; one that is there already is replaced.

        Raises:
            ValueError: If the shape is another, or a representation is zero or not finite.
        """
        rows = unit_rows(representations, (len(records), self.dimensions))
        last = {record.photo: (record, row) for record, row in zip(records, rows, strict=True)}
        self._upsert([self._row(record, row) for record, row in last.values()])

    def mark_unreadable(self, record: PhotoRecord, reason: str) -> None:
        """Remember that a file is no photo, so that it is not read again before it changes."""
        self._upsert([self._row(record, None, reason)])

    def remove(self, photos: Iterable[str]) -> int:
        """Forget photos and return how many of them were searchable; unknown ones are ignored."""
        found = self._rows_of(set(photos), ["key", "reason"], all_of_them=True)
        keys = [row["key"] for row in found]
        for start in range(0, len(keys), _AT_ONCE):
            # Not by `ids`: of those pymilvus makes a condition in which an apostrophe ends a name.
            listed = _listed(keys[start : start + _AT_ONCE])
            self.connection.do(self._name, "delete", filter=f"key in {listed}")
        return sum(not row["reason"] for row in found)

    def search(self, representation: ArrayLike, k: int, *, exclude: Collection[str] = ()) -> list[Match]:
        """Find the photos most like a representation, best first; see `ImageIndex.search`.

        Of addresses that are no paths of this machine it is not looked at whether they still exist.

        Raises:
            ValueError: If the shape is another, or the representation is zero or not finite.
        """
        query = unit_rows(np.asarray(representation)[np.newaxis], (1, self.dimensions))
        exclude = frozenset(exclude)
        wanted = min(k + len(exclude), MOST)
        while k > 0 and self._exists():
            found = self._nearest(query, wanted)
            matches = [each for each in found if each.photo not in exclude and self._can_be_shown(each.photo)]
            if len(matches) >= k or len(found) < wanted or wanted == MOST:
                return matches[:k]
            wanted = min(4 * wanted, MOST)
        return []

    def representations_of(self, photos: Sequence[str]) -> Floats:
        """Return the representations of photos, shape (len(photos), D), unit length.

        Raises:
            KeyError: If one is not in the index.
        """
        known = self.known(set(photos))
        found = [known[photo] for photo in photos]
        return np.array(found, np.float32).reshape(-1, self.dimensions)

    def known(self, photos: Collection[str]) -> dict[str, Floats]:
        """Return the representations (D,) of those of some photos that are there, unit length, by name."""
        rows = self._rows_of(photos, ["photo", "vector"])
        vectors = {_photo(row["photo"]): np.array(row["vector"], np.float32) for row in rows}
        return {photo: vector / np.linalg.norm(vector) for photo, vector in vectors.items()}

    def representation_of(self, photo: str) -> Floats:
        """Return the representation of a photo, shape (D,), unit length.

        Raises:
            KeyError: If the photo is not in the index.
        """
        vector: Floats = self.representations_of([photo])[0]
        return vector

    def sample(self, count: int, chance: random.Random) -> list[str]:
        """Draw different photos, as many as that or all; of very many around a few places drawn by chance."""
        if len(self) <= _LISTED_MOST:
            known = self.photos
            return chance.sample(known, min(count, len(known)))
        found: dict[str, None] = {}
        for _ in range(_AROUND):
            place = np.array([chance.gauss(0, 1) for _ in range(self.dimensions)], np.float32)
            nearest = self._nearest(unit_rows(place[np.newaxis], (1, self.dimensions)), min(4 * count, MOST))
            found |= dict.fromkeys(match.photo for match in nearest)
        return chance.sample([*found], min(count, len(found)))

    def save(self, path: Path) -> None:
        """Do nothing: what was changed is there already."""

    def _nearest(self, query: Floats, k: int) -> list[Match]:
        about = {"filter": self._only('reason == ""'), "output_fields": ["photo"]}
        (found,) = self.connection.do(self._name, "search", data=query.tolist(), limit=k, **about)
        return [Match(_photo(each["entity"]["photo"]), float(each["distance"])) for each in found]

    def _only(self, condition: str) -> str:
        """Add to a condition that it is about this chat and folder alone."""
        return f"chat == {literal(self._chat)}{self._below} and {condition}"

    def _key(self, photo: str, *, is_photo: bool = True) -> str:
        return f"{len(self._chat)}:{self._chat}:{'photo' if is_photo else 'about'}:{_text(photo)}"

    def _row(self, record: PhotoRecord, vector: Floats | None, reason: str = "") -> dict[str, Any]:
        return {
            "key": self._key(record.photo),
            "chat": self._chat,
            "photo": _text(record.photo),
            "size_bytes": record.size_bytes,
            "modified_ns": record.modified_ns,
            "digest": record.digest,
            "reason": reason.encode()[:_REASON_BYTES].decode(errors="ignore"),
            # Of a file that is no photo it is one that counts for nothing, for the reason beside it.
            "vector": [1.0] + [0.0] * (self.dimensions - 1) if vector is None else vector.tolist(),
        }

    def _rows_of(
        self, photos: Collection[str], fields: list[str], *, all_of_them: bool = False
    ) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        keys = [self._key(photo) for photo in photos]
        for start in range(0, len(keys), _AT_ONCE):
            listed = _listed(keys[start : start + _AT_ONCE])
            condition = f"key in {listed}" if all_of_them else f'key in {listed} and reason == ""'
            found += self._query(self._only(condition), fields)
        return found

    def _query(self, condition: str, fields: list[str]) -> list[dict[str, Any]]:
        if not self._exists():
            return []
        return list(self.connection.do(self._name, "query", filter=condition, output_fields=fields))

    def _every(self, condition: str, fields: list[str]) -> Iterator[dict[str, Any]]:
        """Give all rows of this chat, in the order of their keys, some at once."""
        for rows in self.connection.pages(self._name, self._only(condition), fields):
            yield from rows

    def _upsert(self, rows: list[dict[str, Any]]) -> None:
        if not rows:
            return
        self.connection.make(self._name, self._make)
        for start in range(0, len(rows), _AT_ONCE):
            self.connection.do(self._name, "upsert", data=rows[start : start + _AT_ONCE])

    def _exists(self) -> bool:
        return self.connection.has(self._name)

    def _can_be_shown(self, photo: str) -> bool:
        return self._chat != GALLERY or _is_there(photo)

    def _make(self, client: Any) -> None:
        """Make the collection."""
        from pymilvus import DataType

        schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("key", DataType.VARCHAR, is_primary=True, max_length=_KEY_BYTES)
        schema.add_field("chat", DataType.VARCHAR, max_length=256, is_partition_key=True)
        schema.add_field("photo", DataType.VARCHAR, max_length=_KEY_BYTES)
        for name in ("size_bytes", "modified_ns", "digest"):
            schema.add_field(name, DataType.INT64)
        schema.add_field("reason", DataType.VARCHAR, max_length=65_535)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=self.dimensions)
        ways = client.prepare_index_params()
        kind = "AUTOINDEX" if self._chat == GALLERY else "FLAT"
        ways.add_index("vector", index_type=kind, metric_type="COSINE")
        if self._chat == GALLERY:
            ways.add_index("photo", index_type="INVERTED")  # finds those below a folder among very many
        client.create_collection(
            self._name,
            schema=schema,
            index_params=ways,
            consistency_level="Strong",  # who adds a photo finds it
            timeout=self.connection.patience_s,
        )


def collection_of(fingerprint: str) -> str:
    """Name the collection of a network's gallery."""
    return "onenet_" + "".join(each if each.isalnum() else "_" for each in fingerprint)


def _listed(texts: Sequence[str]) -> str:
    return f"[{', '.join(map(literal, texts))}]"


def _between(folder: str) -> str:
    """Say in a condition that a photo is below a folder."""
    return f" and {_begins_with(folder)}" if folder else ""


def _begins_with(text: str) -> str:
    """Say in a condition how a photo's path begins: it lies between that and the next text of this length."""
    return f"photo >= {literal(text)} and photo < {literal(text[:-1] + chr(ord(text[-1]) + 1))}"


def _is_there(photo: str) -> bool:
    return "://" in photo or os.path.exists(photo)


def _text(photo: str) -> str:
    """Write a path as text: names that are none as JSON does, in letters that all systems know."""
    return json.dumps(photo) if photo.startswith('"') or not is_text(photo) else photo


def _photo(text: str) -> str:
    return str(json.loads(text)) if text.startswith('"') else text


def _record(row: Mapping[str, Any]) -> PhotoRecord:
    return PhotoRecord(_photo(row["photo"]), row["size_bytes"], row["modified_ns"], row["digest"])
