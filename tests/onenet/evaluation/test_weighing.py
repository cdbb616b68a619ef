"""Weights of signs: what is chosen, and from where an answer is not doubted."""

import numpy as np

from onenet.asking.answering import Signs, Weighing
from onenet.asking.presence import Presence
from onenet.evaluation.weighing import Gathered, choose, joined, sure_from


def _gathered(kind: str = "colour") -> Gathered:
    """Forty questions with two options: what is seen tells, log p says nothing, and the rest misleads."""
    right = np.arange(40) % 2
    seen = np.where(right[:, None] == np.arange(2), 1.0, 0.0).astype(np.float32)
    nothing = np.zeros_like(seen)
    signs = Signs(nothing, nothing, 1 - seen, seen)
    return Gathered(kind, signs, right, np.arange(40) // 2)  # type: ignore[arg-type]


def test_the_sign_that_tells_gets_the_weight() -> None:
    chosen = choose(_gathered())
    assert isinstance(chosen, Weighing)
    assert chosen.seen > 0
    answers, scores = _gathered().answers(chosen)
    assert np.array_equal(answers, _gathered().right)
    assert (scores >= chosen.sure_from - 0.005).all()  # all are right, so none is doubted


def test_presence_is_fitted_to_yes_and_no() -> None:
    right = np.arange(40) % 2
    cosine = np.where(right == 0, 0.6, 0.1).astype(np.float32)[:, None]
    nothing = np.zeros_like(cosine)
    gathered = Gathered("yes_no", Signs(nothing, nothing, cosine, nothing), right, np.arange(40))
    chosen = choose(gathered)
    assert isinstance(chosen, Presence)
    assert chosen.cosine > 0
    assert np.array_equal(gathered.answers(chosen)[0], right)
    assert gathered.blind().tolist() == [0] * 40


def test_it_is_sure_from_where_enough_answers_are_right() -> None:
    scores = np.linspace(1, 0.5, 40).astype(np.float32)
    is_right = np.arange(40) < 30
    assert sure_from(scores, is_right, 1.0) == round(float(scores[29]), 2)
    assert sure_from(scores, is_right, 0.75) == 0.5
    assert sure_from(scores, ~is_right, 0.9) > 1
    assert sure_from(scores[:5], is_right[:5], 0.9) > 1  # too few to tell


def test_questions_of_other_photos_keep_their_halves() -> None:
    both = joined("colour", [_gathered(), _gathered().from_row(100)])
    assert len(both.right) == 80
    assert set(both.rows[40:] % 2) == {0, 1}
    assert both.of(both.rows >= 100).right.tolist() == _gathered().right.tolist()
