"""How sure a network is of its captions: how likely they are right, by what it makes of them itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onenet.captions.caption import Hypothesis

Signs = NDArray[np.float64]


@dataclass(frozen=True)
class Sureness:
    """A logistic regression: the signs that a network gives of a caption -> the chance that it is right.

    Attributes:
        weights: Of the signs, see `signs_of`.
        bias: Of their sum.
    """

    weights: tuple[float, ...]
    bias: float

    def of(self, signs: Signs) -> NDArray[np.float64]:
        """Give the chance that captions are right, shape (C,), 0 to 1, from their signs, shape (C, signs)."""
        doubts = -(signs @ np.array(self.weights) + self.bias)
        chances: NDArray[np.float64] = np.exp(-np.logaddexp(0, doubts))  # 1 / (1 + e^doubts) without overflow
        return chances


def sureness_by_language(card: Mapping[str, Any]) -> dict[str, Sureness]:
    """Read from a network's card what `onenet.evaluation.sureness` fitted, by language."""
    fitted = card.get("dev", {}).get("sure", {}).get("languages", {})
    return {code: Sureness(tuple(each["weights"]), float(each["bias"])) for code, each in fitted.items()}


def signs_of(name_log_p: NDArray[np.float32] | None, captions: Sequence[Sequence[Hypothesis]]) -> list[Signs]:
    """Give the signs by which captions of photos are doubted, shape (C, 5) for the C captions of each photo.

    Log p a word; the cosine of the photo with what the sentence encoder makes of the caption; how much more
    that is than other captions of the photo have; the probability of the likeliest class that the
    representation tells, and the entropy of all classes, in nats (0 in networks that tell none).

    Args:
        name_log_p: Log p of the classes given each photo, shape (B, names); None: the network tells none.
        captions: Of each photo, as `CaptionWriter.write` gives them with a beam of two or more.
    """
    if name_log_p is None:
        likeliest = entropy = np.zeros(len(captions), np.float32)
    else:
        chances = np.exp(name_log_p)
        likeliest, entropy = chances.max(axis=1), -(chances * name_log_p).sum(axis=1)
    found = []
    for own, top, spread in zip(captions, likeliest.tolist(), entropy.tolist(), strict=True):
        agreements = [caption.agreement for caption in own]
        mean = float(np.mean(agreements))
        found.append(
            np.array(
                [[caption.log_p, caption.agreement, caption.agreement - mean, top, spread] for caption in own]
            )
        )
    return found
