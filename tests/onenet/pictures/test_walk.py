import numpy as np
import pytest

from onenet.pictures.walk import GROUND, MARGIN_PX, ORANGE, SWING_PX, WIDTH_PX, draw_walk
from onenet.words.walk import Stop


def stops(*scores: float, word: str = "dog", around: tuple[str, ...] = ()) -> list[Stop]:
    return [Stop(word, score, bearing=-1.0, around=around) for score in (1.0, *scores)]


def way(picture: np.ndarray) -> np.ndarray:
    """Where the way is: the left edge of the picture, straight down for stops of one bearing."""
    return np.abs(picture[:, MARGIN_PX].astype(int) - ORANGE).max(axis=1) < 30


def test_the_way_joins_the_first_stop_and_the_last() -> None:
    column = way(np.asarray(draw_walk(stops(0.5, 0.4))))
    rows = np.flatnonzero(column)
    assert rows[0] == pytest.approx(MARGIN_PX - 21, abs=2)
    between = ~column[rows[0] : rows[-1]]
    assert between.sum() < 30  # but for the hole of the stop between


def test_a_longer_step_is_a_longer_way() -> None:
    near, far = (draw_walk(stops(score)).height for score in (0.9, 0.1))
    assert far > near + 100


def test_a_bearing_swings_the_way_aside() -> None:
    picture = np.asarray(draw_walk([Stop("dog", 1.0, -1.0, ()), Stop("beach", 0.3, 1.0, ())]))
    first, last = MARGIN_PX, MARGIN_PX + 2 * SWING_PX
    assert np.abs(picture[MARGIN_PX, first].astype(int) - ORANGE).max() < 10
    assert (picture[:, last] == ORANGE).all(axis=1).any()


def test_long_words_fit() -> None:
    long = stops(0.2, 0.3, word="snow-covered" * 4, around=("brightly-colored",) * 5)
    edge = np.asarray(draw_walk(long))[:, WIDTH_PX - MARGIN_PX // 2 :]
    assert (np.abs(edge.astype(int) - GROUND) < 6).all()
