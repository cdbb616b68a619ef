"""What can go wrong, each a sentence that a user can act on."""


class OneNetError(Exception):
    """A failure whose message is written for the user and says what to do next."""


class PhotoError(OneNetError):
    """A file is not a photo that can be read."""


class UnknownWordError(OneNetError):
    """The network has never read a word.

    Attributes:
        word: The word as the user wrote it.
        suggestions: Words of the vocabulary spelt like it, closest first.
    """

    def __init__(self, word: str, suggestions: tuple[str, ...] = ()) -> None:
        self.word = word
        self.suggestions = suggestions
        hint = f"Did you mean {_either(suggestions)}?" if suggestions else "Try a simpler English word."
        super().__init__(f"I never read “{word}”. {hint}")


class DescriptionError(OneNetError):
    """A description cannot be searched for."""


class CheckpointError(OneNetError):
    """The trained network is missing, damaged or of another version."""


class IndexFileError(OneNetError):
    """An index is missing, damaged, of another version or made by another network."""


class DatasetError(OneNetError):
    """A data set is not laid out as expected."""


class DownloadError(OneNetError):
    """A data set could not be fetched."""


def _either(words: tuple[str, ...]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
