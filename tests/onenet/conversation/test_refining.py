"""Refining with a few English words whose likeness is said here: colours, animals, people are each alike."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from onenet.conversation import SearchState, Wish, understand
from onenet.conversation.refining import Words, moves, refine
from onenet.conversation.state import MAX_TURNS, MAX_WISHES
from onenet.errors import DescriptionError
from onenet.network.special_words import END_ID, START_ID
from onenet.network.vocabulary import ReadText, Vocabulary

KINDS = ("black brown", "dog cat", "people man woman", "snow", "beach", "runs", "ball")
VOCABULARY = Vocabulary(["a", "in", "the", "one", "through", *" ".join(KINDS).split()])
PHOTOS = np.eye(4, dtype=np.float32)[:3]


def read(text: str) -> ReadText:
    found = VOCABULARY.read(text)
    if not found.word_ids:
        raise DescriptionError("Nothing is left.")
    return found


def sentence(text: ReadText) -> list[int]:
    return [START_ID, *text.word_ids, END_ID]


def likeness(first: int, second: int) -> float:
    return float(
        any({VOCABULARY.words[first], VOCABULARY.words[second]} <= {*kind.split()} for kind in KINDS)
    )


WORDS = Words(VOCABULARY, read, sentence, likeness)


def begun(description: str) -> SearchState:
    return SearchState.of_words(description, sentence(read(description)), "en")


def said(state: SearchState) -> list[tuple[float, str]]:
    """The wishes as the network reads them."""
    return [(wish.weight, VOCABULARY.decode(wish.token_ids[1:])) for wish in state.wishes]


def after(state: SearchState, *replies: str) -> SearchState:
    for reply in replies:
        state, _ = refine(state, understand(reply), WORDS, PHOTOS)
    return state


def test_words_are_added() -> None:
    assert said(after(begun("a dog"), "in the snow")) == [(1.0, "a dog"), (1.0, "in the snow")]
    assert said(after(begun("a dog"), "more snow")) == [(1.0, "a dog"), (1.0, "snow")]


def test_words_of_the_same_kind_are_replaced() -> None:
    assert said(after(begun("a black dog in the snow"), "no, a brown one")) == [
        (1.0, "a brown dog in the snow")
    ]
    assert said(after(begun("a black dog"), "no, a brown cat")) == [(1.0, "a brown cat")]
    assert said(after(begun("a black dog"), "in the snow", "no, a cat")) == [
        (1.0, "a black cat"),
        (1.0, "in the snow"),
    ]
    changed = after(begun("a black dog"), "no, a brown one")
    assert changed.wishes[0].words == "a brown dog"


def test_what_has_no_other_of_its_kind_is_added_or_takes_the_place_of_what_was_said_last() -> None:
    assert said(after(begun("a dog"), "no, a brown one")) == [(1.0, "a dog"), (1.0, "a brown one")]
    assert said(after(begun("a dog"), "in the snow", "no, a man runs")) == [
        (1.0, "a dog"),
        (1.0, "a man runs"),
    ]


def test_a_colour_takes_the_place_of_colours_alone_however_often_dogs_are_brown() -> None:
    def alike(first: int, second: int) -> float:
        return 1.0 if first != second else 0.0

    colours = {VOCABULARY.id_of(word) for word in ("black", "brown")}
    words = replace(WORDS, likeness=alike, is_colour=colours.__contains__)

    def corrected(description: str, reply: str) -> list[tuple[float, str]]:
        return said(refine(begun(description), understand(reply), words, PHOTOS)[0])

    assert corrected("a dog", "no, a brown one") == [(1.0, "a dog"), (1.0, "a brown one")]
    assert corrected("a black dog", "no, a brown one") == [(1.0, "a brown dog")]
    assert corrected("a black dog", "no, a cat") == [(1.0, "a black cat")]


def test_what_stands_for_the_thing_says_nothing_of_it_in_any_language() -> None:
    vocabulary = Vocabulary({"en": ["dog"], "es": ["un", "uno", "perro", "marrón", "en", "la", "nieve"]})

    def read_spanish(text: str) -> ReadText:
        return vocabulary.read(text, "es")

    words = Words(vocabulary, read_spanish, sentence, lambda *_: 0.0)
    state = SearchState.of_words("un perro", sentence(read_spanish("un perro")), "es")
    for reply in ("en la nieve", "no, uno marrón"):
        state, _ = refine(state, understand(reply, ["es"]), words, PHOTOS)
    assert [wish.words for wish in state.wishes] == ["un perro", "en la nieve", "uno marrón"]


def test_a_taught_word_means_its_photos_in_replies_too() -> None:
    def taught(text: str) -> tuple[list[tuple[str, NDArray[np.float32]]], str]:
        named = [("Rex", PHOTOS[0])] if "Rex" in text else []
        return named, " ".join(text.replace("Rex", "").split())

    words = replace(WORDS, taught=taught)

    def so_far(*replies: str) -> list[tuple[float, str, bool]]:
        state = begun("a dog")
        for reply in replies:
            state, _ = refine(state, understand(reply), words, PHOTOS)
        return [(wish.weight, wish.words, wish.photo is not None) for wish in state.wishes]

    dog, rex = (1.0, "a dog", False), (1.0, "Rex", True)
    assert so_far("Rex") == so_far("with Rex") == so_far("more like Rex") == [dog, rex]
    assert so_far("Rex", "without Rex") == [dog, (-1.0, "Rex", True)]
    assert so_far("less Rex") == [dog, (-0.5, "Rex", True)]
    assert so_far("Rex in the snow") == [dog, rex, (1.0, "in the snow", False)]
    assert so_far("in the snow", "no, Rex") == [dog, rex]
    assert so_far("no, Rex in the snow") == [rex, (1.0, "in the snow", False)]


def test_what_is_taken_away_is_struck_out_of_what_was_said() -> None:
    state = after(begun("a man runs through the snow"), "a dog", "without people")
    assert said(state) == [(1.0, "a runs through the snow"), (1.0, "a dog"), (-1.0, "people")]
    assert said(after(state, "no dog")) == [(1.0, "a runs through the snow"), (-1.0, "people"), (-1.0, "dog")]
    assert said(after(begun("a dog"), "less snow")) == [(1.0, "a dog"), (-0.5, "snow")]


@pytest.mark.parametrize(
    ("replies", "left"),
    [
        (["less snow", "less snow"], [(-0.5, "snow")]),
        (["less snow", "less of the snow"], [(-0.5, "the snow")]),
        (["less snow", "in the snow", "less snow"], [(1.0, "in the snow"), (-0.5, "snow")]),
        (["without snow", "without snow"], [(-1.0, "snow")]),
        (["less snow", "without snow"], [(-1.0, "snow")]),
        (["without snow", "less snow"], [(-0.5, "snow")]),
        (["without in", "without in"], [(-1.0, "in")]),
        (["without snow", "more snow"], [(1.0, "snow")]),
        (["less snow", "in the snow"], [(1.0, "in the snow")]),
        (["less snow", "less people"], [(-0.5, "snow"), (-0.5, "people")]),
        (["more snow", "more snow"], [(1.0, "snow"), (1.0, "snow")]),
    ],
)
def test_of_what_is_unwanted_what_was_said_last_counts(
    replies: list[str], left: list[tuple[float, str]]
) -> None:
    assert said(after(begun("a dog"), *replies)) == [(1.0, "a dog"), *left]


@pytest.mark.parametrize(
    ("reply", "is_turn"),
    [
        ("in the snow", True),
        ("without people", True),
        ("no, a brown one", True),
        ("more like the second, haha", True),
        ("back", True),
        ("Rex", True),
        ("without Rex", True),
        ("a dog, no, a cat", True),
        ("haha", False),
        ("through in the", False),
        ("ball", False),
        ("without haha", False),
        ("snow, haha", False),
        ("no", False),
        ("👍", False),
        ("", False),
    ],
)
def test_what_says_nothing_of_photos_is_a_remark(reply: str, is_turn: bool) -> None:
    def taught(text: str) -> tuple[list[tuple[str, NDArray[np.float32]]], str]:
        return ([("Rex", PHOTOS[0])], text.replace("Rex", "").strip()) if "Rex" in text else ([], text)

    little = VOCABULARY.id_of("ball")
    words = replace(WORDS, taught=taught)
    assert moves(understand(reply), words, lambda token: token == little) is is_turn


def test_a_photo_is_meant_by_its_number() -> None:
    state = after(begun("a dog"), "more like the second, in the snow")
    assert [wish.number for wish in state.wishes] == [0, 2, 0]
    photo = state.wishes[1].photo
    assert photo is not None
    assert photo.tolist() == PHOTOS[1].tolist()
    with pytest.raises(DescriptionError, match="no photo number 4: 3 are shown"):
        after(state, "like the fourth")
    with pytest.raises(DescriptionError, match="No photos are shown"):
        refine(state, understand("like the first"), WORDS, PHOTOS[:0])


def test_a_photo_that_has_gone_is_not_looked_for() -> None:
    with pytest.raises(DescriptionError, match="no longer there"):
        refine(begun("a dog"), understand("like the second"), WORDS, PHOTOS * [[1], [0], [1]])


def test_a_photo_that_had_gone_when_it_was_written_down_changes_nothing() -> None:
    """It was taken for one before; read again, it made everything that followed no number."""
    state = after(begun("a dog"), "like the second")
    gone = replace(state.wishes[1], photo=np.zeros_like(PHOTOS[1]))
    photo = SearchState.load(state.now([state.wishes[0], gone]).dump()).wishes[1].photo
    assert photo is not None
    assert photo.tolist() == [0.0] * len(PHOTOS[1])


def test_back_goes_through_all_turns() -> None:
    first = begun("a dog")
    second = after(first, "in the snow")
    third = after(second, "without people")
    assert said(after(third, "back")) == said(second)
    assert said(after(third, "back", "back")) == said(first)
    assert said(after(third, "back", "a ball")) == [*said(second), (1.0, "a ball")]
    with pytest.raises(DescriptionError, match="nothing to go back to"):
        after(third, "back", "back", "back")


def test_what_cannot_be_used_is_said() -> None:
    with pytest.raises(DescriptionError, match="Say what should be different"):
        after(begun("a dog"), "no!")
    with pytest.raises(DescriptionError, match="Nothing is left"):
        after(begun("a dog"), "without zyzzyva")
    assert refine(begun("a dog"), understand("zyzzyva snow"), WORDS, PHOTOS)[1] == ("zyzzyva",)


def test_a_state_is_the_same_after_it_was_written_down() -> None:
    state = after(begun("a black dog"), "like the third", "without people", "no, a brown one", "less snow")
    read_again = SearchState.load(state.dump())
    assert read_again == state
    photo = read_again.wishes[1].photo
    assert photo is not None
    assert np.allclose(photo, PHOTOS[2], atol=1e-3)
    assert len(state.dump()) < 2500
    assert SearchState.of_photo(PHOTOS[0]).wanted[0].photo is not None


def test_a_long_search_is_bounded() -> None:
    state = begun("a dog")
    for _ in range(3 * MAX_TURNS):
        state = after(state, "in the snow")
    assert (len(state.wishes), len(state.before)) == (MAX_WISHES, MAX_TURNS)
    assert len(state.dump()) < 20_000


def test_what_is_wanted_is_told_from_what_is_not() -> None:
    state = SearchState((Wish("dog"), Wish("people", -1.0), Wish("Schnee", -0.5, language="de")))
    assert [wish.words for wish in state.wanted] == ["dog"]
    assert [wish.words for wish in state.unwanted] == ["people", "Schnee"]
    assert state.language == "de"
