"""Why a question is not answered, each a sentence that says what to ask instead."""

from collections.abc import Sequence

from onenet.asking.grammar import grammar_of, languages_asked
from onenet.errors import N_, DescriptionError
from onenet.network.languages import names_of, plain, script_of
from onenet.network.special_words import ENGLISH
from onenet.network.vocabulary import Vocabulary

_LONGEST_WORDS = 50


def refusal(question: str, vocabulary: Vocabulary, preferred: Sequence[str]) -> DescriptionError:
    """Give the error that tells why a question, of no kind that is known, is not answered.

    Args:
        preferred: Languages in which examples are given, the likeliest first.
    """
    asked = [each for each in languages_asked() if each in vocabulary.languages]
    language = next((each for each in preferred if each in asked), ENGLISH)
    example, *others = grammar_of(language).examples
    if not any(letter.isalnum() for letter in question):
        return DescriptionError(N_("Ask something about the photo, for example: {example}"), example=example)
    if not _is_read(question, vocabulary):
        template = N_("I do not read that language. Ask in one of these: {languages}. For example: {example}")
        return DescriptionError(template, languages=tuple(names_of(asked).values()), example=example)
    template = N_("I do not understand that question. I can answer such as these: {examples}.")
    return DescriptionError(template, examples=(example, *others))


def _is_read(question: str, vocabulary: Vocabulary) -> bool:
    """Tell whether at least half of the words are of one language that the network reads, in its letters."""
    if len(question.split()) > _LONGEST_WORDS:
        return True
    if script_of(plain(question)) == "uk" and set(question.lower()) & set("ыэъё"):
        return False
    return any(
        2 * len(known) >= len(known) + len(unknown)
        for known, unknown in (vocabulary.sort(question, each) for each in vocabulary.languages)
    )
