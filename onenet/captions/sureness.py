"""How sure a network is of its captions: how likely they are right, by what it makes of them itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from onenet.captions.caption import Hypothesis
from onenet.network.model import OneNet

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


@torch.no_grad()
def signs_of(model: OneNet, representations: Tensor, captions: Sequence[Sequence[Hypothesis]]) -> list[Signs]:
    """Give the signs by which captions of photos are doubted, shape (C, 5) for the C captions of each photo.

    Log p a word; the cosine of the photo with what the sentence encoder makes of the caption; how much more
    that is than other captions of the photo have; the probability of the likeliest class that the
    representation tells, and the entropy of all classes, in nats (0 in networks that tell none).

    Args:
        representations: Shape (B, D), unit length.
        captions: Of each photo, as `CaptionWriter.write` gives them with a beam of two or more.
    """
    if model.to_names is None:
        likeliest = entropy = torch.zeros(len(representations))
    else:
        log_p = model.name_logits(representations).log_softmax(dim=-1)
        likeliest, entropy = log_p.exp().amax(dim=-1), -(log_p.exp() * log_p).sum(dim=-1)
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
