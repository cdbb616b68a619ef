"""What a network learns from -> a pack of it, to be carried to another computer.

`onenet.datasets.packed` tells what is in it. Packs hold photos of data sets: each tells Git to pass over it.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image

from onenet.datasets.packed import (
    FORMAT,
    IGNORED_BY_GIT,
    MANIFEST,
    RECORDS,
    Manifest,
    Part,
    Progress,
    is_pack,
    is_whole,
    read_manifest,
)
from onenet.datasets.sources import Sources
from onenet.errors import DatasetError
from onenet.files import digest_of_contents, held, replace_file
from onenet.network.transforms import REDUCING_GAP
from onenet.search.formats.kinds import HEAD_BYTES, image_kind
from onenet.search.photos import photo_size, read_photo

PART_BYTES = 60_000_000
SHORTER_SIDE_PX = 320  # of what is stored, at most: views show down to two thirds of a side in 260 px
QUALITY = 90  # of photos that are larger, as WebP
_KEPT_KINDS = ("JPEG", "WEBP")
_MOST_KEPT_BYTES = 1.0  # a pixel: of a photo that goes into the pack as it is
_SENTENCES = 1_000  # of a line
_AHEAD = 64  # photos that are made ready together
_ENTRY_BYTES = 200  # that a ZIP file needs beside each photo and its name
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same bytes each time


class _Item(NamedTuple):
    """A line of a part, and the photo that it brings.

    Attributes:
        line: Of the records.
        name: Of the photo within the pack; empty: it brings none.
        path: Where the photo lies.
        photo: What is stored of it, when that has been made.
    """

    line: bytes
    name: str = ""
    path: Path = Path()
    photo: bytes = b""

    @property
    def size_bytes(self) -> int:
        """What it needs in a part, at most."""
        return len(self.line) + (len(self.photo) + 2 * len(self.name.encode()) + _ENTRY_BYTES)


def pack_sources(
    sources: Sources,
    folder: Path,
    *,
    quality: int | None = None,
    part_bytes: int = PART_BYTES,
    progress: Progress = lambda done, total: None,
) -> Manifest:
    """Write all that a network learns from into a folder, in parts that have a size at most.

    The same sources give the same bytes. What a killed run had finished is kept.

    Args:
        sources: Photos of their training and dev splits, and sentences.
        folder: A new one, or that of the same pack.
        quality: Of WebP, in which all photos are stored; None: those that are small stay as they are.
        part_bytes: The most that a part may have.
        progress: Called with records done and in all.

    Raises:
        DatasetError: If the folder holds something else, or two photos of a source have one name.
        PhotoError: If a photo cannot be read.
    """
    items = _items(sources)
    key = _key(items, sources, quality, part_bytes)
    with held(folder / MANIFEST):
        manifest = _begun(folder, key, sources)
        done = sum(part.records for part in manifest.parts)
        (folder / ".gitignore").write_text(IGNORED_BY_GIT)
        replace_file(folder / MANIFEST, manifest.to_json())  # a part alone would be no pack
        progress(done, len(items))
        for part in [] if manifest.is_complete else _parts(items[done:], quality, part_bytes):
            file = f"part-{len(manifest.parts):04d}.zip"
            content = _content(part)
            replace_file(folder / file, content)
            written = Part(file, len(content), hashlib.sha256(content).hexdigest(), len(part))
            manifest = replace(manifest, parts=[*manifest.parts, written])
            replace_file(folder / MANIFEST, manifest.to_json())
            progress(done := done + len(part), len(items))
        manifest = replace(manifest, is_complete=True)
        replace_file(folder / MANIFEST, manifest.to_json())
    return manifest


def _items(sources: Sources) -> list[_Item]:
    items: list[_Item] = []
    for number, source in enumerate(sources.photos):
        known: dict[str, Path] = {}
        for split in ("train", "dev"):
            for photo in source.train if split == "train" else source.dev:
                name = photo.path.name
                is_new = name not in known  # a photo may be told of twice
                if known.setdefault(name, photo.path) != photo.path:
                    raise DatasetError(f"Two photos of {source.name} are called {name}. Rename one.")
                record: dict[str, Any] = {
                    "source": number,
                    "split": split,
                    "photo": f"{number}/{name}",
                    "captions": photo.captions,
                    "others": dict(photo.others),
                    "name": photo.name,
                }
                items.append(
                    _Item(_line(record), record["photo"], photo.path) if is_new else _Item(_line(record))
                )
    for language, sentences in sources.text.items():
        for start in range(0, len(sentences), _SENTENCES):
            some = sentences[start : start + _SENTENCES]
            items.append(_Item(_line({"language": language, "sentences": some})))
    return items


def _line(record: dict[str, Any]) -> bytes:
    return f"{json.dumps(record, ensure_ascii=False)}\n".encode()


def _key(items: Sequence[_Item], sources: Sources, quality: int | None, part_bytes: int) -> str:
    digest = hashlib.sha256()
    named = [(source.name, source.views) for source in sources.photos]
    digest.update(repr((FORMAT, named, quality, QUALITY, SHORTER_SIDE_PX, part_bytes)).encode())
    for item in items:
        digest.update(item.line)
    digest.update(digest_of_contents([item.path for item in items if item.name]).encode())
    return digest.hexdigest()


def _begun(folder: Path, key: str, sources: Sources) -> Manifest:
    """Give what there is already of a pack, as far as it is whole."""
    if not is_pack(folder):
        others = [
            path.name for path in folder.iterdir() if path.name not in (f".{MANIFEST}.lock", ".gitignore")
        ]
        if others:
            raise DatasetError(f"{folder} holds {others[0]}, which is no pack. Choose a new folder.")
        return Manifest(key, [(source.name, source.views) for source in sources.photos], [], False)
    manifest = read_manifest(folder)
    if manifest.key != key:
        raise DatasetError(f"{folder} holds a pack of other data. Choose a new folder, or delete it.")
    whole: list[Part] = []
    for part in manifest.parts:
        if not is_whole(folder, part):
            break
        whole.append(part)
    return replace(
        manifest, parts=whole, is_complete=manifest.is_complete and len(whole) == len(manifest.parts)
    )


def _parts(items: Sequence[_Item], quality: int | None, part_bytes: int) -> Iterator[list[_Item]]:
    """Divide items, their photos made ready, into parts that are full."""
    part: list[_Item] = []
    size_bytes, most = 0, part_bytes - 1_000  # less the records' own entry, and the end of the file
    for item in _made_ready(items, quality):
        if item.size_bytes > most:
            raise DatasetError(f"{item.name or 'A line'} needs more than the {part_bytes} bytes of a part.")
        if size_bytes + item.size_bytes > most:
            yield part
            part, size_bytes = [], 0
        part.append(item)
        size_bytes += item.size_bytes
    if part:
        yield part


def _made_ready(items: Sequence[_Item], quality: int | None) -> Iterator[_Item]:
    def ready(item: _Item) -> _Item:
        return item._replace(photo=stored_photo(item.path, quality)) if item.name else item

    with ThreadPoolExecutor() as workers:
        for start in range(0, len(items), _AHEAD):
            yield from workers.map(ready, items[start : start + _AHEAD])


def stored_photo(path: Path, quality: int | None = None) -> bytes:
    """Give what is stored of a photo: its file as it is, or the photo, small, as WebP.

    Args:
        path: The photo.
        quality: Of WebP; None: a file that is small stays as it is.

    Raises:
        PhotoError: If it cannot be read.
    """
    photo = read_photo(path)
    content = path.read_bytes()
    if quality is None and _is_small(content):
        return content
    scale = SHORTER_SIDE_PX / min(photo.size)
    if scale < 1:
        size = [max(1, round(side * scale)) for side in photo.size]
        photo = photo.resize(size, Image.Resampling.BICUBIC, reducing_gap=REDUCING_GAP)
    stored = io.BytesIO()
    photo.save(stored, "WEBP", quality=QUALITY if quality is None else quality)
    return stored.getvalue()


def _is_small(content: bytes) -> bool:
    if image_kind(content[:HEAD_BYTES]) not in _KEPT_KINDS:
        return False
    width, height = photo_size(content)
    return min(width, height) <= SHORTER_SIDE_PX and len(content) <= _MOST_KEPT_BYTES * width * height


def _content(part: Sequence[_Item]) -> bytes:
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w") as archive:
        archive.writestr(_entry(RECORDS), b"".join(item.line for item in part), zipfile.ZIP_DEFLATED, 9)
        for item in part:
            if item.name:
                archive.writestr(_entry(item.name), item.photo, zipfile.ZIP_STORED)
    return stored.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.create_system, entry.external_attr = 3, 0o644 << 16  # wherever it is written
    return entry
