"""Photos in Milvus: the vectors on a server that holds more than one machine, or in a file (Milvus Lite).

What is changed is there for good at once, for everyone who asks the server. To add a photo once more does no
harm. `pip install .[milvus]` brings what this needs; without it nothing here is imported.
"""

import json
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onenet.errors import IndexFileError
from onenet.search.index import Match, PhotoRecord, Skipped
from onenet.search.index_file import split
from onenet.search.vectors import unit_rows

Floats = NDArray[np.float32]
T = TypeVar("T")

GALLERY = ""  # the chat of photos that belong to none
_AT_ONCE = 500  # photos a message to the server: 1 MB
_MOST = 16_384  # that Milvus finds at once
_KEY_BYTES = 8192
_REASON_BYTES = 60_000
_NOTES = "notes"  # a row that is no photo: when folders were first seen without theirs
_FIELDS = ["photo", "size_bytes", "modified_ns", "digest", "reason"]


class MilvusIndex:
    """Photos by the likeness of their representations, in a collection of one network's.

    Args:
        url: Of a server, such as http://host:19530, or file:PATH for Milvus Lite.
        fingerprint: Names the network that makes the representations; each has a collection of its own.
        dimensions: Length D of a representation.
        chat: Whose photos: those of others are not found, changed or counted.

    Raises:
        IndexFileError: If pymilvus is not installed.
        IndexFileError: As all of its methods: if Milvus cannot be reached.
    """

    def __init__(self, url: str, fingerprint: str, dimensions: int = 300, *, chat: str = GALLERY) -> None:
        self.url = url
        self.dimensions = dimensions
        self.fingerprint = fingerprint
        self._chat = chat
        self._name = "onenet_" + "".join(each if each.isalnum() else "_" for each in fingerprint)
        self._client: Any = None
        self._is_there = False
        self._ask(lambda client: None)

    def of_chat(self, chat: str) -> "MilvusIndex":
        """Give the photos of a chat, in the same collection, in a partition that others do not look into."""
        return MilvusIndex(self.url, self.fingerprint, self.dimensions, chat=chat)

    def close(self) -> None:
        """Let go of the connection."""
        if self._client is not None:
            self._client.close()
            self._client = None

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

    @property
    def unreadable(self) -> list[Skipped]:
        """The files that are known to be no photos, and why."""
        rows = self._every('reason != "" and photo != ""', ["photo", "reason"])
        return [Skipped(_photo(row["photo"]), row["reason"]) for row in rows]

    @property
    def missing_since(self) -> dict[str, float]:
        """When folders were first seen without their photos, seconds since 1970."""
        found = self._query(f"key in [{json.dumps(self._key(_NOTES, is_photo=False))}]", ["reason"])
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
        for photo, record in self.records.items():
            if photo.startswith(folder):
                place, name = split(photo)
                known.setdefault(place, {})[name] = record.size_bytes, record.modified_ns
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
            self._do("delete", ids=keys[start : start + _AT_ONCE])
        return sum(not row["reason"] for row in found)

    def search(self, representation: ArrayLike, k: int, *, exclude: Collection[str] = ()) -> list[Match]:
        """Find the photos most like a representation, best first; see `ImageIndex.search`.

        Of addresses that are no paths of this machine it is not looked at whether they still exist.

        Raises:
            ValueError: If the shape is another, or the representation is zero or not finite.
        """
        query = unit_rows(np.asarray(representation)[np.newaxis], (1, self.dimensions))
        exclude = frozenset(exclude)
        wanted = min(k + len(exclude), _MOST)
        while k > 0 and self._exists():
            found = self._nearest(query, wanted)
            matches = [each for each in found if each.photo not in exclude and _is_there(each.photo)]
            if len(matches) >= k or len(found) < wanted or wanted == _MOST:
                return matches[:k]
            wanted = min(4 * wanted, _MOST)
        return []

    def representations_of(self, photos: Sequence[str]) -> Floats:
        """Return the representations of photos, shape (len(photos), D), unit length.

        Raises:
            KeyError: If one is not in the index.
        """
        rows = self._rows_of(set(photos), ["photo", "vector"])
        vectors = {_photo(row["photo"]): np.array(row["vector"], np.float32) for row in rows}
        found = np.array([vectors[photo] for photo in photos], np.float32).reshape(-1, self.dimensions)
        unit: Floats = found / np.linalg.norm(found, axis=1, keepdims=True)
        return unit

    def representation_of(self, photo: str) -> Floats:
        """Return the representation of a photo, shape (D,), unit length.

        Raises:
            KeyError: If the photo is not in the index.
        """
        vector: Floats = self.representations_of([photo])[0]
        return vector

    def save(self, path: Path) -> None:
        """Do nothing: what was changed is there already."""

    def _nearest(self, query: Floats, k: int) -> list[Match]:
        about = {"filter": self._only('reason == ""'), "output_fields": ["photo"]}
        (found,) = self._do("search", data=query.tolist(), limit=k, **about)
        return [Match(_photo(each["entity"]["photo"]), float(each["distance"])) for each in found]

    def _only(self, condition: str) -> str:
        """Add to a condition that it is about this chat alone."""
        return f"chat == {json.dumps(self._chat, ensure_ascii=False)} and {condition}"

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
            listed = json.dumps(keys[start : start + _AT_ONCE], ensure_ascii=False)
            condition = f"key in {listed}" if all_of_them else f'key in {listed} and reason == ""'
            found += self._query(self._only(condition), fields)
        return found

    def _query(self, condition: str, fields: list[str]) -> list[dict[str, Any]]:
        if not self._exists():
            return []
        return list(self._do("query", filter=condition, output_fields=fields))

    def _every(self, condition: str, fields: list[str]) -> Iterator[dict[str, Any]]:
        """Give all rows of this chat, in the order of their keys, some at once."""
        last = ""
        while self._exists():
            after = self._only(f"{condition} and key > {json.dumps(last, ensure_ascii=False)}")
            rows = self._do("query", filter=after, output_fields=[*fields, "key"], limit=_MOST)
            yield from rows
            if len(rows) < _MOST:
                return
            last = max(row["key"] for row in rows)

    def _upsert(self, rows: list[dict[str, Any]]) -> None:
        if not rows:
            return
        self._ask(self._make)
        for start in range(0, len(rows), _AT_ONCE):
            self._do("upsert", data=rows[start : start + _AT_ONCE])

    def _exists(self) -> bool:
        self._is_there = self._is_there or bool(self._ask(lambda client: client.has_collection(self._name)))
        return self._is_there

    def _make(self, client: Any) -> None:
        """Make the collection if there is none."""
        from pymilvus import DataType

        if client.has_collection(self._name):
            return
        schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("key", DataType.VARCHAR, is_primary=True, max_length=_KEY_BYTES)
        schema.add_field("chat", DataType.VARCHAR, max_length=256, is_partition_key=True)
        schema.add_field("photo", DataType.VARCHAR, max_length=_KEY_BYTES)
        for name in ("size_bytes", "modified_ns", "digest"):
            schema.add_field(name, DataType.INT64)
        schema.add_field("reason", DataType.VARCHAR, max_length=65_535)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=self.dimensions)
        ways = client.prepare_index_params()
        ways.add_index("vector", index_type="AUTOINDEX", metric_type="COSINE")
        client.create_collection(
            self._name, schema=schema, index_params=ways, consistency_level="Strong"
        )  # who adds a photo finds it

    def _do(self, method: str, **arguments: Any) -> Any:
        """Ask Milvus for something about the collection."""
        return self._ask(lambda client: getattr(client, method)(self._name, **arguments))

    def _ask(self, what: Callable[[Any], T]) -> T:
        """Ask Milvus; if the connection is gone, once more over a new one."""
        try:
            from pymilvus import MilvusClient, MilvusException
        except ImportError as error:
            raise IndexFileError(
                "To reach Milvus the package pymilvus is needed: pip install 'onenet[milvus]'"
            ) from error
        for attempt in (1, 2):
            try:
                if self._client is None:
                    is_file = self.url.startswith("file:")
                    self._client = MilvusClient(os.path.abspath(_file(self.url)) if is_file else self.url)
                return what(self._client)
            except (MilvusException, OSError, ValueError) as error:
                self._client = None
                if attempt == 2:
                    raise IndexFileError(
                        f"The index at {self.url} cannot be reached or used ({_reason(error)}). Photos can "
                        "be captioned meanwhile; to search, start Milvus, or name an index file."
                    ) from error
        raise AssertionError


def _is_there(photo: str) -> bool:
    return "://" in photo or os.path.exists(photo)


def _file(url: str) -> str:
    return url.removeprefix("file:").removeprefix("//")


def _text(photo: str) -> str:
    """Write a path as text: names that are none as JSON does, in letters that all systems know."""
    try:
        photo.encode()
    except UnicodeEncodeError:
        return json.dumps(photo)
    return json.dumps(photo) if photo.startswith('"') else photo


def _photo(text: str) -> str:
    return str(json.loads(text)) if text.startswith('"') else text


def _record(row: Mapping[str, Any]) -> PhotoRecord:
    return PhotoRecord(_photo(row["photo"]), row["size_bytes"], row["modified_ns"], row["digest"])


def _reason(error: Exception) -> str:
    return str(getattr(error, "message", "") or error).splitlines()[0][:200]
