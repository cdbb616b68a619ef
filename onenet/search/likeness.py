"""How alike photos are: copies of one are found as one, alike ones are told from others."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from onenet.search.searchable import Match, Searchable

# Cosine from which two photos are taken for copies of one, by `python -m tests.near_duplicates` on 300 dev
# photos of Flickr8K. Of copies with a fortieth cut off each side 98 % are recognised, with a twentieth 93 %,
# of those brighter by a quarter 99 %, heavily compressed 71 %, of half the size (112 px) 65 %. Of different
# photos none has one as alike; from 0.90 it would be 2.7 %: too often for what nobody asked for. Files of the
# same content have the cosine 1, so that no file is compared.
SAME_PHOTO = 0.95
# Cosine from which a photo is like another rather than merely not unlike it: among the dev photos of Flickr8K
# nine pairs in ten are below 0.36 and 99 in 100 below 0.67; a photo's nearest neighbour is at 0.74 (median).
ALIKE = 0.5
_LOOKED_THROUGH = 150  # photos beyond those asked for that are looked through for copies of them
_TOGETHER = 512  # photos compared with those before them at once


def nearest_different(photos: Searchable, representation: NDArray[np.float32], k: int) -> list[Match]:
    """Find the k different photos most like a representation (D,), best first, each with its copies.

    Of copies of one photo the one that is most like the representation stands for all.
    """
    wanted = k + _LOOKED_THROUGH
    while k > 0:
        nearest = photos.search(representation, wanted)
        left, rows = still_there(photos, [match.photo for match in nearest], len(representation))
        different = fold_copies([nearest[row] for row in left], rows)
        if len(different) >= k or len(nearest) < wanted:
            return different[:k]
        wanted *= 4
    return []


def representations_now(photos: Searchable, names: Sequence[str], dimensions: int) -> NDArray[np.float32]:
    """Return the representations of photos that were found, shape (N, D); zeros of one removed since then."""
    try:
        return photos.representations_of(names)
    except KeyError:  # another program has removed some meanwhile
        rows = np.zeros((len(names), dimensions), np.float32)
        for row, name in zip(rows, names, strict=True):
            with suppress(KeyError):
                row[:] = photos.representations_of([name])[0]
        return rows


def still_there(
    photos: Searchable, names: Sequence[str], dimensions: int
) -> tuple[list[int], NDArray[np.float32]]:
    """Tell which of some photos that were found have not been removed since then.

    Returns:
        Their places among the names, and their representations, shape (N, D), unit length.
    """
    rows = representations_now(photos, names, dimensions)
    is_there = rows.any(axis=1)
    return np.flatnonzero(is_there).tolist(), rows[is_there]


def fold_copies(matches: Sequence[Match], representations: NDArray[np.float32]) -> list[Match]:
    """Leave of copies of one photo the first, which names the others.

    Args:
        matches: N photos, best first.
        representations: Of these, shape (N, D), unit length.
    """
    first_of = np.arange(len(matches))  # the photo that each is a copy of, itself at first
    for start in range(0, len(matches), _TOGETHER):
        end = min(start + _TOGETHER, len(matches))
        likeness = representations[start:end] @ representations[:end].T
        rows, others = np.nonzero(np.tril(likeness >= SAME_PHOTO, start - 1))
        for row, other in zip((rows + start).tolist(), others.tolist(), strict=True):
            if first_of[row] == row and first_of[other] == other:
                first_of[row] = other
    copies: dict[int, list[str]] = {}
    for row, first in enumerate(first_of.tolist()):
        copies.setdefault(first, []).append(matches[row].photo)
    return [replace(matches[first], copies=tuple(names[1:])) for first, names in copies.items()]
