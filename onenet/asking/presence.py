"""Whether something is in a photo: what speaks for it, and how likely that makes it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from onenet.asking.grammar import grammar_of
from onenet.asking.judge import Floats, Judge, unit
from onenet.asking.looking import Look
from onenet.asking.weights import Presence


@dataclass(frozen=True)
class PresenceSigns:
    """What speaks for something being in N photos, each (N,), as `Presence` weighs it."""

    cosine: Floats
    gain: Floats
    seen: Floats

    def chances(self, presence: Presence) -> Floats:
        """Give how likely it is in each photo, shape (N,)."""
        logits = presence.cosine * self.cosine + presence.gain * self.gain + presence.seen * self.seen
        chances: Floats = (1 / (1 + np.exp(-logits - presence.bias))).astype(np.float32)
        return chances


def presence_signs(
    judge: Judge, sentence: str, language: str, representations: Floats, looks: Sequence[Look] = ()
) -> PresenceSigns:
    """Give what speaks for what a sentence of a language names.

    Args:
        representations: Of the photos, shape (N, D), unit length.
        looks: At each of them; none: nothing is seen of their places.
    """
    none = np.zeros_like(representations[:1])
    log_p, tokens = judge.log_p(np.concatenate([none, representations]), [sentence], language)
    gain: Floats = (log_p[1:, 0] - log_p[0, 0]) / np.float32(tokens[0])
    query = added_by(judge, sentence, language)
    seen = np.array([look.strongest(query) for look in looks], np.float32) if looks else np.zeros_like(gain)
    return PresenceSigns(representations @ query, gain, seen)


def added_by(judge: Judge, words: str, language: str) -> Floats:
    """Give what words add to the beginnings of captions, in the mean, shape (D,), unit length."""
    contexts = grammar_of(language).contexts
    within = judge.represent([f"{context} {words}" for context in contexts], language)
    return unit((within - judge.represent(contexts, language)).mean(axis=0))
