"""A pack of what a network learns from, read: a folder of a few files that hold photos and sentences.

`pack.json` lists the parts, `part-0000.zip` and so on, with their sizes and SHA-256. A part has photos, and
`records.jsonl`, which tells of them in their order, a line a photo:

    {"source": 0, "split": "dev", "photo": "0/a.jpg", "captions": [...], "others": {"de": [...]}, "name": ""}

or a line for many sentences of no photo: {"language": "en", "sentences": [...]}. `onenet.datasets.packing`
writes it.
"""

import hashlib
import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from onenet.datasets.flickr8k import CaptionedPhoto
from onenet.datasets.sources import PhotoSource, Sources
from onenet.errors import DatasetError

MANIFEST, RECORDS, PARTS = "pack.json", "records.jsonl", "part-*.zip"
FORMAT = 1
IGNORED_BY_GIT = "*\n"  # photos of data sets, whether they are packed or not

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Part:
    """A file of a pack.

    Attributes:
        file: Its name.
        size_bytes: Its length.
        sha256: Of its content.
        records: Photos in it, and runs of sentences.
    """

    file: str
    size_bytes: int
    sha256: str
    records: int


@dataclass(frozen=True)
class Manifest:
    """What `pack.json` says.

    Attributes:
        key: Names all that decided what is in the pack.
        sources: Name and views of each source of photos.
        parts: In their order.
        is_complete: Whether these are all.
        format: How parts are laid out.
    """

    key: str
    sources: Sequence[tuple[str, int]]
    parts: Sequence[Part]
    is_complete: bool
    format: int = FORMAT

    def to_json(self) -> bytes:
        """Give the file's content."""
        return f"{json.dumps(asdict(self), indent=1)}\n".encode()


def is_pack(data: Path) -> bool:
    """Whether a folder holds a pack, or what is left of one."""
    return data.is_dir() and ((data / MANIFEST).exists() or any(data.glob(PARTS)))


def read_manifest(folder: Path) -> Manifest:
    """Read what a pack says of itself.

    Raises:
        DatasetError: If it is missing, damaged or of another version.
    """
    file = folder / MANIFEST
    try:
        said = json.loads(file.read_bytes())
        if said["format"] != FORMAT:
            raise DatasetError(f"The pack {folder} is of another version; make it anew with “pack”.")
        parts = [Part(**each) for each in said["parts"]]
        sources = [(str(name), int(views)) for name, views in said["sources"]]
        return Manifest(str(said["key"]), sources, parts, bool(said["is_complete"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(
            f"{file} is missing or damaged, so the pack cannot be read. Copy the folder again."
        ) from error


def load_pack(folder: Path, to: Path, *, progress: Progress = lambda done, total: None) -> Sources:
    """Read what a network learns from out of a pack, unpacked once.

    Args:
        folder: Of the pack.
        to: Where unpacked ones lie, each in a folder of its own.
        progress: Called with parts unpacked and in all.

    Raises:
        DatasetError: If a part is missing or damaged.
    """
    manifest = read_manifest(folder)
    if not manifest.is_complete:
        raise DatasetError(f"The pack {folder} is not finished; run the command that makes it once more.")
    unpacked = to / hashlib.sha256(manifest.to_json()).hexdigest()[:16]
    if not unpacked.is_dir():
        _unpack(folder, manifest, unpacked, progress)
    return _sources(unpacked, manifest)


def is_whole(folder: Path, part: Part) -> bool:
    """Whether a part is there as it was written."""
    try:
        with (folder / part.file).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == part.sha256
    except OSError:
        return False


def _unpack(folder: Path, manifest: Manifest, unpacked: Path, progress: Progress) -> None:
    """Unpack all parts into a folder that is there whole or not at all."""
    missing = [part.file for part in manifest.parts if not (folder / part.file).is_file()]
    if missing:
        there = len(manifest.parts) - len(missing)
        raise DatasetError(
            f"{', '.join(missing)} of the pack {folder} {'is' if len(missing) == 1 else 'are'} missing: "
            f"{there} of {len(manifest.parts)} parts are there. Copy the others too."
        )
    unpacked.parent.mkdir(parents=True, exist_ok=True)
    (unpacked.parent / ".gitignore").write_text(IGNORED_BY_GIT)
    begun = Path(tempfile.mkdtemp(dir=unpacked.parent, prefix=f".{unpacked.name}."))
    try:
        with (begun / RECORDS).open("wb") as records:
            for number, part in enumerate(manifest.parts, start=1):
                if not is_whole(folder, part):
                    raise DatasetError(f"{folder / part.file} is damaged. Copy it again.")
                with zipfile.ZipFile(folder / part.file) as archive:
                    photos = [name for name in archive.namelist() if name != RECORDS]
                    archive.extractall(begun, photos)
                    records.write(archive.read(RECORDS))
                progress(number, len(manifest.parts))
        if not unpacked.is_dir():  # another program may have been faster
            begun.rename(unpacked)
    finally:
        shutil.rmtree(begun, ignore_errors=True)


def _sources(unpacked: Path, manifest: Manifest) -> Sources:
    splits: list[dict[str, list[CaptionedPhoto]]] = [{"train": [], "dev": []} for _ in manifest.sources]
    text: dict[str, list[str]] = {}
    try:
        for record in _records(unpacked / RECORDS):
            if "photo" in record:
                splits[record["source"]][record["split"]].append(_photo(unpacked, record))
            else:
                text.setdefault(record["language"], []).extend(record["sentences"])
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise DatasetError(f"{unpacked} is damaged. Delete it; the pack is then unpacked again.") from error
    photos = [
        PhotoSource(name, own["train"], own["dev"], views)
        for (name, views), own in zip(manifest.sources, splits, strict=True)
    ]
    return Sources(photos, text)


def _records(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _photo(unpacked: Path, record: Mapping[str, Any]) -> CaptionedPhoto:
    others = {language: tuple(captions) for language, captions in record["others"].items()}
    return CaptionedPhoto(unpacked / record["photo"], tuple(record["captions"]), others, record["name"])
