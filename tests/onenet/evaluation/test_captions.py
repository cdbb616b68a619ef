import shutil
from pathlib import Path

import numpy as np
import pytest
from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.bleu.bleu_scorer import BleuScorer

from onenet.datasets.flickr8k import CaptionedPhoto
from onenet.evaluation.captions import _bleu_4, measure_variety, plain, score_captions


def test_plain_is_the_published_protocol() -> None:
    assert plain("A T-shirt, red .") == "a tshirt red"


def _photos() -> list[CaptionedPhoto]:
    sentences = [
        "a dog runs through deep snow",
        "two boys play with a red ball",
        "a man climbs a steep rock wall",
    ]
    return [CaptionedPhoto(Path("x.jpg"), (sentence,) * 5) for sentence in sentences]


def test_the_references_themselves_score_full_marks() -> None:
    figures = score_captions([photo.captions[0] for photo in _photos()], _photos(), notice=pytest.fail)
    assert figures["BLEU-1"] == figures["BLEU-4"] == figures["ROUGE-L"] == 100.0
    assert figures["CIDEr"] == pytest.approx(1000.0)  # the metric's range is 0..10
    assert figures["CIDEr interval"] == [1000.0, 1000.0]
    if shutil.which("java"):
        assert figures["METEOR"] == 100.0


def test_without_java_the_rest_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    notices: list[str] = []
    figures = score_captions(["a dog", "two boys", "a man"], _photos(), notice=notices.append)
    assert "METEOR" not in figures
    assert figures["BLEU-1"] > 0
    assert notices == ["METEOR is left out: it needs Java, which is not installed."]


def _guesses(count: int) -> tuple[list[str], list[CaptionedPhoto]]:
    """Captions that share some of their words with five sentences of other lengths each."""
    random = np.random.default_rng(0)

    def sentence() -> str:
        return " ".join(random.choice(list("abc"), size=random.integers(4, 12)))

    photos = [CaptionedPhoto(Path("x.jpg"), tuple(sentence() for _ in range(5))) for _ in range(count)]
    return [sentence() for _ in range(count)], photos


@pytest.mark.usefixtures("without_meteor")
def test_bleu_4_is_that_of_pycocoevalcap() -> None:
    captions, photos = _guesses(30)
    references = {row: list(photo.captions) for row, photo in enumerate(photos)}
    for length in (1, 2):  # captions too long, and those too short
        candidates = {row: [" ".join(text.split()[::length])] for row, text in enumerate(captions)}
        expected, _ = Bleu(4).compute_score(references, candidates, verbose=0)
        scorer = BleuScorer(n=4)
        for row in references:
            scorer += (candidates[row][0], references[row])
        assert _bleu_4(scorer.ctest) == pytest.approx(expected[3], abs=1e-4)
        figures = score_captions([text for (text,) in candidates.values()], photos, notice=lambda _: None)
        assert figures["BLEU-4"] == pytest.approx(100 * expected[3], abs=0.006)


def test_bleu_4_of_captions_without_a_common_word_is_zero() -> None:
    scorer = BleuScorer(n=4)
    scorer += ("a dog runs through snow", ["two boys play with balls"])
    assert _bleu_4(scorer.ctest) == 0


@pytest.mark.usefixtures("without_meteor")
def test_the_intervals_hold_the_scores() -> None:
    captions, photos = _guesses(60)
    figures = score_captions(captions, photos, notice=lambda _: None)
    for metric in ("BLEU-4", "CIDEr"):
        low, high = figures[f"{metric} interval"]
        assert low < figures[metric] < high
        assert high - low < figures[metric]
    again = score_captions(captions, photos, notice=lambda _: None)
    assert again == figures


def test_variety_worked_out_by_hand() -> None:
    captions = ["a dog runs", "a dog runs", "two t-shirts", "a boy"]
    known = {"a dog runs", "two tshirts"}
    assert measure_variety(captions, known) == {
        "distinct_captions": 3,
        "found_in_training": 75.0,
        "words_used": 6,
    }
