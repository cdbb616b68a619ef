"""Word games on the word embeddings."""

from collections.abc import Sequence

from onenet.words.odd import Odd, find_odd
from onenet.words.space import Neighbour, WordSpace
from onenet.words.walk import Stop, walk


class WordGames:
    """Neighbours, analogies, the odd one out, and walks. It only reads: call it from any thread.

    Every game raises an UnknownWordError for a word that the network never read.

    Args:
        space: The words that are played with.
    """

    def __init__(self, space: WordSpace) -> None:
        self.space = space

    def similar(self, word: str, *, k: int = 10) -> list[Neighbour]:
        """List the k words nearest to a word, the word itself excluded, nearest first."""
        known = self.space.resolve(word)
        return self.space.nearest(self.space.vector_of(known), k, exclude={known})

    def analogy(self, a: str, b: str, c: str, *, k: int = 5) -> list[Neighbour]:
        """List k answers to “a is to b as c is to …”, best first, the three words excluded.

        By vector offset, b - a + c (Mikolov et al. 2013, NAACL).
        """
        a, b, c = (self.space.resolve(word) for word in (a, b, c))
        offset = self.space.vector_of(b) - self.space.vector_of(a) + self.space.vector_of(c)
        return self.space.nearest(offset, k, exclude={a, b, c})

    def odd(self, words: Sequence[str]) -> Odd:
        """Tell which of three or more words does not belong with the others, and what those share.

        Raises:
            OneNetError: If they are too few or too many.
        """
        return find_odd(self.space, words)

    def walk(self, start: str, end: str) -> list[Stop]:
        """Walk from one word to another over words between, in short steps.

        Raises:
            OneNetError: If they are the same word.
        """
        return walk(self.space, start, end)
