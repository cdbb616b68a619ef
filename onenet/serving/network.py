"""A network as it is served: photos, sentences and captions in arrays."""

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from onenet.network.config import ModelConfig
from onenet.network.special_words import PAD_ID
from onenet.network.vocabulary import Vocabulary
from onenet.precision import FLOAT32
from onenet.serving.decoder import Decoder, Steps, pad
from onenet.serving.encoders import EncoderEngine, open_encoder
from onenet.serving.session import Session
from onenet.serving.weights import Floats, Weights


class ServedNetwork:
    """A network's graphs, opened when first needed. Not locked: call it from one thread at a time.

    Args:
        weights: The network's.
        vocabulary: Its words.
        graphs: By their names, see `onenet.serving.exported.make_graphs`.
        threads: Of the processor; None: as many as the process may use.
        precision: In which photos are looked at, see `onenet.serving.encoders`.
    """

    def __init__(
        self,
        weights: Weights,
        vocabulary: Vocabulary,
        graphs: Mapping[str, bytes],
        *,
        threads: int | None = None,
        precision: str = FLOAT32,
    ) -> None:
        self.config: ModelConfig = weights.config
        self.vocabulary = vocabulary
        self._weights, self._graphs = weights, dict(graphs)
        self._has_encoder = "encoder" in graphs
        self._threads, self._precision = threads, precision
        self._decoders: dict[str, Decoder] = {}

    @property
    def has_encoder(self) -> bool:
        """Whether the encoder is among the graphs; Inception is not."""
        return self._has_encoder

    @property
    def encoder_graph(self) -> bytes:
        """The encoder's graph alone, which holds its weights; b"" if it is not among the graphs."""
        return self._graphs.get("encoder", b"")

    def represent(self, photos: Floats) -> Floats:
        """Map preprocessed photos (B, 3, S, S) to representations (B, D) of unit length."""
        return self._encoder.represent(photos)

    def represent_places(self, photo: Floats) -> Floats:
        """Map a preprocessed photo (3, S, S) to what each place in it, of a square grid, says, (P, D).

        Their mean, at unit length, is its representation.
        """
        weight, bias = self.head
        features = self.last_map(photo)  # (F, h, w)
        places: Floats = features.reshape(len(features), -1).T @ weight + bias
        return places

    def represent_sentences(self, sentences: Sequence[Sequence[int]]) -> Floats:
        """Guess the representations, (B, D) of unit length, of the photos that sentences tell of.

        Args:
            sentences: Ids of each one's words, with its start word and `<end>`.
        """
        if not sentences:
            return np.zeros((0, self.config.representation_size), np.float32)
        token_ids, lengths = pad(sentences)
        padding = np.where(token_ids == PAD_ID, np.float32(-np.inf), np.float32(0))  # (B, T)
        [guesses] = self._reader.run(
            ["representations"],
            words=self._weights.read(token_ids.T),
            lengths=lengths.astype(np.int32),
            padding=np.ascontiguousarray(padding.T[:, :, np.newaxis]),
        )
        return guesses

    def name_log_p(self, representations: Floats) -> Floats | None:
        """Give log p of the encoder's classes, (B, names); None of a network that tells none."""
        if not self.config.names:
            return None
        [log_p] = self._names.run(["log_p"], representations=representations)
        return log_p

    def decoder(self, language: str) -> Decoder:
        """Give the decoder of a language.

        Raises:
            LanguageError: If the network does not know the language.
        """
        if language not in self._decoders:
            self._decoders[language] = Decoder(
                self._weights,
                self._steps,
                self._open,
                language=language,
                block=self.vocabulary.block(language),
                start_id=self.vocabulary.start_id(language),
            )
        return self._decoders[language]

    def log_likelihoods(
        self, representations: Floats, sentences: Sequence[Sequence[int]], language: str
    ) -> tuple[Floats, NDArray[np.int64]]:
        """Log p of sentences given photos, in nats, `<end>` counted, shape (photos, sentences).

        Args:
            representations: Of the photos, shape (B, D), unit length.
            sentences: Ids of each one's words, with the language's start word and `<end>`.
            language: Of all of them.

        Returns:
            Beside it how many words of each sentence count, shape (sentences,).

        Raises:
            LanguageError: If the network does not know the language.
        """
        return self.decoder(language).log_likelihoods(representations, sentences)

    def last_map(self, photo: Floats) -> Floats:
        """Give what the encoder sees at each place of a preprocessed photo (3, S, S), shape (F, h, w)."""
        return self._encoder.last_map(photo)

    @cached_property
    def head(self) -> tuple[Floats, Floats]:
        """What makes a representation of a map's mean but for its length: weight (F, D) and bias (D,)."""
        return self._weights.head()

    def _open(self, graph: str, weights: Mapping[str, Floats]) -> Session:
        return Session(self._graphs[graph], weights, threads=self._threads)

    @cached_property
    def _encoder(self) -> EncoderEngine:
        graph = self._graphs.pop("encoder")  # its weights are in it, 21 MB, and the engine holds its own
        return open_encoder(graph, precision=self._precision, threads=self._threads)

    @cached_property
    def _reader(self) -> Session:
        return self._open("read", self._weights.reader())

    @cached_property
    def _names(self) -> Session:
        return self._open("names", self._weights.names())

    @cached_property
    def _steps(self) -> Steps:
        return Steps(self._weights, self._open)
