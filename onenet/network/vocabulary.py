"""Sentences -> words -> ids and back."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

PAD, START, END, UNK = "<pad>", "<start>", "<end>", "<unk>"
SPECIAL_WORDS: Final = (PAD, START, END, UNK)
PAD_ID, START_ID, END_ID, UNK_ID = range(4)

_WORD = re.compile(r"[^\W_]+(?:[-'][^\W_]+)*")
_POSSESSIVE = re.compile(r"\s*'s\b")
# Signs that phones and word processors write for those of a keyboard, and those that nobody sees.
_APOSTROPHES = re.compile("[‘’‛ʼʹ´`′]")  # noqa: RUF001
_HYPHENS = re.compile(r"[‐‑⁃]|(?<=\w)[‒–−](?=\w)")  # noqa: RUF001
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)


def plain(text: str) -> str:
    """Give a text as a keyboard would write it: compatibility forms, hyphens, apostrophes, nothing invisible.

    Full-width letters and ligatures become letters, ’ becomes ', a non-breaking hyphen - (Unicode's NFKC, and
    what it leaves alone).
    """
    seen = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    return _HYPHENS.sub("-", _APOSTROPHES.sub("'", seen))


def tokenize(sentence: str) -> list[str]:
    """Split a sentence into lower-case words without punctuation; `t-shirt` stays one word.

    The possessive 's is dropped, since Flickr8K writes it as a word of its own ("dog 's").
    """
    return _WORD.findall(_POSSESSIVE.sub("", plain(sentence).lower()))


class Vocabulary:
    """The words the network knows, each with an id; ids 0..3 are `<pad> <start> <end> <unk>`.

    Args:
        words: Without the special ones, in the order of their ids.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self.words: tuple[str, ...] = (*SPECIAL_WORDS, *words)
        self._ids = {word: number for number, word in enumerate(self.words)}
        if len(self._ids) != len(self.words):
            raise ValueError("a vocabulary lists each word once and no special word")

    @classmethod
    def build(cls, sentences: Iterable[str], *, min_count: int) -> "Vocabulary":
        """Collect the words that occur at least `min_count` times, most frequent first."""
        counts = Counter(word for sentence in sentences for word in tokenize(sentence))
        kept = sorted((-count, word) for word, count in counts.items() if count >= min_count)
        return cls([word for _, word in kept])

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: str) -> bool:
        return word in self._ids and word not in SPECIAL_WORDS

    def id_of(self, word: str) -> int:
        """Give a word's id, that of `<unk>` if it is not known."""
        return self._ids.get(word, UNK_ID)

    def encode(self, sentence: str) -> list[int]:
        """Give the ids of a sentence with `<start>` and `<end>` around them."""
        return [START_ID, *(self.id_of(word) for word in tokenize(sentence)), END_ID]

    def encode_known(self, sentence: str) -> list[int]:
        """Give the ids of the words of a sentence that it knows, with `<start>` and `<end>` around them."""
        known, _ = self.sort(sentence)
        return [START_ID, *(self._ids[word] for word in known), END_ID]

    def sort(self, sentence: str) -> tuple[list[str], list[str]]:
        """Give the words of a sentence that it knows, in their order, and those that it does not.

        A compound with hyphens that it does not know is read as one word, or as several: “ice-skating”
        as two, “T-shirt” as one.
        """
        known: list[str] = []
        unknown: list[str] = []
        for token in tokenize(sentence):
            for word in self._parts(token):
                (known if word in self else unknown).append(word)
        return known, unknown

    def _parts(self, token: str) -> list[str]:
        joined, parts = token.replace("-", ""), token.split("-")
        if token in self or "-" not in token:
            return [token]
        if joined in self:
            return [joined]
        return parts if any(part in self for part in parts) else [token]

    def decode(self, token_ids: Iterable[int]) -> str:
        """Give the sentence up to `<end>`, special words left out."""
        words = []
        for token_id in token_ids:
            if token_id == END_ID:
                break
            if token_id >= len(SPECIAL_WORDS):
                words.append(self.words[token_id])
        return " ".join(words)
