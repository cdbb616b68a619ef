"""Word games on the word embeddings, in each of a network's languages and across them."""

from collections.abc import Callable, Mapping, Sequence

from onenet.errors import UnknownWordError
from onenet.network.special_words import ENGLISH
from onenet.network.vocabulary import not_learnt
from onenet.words.odd import Odd, find_odd
from onenet.words.space import Neighbour, WordSpace
from onenet.words.walk import Stop, walk


class WordGames:
    """Neighbours, analogies, the odd one out, and walks. It only reads: call it from any thread.

    The words of a game are taken for those of the first language that knows them all, the reader's before
    others; words of several languages meet in a space that these share. Every game raises an
    UnknownWordError for a word that the network never read in any language.

    Args:
        spaces: Makes the space of the words of a language, by its code, English first.
        shared: Makes the space of the words of some languages, in which what means the same is near.
    """

    def __init__(
        self,
        spaces: Mapping[str, Callable[[], WordSpace]] | WordSpace,
        shared: Callable[[Sequence[str]], WordSpace] | None = None,
    ) -> None:
        if isinstance(spaces, WordSpace):
            alone = spaces
            spaces = {ENGLISH: lambda: alone}
        self._make, self._make_shared = spaces, shared
        self._made: dict[tuple[str, ...], WordSpace] = {}
        self._made_shared: dict[tuple[str, ...], WordSpace] = {}

    @property
    def languages(self) -> tuple[str, ...]:
        """The codes of the languages whose words are known, English first."""
        return tuple(self._make)

    @property
    def space(self) -> WordSpace:
        """The space of the English words."""
        return self.space_of(next(iter(self._make)))

    def space_of(self, *languages: str) -> WordSpace:
        """Give the space of the words of a language, or the one that several share.

        Raises:
            LanguageError: If the network does not know the language.
        """
        if languages not in self._made:
            if len(languages) > 1:
                return self._shared_space_of(*languages)
            if languages[0] not in self._make:
                raise not_learnt(languages[0], self.languages)
            self._made[languages] = self._make[languages[0]]()
        return self._made[languages]

    def _shared_space_of(self, *languages: str) -> WordSpace:
        if languages not in self._made_shared:
            assert self._make_shared is not None
            self._made_shared[languages] = self._make_shared(languages)
        return self._made_shared[languages]

    def language_of(self, words: Sequence[str], preferred: str = ENGLISH) -> tuple[str, ...]:
        """Give the first language that knows all of some words, or else the languages that know one each.

        Args:
            preferred: The language of whoever asks, which comes first.

        Raises:
            UnknownWordError: If no language knows one of them; suggested are words of any language.
        """
        order = list(dict.fromkeys([*(each for each in (preferred,) if each in self._make), *self._make]))
        for language in order:
            if all(self.space_of(language).knows(word) for word in words):
                return (language,)
        found: list[str] = []
        for word in words:
            knowing = [each for each in order if self.space_of(each).knows(word)]
            if not knowing:
                raise self._unknown(word, order)
            found.append(next((each for each in knowing if each in found), knowing[0]))
        return tuple(dict.fromkeys(found))

    def similar(
        self, word: str, *, k: int = 10, to: str | None = None, preferred: str = ENGLISH
    ) -> list[Neighbour]:
        """List the k words nearest to a word, the word itself excluded, nearest first.

        Args:
            to: The language of the words listed; None: the word's own.
            preferred: The language that is looked in first.

        Raises:
            LanguageError: If the network does not know the language.
        """
        (language,) = self.language_of([word], preferred)
        space = self.space_of(language)
        known = space.resolve(word)
        if to is None or to == language:
            return space.nearest(space.vector_of(known), k, exclude={known})
        # Two spaces in one system of places: in a single one words spelt alike would share theirs.
        place = self._shared_space_of(language).vector_alone(known)
        return self._shared_space_of(to).nearest(place, k, exclude=())

    def analogy(self, a: str, b: str, c: str, *, k: int = 5, preferred: str = ENGLISH) -> list[Neighbour]:
        """List k answers to “a is to b as c is to …”, best first, the three words excluded.

        By vector offset, b - a + c (Mikolov et al. 2013, NAACL).
        """
        space = self.space_of(*self.language_of((a, b, c), preferred))
        a, b, c = (space.resolve(word) for word in (a, b, c))
        offset = space.vector_of(b) - space.vector_of(a) + space.vector_of(c)
        return space.nearest(offset, k, exclude={a, b, c})

    def odd(self, words: Sequence[str], *, preferred: str = ENGLISH) -> Odd:
        """Tell which of three or more words does not belong with the others, and what those share.

        Raises:
            OneNetError: If they are too few or too many.
        """
        return find_odd(self.space_of(*self.language_of(words, preferred)), words)

    def walk(self, start: str, end: str, *, preferred: str = ENGLISH) -> list[Stop]:
        """Walk from one word to another over words between, in short steps.

        Raises:
            OneNetError: If they are the same word.
        """
        return walk(self.space_of(*self.language_of((start, end), preferred)), start, end)

    def _unknown(self, word: str, order: Sequence[str]) -> UnknownWordError:
        suggestions = [each for language in order for each in self.space_of(language).spelt_like(word)]
        closest = tuple(dict.fromkeys(suggestions))[:3]
        return UnknownWordError(word.strip()[:50], closest, only_english=len(self._make) == 1)
