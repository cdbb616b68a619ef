"""Remembered photos that show taught words: two dogs, one of them in the snow, and snow alone."""

import numpy as np
import pytest

from onenet.asking import Attention
from onenet.teaching import TaughtWord
from onenet.teaching.recalling import attend_taught

DOG, SNOW = np.eye(300, dtype=np.float32)[:2]
PHOTOS = np.stack([SNOW, DOG, (0.8 * DOG + 0.6 * SNOW)])
REX = TaughtWord("Rex", DOG[np.newaxis], np.zeros((0, 300), np.float32))


def test_what_shows_the_word_fits() -> None:
    found = attend_taught([REX], PHOTOS)
    assert found.fits.tolist() == [False, True, True]
    assert found.weights.sum() == pytest.approx(1)
    assert found.weights.argmax() == 1


def test_so_has_what_else_is_asked_for() -> None:
    in_snow = Attention(np.array([0.5, 0.002, 0.498], np.float32), np.array([True, False, True]))
    found = attend_taught([REX], PHOTOS, others=in_snow)
    assert found.fits.tolist() == [False, False, True]
    assert found.weights.argmax() == 2
