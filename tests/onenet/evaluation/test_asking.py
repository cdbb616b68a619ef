"""Questions made of captions, and how their answers are counted."""

from pathlib import Path

import numpy as np
import pytest
import torch

from onenet.asking import KINDS
from onenet.asking.weights import weights_from
from onenet.datasets.flickr8k import CaptionedPhoto
from onenet.evaluation.asking import area_under_curve, measure_asking
from onenet.evaluation.evaluation_set import EvaluationSet
from onenet.evaluation.questions import make_questions
from onenet.evaluation.recalling import measure_recalling
from onenet.network.vocabulary import Vocabulary
from tests.onenet.asking.test_answering import BLACK, DOG, JUDGE, RED

CAPTIONS = {
    "a.jpg": ("a black dog runs in the snow", "a black dog running", "the black dog is running in the snow"),
    "b.jpg": ("a red ball", "a red ball on the grass", "the red ball"),
    "c.jpg": ("two men are jumping", "two men jumping", "a man holding a ball"),
    "d.jpg": ("a black dog", "a black dog is running", "a black dog running in the snow"),
    "e.jpg": ("a red ball", "the red ball", "a boy holding a red ball"),
    "f.jpg": ("a black and white dog", "a white dog", "the white dog"),
}


@pytest.fixture
def photos() -> EvaluationSet:
    shown = [CaptionedPhoto(Path(name), captions) for name, captions in CAPTIONS.items()]
    vectors = torch.from_numpy(np.stack([BLACK + DOG, RED, -DOG, BLACK + DOG, RED, DOG]).astype(np.float32))
    return EvaluationSet(shown, vectors, Vocabulary(["a"]))


def test_questions_are_what_people_agree_upon(photos: EvaluationSet) -> None:
    made = make_questions(photos)
    asked = {(each.row, each.question.text, each.question.options[each.right].text) for each in made
             if each.question.kind != "yes_no"}  # fmt: skip
    assert (0, "what colour is the dog?", "black") in asked
    assert (1, "what colour is the ball?", "red") in asked
    assert (2, "what is the man holding?", "a ball") in asked
    assert (0, "what is a dog doing?", "running") in asked
    assert not {text for _, text, _ in asked if text.startswith("what is the dog running")}
    assert not {each for each in asked if each[0] == 1 and "dog" in each[1]}
    assert not {each for each in asked if each[0] == 5 and "colour" in each[1]}  # two colours are none


def test_yes_is_as_frequent_as_no(photos: EvaluationSet) -> None:
    made = [each for each in make_questions(photos) if each.question.kind == "yes_no"]
    rights = [each.right for each in made]
    assert rights
    assert rights.count(0) == rights.count(1)
    dogs = {(each.row, each.right) for each in made if each.about == "dog"}
    assert dogs <= {(0, 0), (3, 0), (5, 0), (1, 1), (2, 1), (4, 1)}


def test_the_figures_of_what_can_be_worked_out_by_hand(photos: EvaluationSet) -> None:
    figures = measure_asking(JUDGE, photos)
    assert figures["kinds"]["colour"]["right"] == 100.0
    assert figures["questions"] == len(make_questions(photos))
    assert 0 <= figures["all"]["right"] <= 100
    low, high = figures["kinds"]["colour"]["interval"]
    assert 0 <= low <= 100 <= high
    assert measure_recalling(JUDGE, photos)["questions"] == 100
    assert {"colour", "presence"} <= figures["chosen"].keys() - {"presence_seen"} <= {*KINDS, "presence"}
    assert "yes_no" not in figures["chosen"]
    assert weights_from(figures["chosen"]).presence.cosine > 0


def test_the_area_under_a_curve() -> None:
    assert area_under_curve(np.float32([3, 4]), np.float32([1, 2])) == 1
    assert area_under_curve(np.float32([1, 2]), np.float32([3, 4])) == 0
    assert area_under_curve(np.float32([1, 1]), np.float32([1, 1])) == 0.5


def test_where_one_person_described_each_photo_that_one_is_asked() -> None:
    """Translations are one a photo: nobody else could agree."""
    said = {"a.jpg": ("a black dog is running",), "b.jpg": ("a red ball",)}
    shown = [CaptionedPhoto(Path(name), captions) for name, captions in said.items()]
    photos = EvaluationSet(shown, torch.from_numpy(np.stack([BLACK + DOG, RED])), Vocabulary(["a"]))
    asked = {(each.row, each.question.text) for each in make_questions(photos)}
    assert {(0, "what colour is the dog?"), (1, "what colour is the ball?")} <= asked
