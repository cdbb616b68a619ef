"""What a description says in another language."""

from dataclasses import dataclass


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
