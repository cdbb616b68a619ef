"""One writer of captions for each of a network's languages."""

from collections.abc import Mapping

from torch import Tensor

from onenet.captions.beam_search import CaptionWriter, writer_of
from onenet.captions.caption import Caption
from onenet.captions.sureness import Sureness, signs_of
from onenet.network.model import OneNet
from onenet.network.special_words import ENGLISH
from onenet.network.stepwise import SentenceReader
from onenet.network.vocabulary import Vocabulary


class Writers:
    """Writes captions in any language of a network; each language's weights are packed when first needed.

    Args:
        model: In eval mode.
        vocabulary: Its words.
        sureness: How sure it is of the captions of some languages, by their codes.
    """

    def __init__(
        self, model: OneNet, vocabulary: Vocabulary, sureness: Mapping[str, Sureness] | None = None
    ) -> None:
        self._model, self._vocabulary = model, vocabulary
        self._sureness = sureness or {}
        self._reader: SentenceReader | None = None
        self._writers: dict[str, CaptionWriter] = {}

    def write(
        self, representations: Tensor, language: str = ENGLISH, *, beam_size: int = 5, n: int = 1
    ) -> list[list[Caption]]:
        """Caption representations (B, D); up to n distinct captions each, best first.

        Raises:
            LanguageError: If the network does not know the language.
        """
        found = self.of(language).write(representations, beam_size=beam_size, n=max(n, beam_size))
        sureness = self._sureness.get(language)
        sures: list[list[float | None]] = [[None] * len(captions) for captions in found]
        if sureness is not None and beam_size > 1:
            signs = signs_of(self._model, representations, found)
            sures = [list(map(float, sureness.of(each))) for each in signs]
        return [
            [
                Caption(self._vocabulary.decode(each.token_ids), each.score, language, sure)
                for each, sure in zip(captions[:n], own, strict=False)
            ]
            for captions, own in zip(found, sures, strict=True)
        ]

    def of(self, language: str) -> CaptionWriter:
        """Give the writer of a language.

        Raises:
            LanguageError: If the network does not know it.
        """
        if language not in self._writers:
            writer = writer_of(self._model, self._vocabulary, language, reader=self._reader)
            self._writers[language], self._reader = writer, writer.reader
        return self._writers[language]
