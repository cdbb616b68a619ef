import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onenet.errors import OneNetError
from onenet.maps.layout import grid_shape, group, place, push_apart, settle, to_grid


def three_bundles(size: int = 12) -> np.ndarray:
    """Unit vectors near three axes, `size` near each."""
    random = np.random.default_rng(5)
    vectors = np.repeat(np.eye(20)[:3], size, axis=0) + random.normal(0, 0.05, (3 * size, 20))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_alike_vectors_lie_together() -> None:
    places = place(three_bundles())
    assert places.shape == (36, 2)
    assert places.min() >= 0
    assert places.max() <= 1
    distances = np.linalg.norm(places[:, np.newaxis] - places, axis=2)
    np.fill_diagonal(distances, np.inf)
    assert (distances.argmin(axis=1) // 12 == np.arange(36) // 12).all()


def test_the_same_seed_gives_the_same_places() -> None:
    assert (place(three_bundles(), seed=3) == place(three_bundles(), seed=3)).all()


@pytest.mark.parametrize("count", [0, 1, 2, 4, 5])
def test_few_vectors_have_places_of_their_own(count: int) -> None:
    places = place(three_bundles()[::7][:count])
    assert len({tuple(each) for each in places.tolist()}) == count


def test_progress_is_told_and_may_end_the_work() -> None:
    told: list[float] = []
    place(three_bundles(), on_progress=told.append)
    assert told[0] == 0
    assert told[-1] == 1
    assert told == sorted(told)

    def refuse(share: float) -> None:
        raise OneNetError("enough")

    with pytest.raises(OneNetError, match="enough"):
        place(three_bundles(), on_progress=refuse)


def test_groups_are_the_bundles() -> None:
    groups = group(three_bundles(), 3)
    assert [len(set(groups[start : start + 12].tolist())) for start in (0, 12, 24)] == [1, 1, 1]
    assert len(set(groups.tolist())) == 3
    assert group(three_bundles()[:2], 3).tolist() == [0, 1]


@given(st.integers(1, 1000))
def test_a_grid_has_room_and_few_empty_cells(count: int) -> None:
    columns, rows = grid_shape(count, 0.8)
    assert count <= columns * rows < count + max(columns, rows) + 1


def test_each_photo_gets_a_cell_of_its_own_near_its_place() -> None:
    places = np.array([(0.9, 0.9), (0.1, 0.1), (0.1, 0.2), (0.9, 0.1)], np.float32)
    cells = to_grid(places, 2, 2).tolist()
    assert cells[0] == [1, 1]
    assert cells[3] == [1, 0]
    assert sorted(cells) == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert cells[2] == [0, 1]  # the lower of the two at the left


def overlaps(centres: dict[int, tuple[float, float]], sizes: np.ndarray) -> int:
    rows = list(centres)
    pairs = [(a, b) for a in rows for b in rows if a < b]
    gaps = [np.abs(np.subtract(centres[a], centres[b])) - (sizes[a] + sizes[b]) / 2 for a, b in pairs]
    return sum(bool((gap < -0.01).all()) for gap in gaps)


def test_boxes_are_nudged_and_settle_without_overlaps() -> None:
    random = np.random.default_rng(1)
    sizes = random.uniform((30, 10), (90, 20), (60, 2)).astype(np.float32)
    centres = random.uniform(250, 350, (60, 2)).astype(np.float32)
    for moved in push_apart(centres, sizes, (600, 600)):
        centres = moved
    settled = settle(centres, sizes, (600, 600), step=8)
    assert len(settled) == 60
    assert overlaps(settled, sizes) == 0
    edges = np.array([settled[row] for row in range(60)])
    assert (edges - sizes / 2 >= -0.01).all()
    assert (edges + sizes / 2 <= 600.01).all()


def test_what_finds_no_place_is_left_out_the_last_ones_first() -> None:
    sizes = np.full((4, 2), 100, np.float32)
    settled = settle(np.full((4, 2), 50, np.float32), sizes, (200, 100), step=100, rings=2)
    assert list(settled) == [0, 1]


def test_boxes_settle_where_the_first_free_place_is() -> None:
    """As trying every place against every box would find it."""
    random = np.random.default_rng(1)
    sizes = random.uniform(10, 40, (50, 2)).astype(np.float32)
    centres = random.uniform(0, 150, (50, 2)).astype(np.float32)
    room, step = (150.0, 150.0), 7.0
    expected: dict[int, tuple[float, float]] = {}
    for row, (centre, size) in enumerate(zip(centres, sizes, strict=True)):
        rings = [(0.0, 1), *((ring * step, 8 * ring) for ring in range(1, 21))]
        turns = [(radius, 2 * np.pi * part / parts) for radius, parts in rings for part in range(parts)]
        for radius, turn in turns:
            offset = np.array([2 * radius * np.cos(turn), radius * np.sin(turn)], np.float32)
            x, y = (centre + offset).clip(size / 2, np.array(room, np.float32) - size / 2).tolist()
            reach = {other: (sizes[other] + size) / 2 - 1e-3 for other in expected}
            if all(
                abs(x - expected[other][0]) >= width or abs(y - expected[other][1]) >= height
                for other, (width, height) in reach.items()
            ):
                expected[row] = (x, y)
                break
    found = settle(centres, sizes, room, step=step)
    assert list(found) == list(expected)
    assert np.allclose(list(found.values()), list(expected.values()), atol=1e-3)
