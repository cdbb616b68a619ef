"""What can go wrong, each a sentence that a user can act on."""

from collections.abc import Mapping

Value = str | int | tuple[str, ...]


def N_(template: str) -> str:
    """Mark a sentence that people read in chats, so that the catalogues of translations take it up."""
    return template


class OneNetError(Exception):
    """A failure whose message is written for the user and says what to do next.

    Attributes:
        template: The English sentence, with the values' names in braces if there are values.
        values: What stands in the braces; of a tuple's words each is quoted.
    """

    def __init__(self, template: str = "", **values: Value) -> None:
        self.template = template
        self.values = values
        super().__init__(template.format(**_in_english(values)) if values else template)


class TryAgainError(OneNetError):
    """A failure that may be over soon: a program that ends with it should be started again."""


class PhotoError(OneNetError):
    """A file is not a photo that can be read."""


class UnknownWordError(OneNetError):
    """The network has never read a word.

    Attributes:
        word: The word as the user wrote it.
        suggestions: Words of the vocabulary spelt like it, closest first.

    Args:
        only_english: Whether the network has words of no other language.
    """

    def __init__(self, word: str, suggestions: tuple[str, ...] = (), *, only_english: bool = True) -> None:
        self.word = word
        self.suggestions = suggestions
        if not suggestions:
            english, any_other = (
                N_("I never read “{word}”. Try a simpler English word."),
                N_("I never read “{word}”. Try a simpler word."),
            )
            super().__init__(english if only_english else any_other, word=word)
            return
        *others, last = suggestions
        if not others:
            super().__init__(N_("I never read “{word}”. Did you mean {last}?"), word=word, last=last)
            return
        template = N_("I never read “{word}”. Did you mean {others} or {last}?")
        super().__init__(template, word=word, others=", ".join(others), last=last)


class LanguageError(OneNetError):
    """A language is not known, or the network does not know it.

    Attributes:
        languages: Codes of those that there are.

    Args:
        template: With the {code} that was asked for and a list of {languages}.
        names: Of the languages that there are, in English, by their codes.
    """

    def __init__(self, template: str, *, code: str, names: Mapping[str, str]) -> None:
        self.languages = tuple(names)
        listed = ", ".join(f"{name} ({each})" for each, name in names.items())
        super().__init__(template, code=code[:50], languages=listed)


class DescriptionError(OneNetError):
    """A description cannot be searched for."""


class CheckpointError(OneNetError):
    """The trained network is missing, damaged or of another version."""


class IndexFileError(OneNetError):
    """An index is missing, damaged, of another version or made by another network."""


class IndexAwayError(IndexFileError):
    """An index on a server does not answer. In a chat it is said without the address, see `TEMPLATE`.

    Args:
        place: Where the index is.
        reason: Why it does not answer, in the words of the library.
    """

    TEMPLATE = N_(
        "I cannot search photos just now: the place where they are indexed does not answer. I still caption "
        "photos and play with words; nothing is lost. Please try again in a few minutes."
    )

    def __init__(self, place: str, reason: str) -> None:
        self._text = (
            f"The index at {place} cannot be reached or used ({reason}). Photos can be captioned meanwhile; "
            "to search, start Milvus, or name an index file."
        )
        super().__init__(self.TEMPLATE)

    def __str__(self) -> str:
        return self._text


class DatasetError(OneNetError):
    """A data set is not laid out as expected."""


class DownloadError(OneNetError):
    """A data set could not be fetched."""


def _in_english(values: Mapping[str, Value]) -> dict[str, str | int]:
    return {
        name: ", ".join(f"“{word}”" for word in value) if isinstance(value, tuple) else value
        for name, value in values.items()
    }
