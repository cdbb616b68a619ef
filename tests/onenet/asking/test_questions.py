"""Questions read: each language's own examples, kinds and things, and what is none."""

import pytest

from onenet.asking import KINDS, asks_more, grammar_of, languages_asked, needs_photo, read_question
from onenet.asking.grammar import colours_of
from onenet.asking.questions import thing_presumed
from onenet.network.languages import LANGUAGES


def test_one_can_ask_in_all_languages_that_are_read() -> None:
    assert set(languages_asked()) == set(LANGUAGES)
    assert languages_asked()[0] == "en"


@pytest.mark.parametrize("language", languages_asked())
def test_every_language_knows_its_colours_in_all_forms(language: str) -> None:
    assert len(colours_of(language)) >= 11


def test_colours_of_a_language() -> None:
    assert {"brauner", "rotes"} <= colours_of("de")
    assert not {"hund", "ein"} & colours_of("de")
    assert colours_of("xx") == frozenset()


@pytest.mark.parametrize("language", languages_asked())
@pytest.mark.parametrize("preferred", ["own", "en", "zh"])
def test_the_examples_are_understood_whatever_is_preferred(language: str, preferred: str) -> None:
    for example in grammar_of(language).examples:
        question = read_question(example, (language if preferred == "own" else preferred,))
        assert question is not None, example
        assert question.language == language, example


@pytest.mark.parametrize("language", languages_asked())
def test_the_examples_are_of_many_kinds(language: str) -> None:
    kinds = [
        question.kind
        for example in grammar_of(language).examples
        if (question := read_question(example, (language,))) is not None
    ]
    assert kinds == ["yes_no", "colour", "number", "doing", "place", "either_or"]
    assert {each.kind for each in grammar_of(language).askings} == set(KINDS)


@pytest.mark.parametrize("language", languages_asked())
def test_every_sentence_has_its_gaps_filled(language: str) -> None:
    for example in grammar_of(language).examples:
        question = read_question(example, (language,))
        assert question is not None
        for option in question.options:
            for sentences in option.forms:
                assert all(sentence and "{" not in sentence for sentence in sentences)


@pytest.mark.parametrize("language", languages_asked())
@pytest.mark.parametrize("kind", ["yes_no", "colour", "number", "doing", "place"])
def test_made_up_questions_are_understood_as_they_are_meant(language: str, kind: str) -> None:
    grammar = grammar_of(language)
    for asking in grammar.askings:
        if asking.kind == kind and asking.asked:
            thing = grammar.things[0]
            text = asking.asked.format(thing={"yes_no": thing.text, "doing": thing.text}.get(kind, thing.one))
            question = read_question(text, (language,))
            assert question is not None
            assert (question.kind, question.language) == (kind, language), text


@pytest.mark.parametrize(
    ("text", "kind", "sentence"),
    [
        ("Is there a dog in the photo?", "yes_no", "a dog"),
        ("can you see snow here?", "yes_no", "snow"),
        ("is the man wearing a hat?", "yes_no", "the man wearing a hat"),
        ("What color is her dress", "colour", "a black dress"),
        ("how many dogs are there?", "number", "one dog"),
        ("how many people?", "number", "one man"),
        ("what is the girl holding?", "object", "the girl holding a dog"),
        ("where is the dog?", "place", "the dog in the snow"),
        ("is it a cat or a dog?", "either_or", "a cat"),
        ("what is she doing in this picture?", "doing", "a woman running"),
    ],
)
def test_a_question_becomes_sentences(text: str, kind: str, sentence: str) -> None:
    question = read_question(text)
    assert question is not None
    assert question.kind == kind
    assert sentence in [each for form in question.options[0].forms for each in form]


def test_one_of_many_is_named_as_one() -> None:
    question = read_question("how many children are there?")
    assert question is not None
    assert {form[0] for form in question.options[0].forms} == {"one child", "a child"}
    assert question.options[1].forms[0][0] == "two children"


@pytest.mark.parametrize(
    "text",
    ["", "?", "why does it rain?", "hello", "thank you", "сколько стоит?", "nice photo!", "in the snow"],
)
def test_what_is_no_question_of_ours_is_none(text: str) -> None:
    assert read_question(text) is None


@pytest.mark.parametrize(
    "text", ["what is this?", "who is this?", "was ist das?", "c'est quoi ?", "这是什么?"]
)
def test_what_is_this_asks_for_no_more_than_a_caption(text: str) -> None:
    assert read_question(text) is not None
    assert not asks_more(text)
    assert asks_more("what is the man holding?")


@pytest.mark.parametrize(
    ("text", "thing"),
    [
        ("what colour is the cat?", "a cat"),
        ("how many dogs are there?", "a dog"),
        ("how many people?", "people"),
        ("what colour is the big zebra?", "big zebra"),
        ("what is the man doing?", "a man"),
        ("is the dog running or sitting?", "a dog"),
        ("welche Farbe hat der Hund?", "ein Hund"),
        ("狗在做什么?", "狗"),
        ("what is he doing?", ""),
        ("what colour is that?", ""),
        ("what are you doing?", ""),
        ("where is this?", ""),
        ("indoors or outdoors?", ""),
        ("is there a dog?", ""),
    ],
)
def test_what_a_question_presumes_is_named_as_one_asks_whether_it_is_there(text: str, thing: str) -> None:
    question = read_question(text)
    assert question is not None
    assert thing_presumed(question) == thing
    assert needs_photo(text) == (bool(thing) or question.kind in ("colour", "yes_no"))
