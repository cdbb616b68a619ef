"""The photos and sentences by which it is measured how photos spread over the representation."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from onenet.datasets.sources import load_sources
from onenet.engine import Engine
from onenet.network.special_words import ENGLISH
from onenet.search.photos import read_photo

Floats = NDArray[np.float32]

MOST = 1200  # photos of a source, so that no source drowns another
MOST_SENTENCES = 1000  # of a source
_BATCH = 16
_SENTENCES = 256

_Item = TypeVar("_Item")


def representations_of(
    engine: Engine, data: Path, *, progress: Callable[[int, int], None] = lambda done, total: None
) -> Floats:
    """Represent training photos, of each source evenly chosen ones, shape (N, D).

    Args:
        data: As in `onenet.datasets.sources.load_sources`.
        progress: Called with photos done and in all.

    Raises:
        DatasetError: If nothing can be read.
    """
    paths = [
        path
        for source in load_sources(data, views=1).photos
        for path in _evenly([photo.path for photo in source.train], MOST)
    ]
    found = []
    for start in range(0, len(paths), _BATCH):
        progress(start, len(paths))
        found.append(engine.represent([read_photo(path) for path in paths[start : start + _BATCH]]))
    return np.concatenate(found)


def sentences_of(engine: Engine, data: Path) -> Floats:
    """Guess from training sentences in English, of each source evenly chosen ones, shape (S, D), unit length.

    Of photos, and of no photo. In one language, since what they tell of is the same in all.

    Args:
        data: As in `onenet.datasets.sources.load_sources`.

    Raises:
        DatasetError: If nothing can be read.
    """
    sources = load_sources(data, views=1)
    said = [[text for photo in source.train for text in photo.captions] for source in sources.photos]
    said.append([*sources.text.get(ENGLISH, ())])
    chosen = [text for sentences in said for text in _evenly(sentences, MOST_SENTENCES)]
    starts = range(0, len(chosen), _SENTENCES)
    return np.concatenate([engine.guess(chosen[start : start + _SENTENCES]) for start in starts])


def _evenly(items: Sequence[_Item], most: int) -> list[_Item]:
    places = np.linspace(0, len(items) - 1, min(most, len(items))).round().astype(int)
    return [items[place] for place in places]
