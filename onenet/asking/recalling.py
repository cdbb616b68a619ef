"""Questions about remembered photos, and attention over them: a softmax of cosines, with a second hop.

See Sukhbaatar et al. 2015, arXiv:1503.08895.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onenet.asking.grammar import Recall, grammar_of, languages_asked, normal
from onenet.asking.judge import Judge
from onenet.asking.presence import added_by, presence_signs

Floats = NDArray[np.float32]

SHARPNESS = 20.0  # of the softmax over cosines
# The chance, were half of the photos such, that what is asked for is in one; far fewer are. Thresholds of its
# own for each network and language, chosen on half of the dev photos, did no better on the other half.
FITS_FROM = 0.88
_IN = "in|im|en|em|au mois de|v|у|в|في"  # noqa: RUF001 - one is a letter of its own


@dataclass(frozen=True)
class Recollection:
    """A question about what is remembered.

    Attributes:
        kind: Of the answer.
        language: In which it was asked.
        words: That describe the photos; "" for all.
        person: Who sent them, as they are called; "" for anybody.
        month: In which, 1 to 12; 0 for any.
        newest_only: Whether only the last is asked for.
    """

    kind: Recall
    language: str
    words: str
    person: str = ""
    month: int = 0
    newest_only: bool = False

    def is_of(self, name: str) -> bool:
        """Tell whether somebody of that full name may be the person: Ann is Ann Lee, and so is Ann Lee."""
        called = {*name.casefold().split(), *normal(name, self.language).split()}
        return bool(self.person) and called.issuperset(self.person.split())


@dataclass(frozen=True)
class Attention:
    """What a question attends to among N photos.

    Attributes:
        weights: Shape (N,), sum one, after the second hop.
        fits: Which of them fit what is asked for, shape (N,).
    """

    weights: Floats
    fits: NDArray[np.bool_]


def read_recollection(text: str, preferred: Sequence[str] = ("en",)) -> Recollection | None:
    """Understand a question about remembered photos; None if it is none."""
    known = languages_asked()
    for language in dict.fromkeys([*(each for each in preferred if each in known), *known]):
        grammar, asked = grammar_of(language), normal(text, language)
        for kind, pattern in grammar.recalls:
            if found := pattern.fullmatch(asked):
                parts = {name: part.strip() for name, part in found.groupdict(default="").items()}
                words = grammar.photos.sub("", parts.get("words", "")).strip()
                words, month = _without_month(words, grammar.months, language)
                words = grammar.determiners.sub("", words) if words else ""
                return Recollection(
                    kind, language, words, parts.get("person", ""), month, bool(parts.get("last"))
                )
    return None


def _without_month(words: str, months: Sequence[str], language: str) -> tuple[str, int]:
    for number, names in enumerate(months, 1):
        spelt = "|".join(re.escape(normal(name, language)) for name in names.split("|"))
        found = re.search(rf"(?:^|\s)(?:{_IN})?\s*(?:{spelt})$", words)
        if found is not None:
            return words[: found.start()].strip(), number
    return words, 0


def attend(judge: Judge, asked: Recollection, representations: Floats) -> Attention:
    """Attend to the photos that words describe, and then also to what is like the first found.

    Args:
        representations: Of the photos, shape (N, D), unit length.
    """
    query = added_by(judge, asked.words, asked.language)
    first = _softmax(representations @ query)
    found = first @ representations
    second = query + found / max(float(np.linalg.norm(found)), 1e-9)
    weights = _softmax(representations @ (second / np.linalg.norm(second)))
    presence = judge.weights_of(asked.language).presence
    chances = presence_signs(judge, asked.words, asked.language, representations).chances(presence)
    return Attention(weights, chances >= FITS_FROM)


def _softmax(cosines: Floats) -> Floats:
    weights: Floats = np.exp(SHARPNESS * (cosines - cosines.max())).astype(np.float32)
    weights /= weights.sum()
    return weights
