"""How the signs for an answer are weighed, chosen by the answers that were right."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from onenet.asking.answering import Signs
from onenet.asking.grammar import Kind
from onenet.asking.judge import Floats
from onenet.asking.presence import PresenceSigns
from onenet.asking.weights import Presence, Weighing

# Of the answers that are not doubted, and of those of them that only say yes or no.
RIGHT_IF_SURE, YES_NO_IF_SURE = 0.8, 0.95
_PRIORS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0)
_COSINES = (0.0, 2.0, 5.0, 10.0, 15.0, 20.0)
_SEEN = (0.0, 0.3, 0.6, 1.0, 1.5)
_SHARPNESSES = (0.2, 0.3, 0.5, 0.7, 1.0, 1.5)
_FEWEST = 10  # answers that a threshold is set by


@dataclass(frozen=True)
class Gathered:
    """What speaks for the answers to all questions of a kind, Q questions with O options.

    Attributes:
        kind: Of the questions.
        signs: Of the options; of yes or no `given` is the gain, and O is one.
        right: Shape (Q,).
        rows: Of the photos, shape (Q,).
    """

    kind: Kind
    signs: Signs
    right: NDArray[np.int64]
    rows: NDArray[np.int64]

    def of(self, which: NDArray[np.bool_]) -> "Gathered":
        """Give some of the questions."""
        return Gathered(self.kind, self.signs.rows(which), self.right[which], self.rows[which])

    def from_row(self, first: int) -> "Gathered":
        """Give the same questions with the rows of their photos counted from another number."""
        return replace(self, rows=self.rows + first)

    def unseen(self) -> "Gathered":
        """Give the same questions as if the photos were not looked at place by place."""
        return replace(self, signs=replace(self.signs, seen=np.zeros_like(self.signs.seen)))

    def presence(self) -> PresenceSigns:
        """Give what speaks for yes."""
        return PresenceSigns(self.signs.cosines[:, 0], self.signs.given[:, 0], self.signs.seen[:, 0])

    def blind(self) -> NDArray[np.int64]:
        """Give the answers without the photos, shape (Q,)."""
        return np.zeros_like(self.right) if self.kind == "yes_no" else self.signs.without.argmax(axis=1)

    def answers(self, weighing: Weighing | Presence) -> tuple[NDArray[np.int64], Floats]:
        """Give the answers, (Q,), and the score of each, (Q,)."""
        if isinstance(weighing, Presence):
            yes = self.presence().chances(weighing)
            return (yes < 0.5).astype(np.int64), np.maximum(yes, 1 - yes)
        chances = self.signs.chances(weighing)
        return chances.argmax(axis=1), chances.max(axis=1)


def joined(kind: Kind, parts: Sequence[Gathered]) -> Gathered:
    """Give the questions of several wordings together."""
    return Gathered(
        kind,
        Signs.joined([each.signs for each in parts]),
        np.concatenate([each.right for each in parts]),
        np.concatenate([each.rows for each in parts]),
    )


def choose(gathered: Gathered) -> Weighing | Presence:
    """Choose weights with which most answers are right, then how sharp, then from where it is sure."""
    best = _fitted(gathered) if gathered.kind == "yes_no" else _most_right(gathered)
    answers, scores = gathered.answers(best)
    enough = YES_NO_IF_SURE if gathered.kind == "yes_no" else RIGHT_IF_SURE
    return replace(best, sure_from=sure_from(scores, answers == gathered.right, enough))


def _most_right(gathered: Gathered) -> Weighing:
    signs, right = gathered.signs, gathered.right
    seen = _SEEN if signs.seen.any() else (0.0,)
    tried = [Weighing(*weights, 1.0, 0.0) for weights in product(_PRIORS, _COSINES, seen)]
    best = max(tried, key=lambda each: float((signs.weighed(each).argmax(axis=1) == right).mean()))

    def nats(weighing: Weighing) -> float:
        own = np.take_along_axis(signs.chances(weighing), right[:, None], axis=1)
        return -float(np.log(np.maximum(own, 1e-9)).mean())

    return min((replace(best, sharpness=each) for each in _SHARPNESSES), key=nats)


def _fitted(gathered: Gathered) -> Presence:
    from sklearn.linear_model import LogisticRegression

    signs = gathered.presence()
    columns = np.stack([signs.cosine, signs.gain, signs.seen], axis=1)
    fitted = LogisticRegression(C=100).fit(columns, gathered.right == 0)
    cosine, gain, seen, bias = (round(float(each), 2) for each in (*fitted.coef_[0], fitted.intercept_[0]))
    return Presence(cosine, gain, seen, bias, 0.0)


def sure_from(scores: Floats, is_right: NDArray[np.bool_], share: float) -> float:
    """Give the lowest score from which on such a share of answers is right; above 1 if there is none."""
    order = (-scores).argsort(kind="stable")
    shares = is_right[order].cumsum() / np.arange(1, len(order) + 1)
    enough = np.flatnonzero((shares >= share) & (np.arange(1, len(order) + 1) >= _FEWEST))
    return round(float(scores[order[enough[-1]]]), 2) if len(enough) else 1.01
