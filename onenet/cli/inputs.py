"""What verbs are given: a network, an index, photos, lines of a file."""

import argparse
import os
import threading
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from onenet.cli.output import notice
from onenet.cli.parser import default_index
from onenet.errors import IndexFileError, OneNetError, PhotoError, TryAgainError
from onenet.paths import DEFAULT_CHECKPOINT, shown_url
from onenet.precision import FLOAT32

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from onenet.engine import Engine
    from onenet.search.index import ImageIndex, Skipped
    from onenet.search.milvus import MilvusIndex
    from onenet.teaching import Lexicon
    from onenet.words import WordGames

# Everything that needs torch is imported where it is used, so that --help answers at once.

PHOTO_BATCH = 8  # photos that are in memory at once


def load_engine(args: argparse.Namespace) -> "Engine":
    """Load the network that the arguments ask for."""
    from onenet.engine import Engine

    checkpoint, precision = args.checkpoint or DEFAULT_CHECKPOINT, args.precision or FLOAT32
    return Engine.load(checkpoint, threads=args.threads, precision=precision)


def load_words(args: argparse.Namespace) -> "WordGames":
    """Load the words of the network that the arguments ask for, which takes no torch."""
    from onenet.words import load_words

    return load_words(args.checkpoint or DEFAULT_CHECKPOINT, threads=args.threads)


class LateEngine:
    """The network that the arguments ask for, loaded when there is a first photo to represent.

    Attributes:
        fingerprint: Names the network; to read it takes no torch.
    """

    def __init__(self, args: argparse.Namespace) -> None:
        from onenet.network.network_file import read_network_file

        self._args = args
        self._loading = threading.Lock()  # photos are prepared on several threads
        self.fingerprint = read_network_file(args.checkpoint or DEFAULT_CHECKPOINT, only=()).fingerprint

    def prepare(self, photo: "Image") -> "NDArray[np.float32]":
        """Make of a photo what `represent` needs of it, see `Engine.prepare`."""
        with self._loading:
            engine = self._engine
        return engine.prepare(photo)

    def represent(self, photos: "Sequence[Image | NDArray[np.float32]]") -> "NDArray[np.float32]":
        """Map photos to representations, see `Engine.represent`."""
        return self._engine.represent(photos)

    @cached_property
    def _engine(self) -> "Engine":
        engine = load_engine(self._args)
        if engine.fingerprint != self.fingerprint:
            raise TryAgainError("The network was replaced just now; start the command again.")
        return engine


def load_index(
    args: argparse.Namespace, engine: "Engine | LateEngine", *, must_have_photos: bool = False
) -> "ImageIndex | MilvusIndex":
    """Load the index that the arguments ask for.

    Raises:
        IndexFileError: If it cannot be used, or must have photos and has none.
    """
    index = open_index(args.index, engine)
    if must_have_photos and not len(index):
        raise IndexFileError(
            f"The index {shown_url(args.index)} holds no photos; add some with: python -m onenet index FOLDER"
        )
    return index


def usual_index(args: argparse.Namespace, engine: "Engine") -> "ImageIndex | MilvusIndex | None":
    """Load the index of a verb that can do without; None if nobody named one and there is none.

    One that nobody named, and that does not fit the network, is left out with a notice.

    Raises:
        IndexFileError: If one that was named cannot be used.
    """
    is_named = args.index != default_index()
    if not is_named and not has_index(args.index):
        return None
    try:
        return load_index(args, engine)
    except IndexFileError as error:
        if is_named:
            raise
        notice(f"Photos are left out. {error}")
        return None


def open_index(place: "Path | str", engine: "Engine | LateEngine") -> "ImageIndex | MilvusIndex":
    """Open an index file, or what Milvus has of this network.

    Raises:
        IndexFileError: If it cannot be used.
    """
    if isinstance(place, str):
        from onenet.search.milvus import MilvusIndex

        return MilvusIndex(place, engine.fingerprint)
    from onenet.search.index import ImageIndex

    return ImageIndex.load(place, fingerprint=engine.fingerprint)


def has_index(place: "Path | str") -> bool:
    """Whether there is an index file; a Milvus that is named is taken for one."""
    return isinstance(place, str) or place.exists()


def load_lexicon(args: argparse.Namespace, engine: "Engine") -> "Lexicon | None":
    """Load the taught words that the arguments ask for; None if they ask for none."""
    from onenet.teaching import Lexicon

    return None if args.lexicon is None else Lexicon.load(args.lexicon, fingerprint=engine.fingerprint)


def photos_in(paths: Sequence[Path], problems: list[str]) -> Iterator[Path]:
    """Give photos as they are and folders as the photos in them, sorted."""
    from onenet.search.folder import find_photos

    for path in paths:
        if os.path.isdir(path):
            closed: list[Skipped] = []
            try:
                photos = sorted(find_photos(path, closed))
            except OneNetError as error:
                problems.append(str(error))
                continue
            problems += [f"{skipped.photo}: {skipped.reason}" for skipped in closed]
            if not photos:
                problems.append(f"There are no photos in {path}.")
            yield from photos
        else:
            yield path


def read_indexed(photo: Path | str) -> "Image":
    """Read a photo by its name in an index, or by its path.

    Raises:
        PhotoError: If it cannot be read, or is at an address, from which none is fetched to be drawn.
    """
    from onenet.indexing.addresses import is_address
    from onenet.search.photos import read_photo

    if is_address(photo):
        raise PhotoError("This photo is at an address; only files of this machine are drawn.")
    return read_photo(Path(photo))


def read_photos(paths: Sequence[Path | str], problems: list[str]) -> "list[tuple[Path, Image]]":
    """Read photos, as `read_indexed` does; a sentence about each that is none goes to `problems`."""
    photos = []
    for path in paths:
        try:
            photos.append((Path(path), read_indexed(path)))
        except PhotoError as error:
            problems.append(f"{path}: {error}")
    return photos


def read_lines(path: Path) -> list[str]:
    """Read the lines of a text file, blank ones included, so that answers can keep in step."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise OneNetError(f"The descriptions in {path} cannot be read: {reason}.") from error
    return text.removesuffix("\n").split("\n") if text else []
