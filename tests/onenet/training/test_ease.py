"""Photos that are told well, made up: the direction in which they lie is found."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from onenet.captions.caption import Hypothesis
from onenet.training import ease
from onenet.training.ease import measure_ease

RIGHT = [2, 10, 11, 12, 13, 14, 3]
WRONG = (20, 21)


def _measured(monkeypatch: pytest.MonkeyPatch, count: int, *, references: int = 5) -> list[float]:
    """Measure a network that tells photos rightly whose first number is above zero."""
    representations = F.normalize(torch.from_numpy(np.random.default_rng(0).normal(size=(count, 8))), dim=-1)

    def write_all(writer: Any, seen: torch.Tensor) -> list[Hypothesis]:
        told = (RIGHT[1:-1] if row[0] > 0 else WRONG for row in seen)
        return [Hypothesis(tuple(ids), 0.0, -1.0, 0.0) for ids in told]

    monkeypatch.setattr(ease, "write_all", write_all)
    monkeypatch.setattr(ease, "writer_of", lambda model, vocabulary: None)
    monkeypatch.setattr(ease, "all_features", lambda model, maps: maps)
    other = [2, 30, 31, 32, 33, 3]  # of every second photo: what all say would be worth nothing
    captions: list[dict[str, list[list[int]]]] = [
        {"en": [RIGHT] * references, "de": [RIGHT] * 5}
        if row % 2 or representations[row, 0] > 0
        else {"en": [other] * references}
        for row in range(count)
    ]
    photos = SimpleNamespace(vocabulary=None, captions=captions, straight=representations)
    return measure_ease(SimpleNamespace(represent=lambda features: features), photos)  # type: ignore[arg-type]


def test_the_direction_of_photos_that_are_told_well_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    found = _measured(monkeypatch, 400)
    assert len(found) == 8
    assert found[0] > 3 * max(map(abs, found[1:]))
    assert found == [round(weight, 4) for weight in found]


@pytest.mark.parametrize(("count", "references"), [(1, 5), (20, 1), (0, 5)])
def test_without_photos_of_several_captions_there_is_none(
    monkeypatch: pytest.MonkeyPatch, count: int, references: int
) -> None:
    assert _measured(monkeypatch, count, references=references) == []
