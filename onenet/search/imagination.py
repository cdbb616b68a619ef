"""Descriptions -> what the network pictures: words read, the decoder run backwards, the caption of that."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from onenet.captions.caption import Caption
from onenet.errors import N_, DescriptionError
from onenet.network.examples import examples_in
from onenet.network.special_words import END_ID, ENGLISH
from onenet.network.vocabulary import ReadText
from onenet.search.descent import invert
from onenet.search.query import WordsQuery
from onenet.serving.network import ServedNetwork

MAX_DESCRIPTION_WORDS = 50
_BATCH = 32  # descriptions inverted together


class Imagination:
    """Reads descriptions and finds the representations from which the decoder says them.

    Args:
        network: The network.
        caption: Captions representations (B, D) in a language, see `onenet.captions.writers.Writers.write`.
    """

    def __init__(
        self,
        network: ServedNetwork,
        caption: Callable[[NDArray[np.float32], str], list[list[Caption]]],
    ) -> None:
        self._network, self._vocabulary, self._caption = network, network.vocabulary, caption

    def imagine_all(
        self,
        descriptions: Sequence[str],
        *,
        language: str | None = None,
        preferred: Sequence[str] = (ENGLISH,),
    ) -> list[WordsQuery | DescriptionError]:
        """Find the representations of many descriptions; one that cannot be used gives its error instead.

        Args:
            language: Of all of them; None: each one's is guessed.
            preferred: What a language is taken for if several know as many of the words.
        """
        answers: dict[int, WordsQuery | DescriptionError] = {}
        known: dict[str, list[tuple[int, ReadText]]] = {}
        for place, description in enumerate(descriptions):
            try:
                text = self.read(description, language=language, preferred=preferred)
            except DescriptionError as error:
                answers[place] = error
            else:
                known.setdefault(text.language, []).append((place, text))
        for read in known.values():
            for start in range(0, len(read), _BATCH):
                batch = read[start : start + _BATCH]
                queries = self._imagine([text for _, text in batch])
                answers |= {place: query for (place, _), query in zip(batch, queries, strict=True)}
        return [answers[place] for place in range(len(descriptions))]

    def read(
        self, description: str, *, language: str | None = None, preferred: Sequence[str] = (ENGLISH,)
    ) -> ReadText:
        """Read a description.

        Raises:
            DescriptionError: If it is empty, too long, or has no word that the network has read.
        """
        text = self._vocabulary.read(description, language, preferred)
        reader = next((each for each in preferred if each in self._vocabulary.languages), ENGLISH)
        example = examples_in(reader).photo
        count = len(text.word_ids) + len(text.unknown)
        if not count:
            template = N_("Describe a photo in a few words, for example: {example}.")
            raise DescriptionError(template, example=example)
        if count > MAX_DESCRIPTION_WORDS:
            raise DescriptionError(
                N_("That description has {count} words; shorten it to {limit} or fewer."),
                count=count,
                limit=MAX_DESCRIPTION_WORDS,
            )
        if not text.word_ids:
            template = N_(
                "I never read {words}, so nothing is left to search for. Try simpler words, "
                "for example: {example}."
            )
            words = tuple(word[:30] for word in text.unknown[:5])
            raise DescriptionError(template, words=words, example=example)
        return text

    def sentence(self, text: ReadText) -> list[int]:
        """Give the ids of all known words of a text, for the sentence encoder, as a sentence."""
        return [self._vocabulary.start_id(text.language), *text.word_ids, END_ID]

    def own_sentence(self, text: ReadText) -> list[int]:
        """Give the ids of those words of a text that the decoder can say: of its own language."""
        block = self._vocabulary.block(text.language)
        own = (token for token in text.word_ids if token in block)
        return [self._vocabulary.start_id(text.language), *own, END_ID]

    def _imagine(self, texts: Sequence[ReadText]) -> list[WordsQuery]:
        language = texts[0].language
        guess = self._network.represent_sentences([self.sentence(text) for text in texts])
        own = [self.own_sentence(text) for text in texts]
        representations = invert(self._network.decoder(language), own, guess)
        captions = self._caption(representations, language)
        return [
            WordsQuery(
                text.text,
                captions[row][0].text,
                text.unknown,
                representations[row],
                tuple(own[row]),
                language,
            )
            for row, text in enumerate(texts)
        ]
