"""Vectors -> places on a plane (t-SNE), groups, and places on a grid or without overlaps."""

import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]
# Is told how much is done, 0 to 1, and may raise an error to end the work.
OnProgress = Callable[[float], None]

STAGES = 3  # more change the places, but no longer who is beside whom
STAGE_ITERATIONS = 250  # the fewest that scikit-learn allows
PERPLEXITY = 20.0
LEARNING_RATE = 200.0
FEWEST = 5  # vectors that t-SNE is asked about
TOUCH = 0.5  # by so much boxes may overlap
SIDEWAYS = 2.0  # labels are wide: they go sideways twice as readily as up or down


def place(vectors: Floats, *, seed: int = 0, on_progress: OnProgress = lambda share: None) -> Floats:
    """Lay out vectors so that those alike lie together: t-SNE (van der Maaten & Hinton 2008).

    It is run in stages, each from where the one before ended, since scikit-learn tells of no progress within.

    Args:
        vectors: Shape (N, D), unit length, so that a squared distance is two minus two cosines.
        seed: Of t-SNE; one seed and one machine give the same places for the same vectors.

    Returns:
        Shape (N, 2), each axis from 0 to 1.
    """
    if len(vectors) < FEWEST:
        return _in_a_row(len(vectors))
    places = _principal(vectors)
    for stage in range(STAGES):
        on_progress(stage / STAGES)
        places = _stage(vectors, places, seed, is_first=stage == 0)
    on_progress(1.0)
    return _to_unit_square(places)


def group(vectors: Floats, count: int) -> Integers:
    """Part vectors (N, D) into groups of alike ones (Ward 1963); gives the group of each, shape (N,)."""
    from sklearn.cluster import AgglomerativeClustering

    if len(vectors) <= count:
        return np.arange(len(vectors))
    groups: Integers = AgglomerativeClustering(count).fit_predict(vectors).astype(np.int64)
    return groups


def grid_shape(count: int, width_to_height: float) -> tuple[int, int]:
    """Give columns and rows with room for so many cells, in about the shape asked for, few left empty."""
    wanted = math.sqrt(count * width_to_height)
    near = range(max(1, math.floor(wanted) - 1), math.ceil(wanted) + 2)
    shapes = [(columns, math.ceil(count / columns)) for columns in near]

    def cost(shape: tuple[int, int]) -> float:
        columns, rows = shape
        stretch = abs(math.log(columns / rows / width_to_height))
        return stretch + (columns * rows - count) / count

    return min(shapes, key=cost)


def to_grid(places: Floats, columns: int, rows: int) -> Integers:
    """Give each place (N, 2) a cell of its own, all together moved as little as can be.

    The assignment is optimal for squared distances (Jonker & Volgenant 1987).

    Returns:
        Columns and rows, shape (N, 2).
    """
    from scipy.optimize import linear_sum_assignment

    rows_and_columns = np.mgrid[0:rows, 0:columns].reshape(2, -1)  # (2, M)
    cells = rows_and_columns[::-1].T  # (M, 2): column, row
    centres = (cells + 0.5) / (columns, rows)
    costs = ((places[:, np.newaxis] - centres[np.newaxis]) ** 2).sum(axis=2)  # (N, M)
    _, chosen = linear_sum_assignment(costs)
    assigned: Integers = cells[chosen].astype(np.int64)
    return assigned


def push_apart(
    centres: Floats, sizes: Floats, room: tuple[float, float], *, rounds: int = 150
) -> Iterator[Floats]:
    """Nudge boxes until few of them overlap, and all are within a room.

    Args:
        centres: Shape (N, 2), of the boxes.
        sizes: Their widths and heights, shape (N, 2).
        room: Its width and height.

    Yields:
        The centres after each round, shape (N, 2), until none has to move.
    """
    halves, moved = sizes / 2, centres
    reach: Floats = (halves[:, np.newaxis] + halves[np.newaxis]).astype(np.float32)  # (N, N, 2)
    for _ in range(rounds):
        steps = _pushes(moved, reach[..., 0], reach[..., 1])
        moved = (moved + steps).clip(halves, np.asarray(room, np.float32) - halves).astype(np.float32)
        yield moved
        if not steps.any():
            return


def settle(
    centres: Floats, sizes: Floats, room: tuple[float, float], *, step: float, rings: int = 20
) -> dict[int, tuple[float, float]]:
    """Give boxes places without any overlap, the first ones first: their own, else the nearest free one.

    Args:
        centres: Shape (N, 2), of the boxes.
        sizes: Their widths and heights, shape (N, 2).
        room: Its width and height.
        step: Between two rings of places that are tried.
        rings: How many are tried around a box; one that finds no place is left out.

    Returns:
        Centres by row.
    """
    tries = [np.zeros((1, 2), np.float32), *(_ring(ring * step, 8 * ring) for ring in range(1, rings + 1))]
    halves, taken, rows = sizes / 2, np.zeros_like(centres), np.zeros(0, np.int64)
    for row, centre in enumerate(centres):
        for offsets in tries:
            tried = (centre + offsets).clip(halves[row], np.asarray(room, np.float32) - halves[row])
            free = np.flatnonzero(_are_free(tried, taken[rows], halves[rows] + halves[row]))
            if len(free):
                taken[row] = tried[free[0]]
                rows = np.append(rows, row)
                break
    return {row: (float(taken[row, 0]), float(taken[row, 1])) for row in rows.tolist()}


def _are_free(tried: Floats, taken: Floats, reach: Floats) -> NDArray[np.bool_]:
    """Tell of each of some places (K, 2) whether it is out of reach of all taken ones, both (M, 2)."""
    low, high = tried.min(axis=0), tried.max(axis=0)
    near = ((taken + reach > low) & (taken - reach < high)).all(axis=1)  # the others matter to none of them
    (x, y), (near_x, near_y) = tried.T, taken[near].T
    reach_x, reach_y = reach[near].T
    out_of_width = np.abs(x[:, np.newaxis] - near_x) - reach_x >= -1e-3  # (K, near)
    out_of_height = np.abs(y[:, np.newaxis] - near_y) - reach_y >= -1e-3
    free: NDArray[np.bool_] = (out_of_width | out_of_height).all(axis=1)
    return free


def _principal(vectors: Floats) -> Floats:
    """Give the two principal components, small, as t-SNE wants its start (Kobak & Berens 2019), shape (N, 2).

    In float64, so that rounding, which differs with the number of threads, cannot lead to another map. By one
    thread: several wait for each other longer than they work, and for whoever else has the processor.
    """
    from threadpoolctl import threadpool_limits

    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    with threadpool_limits(1, user_api="blas"):
        axes = np.linalg.eigh(centred.T @ centred)[1][:, :-3:-1]  # (D, 2), the longest first
    axes *= np.sign(axes[np.abs(axes).argmax(axis=0), [0, 1]])
    components = centred @ axes
    start: Floats = (1e-4 * components / components[:, 0].std().clip(min=1e-12)).astype(np.float32)
    return start


def _stage(vectors: Floats, start: Floats, seed: int, *, is_first: bool) -> Floats:
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    tsne = TSNE(
        perplexity=min(PERPLEXITY, (len(vectors) - 1) / 3),
        init=start,
        early_exaggeration=12.0 if is_first else 1.0,
        learning_rate="auto" if is_first else LEARNING_RATE,
        max_iter=STAGE_ITERATIONS,
        random_state=seed,
    )
    with threadpool_limits(1, user_api="openmp"):  # sums in one order, and leaves the other cores to others
        places: Floats = tsne.fit_transform(vectors).astype(np.float32)
    return places


def _pushes(centres: Floats, reach_x: Floats, reach_y: Floats) -> Floats:
    """Half of what each pair of boxes overlaps, along the axis on which that is less, shape (N, 2).

    Args:
        reach_x: How far apart in width two centres must be, shape (N, N).
        reach_y: How far apart in height two centres must be, shape (N, N).
    """
    x, y = centres.T
    over_x = reach_x - np.abs(x[:, np.newaxis] - x)
    over_y = reach_y - np.abs(y[:, np.newaxis] - y)
    one, other = np.nonzero(np.triu((over_x > TOUCH) & (over_y > TOUCH), 1))
    sideways = over_x[one, other] < SIDEWAYS * over_y[one, other]
    steps = np.zeros_like(centres)
    for axis, amounts, chosen in ((0, over_x, sideways), (1, over_y, ~sideways)):
        a, b = one[chosen], other[chosen]
        push = amounts[a, b] * np.where(centres[a, axis] < centres[b, axis], -0.5, 0.5)
        np.add.at(steps[:, axis], a, push)
        np.add.at(steps[:, axis], b, -push)
    counts = np.bincount(np.concatenate([one, other]), minlength=len(centres)).clip(min=1)
    pushes: Floats = steps / np.sqrt(counts)[:, np.newaxis].astype(np.float32)
    return pushes


def _ring(radius: float, count: int) -> Floats:
    """Give offsets in a ring around the middle, shape (count, 2)."""
    turns = np.linspace(0, 2 * np.pi, count, endpoint=False)
    offsets = [(radius * math.cos(turn) * SIDEWAYS, radius * math.sin(turn)) for turn in turns]
    return np.array(offsets, np.float32)


def _in_a_row(count: int) -> Floats:
    places = np.full((count, 2), 0.5, np.float32)
    places[:, 0] = (np.arange(count) + 0.5) / max(count, 1)
    return places


def _to_unit_square(places: Floats) -> Floats:
    """Scale places to 0..1, half-way to evenly spread along each axis: t-SNE leaves the corners empty."""
    low, high = places.min(axis=0), places.max(axis=0)
    scaled = (places - low) / (high - low).clip(min=1e-9)
    ranks = places.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable") / (len(places) - 1)
    square: Floats = ((scaled + ranks) / 2).astype(np.float32)
    return square
