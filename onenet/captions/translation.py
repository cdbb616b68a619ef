"""What a description says in another language."""

from collections.abc import Sequence
from dataclasses import dataclass

from onenet.network.languages import LANGUAGES
from onenet.network.special_words import ENGLISH
from onenet.network.vocabulary import Vocabulary

# Of a language's words, most frequent first. In captions the Spanish “es” is the 240th, the German one the
# 308th, while “de” is the 3,222nd of German, where it stands in names alone.
COMMON = 400
BEGINNINGS = 30  # most articles and numbers: what a description begins with


@dataclass(frozen=True)
class Translation:
    """A description and what the network says of the place in its representation where the description leads.

    Attributes:
        text: As it was typed.
        language: Of the text.
        to: Of the translation.
        translation: As that language is written.
        unknown_words: Of the text, which the network never read and left out.
    """

    text: str
    language: str
    to: str
    translation: str
    unknown_words: tuple[str, ...] = ()


def begins(word: str, text: str, vocabulary: Vocabulary, preferred: Sequence[str] = (ENGLISH,)) -> bool:
    """Whether a word that names a language is rather the beginning of the text behind it.

    A code is, if it is a common word of the text's language: “es un perro”, not “de ein Hund”. A name is, if
    that language has it as a word and the text does not begin anew behind it: “German shepherd”, not
    “German a dog”.

    Args:
        preferred: What languages the text is taken for, if several know as many of its words.
    """
    read = vocabulary.read(text, preferred=preferred)
    if not read.word_ids:
        return False
    own = vocabulary.read(word, read.language).word_ids
    block = vocabulary.block(read.language)
    if len(own) != 1 or own[0] not in block:
        return False
    if word.strip().casefold() in LANGUAGES:
        return own[0] - block.start < COMMON
    return read.word_ids[0] not in block[:BEGINNINGS]
