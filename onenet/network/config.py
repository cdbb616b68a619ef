"""The shape of a network."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ModelConfig:
    """The shape of a network; stored in its checkpoint.

    Attributes:
        encoder: Name in `onenet.network.encoders.ENCODERS`.
        feature_size: F, what that encoder gives.
        vocabulary_size: V, special words included.
        representation_size: D, of the photo's representation and of the word embeddings alike.
        hidden_size: H, of the decoder.
        sentence_size: S, of the sentence encoder.
        dropout: On word embeddings and decoder output while training.
        feature_dropout: On features while training.
        names: Classes of the encoder's own classifier that the representation still tells; 0: none.
        at_every_word: Whether the decoder is given the representation beside each word, not only before them.
        detail_px: Photos that are served have at most so many pixels a side, see `Transform`; 0: all theirs.
    """

    encoder: str
    feature_size: int
    vocabulary_size: int
    representation_size: int = 300
    hidden_size: int = 640
    sentence_size: int = 512
    dropout: float = 0.5
    feature_dropout: float = 0.2
    names: int = 0
    at_every_word: bool = False
    detail_px: int = 0
