"""Sentences -> words -> ids and back."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

PAD, START, END, UNK = "<pad>", "<start>", "<end>", "<unk>"
SPECIAL_WORDS: Final = (PAD, START, END, UNK)
PAD_ID, START_ID, END_ID, UNK_ID = range(4)

_WORD = re.compile(r"[^\W_]+(?:[-'][^\W_]+)*")
_POSSESSIVE = re.compile(r"\s*['’]s\b")


def tokenize(sentence: str) -> list[str]:
    """Split a sentence into lower-case words without punctuation; `t-shirt` stays one word.

    The possessive 's is dropped, since Flickr8K writes it as a word of its own ("dog 's").
    """
    return _WORD.findall(_POSSESSIVE.sub("", sentence.lower()).replace("’", "'"))


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
        """Give the ids of a sentence with `<start>` and `<end>`, the words that it does not know left out."""
        return [token_id for token_id in self.encode(sentence) if token_id != UNK_ID]

    def decode(self, token_ids: Iterable[int]) -> str:
        """Give the sentence up to `<end>`, special words left out."""
        words = []
        for token_id in token_ids:
            if token_id == END_ID:
                break
            if token_id >= len(SPECIAL_WORDS):
                words.append(self.words[token_id])
        return " ".join(words)
