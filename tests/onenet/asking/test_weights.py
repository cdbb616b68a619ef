"""Weights of answers: a network's own are in its card, by language; others have those of before."""

from dataclasses import asdict, replace

import numpy as np

from onenet.asking import read_question, read_recollection
from onenet.asking.answering import answer
from onenet.asking.recalling import attend
from onenet.asking.weights import DEFAULT_WEIGHTS, Presence, Weighing, answer_weights_in, weights_from
from tests.onenet.asking.test_answering import BLACK, DOG, JUDGE, RED

NUMBER = Weighing(prior=0.25, cosine=3.0, seen=0.0, sharpness=0.5, sure_from=0.9)
NEVER = Presence(cosine=0.0, gain=0.0, seen=0.0, bias=-9.0, sure_from=0.5)


def test_what_was_not_chosen_is_as_before() -> None:
    assert weights_from({}) == DEFAULT_WEIGHTS
    chosen = weights_from({"number": asdict(NUMBER), "presence_seen": asdict(NEVER)})
    assert chosen.kinds == {**DEFAULT_WEIGHTS.kinds, "number": NUMBER}
    assert (chosen.presence, chosen.presence_seen) == (DEFAULT_WEIGHTS.presence, NEVER)
    assert chosen.presence_of(is_looked_at=True) == NEVER


def test_the_card_of_a_network_says_how_its_answers_are_weighed() -> None:
    card = {"dev": {"ask": {"de": {"chosen": {"number": asdict(NUMBER)}}}}}
    assert answer_weights_in(card) == {"de": weights_from({"number": asdict(NUMBER)})}
    assert answer_weights_in({"dev": {"ask": {"de": {"questions": 0}}}}) == {"de": DEFAULT_WEIGHTS}
    for before in ({}, {"dev": {"loss": 2.5}}, {"test": card["dev"]}):
        assert answer_weights_in(before) == {}


def test_a_language_without_its_own_takes_those_of_english() -> None:
    german = replace(DEFAULT_WEIGHTS, presence=NEVER)
    english = replace(DEFAULT_WEIGHTS, presence_seen=NEVER)
    judge = replace(JUDGE, weights={"de": german, "en": english})
    assert [judge.weights_of(code) for code in ("de", "en", "fr")] == [german, english, english]
    assert (
        replace(JUDGE, weights={"de": german}).weights_of("fr") == JUDGE.weights_of("de") == DEFAULT_WEIGHTS
    )


def test_answers_are_weighed_by_them() -> None:
    never = replace(DEFAULT_WEIGHTS, presence=NEVER, presence_seen=NEVER)
    judge = replace(JUDGE, weights={"de": never})
    english, german = read_question("is there a dog?"), read_question("gibt es einen Hund?", ("de",))
    assert english is not None
    assert german is not None
    assert answer(judge, english, DOG[None])[0].ranked[0].text == "yes"
    assert answer(judge, german, DOG[None])[0].ranked[0].text == "nein"


def test_photos_fit_by_them() -> None:
    read = read_recollection("how many photos with dog?")
    assert read is not None
    never = replace(JUDGE, weights={"en": replace(DEFAULT_WEIGHTS, presence=NEVER)})
    photos = np.stack([RED, DOG, BLACK])
    assert attend(JUDGE, read, photos).fits.tolist() == [False, True, False]
    assert attend(never, read, photos).fits.tolist() == [False] * 3
