from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import norm

from onenet.errors import DatasetError
from onenet.search.confidence import REFUSED, Threshold, absent_descriptions, confidence


def test_each_unknown_word_costs_its_share() -> None:
    assert confidence(0.8, unknown=0, known=4) == 0.8
    assert confidence(0.8, unknown=1, known=3) == pytest.approx(0.675)
    assert confidence(0.8, unknown=3, known=0) == pytest.approx(0.3)


def test_a_threshold_grows_with_the_number_of_photos() -> None:
    """By hand: 1,000 is halfway between 10 and 100,000 on the scale of logarithms."""
    threshold = Threshold(((10, 0.2), (100_000, 0.6)))
    assert threshold.among(1000) == pytest.approx(0.4)
    assert threshold.among(10_000) == pytest.approx(0.5)
    assert threshold.among(0) == threshold.among(1) == threshold.among(10) == 0.2
    assert threshold.among(10_000_000) == 0.6


def test_figures_of_before_are_as_good_as_they_were() -> None:
    old = Threshold.from_figures({"fits_from": 0.4644})
    assert old.among(20) == old.among(100_000) == 0.4644
    assert Threshold.from_figures({}).among(1000) == -np.inf
    new = Threshold.from_figures({"fits_from": 0.5, "fits_from_among": {"1000": 0.5, "20": 0.3}})
    assert new == Threshold(((20, 0.3), (1000, 0.5)))


@given(st.integers(0, 1000))
@settings(max_examples=30)
def test_as_many_are_refused_among_few_as_among_many(seed: int) -> None:
    """Scores are normal here; between the sizes that were tried it holds as well."""
    chance = np.random.default_rng(seed)

    def best_of(photos: int) -> NDArray[np.float64]:
        """Draw the largest of so many: the quantile of a uniform number to the power 1 / N."""
        largest: NDArray[np.float64] = norm.ppf(chance.random(4000) ** (1 / photos))
        return largest

    threshold = Threshold.fit({photos: best_of(photos) for photos in (20, 100, 1000, 10_000, 100_000)})
    for photos in (20, 50, 300, 3000, 30_000, 100_000):
        assert (best_of(photos) < threshold.among(photos)).mean() == pytest.approx(REFUSED, abs=0.04)


def test_levels_never_fall() -> None:
    levels = Threshold.fit({20: np.full(9, 0.3), 100: np.full(9, 0.2), 1000: np.full(9, 0.4)}).levels
    assert levels == ((20, 0.3), (100, 0.3), (1000, 0.4))


def test_a_description_of_unknown_words_is_no_obstacle() -> None:
    best = {20: np.array([-np.inf, 0.1]), 1000: np.array([-np.inf, 0.3])}
    assert Threshold.fit(best).among(1000) == 0.3


def test_the_absent_descriptions_come_in_two_parts_that_share_none() -> None:
    parts = absent_descriptions()
    assert parts.keys() == {"calibration", "test"}
    assert all(len(set(texts)) == len(texts) == 100 for texts in parts.values())
    assert not set(parts["calibration"]) & set(parts["test"])


@pytest.mark.parametrize("content", [None, "", "[]", '{"calibration": []}', '{"calibration": 1, "test": []}'])
def test_a_damaged_file_is_named(content: str | None, tmp_path: Path) -> None:
    path = tmp_path / "absent.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(DatasetError, match=r"absent\.json is missing or damaged"):
        absent_descriptions(path)
