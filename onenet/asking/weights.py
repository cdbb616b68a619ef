"""How the signs for answers are weighed: a network's own weights, chosen by dev photos, in its card."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Presence:
    """How likely something is in a photo: a logistic regression.

    Attributes:
        cosine: Weight of the photo's cosine with what the thing adds to other sentences.
        gain: Weight of the nats a token by which the photo makes it likelier.
        seen: Weight of the cosines of its places, a smooth maximum, where it is looked at place by place.
        bias: Of their sum.
        sure_from: The chance of an answer, yes or no, that is not doubted.
    """

    cosine: float
    gain: float
    seen: float
    bias: float
    sure_from: float


@dataclass(frozen=True)
class Weighing:
    """How answers of a kind are weighed.

    Attributes:
        prior: How much of log p without the photo is taken from log p with it.
        cosine: Nats that a cosine is worth.
        seen: How much the colours count that are seen where the thing is.
        sharpness: Of the softmax over the answers: a score is about the chance that it is right.
        sure_from: The score of an answer that is not doubted.
    """

    prior: float
    cosine: float
    seen: float
    sharpness: float
    sure_from: float


@dataclass(frozen=True)
class AnswerWeights:
    """How the answers to questions in a language are weighed.

    Attributes:
        kinds: By each kind but yes or no, as `onenet.asking.grammar.Kind` names them.
        presence: Of what is there, by the whole photo alone.
        presence_seen: The same where the photo is looked at place by place.
    """

    kinds: Mapping[str, Weighing]
    presence: Presence
    presence_seen: Presence

    def presence_of(self, *, is_looked_at: bool) -> Presence:
        """Give the weights of what is there in a photo, looked at place by place or as a whole."""
        return self.presence_seen if is_looked_at else self.presence


# Of networks whose card says nothing: chosen on 2026-11-27 by English questions about dev photos.
DEFAULT_WEIGHTS = AnswerWeights(
    kinds={
        "colour": Weighing(prior=0.5, cosine=0.0, seen=1.0, sharpness=1.5, sure_from=0.5),
        "number": Weighing(prior=0.1, cosine=10.0, seen=0.0, sharpness=0.5, sure_from=0.87),
        "place": Weighing(prior=0.0, cosine=2.0, seen=0.0, sharpness=1.0, sure_from=0.49),
        "doing": Weighing(prior=0.0, cosine=2.0, seen=0.0, sharpness=1.0, sure_from=0.78),
        "object": Weighing(prior=0.0, cosine=10.0, seen=0.0, sharpness=0.5, sure_from=0.71),
        "either_or": Weighing(prior=0.5, cosine=15.0, seen=0.0, sharpness=0.7, sure_from=0.8),
    },
    presence=Presence(cosine=15.07, gain=0.06, seen=0.0, bias=-1.42, sure_from=0.85),
    presence_seen=Presence(cosine=8.18, gain=-0.13, seen=11.52, bias=-2.41, sure_from=0.85),
)


def answer_weights_in(card: Mapping[str, Any]) -> dict[str, AnswerWeights]:
    """Read from a network's card what `onenet.evaluation.asking_run` chose, by language."""
    return {
        code: weights_from(each.get("chosen", {}))
        for code, each in card.get("dev", {}).get("ask", {}).items()
    }


def weights_from(chosen: Mapping[str, Any]) -> AnswerWeights:
    """Read what was chosen; what was not is as in `DEFAULT_WEIGHTS`."""
    weighed = {kind: Weighing(**chosen[kind]) for kind in DEFAULT_WEIGHTS.kinds if kind in chosen}
    presence = {name: Presence(**chosen[name]) for name in ("presence", "presence_seen") if name in chosen}
    return AnswerWeights(
        {**DEFAULT_WEIGHTS.kinds, **weighed},
        presence.get("presence", DEFAULT_WEIGHTS.presence),
        presence.get("presence_seen", DEFAULT_WEIGHTS.presence_seen),
    )
