from pathlib import Path

import numpy as np
import pytest

from onenet.errors import DatasetError
from onenet.search.confidence import absent_descriptions, choose_threshold, confidence


def test_each_unknown_word_costs_its_share() -> None:
    assert confidence(0.8, unknown=0, known=4) == 0.8
    assert confidence(0.8, unknown=1, known=3) == pytest.approx(0.675)
    assert confidence(0.8, unknown=3, known=0) == pytest.approx(0.3)


def test_kinds_that_do_not_overlap_are_told_apart() -> None:
    present, absent = np.array([0.7, 0.9, 0.8]), np.array([0.1, 0.5])
    assert choose_threshold(present, absent) == 0.7


def test_the_threshold_worked_out_by_hand() -> None:
    """From 0.4: 3 of 4 present fit, 4 of 5 absent do not; from 0.6: 2 of 4 and all, which is less."""
    present, absent = np.array([0.2, 0.4, 0.6, 0.8]), np.array([0.1, 0.15, 0.3, 0.35, 0.5])
    assert choose_threshold(present, absent) == 0.4


def test_both_kinds_count_alike_however_many_there_are() -> None:
    present, absent = np.array([0.2, 0.4, 0.6, 0.8]), np.array([0.1, 0.15, 0.3, 0.35, 0.5])
    assert choose_threshold(np.tile(present, 100), absent) == 0.4
    assert choose_threshold(present, np.tile(absent, 100)) == 0.4


def test_a_description_of_unknown_words_is_no_obstacle() -> None:
    assert choose_threshold(np.array([0.7, 0.8]), np.array([-np.inf, 0.1])) == 0.7


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
