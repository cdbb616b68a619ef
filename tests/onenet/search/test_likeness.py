"""Copies of one photo are found as one."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from onenet.search import Match
from onenet.search.likeness import (
    SAME_PHOTO,
    fold_copies,
    nearest_different,
    representations_now,
    still_there,
)
from onenet.search.vectors import VectorIndex

Floats = NDArray[np.float32]


class Photos:
    """Photos named after their numbers."""

    def __init__(self, rows: Floats) -> None:
        self._vectors = VectorIndex(rows.shape[1])
        self._vectors.add(range(len(rows)), rows)

    def __len__(self) -> int:
        return len(self._vectors)

    def search(self, representation: Floats, k: int) -> list[Match]:
        return [Match(str(number), score) for number, score in self._vectors.search(representation, k)]

    def representations_of(self, photos: Sequence[str]) -> Floats:
        return self._vectors.vectors_of([int(photo) for photo in photos])


def unit(rows: Floats) -> Floats:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def with_copies(seed: int, originals: int, copies: int, noise: float = 0.05) -> Floats:
    """Originals in 20 dimensions, far apart, and noisy copies behind each."""
    chance = np.random.default_rng(seed)
    rows = unit(chance.normal(size=(originals, 20))).repeat(copies + 1, axis=0)
    return unit(rows + noise * chance.normal(size=rows.shape) / np.sqrt(20))


@given(st.integers(0, 1000), st.integers(1, 30))
def test_it_is_what_one_would_do_by_hand(seed: int, count: int) -> None:
    rows = with_copies(seed, count, 3, noise=0.3)
    matches = [Match(str(number), 1.0 - number / 1000) for number in range(len(rows))]
    kept: list[tuple[int, list[str]]] = []
    for number in range(len(rows)):
        same = next((each for each in kept if rows[each[0]] @ rows[number] >= SAME_PHOTO), None)
        if same is None:
            kept.append((number, []))
        else:
            same[1].append(str(number))
    expected = [Match(str(first), matches[first].score, tuple(copies)) for first, copies in kept]
    assert fold_copies(matches, rows) == expected


def test_blocks_of_many_are_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = with_copies(1, 40, 4)
    matches = [Match(str(number), 1.0) for number in range(len(rows))]
    whole = fold_copies(matches, rows)
    assert len(whole) == 40
    monkeypatch.setattr("onenet.search.likeness._TOGETHER", 7)
    assert fold_copies(matches, rows) == whole


@pytest.mark.parametrize("copies", [0, 3, 300])
def test_copies_do_not_fill_the_answer(copies: int) -> None:
    """However many there are of the best photo, four different ones are found."""
    rows = with_copies(2, 6, copies)
    found = nearest_different(Photos(rows), rows[0], 4)
    assert len(found) == 4
    assert len({int(match.photo) // (copies + 1) for match in found}) == 4
    assert len(found[0].copies) == copies
    assert [match.score for match in found] == sorted((match.score for match in found), reverse=True)


@pytest.mark.parametrize("gone", [["1"], ["0", "5"], [str(number) for number in range(6)]])
def test_what_was_removed_since_it_was_found_is_left_out(gone: list[str]) -> None:
    rows = with_copies(4, 6, 0)

    class Shrinking(Photos):
        def representations_of(self, photos: Sequence[str]) -> Floats:
            if removed := [photo for photo in photos if photo in gone]:
                raise KeyError(removed[0])
            return super().representations_of(photos)

    names = [str(number) for number in range(6)]
    kept = [name for name in names if name not in gone]
    found = nearest_different(Shrinking(rows), rows[2], 6)
    assert sorted(match.photo for match in found) == kept
    left, there = still_there(Shrinking(rows), names, 20)
    assert [names[row] for row in left] == kept
    assert np.array_equal(there, rows[left])
    now = representations_now(Shrinking(rows), names, 20)
    assert now.shape == rows.shape
    assert now.any(axis=1).tolist() == [name in kept for name in names]


def test_there_may_be_fewer_or_none() -> None:
    rows = with_copies(3, 2, 5)
    assert len(nearest_different(Photos(rows), rows[0], 4)) == 2
    assert nearest_different(Photos(rows[:0]), rows[0], 4) == []
    assert nearest_different(Photos(rows), rows[0], 0) == []
