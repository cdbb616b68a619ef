"""What is searched for, and what was found."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onenet.conversation.state import SearchState
from onenet.network.special_words import ENGLISH
from onenet.search.searchable import Match


@dataclass(frozen=True)
class WordsQuery:
    """A description as the network understands it.

    Attributes:
        description: As the user wrote it.
        imagined: The caption decoded from the representation: what the network pictures.
        unknown_words: Words it never read and left out.
        representation: Shape (D,), float32, unit length: look it up in an `ImageIndex`.
        token_ids: The words of its language that it knows, with the start word and `<end>`.
        language: Of most of its words.
    """

    description: str
    imagined: str
    unknown_words: tuple[str, ...]
    representation: NDArray[np.float32]
    token_ids: tuple[int, ...] = ()
    language: str = ENGLISH


@dataclass(frozen=True)
class ChangeQuery:
    """A photo changed by words: what is nearest to it is to be found, not what the words describe.

    Attributes:
        description: The change, as the user wrote it.
        imagined: The caption decoded from the representation: what the network pictures.
        unknown_words: Words it never read and left out.
        representation: Of the changed photo, shape (D,), float32, unit length.
        language: Of most of its words, and of the caption.
    """

    description: str
    imagined: str
    unknown_words: tuple[str, ...]
    representation: NDArray[np.float32]
    language: str = ENGLISH


@dataclass(frozen=True)
class RefinedQuery:
    """A search that went on: words and photos that are wanted, and what is to be absent.

    Attributes:
        state: All that is wished for.
        imagined: The caption decoded from the representation: what the network pictures.
        unknown_words: Words of the last turn that it never read and left out.
        representation: Where it leads, shape (D,), float32, unit length.
        language: Of what was said last, and of the caption.
    """

    state: SearchState
    imagined: str
    unknown_words: tuple[str, ...]
    representation: NDArray[np.float32]
    language: str = ENGLISH


Query = WordsQuery | ChangeQuery | RefinedQuery


@dataclass(frozen=True)
class SearchResult:
    """Photos that a description found.

    Attributes:
        matches: Best first; a score is the cosine and the decoder's opinion in units of it.
        fits: Whether the best of them fits the description well; else they are only the closest.
        fitting: How many of them do, from the best on.
    """

    matches: list[Match]
    fits: bool
    fitting: int = 0
