"""The words as unit vectors, looked up by name and by nearness."""

import difflib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from onenet.errors import UnknownWordError
from onenet.network.languages import plain, script_of
from onenet.network.special_words import ENGLISH
from onenet.network.vocabulary import Vocabulary, tokenize

Floats = NDArray[np.float32]
View = Floats | Callable[[Sequence[int]], Floats]
SUGGESTIONS = 3


@dataclass(frozen=True)
class Neighbour:
    """A word and its likeness to what was asked for, -1 to 1; of two words, their views' mean cosine."""

    word: str
    score: float


class WordSpace:
    """The vocabulary's words as unit vectors, so that a dot product is the mean cosine of their views.

    The vectors are computed when first asked for: to look a name up, or one word, takes none of them.

    Attributes:
        words: Most frequent first, the special ones left out.
        languages: Whose words these are.

    Served are both of `OneNet.word_views`: on `data/words.json` and three networks their first answers were
    right more often than by the embeddings alone, and no less often than by the output vectors alone.
    Centring, taking out top components (Mu & Viswanath 2018, arXiv:1702.01417) and 3CosMul (Levy & Goldberg
    2014) did not raise neighbours and analogies both.

    Args:
        vocabulary: The words.
        views: One or more, each of shape (V, size) with rows in the order of the ids, or what gives the rows
            of some ids.
        languages: Whose words these are; of those spelt alike the first.
    """

    def __init__(self, vocabulary: Vocabulary, *views: View, languages: Sequence[str] = (ENGLISH,)) -> None:
        ids: dict[str, int] = {}
        for language in languages:
            for token_id in vocabulary.block(language):
                ids.setdefault(vocabulary.words[token_id], token_id)
        self.words = tuple(ids)
        self.languages = tuple(languages)
        self._vocabulary, self._views = vocabulary, views
        self._ids = ids
        self._rows = {word: row for row, word in enumerate(self.words)}

    @cached_property
    def vectors(self) -> Floats:
        """All words, shape (words, sizes of the views together), rows in the order of the words."""
        return self._compute([*self._ids.values()])

    def __contains__(self, word: str) -> bool:
        return word in self._rows

    def resolve(self, word: str) -> str:
        """Find the vocabulary's form of a word; case, signs, spaces and a plural ending are forgiven.

        Raises:
            UnknownWordError: If the network never read it in any such form.
        """
        for form in self._forms(word):
            if form in self._rows:
                return form
        raise UnknownWordError(word.strip()[:50], self.spelt_like(word))

    def knows(self, word: str) -> bool:
        """Whether `resolve` finds a word."""
        return any(form in self._rows for form in self._forms(word))

    def spelt_like(self, word: str) -> tuple[str, ...]:
        """Give the words that are spelt most like one that is not known, closest first."""
        joined = "".join(tokenize(word, self.languages[0]))
        close = difflib.get_close_matches(joined, self.words, n=SUGGESTIONS, cutoff=0.7)
        return tuple(self.spell(each) for each in close)

    def spell(self, word: str) -> str:
        """Give a word as people write it."""
        return self._vocabulary.spell(self._ids[word])

    def _forms(self, word: str) -> Iterator[str]:
        as_written = plain(word).strip().lower()
        yield as_written  # most often it is one, and Chinese need not be split to find it
        script = script_of(as_written)
        for language in self.languages:
            if script not in ("", language):
                continue  # no word of this language has such letters
            tokens = tokenize(word, language)
            if not tokens:
                continue  # nothing of it is a word: the plural of nothing would be “s”
            joined = "".join(tokens)
            yield from (joined, "-".join(tokens), joined.replace("-", ""))
            if language == ENGLISH:
                yield from _other_numbers(joined)

    def row_of(self, word: str) -> int:
        """Give the row of a word as `resolve` gives it."""
        return self._rows[word]

    def vector_of(self, word: str) -> Floats:
        """Give the vector of a word as `resolve` gives it, shape (size,)."""
        vector: Floats = self.vectors[self._rows[word]]
        return vector

    def vector_alone(self, word: str) -> Floats:
        """Give the vector of a word as `resolve` gives it, shape (size,), without computing any other."""
        vector: Floats = self._compute([self._ids[word]])[0]
        return vector

    def vectors_of(self, words: Sequence[str]) -> Floats:
        """Give the vectors of words as `resolve` gives them, shape (len(words), size)."""
        return self.vectors[[self._rows[word] for word in words]]

    def nearest(self, vector: Floats, k: int, *, exclude: Collection[str]) -> list[Neighbour]:
        """List the k words nearest to a vector of any length, nearest first, some excluded."""
        cosines = self.vectors @ _unit(vector)
        found: list[Neighbour] = []
        for row in np.argsort(-cosines, kind="stable"):
            if len(found) == k:
                break
            if self.words[row] not in exclude:
                found.append(Neighbour(self.spell(self.words[row]), float(cosines[row])))
        return found

    def _compute(self, ids: list[int]) -> Floats:
        views = (view[ids] if isinstance(view, np.ndarray) else view(ids) for view in self._views)
        vectors: Floats = np.concatenate([_unit(view) for view in views], axis=1)
        vectors /= _lengths(vectors)  # in place: they are the largest thing in memory
        return vectors


def _unit(vectors: Floats) -> Floats:
    units: Floats = vectors / _lengths(vectors)
    return units


def _lengths(vectors: Floats) -> Floats:
    lengths: Floats = np.linalg.norm(vectors, axis=-1, keepdims=True).clip(min=1e-12)
    return lengths


def _other_numbers(word: str) -> list[str]:
    """Plural of a singular and singular of a plural, as far as spelling tells."""
    forms = [f"{word}s", f"{word}es"]
    if word.endswith("y"):
        forms.append(f"{word[:-1]}ies")
    if word.endswith("ies"):
        forms.append(f"{word[:-3]}y")
    if word.endswith("es"):
        forms.append(word[:-2])
    if word.endswith("s"):
        forms.append(word[:-1])
    return forms
