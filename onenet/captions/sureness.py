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
        """Give the chance that captions are right, shape (C,), 0 to 1, from their signs, shape (C, signs).

        Networks of before were fitted to the first five alone.
        """
        doubts = -(signs[:, : len(self.weights)] @ np.array(self.weights) + self.bias)
        chances: NDArray[np.float64] = np.exp(-np.logaddexp(0, doubts))  # 1 / (1 + e^doubts) without overflow
        return chances


def sureness_by_language(card: Mapping[str, Any]) -> dict[str, Sureness]:
    """Read from a network's card what `onenet.evaluation.sureness` fitted, by language."""
    fitted = card.get("dev", {}).get("sure", {}).get("languages", {})
    return {code: Sureness(tuple(each["weights"]), float(each["bias"])) for code, each in fitted.items()}


def ease_in(card: Mapping[str, Any]) -> NDArray[np.float32] | None:
    """Read from a network's card what `onenet.training.ease` fitted, shape (D,); None of one of before."""
    ease = card.get("ease")
    return np.array(ease, np.float32) if ease else None


def signs_of(
    representations: NDArray[np.float32],
    name_log_p: NDArray[np.float32] | None,
    captions: Sequence[Sequence[Hypothesis]],
    ease: NDArray[np.float32] | None = None,
) -> list[Signs]:
    """Give the signs by which captions of photos are doubted, shape (C, 6) for the C captions of each photo.

    Log p a word; the cosine of the photo with what the sentence encoder makes of the caption; how much more
    that is than other captions of the photo have; the probability of the likeliest class that the
    representation tells, and the entropy of all classes, in nats (0 in networks that tell none); how well
    captions of such photos were in training (0 where nobody knows).

    Args:
        representations: Of the photos, shape (B, D).
        name_log_p: Log p of the classes given each photo, shape (B, names); None: the network tells none.
        captions: Of each photo, as `CaptionWriter.write` gives them with a beam of two or more.
        ease: The direction of photos that are told well, see `ease_in`.
    """
    eases = np.zeros(len(captions), np.float32) if ease is None else representations @ ease
    if name_log_p is None:
        likeliest = entropy = np.zeros(len(captions), np.float32)
    else:
        chances = np.exp(name_log_p)
        likeliest, entropy = chances.max(axis=1), -(chances * name_log_p).sum(axis=1)
    found = []
    of_photos = zip(likeliest.tolist(), entropy.tolist(), eases.tolist(), strict=True)
    for own, photo in zip(captions, of_photos, strict=True):
        agreements = [caption.agreement for caption in own]
        mean = float(np.mean(agreements))
        found.append(
            np.array(
                [[caption.log_p, caption.agreement, caption.agreement - mean, *photo] for caption in own]
            )
        )
    return found
