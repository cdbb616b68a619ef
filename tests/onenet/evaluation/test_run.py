import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.bleu.bleu_scorer import BleuScorer

from onenet.datasets.flickr8k import CaptionedPhoto
from onenet.engine import Engine
from onenet.evaluation.run import _bleu_4, _search, _variety, evaluate, plain, score_captions
from onenet.network.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from onenet.network.model import OneNet
from onenet.network.vocabulary import Vocabulary
from onenet.search import ImageIndex, PhotoRecord
from onenet.training.config import TrainConfig
from onenet.training.train import train
from tests.onenet.drawn import write_dataset


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


@pytest.fixture
def without_meteor(monkeypatch: pytest.MonkeyPatch) -> None:
    """METEOR starts Java, which takes seconds."""
    monkeypatch.setattr("onenet.evaluation.run._meteor", lambda *_: None)


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
    assert _variety(captions, known) == {
        "distinct_captions": 3,
        "found_in_training": 75.0,
        "words_used": 6,
    }


def test_what_is_measured_is_what_is_served(tmp_path: Path, model: OneNet, vocabulary: Vocabulary) -> None:
    """Every description finds the photos in the order in which the engine gives them, as surely."""
    save_checkpoint(tmp_path / "net", model, vocabulary, {})
    checkpoint = load_checkpoint(tmp_path / "net")
    engine = Engine(checkpoint)
    representations = torch.nn.functional.normalize(
        torch.randn(12, 16, generator=torch.Generator().manual_seed(0)), dim=-1
    )
    files = [tmp_path / f"{number:02}.jpg" for number in range(12)]
    for file in files:
        file.touch()
    index = ImageIndex(engine.fingerprint, dimensions=16)
    index.add([PhotoRecord(str(file), 0, 0) for file in files], representations)
    descriptions = ["A dog runs.", "Two purple boys play ball", "snow", "ball play a a"]
    found = _search(checkpoint, descriptions, representations, lambda what, done, total: None)
    for number, description in enumerate(descriptions):
        imagined = engine.imagine(description)
        assert np.allclose(found.inversions[number], imagined.representation, atol=1e-4)
        served = engine.find(imagined, index, 12).matches
        assert [str(files[row]) for row in found.orders[number]] == [match.photo for match in served]
        unknown = 0.5 / 5 if "purple" in description else 0.0
        assert found.confidences[number] == pytest.approx(served[0].score - unknown, abs=0.02)


def test_a_description_of_unknown_words_fits_nothing(model: OneNet, vocabulary: Vocabulary) -> None:
    checkpoint = Checkpoint(model, vocabulary, {}, "")
    photos = torch.nn.functional.normalize(torch.ones(3, 16), dim=-1)
    found = _search(checkpoint, ["purple zebra", "a dog"], photos, lambda what, done, total: None)
    assert found.confidences[0] == -np.inf
    assert np.isfinite(found.confidences[1])


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small data set, a network that has seen it once, and the cache of both."""
    folder = tmp_path_factory.mktemp("trained")
    write_dataset(folder / "data")
    config = TrainConfig(
        encoder="efficientnet_lite0",
        epochs=1,
        batch_size=4,
        views=1,
        settling_epochs=1,
        critical_epochs=0,
        hidden_size=32,
        sentence_size=16,
        min_count=1,
    )
    train(folder / "data", folder / "net", config, work=folder / "work")
    return folder


@pytest.mark.usefixtures("without_meteor")
def test_everything_is_measured(trained: Path) -> None:
    seen: set[str] = set()
    figures = evaluate(
        load_checkpoint(trained / "net"),
        trained / "data",
        "dev",
        cache=trained / "work" / "features",
        progress=lambda what, done, total: seen.add(what),
    )
    assert (figures["photos"], figures["descriptions"]) == (4, 20)
    assert figures["loss"] > 0
    scores = {"BLEU-1", "BLEU-2", "BLEU-3", "BLEU-4", "ROUGE-L", "CIDEr", "BLEU-4 interval", "CIDEr interval"}
    variety = {"distinct_captions", "found_in_training", "words_used", "seconds"}
    assert scores | variety <= figures["greedy"].keys()
    assert figures["beam5"].keys() == figures["greedy"].keys()
    for way in ("sentence", "inversion", "served"):
        found = figures["find"][way]
        assert 0 <= found["R@1"] <= found["R@10"] == 100
        assert 1 <= found["median_rank"] <= 4
    assert 0 <= figures["find"]["said_to_fit"] <= 100
    assert 0 <= figures["find"]["absent_refused"] <= 100
    assert np.isfinite(figures["find"]["fits_from"])
    assert {"greedy", "beam5", "inversion", "find"} <= seen
    assert json.loads(json.dumps(figures)) == figures


@pytest.mark.usefixtures("without_meteor")
def test_the_loss_is_the_one_that_training_reported(trained: Path) -> None:
    checkpoint = load_checkpoint(trained / "net")
    cache = trained / "work" / "features"
    figures = evaluate(checkpoint, trained / "data", "dev", cache=cache, find=False)
    assert "find" not in figures
    assert figures["loss"] == pytest.approx(checkpoint.card["dev"]["loss"], abs=0.01)
