"""Why a question is not answered, each a sentence that says what to ask instead."""

from collections.abc import Sequence

from onenet.asking.grammar import grammar_of, languages_asked
from onenet.asking.questions import Question
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


def unknown_words(question: Question, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Give the words that a question asks about and the network never read, each once."""

    def unknown(text: str) -> list[str]:
        return vocabulary.sort(text, question.language)[1]

    bare = grammar_of(question.language).determiners.sub("", question.thing)  # in Arabic a part of the word
    words = min(unknown(question.thing), unknown(bare), key=len)
    if question.kind in ("yes_no", "either_or"):
        for option in question.options:
            each = [unknown(form[0]) for form in option.forms]
            words += each[-1] if all(each) else []
    return tuple(dict.fromkeys(words))


def never_read(words: Sequence[str], language: str) -> DescriptionError:
    """Give the error that tells of which words an answer is not known."""
    template = N_("I never read {words}, so I cannot tell. Ask about simpler things, for example: {example}")
    shown = tuple(word[:30] for word in words[:5])
    return DescriptionError(template, words=shown, example=grammar_of(language).examples[0])


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
