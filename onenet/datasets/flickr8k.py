"""The Flickr8K data set as its files lie on disk: photos, five captions each, splits by photo."""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from onenet.errors import DatasetError
from onenet.network.special_words import ENGLISH

SPLITS = ("train", "dev", "test")
PHOTO_FOLDERS = ("Flicker8k_Dataset", "Flickr8k_Dataset", "Images", "images", "imgs")
TOKEN_FILE = "Flickr8k.token.txt"
KARPATHY_FILE = "dataset_flickr8k.json"


@dataclass(frozen=True)
class CaptionedPhoto:
    """One photo of the data set.

    Attributes:
        path: Where the photo lies.
        captions: What people said of it in English, sentences as written.
        others: What people said of it in other languages, by the language's code.
        name: What the photo shows, where it is known by a name alone.
    """

    path: Path
    captions: tuple[str, ...]
    others: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    name: str = ""

    def captions_in(self, language: str) -> tuple[str, ...]:
        """Give what people said of it in a language."""
        return self.captions if language == ENGLISH else self.others.get(language, ())


def load_split(data: Path, split: str) -> list[CaptionedPhoto]:
    """Load a split of Flickr8K, sorted as its list has it.

    Args:
        data: The folder of the official layout (`Flicker8k_Dataset/`, `Flickr8k.token.txt`,
            `Flickr_8k.<split>Images.txt`), or Karpathy's `dataset_flickr8k.json` or a folder that holds it.
        split: train, dev (Karpathy's "val") or test.

    Raises:
        DatasetError: If a file, the split or a photo is missing, or a file is not as documented.
    """
    if split not in SPLITS:
        raise DatasetError(f"There is no split “{split}”. Choose one of {', '.join(SPLITS)}.")
    if not data.exists():
        raise DatasetError(f"{data} does not exist. Give the folder that holds {TOKEN_FILE}.")
    folder = data if data.is_dir() else data.parent
    if data.is_dir() and _has_official_split(data, split):
        captions = _official_split(folder, split)
    else:
        captions = _karpathy_split(data / KARPATHY_FILE if data.is_dir() else data, split)
    photos_folder = _photos_folder(folder)
    photos = [CaptionedPhoto(photos_folder / name, sentences) for name, sentences in captions.items()]
    missing = [photo.path.name for photo in photos if not photo.path.is_file()]
    if missing:
        raise DatasetError(
            f"{len(missing)} photos of the {split} split are not in {photos_folder}, {missing[0]} among "
            "them. Fetch the photos again."
        )
    return photos


def _photos_folder(folder: Path) -> Path:
    for name in PHOTO_FOLDERS:
        if (folder / name).is_dir():
            return folder / name
    raise DatasetError(f"{folder} has no folder {PHOTO_FOLDERS[0]} with the photos. Put it there.")


def _has_official_split(folder: Path, split: str) -> bool:
    """Whether to read the official files: also if the split's list is missing and Karpathy's file is, too."""
    listed = (folder / f"Flickr_8k.{split}Images.txt").is_file()
    return (folder / TOKEN_FILE).is_file() and (listed or not (folder / KARPATHY_FILE).is_file())


def _official_split(folder: Path, split: str) -> dict[str, tuple[str, ...]]:
    captions = _official_captions(folder / TOKEN_FILE)
    list_file = folder / f"Flickr_8k.{split}Images.txt"
    if not list_file.is_file():
        raise DatasetError(f"{list_file.name} is not in {folder}, so the {split} split is not known. Add it.")
    names = read_text(list_file).split()
    without = [name for name in names if name not in captions]
    if without:
        raise DatasetError(f"{TOKEN_FILE} has no caption of {without[0]} ({len(without)} photos in all).")
    return {name: captions[name] for name in names}


def _official_captions(token_file: Path) -> dict[str, tuple[str, ...]]:
    captions: dict[str, list[str]] = defaultdict(list)
    for number, line in enumerate(read_text(token_file).split("\n"), start=1):
        if not line.strip():
            continue
        key, tab, sentence = line.partition("\t")
        name, hash_mark, _ = key.partition("#")
        if not (tab and hash_mark):
            raise DatasetError(f"Line {number} of {token_file.name} is not “photo.jpg#0<tab>sentence”.")
        captions[name].append(sentence.strip())
    return {name: tuple(sentences) for name, sentences in captions.items()}


def read_text(file: Path) -> str:
    """Read a file of sentences.

    Raises:
        DatasetError: If it cannot be read.
    """
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{file.name} cannot be read as text ({error}). Fetch it again.") from error


def _karpathy_split(file: Path, split: str) -> dict[str, tuple[str, ...]]:
    if not file.is_file():
        raise DatasetError(
            f"{file.parent} holds neither {TOKEN_FILE} nor {KARPATHY_FILE}. Give another folder."
        )
    wanted = "val" if split == "dev" else split
    try:
        images: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["images"]
        chosen = {
            str(image["filename"]): tuple(str(sentence["raw"]).strip() for sentence in image["sentences"])
            for image in images
            if image["split"] == wanted and image["sentences"]
        }
    except (ValueError, KeyError, TypeError) as error:
        raise DatasetError(f"{file.name} is not Karpathy's data set file: {error!r}.") from error
    if not chosen:
        raise DatasetError(f"{file.name} has no photo in the {split} split.")
    return chosen
