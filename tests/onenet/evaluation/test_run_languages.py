"""Measuring a network in all its languages and on photos as people send them, on data that the test draws."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest
import torch

from onenet.datasets.flickr8k import load_split
from onenet.datasets.sources import load_listed, load_sources, with_languages
from onenet.errors import DatasetError, LanguageError
from onenet.evaluation import languages
from onenet.evaluation.asking_run import evaluate_asking
from onenet.evaluation.evaluation_set import (
    evaluation_sets,
    load_evaluation_set,
    represent_photos,
    sentence_guesses,
)
from onenet.evaluation.figures import Figures
from onenet.evaluation.languages import languages_written, measure_languages, written_well
from onenet.evaluation.run import ALL, evaluate
from onenet.evaluation.sureness import fit_sureness
from onenet.evaluation.wild import measure_wild
from onenet.network.checkpoint import load_checkpoint, save_checkpoint
from onenet.network.vocabulary import Vocabulary
from tests.onenet.drawn import write_sources
from tests.onenet.networks import small_network

pytestmark = pytest.mark.usefixtures("without_meteor")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sources, and a network with their words that has learnt nothing."""
    folder = tmp_path_factory.mktemp("measured")
    file = write_sources(folder, train=4, dev=6)
    vocabulary = Vocabulary.build(load_sources(file, views=1).sentences(), min_count=1)
    save_checkpoint(folder / "net", small_network(vocabulary, names=5), vocabulary, {})
    return folder


SCORES = {"BLEU-1", "BLEU-4", "ROUGE-L", "CIDEr", "R@1", "R@5", "R@10", "median_rank", "distinct_captions"}


def test_everything_is_measured(folder: Path) -> None:
    figures = evaluate(
        load_checkpoint(folder / "net"),
        folder / "flickr8k",
        "dev",
        cache=folder / "cache",
        find=False,
        languages=ALL,
        wild=folder / "wild",
    )
    assert list(figures["languages"]) == ["en", "de"]
    english, german = figures["languages"]["en"], figures["languages"]["de"]
    assert figures["written"] == written_well({"en": english["CIDEr"], "de": german["CIDEr"]})
    assert SCORES | {"photos", "descriptions", "nats"} <= english.keys()
    assert german.keys() - english.keys() == {"into English, CIDEr", "from English, CIDEr"}
    assert (english["photos"], english["descriptions"]) == (6, 30)
    assert (german["photos"], german["descriptions"]) == (6, 12)
    assert english["nats"] == pytest.approx(figures["loss"], abs=1e-3)
    wild = figures["wild"]
    assert SCORES | {"things_named", "named_things_there", "CIDEr interval"} <= wild.keys()
    assert wild["photos"] == 2
    assert figures["sure"].keys() == {"threshold", "languages"}
    assert json.loads(json.dumps(figures)) == figures


def test_languages_are_chosen(folder: Path) -> None:
    checkpoint = load_checkpoint(folder / "net")
    cache = folder / "cache"
    for chosen, measured in ((("de",), ["en", "de"]), (("en",), ["en"])):
        figures = evaluate(checkpoint, folder / "flickr8k", "dev", cache=cache, find=False, languages=chosen)
        assert list(figures["languages"]) == measured
        assert "wild" not in figures


def test_an_unknown_language_is_said_before_any_work(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(LanguageError, match=r"^The network knows English \(en\), German \(de\), not “zh”\.$"):
        evaluate(
            load_checkpoint(folder / "net"), tmp_path / "none", "dev", cache=tmp_path, languages=("de", "zh")
        )


def test_sets_of_languages_hold_the_photos_that_have_them(folder: Path) -> None:
    checkpoint = load_checkpoint(folder / "net")
    model, vocabulary = checkpoint.model, checkpoint.vocabulary
    cache = folder / "cache"
    seen = load_evaluation_set(model, vocabulary, folder / "flickr8k", "dev", cache=cache)
    photos = with_languages(load_split(folder / "flickr8k", "dev"), folder / "languages")
    photos[2] = load_split(folder / "flickr8k", "dev")[2]  # one without German
    english, german = evaluation_sets(photos, seen.representations, vocabulary)
    assert (english.language, len(english.photos), german.language, len(german.photos)) == ("en", 6, "de", 5)
    assert np.allclose(german.representations[2], seen.representations[3])
    assert german.rows.tolist() == [row for row in range(5) for _ in range(2)]
    assert german.token_ids[0][0] == vocabulary.start_id("de")
    assert set(german.token_ids[0][1:-1]) <= {3, *german.block}
    assert german.descriptions[0].startswith("Ein ")
    figures = measure_languages(model, [english, german])
    assert figures["de"]["photos"] == 5
    guesses = sentence_guesses(model, german.token_ids)
    assert guesses.shape == (10, 16)


def test_without_pycocoevalcap_the_rest_stands(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pycocoevalcap.cider.cider", None)
    notices: list[str] = []
    figures = evaluate(
        load_checkpoint(folder / "net"),
        folder / "flickr8k",
        "dev",
        cache=folder / "cache",
        find=False,
        languages=ALL,
        notice=notices.append,
    )
    assert figures["languages"]["de"]["nats"] > 0
    assert "sure" not in figures
    assert any("pycocoevalcap" in notice for notice in notices)


def test_without_pycocoevalcap_the_languages_written_are_the_same(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of a network that says what people said."""
    loaded = load_checkpoint(folder / "net")
    photos = with_languages(load_split(folder / "flickr8k", "dev"), folder / "languages")
    sets = evaluation_sets(photos, torch.eye(6, 16), loaded.vocabulary)
    monkeypatch.setattr(
        languages,
        "_captions",
        lambda model, photos, *_: [photo.captions_in(photos.language)[1] for photo in photos.photos],
    )
    measured = measure_languages(loaded.model, sets)
    monkeypatch.setitem(sys.modules, "pycocoevalcap.cider.cider", None)
    alone = measure_languages(loaded.model, sets)
    for code, own in measured.items():
        assert own["CIDEr"] > 10
        assert alone[code]["CIDEr"] == pytest.approx(own["CIDEr"], abs=0.01)
    assert languages_written(loaded.model, sets) == ["en", "de"]


def test_a_language_that_was_not_measured_is_not_lost(folder: Path, tmp_path: Path) -> None:
    """Without the captions in German nobody can say how well it writes it."""
    copytree(folder / "flickr8k", tmp_path / "flickr8k")
    (tmp_path / "languages").mkdir()
    notices: list[str] = []
    figures = evaluate(
        load_checkpoint(folder / "net"),
        tmp_path / "flickr8k",
        "dev",
        cache=tmp_path,
        find=False,
        languages=ALL,
        notice=notices.append,
    )
    assert list(figures["languages"]) == ["en"]
    assert "written" not in figures
    assert any("no captions in de" in notice for notice in notices)


def test_wild_photos_are_searched_by_two_descriptions(folder: Path) -> None:
    checkpoint = load_checkpoint(folder / "net")
    photos = represent_photos(
        checkpoint.model, checkpoint.vocabulary, load_listed(folder / "wild", "test"), cache=folder / "cache"
    )
    figures = measure_wild(checkpoint.model, photos)
    assert (figures["photos"], figures["R@5"]) == (2, 100.0)
    assert fit_sureness(checkpoint.model, {"en": [photos]})["languages"] == {}  # two are too few


def test_photos_that_nobody_described_are_left_out(folder: Path) -> None:
    """One of those to train on has no caption: nothing can be said of what the network says of it."""
    figures = evaluate(
        load_checkpoint(folder / "net"),
        folder / "flickr8k",
        "train",
        cache=folder / "cache",
        wild=folder / "wild",
    )
    assert figures["wild"]["photos"] == 4
    assert figures["wild"]["served"]["R@10"] == 100


@pytest.mark.parametrize("measure", [evaluate, evaluate_asking])
def test_wild_photos_that_are_not_there_are_said_before_any_work(
    folder: Path, tmp_path: Path, measure: Callable[..., Figures]
) -> None:
    with pytest.raises(DatasetError, match=r"^captions\.tsv cannot be read"):
        measure(load_checkpoint(folder / "net"), tmp_path / "none", "dev", cache=tmp_path, wild=tmp_path)


@pytest.mark.parametrize(
    ("ciders", "written"),
    [
        ({"en": 60.0, "de": 30.0, "zh": 29.9}, ["en", "de"]),
        ({"en": 0.0, "de": 0.0}, ["en"]),
        ({"de": 40.0}, ["en", "de"]),
    ],
    ids=str,
)
def test_what_reads_much_worse_than_english_is_not_written(
    ciders: dict[str, float], written: list[str]
) -> None:
    assert written_well(ciders) == written


def test_a_training_measures_the_same_languages_as_an_evaluation(folder: Path) -> None:
    loaded = load_checkpoint(folder / "net")
    photos = with_languages(load_split(folder / "flickr8k", "dev"), folder / "languages")
    represented = represent_photos(loaded.model, loaded.vocabulary, photos, cache=folder / "cache")
    sets = evaluation_sets(photos, represented.representations, loaded.vocabulary)
    measured = measure_languages(loaded.model, sets)
    ciders = {code: own["CIDEr"] for code, own in measured.items()}
    assert languages_written(loaded.model, sets) == written_well(ciders)
