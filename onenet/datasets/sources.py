"""What a network learns from: several sources of photos and sentences, described in one small TOML file.

    [[photos]]
    name = "flickr8k"
    folder = "flickr8k"                 # the official layout: photos, English captions, splits
    languages = "languages"             # <language>.tsv or <language>_*.tsv: photo, sentence
    views = 8

    [[photos]]
    name = "wild"
    folder = "wild/photos"
    captions = "wild/captions.tsv"      # photo, split, source, sentence (empty: none), in English
    names = "wild/names.tsv"            # photo, class of ImageNet, its name
    views = 6

    [[text]]
    language = "en"
    file = "wild/sentences.txt"         # sentences of no photo, one a line

Paths are counted from the file's folder. What is missing is left out, and said.
"""

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from onenet.datasets.flickr8k import CaptionedPhoto, load_split, read_text
from onenet.errors import DatasetError
from onenet.network.languages import LANGUAGES, names_of
from onenet.network.special_words import ENGLISH

# What may be said of each.
_KEYS = {
    "photos": ("name", "folder", "captions", "names", "languages", "views"),
    "text": ("language", "file"),
}


@dataclass(frozen=True)
class PhotoSource:
    """Photos that a network learns from, or is measured on.

    Attributes:
        name: Of the source.
        train: Photos to learn from; some have no captions.
        dev: Photos to choose by, with captions.
        views: How many views of each photo are learnt from.
    """

    name: str
    train: Sequence[CaptionedPhoto]
    dev: Sequence[CaptionedPhoto]
    views: int


@dataclass(frozen=True)
class Sources:
    """All that a network learns from.

    Attributes:
        photos: The first is what its figures are measured on.
        text: Sentences of no photo, by language.
    """

    photos: Sequence[PhotoSource]
    text: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def train(self) -> list[CaptionedPhoto]:
        """All photos to learn from, source by source."""
        return [photo for source in self.photos for photo in source.train]

    @property
    def dev(self) -> list[CaptionedPhoto]:
        """All photos to choose by, source by source."""
        return [photo for source in self.photos for photo in source.dev]

    def sentences(self) -> dict[str, list[str]]:
        """All sentences to learn from, by language, English first."""
        found: dict[str, list[str]] = {ENGLISH: []}
        for photo in self.train:
            found[ENGLISH] += photo.captions
            for language, captions in photo.others.items():
                found.setdefault(language, []).extend(captions)
        for language, sentences in self.text.items():
            found.setdefault(language, []).extend(sentences)
        order = [code for code in LANGUAGES if code in found]  # as they are listed, whatever comes first here
        return {code: found[code] for code in order}


def load_sources(data: Path, *, views: int, notice: Callable[[str], None] = lambda sentence: None) -> Sources:
    """Read what a network learns from.

    Args:
        data: A TOML file, see above, or a folder of Flickr8K alone.
        views: Of each photo, where the file does not say.
        notice: Called with a sentence about each part that is missing.

    Raises:
        DatasetError: If nothing can be read, or a file is not as documented.
    """
    if data.suffix != ".toml":
        train, dev = load_split(data, "train"), load_split(data, "dev")
        return Sources([PhotoSource("flickr8k", train, dev, views)])
    described = _described(data)
    photos = [
        _photo_source(data.parent, each, views, notice)
        for each in described.get("photos", [])
        if _is_there(data.parent / _text(each, "folder"), notice)
    ]
    text: dict[str, list[str]] = {}
    for each in described.get("text", []):
        file = data.parent / _text(each, "file")
        if _is_there(file, notice):
            text.setdefault(_language(_text(each, "language")), []).extend(_lines(file))
    if not photos or not photos[0].dev:
        raise DatasetError(
            f"{data.name} names no photos that are here. See data/sources.toml for an example."
        )
    return Sources(photos, text)


def languages_folder(data: Path) -> Path:
    """Tell where the captions of a data set's photos in other languages lie: in its folder, or beside it.

    Raises:
        DatasetError: If they are in neither place.
    """
    for folder in (data / "languages", data.parent / "languages"):
        if folder.is_dir():
            return folder
    raise DatasetError(f"There is no folder “languages” in {data} or beside it, with <language>.tsv in it.")


def with_languages(photos: Sequence[CaptionedPhoto], folder: Path) -> list[CaptionedPhoto]:
    """Add to photos what people said of them in other languages; see the files of `languages` above.

    Raises:
        DatasetError: If a file is not as documented.
    """
    others = _captions_by_language(folder)
    return [replace(photo, others=others.get(photo.path.name, {})) for photo in photos]


def load_listed(folder: Path, split: str) -> list[CaptionedPhoto]:
    """Load the captioned photos of a split from a folder with `photos/` and `captions.tsv`, as above.

    Raises:
        DatasetError: If there are none, or the file is not as documented.
    """
    listed = _listed(folder / "photos", folder / "captions.tsv").get(split, [])
    photos = [photo for photo in listed if photo.captions]
    if not photos:
        raise DatasetError(f"{folder / 'captions.tsv'} has no captioned photo in the {split} split.")
    return photos


def _described(file: Path) -> dict[str, Any]:
    try:
        described = tomllib.loads(read_text(file))
    except tomllib.TOMLDecodeError as error:
        raise DatasetError(f"{file.name} is not TOML: {error}.") from error
    unknown = set(described) - {"photos", "text"}
    if unknown:
        raise DatasetError(f"{file.name} has a table “{min(unknown)}”; it may have photos and text.")
    for table, keys in _KEYS.items():
        sources = described.get(table, [])
        if not isinstance(sources, list) or not all(isinstance(each, dict) for each in sources):
            raise DatasetError(f"{file.name} has {table} that are no list; begin each with [[{table}]].")
        for wrong in (key for each in sources for key in each if key not in keys):
            raise DatasetError(f"{file.name} says “{wrong}” of {table}; it may say {', '.join(keys)}.")
    return described


def _photo_source(
    root: Path, described: Mapping[str, Any], views: int, notice: Callable[[str], None]
) -> PhotoSource:
    name, folder = _text(described, "name"), root / _text(described, "folder")
    views = described.get("views", views)
    if type(views) is not int or views < 1:
        raise DatasetError(f"The views of {name} are “{views}”, not a whole number from 1 up.")
    if "captions" in described or "names" in described:
        there = "captions" in described and _is_there(root / _text(described, "captions"), notice)
        listed = _listed(folder, root / _text(described, "captions")) if there else {}
        train, dev = listed.get("train", []), listed.get("dev", [])
        if "names" in described and _is_there(names := root / _text(described, "names"), notice):
            named = [
                CaptionedPhoto(folder / photo, (), name=name) for photo, _, name in _rows(names, columns=3)
            ]
            train = sorted([*train, *named], key=lambda photo: photo.path.name)
    else:
        train, dev = load_split(folder, "train"), load_split(folder, "dev")
    if "languages" in described and _is_there(languages := root / _text(described, "languages"), notice):
        train, dev = (with_languages(split, languages) for split in (train, dev))
    missing = [photo.path.name for photo in (*train, *dev) if not photo.path.is_file()]
    if missing:
        raise DatasetError(f"{len(missing)} photos of {name} are not in {folder}, {missing[0]} among them.")
    return PhotoSource(name, train, dev, views)


def _listed(folder: Path, file: Path) -> dict[str, list[CaptionedPhoto]]:
    """Read the photos of a list by their split, in the order of their names."""
    captions: dict[str, dict[str, list[str]]] = {}
    for photo, split, _, sentence in _rows(file, columns=4):
        captions.setdefault(split, {}).setdefault(photo, []).extend([sentence] if sentence else [])
    return {
        split: [CaptionedPhoto(folder / photo, tuple(said)) for photo, said in sorted(own.items())]
        for split, own in captions.items()
    }


def _captions_by_language(folder: Path) -> dict[str, dict[str, tuple[str, ...]]]:
    """Read photo -> language -> captions from all files of a folder."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for file in sorted(folder.glob("*.tsv")):
        language = _language(file.stem.partition("_")[0])
        for photo, sentence in _rows(file, columns=2):
            own = found.setdefault(photo, {})
            own[language] = (*own.get(language, ()), sentence)
    return found


def _rows(file: Path, *, columns: int) -> Iterator[list[str]]:
    for number, line in enumerate(_lines(file), start=1):
        row = line.split("\t")
        if len(row) != columns:
            raise DatasetError(f"Line {number} of {file.name} has {len(row)} columns, not {columns}.")
        yield row


def _lines(file: Path) -> list[str]:
    return [line for line in read_text(file).split("\n") if line]


def _language(code: str) -> str:
    if code not in LANGUAGES:
        known = ", ".join(f"{name} ({each})" for each, name in names_of(LANGUAGES).items())
        raise DatasetError(f"There is no language “{code}” here; choose one of {known}.")
    return code


def _text(described: Mapping[str, Any], key: str) -> str:
    value = described.get(key)
    if not isinstance(value, str) or not value:
        raise DatasetError(f"A source has no “{key}”. See data/sources.toml for an example.")
    return value


def _is_there(path: Path, notice: Callable[[str], None]) -> bool:
    if not path.exists():
        notice(f"{path} is not there, so the network learns without it.")
    return path.exists()
