"""What is said of a photo: a caption with its score, and the reasons for its words."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from onenet.network.special_words import ENGLISH

MAX_WORDS = 24
LENGTH_POWER = 1.0  # of the length that a log p is divided by; chosen on dev
AGREEMENT_WEIGHT = 1.0  # nats a token that a cosine is worth; chosen on dev
REPEAT_COST = 2.0  # nats that it costs to say a word again that names something; chosen on dev
SEEN_FROM = 0.69  # nats: the photo makes the word twice as likely


@dataclass(frozen=True)
class Hypothesis:
    """A caption found by the search.

    Attributes:
        token_ids: The words, without `<start>` and `<end>`.
        score: (log p - `REPEAT_COST` for each word said again) / length^`LENGTH_POWER`, length counted with
            `<end>`; nats. Where a `CaptionWriter` has read it, the weighted agreement is added.
        log_p: The score that the decoder alone gave, where it was read.
        agreement: Cosine between the photo and what the sentence encoder makes of it, where it was read.
    """

    token_ids: tuple[int, ...]
    score: float
    log_p: float = 0.0
    agreement: float = 0.0


@dataclass(frozen=True)
class Caption:
    """A sentence about a photo.

    Attributes:
        text: As its language is written.
        score: See `onenet.captions.beam_search.CaptionWriter.write`.
        language: Its code.
        sure: How likely it is that the sentence is right, 0 to 1; None: not measured for this network.
        token_ids: Of the words that the decoder wrote; the text may be split into others. Empty: not known.
    """

    text: str
    score: float
    language: str = ENGLISH
    sure: float | None = None
    token_ids: tuple[int, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Reasons:
    """Why the words of a caption were written.

    Attributes:
        words: The caption's, T of them.
        heat: Where the photo speaks for each word, shape (T, h, w), float32, 0 to 1.
        gains: How much likelier the photo makes each word, shape (T,), nats.
        unknown_words: Those of a caption given by a person that the network never read.
        text: The caption as its language is written; "": the words with spaces between them.
    """

    words: tuple[str, ...]
    heat: NDArray[np.float32]
    gains: NDArray[np.float32]
    unknown_words: tuple[str, ...] = ()
    text: str = ""

    @property
    def is_seen(self) -> tuple[bool, ...]:
        """Whether the photo explains each word; the others follow from the words before them, by grammar."""
        return tuple((self.gains >= SEEN_FROM).tolist())
