"""Vectors by number: exact, and among some only these."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onenet.search.vectors import VectorIndex, unit_rows


def units(count: int, dimensions: int = 8, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, dimensions))
    return unit_rows(rows, (count, dimensions))


def test_search_equals_brute_force() -> None:
    vectors, query = units(200), units(1, seed=1)[0]
    index = VectorIndex(8)
    index.add(range(0, 2000, 10), vectors)
    found = index.search(query, 20)
    cosines = vectors @ query
    best = np.argsort(-cosines)[:20]
    assert [number for number, _ in found] == (best * 10).tolist()
    np.testing.assert_allclose([score for _, score in found], cosines[best], atol=1e-6)


def test_a_number_added_again_has_its_new_vector_alone() -> None:
    index = VectorIndex(2)
    index.add([7, 8], unit_rows([[1, 0], [0, 1]], (2, 2)))
    index.add([7], unit_rows([[-1, 0]], (1, 2)))
    assert len(index) == 2
    assert index.search(np.array([1, 0], np.float32), 5) == [(8, 0.0), (7, -1.0)]


def test_removed_numbers_are_gone_and_unknown_ones_do_no_harm() -> None:
    index = VectorIndex(8)
    index.add([1, 2, 3], units(3))
    assert index.remove([2, 99, 2]) == 1
    assert 2 not in index
    assert sorted(index.ids) == [1, 3]
    with pytest.raises(KeyError):
        index.vectors_of([1, 2])


@pytest.mark.parametrize(("k", "among", "count"), [(0, [1], 0), (5, [], 0), (5, [1, 99], 1), (1, [1, 3], 1)])
def test_no_more_than_k_and_none_but_those_asked_for(k: int, among: list[int], count: int) -> None:
    index = VectorIndex(8)
    index.add([1, 2, 3], units(3))
    found = index.search(units(1, seed=2)[0], k, among=among)
    assert len(found) == count
    assert {number for number, _ in found} <= set(among)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 30)), max_size=40), st.sets(st.integers(0, 30)))
def test_only_what_is_there_and_asked_for_is_found(changes: list[tuple[bool, int]], among: set[int]) -> None:
    index, vectors, there = VectorIndex(8), units(31), set()
    for adds, number in changes:
        if adds:
            index.add([number], vectors[[number]])
            there.add(number)
        else:
            index.remove([number])
            there.discard(number)
    found = index.search(vectors[0], 31, among=among)
    assert {number for number, _ in found} == there & among
    assert set(index.ids) == there == {number for number in range(31) if number in index}
    for number, score in found:
        assert score == pytest.approx(float(vectors[0] @ vectors[number]), abs=1e-5)
