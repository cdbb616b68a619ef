"""A training on several sources in two languages, all its parts, and going on after a kill in each."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from onenet.captions.beams import write_captions
from onenet.captions.writers import Writers
from onenet.datasets.sources import load_sources
from onenet.evaluation.evaluation_set import represent_photos
from onenet.network.checkpoint import load_checkpoint
from onenet.network.model import OneNet, all_features
from onenet.network.vocabulary import Vocabulary
from onenet.training import text_phase
from onenet.training.config import TrainConfig
from onenet.training.joint_phase import start_joint
from onenet.training.lessons import Lessons, names_loss
from onenet.training.loading import load_set
from onenet.training.progress import Progress
from onenet.training.train import train
from tests.onenet.drawn import write_sources
from tests.onenet.networks import served
from tests.onenet.training.test_train import CONFIG, Training, train_once

ALL = replace(
    CONFIG,
    epochs=2,
    settling_epochs=1,
    settling_batch_size=20,
    settling_rate=0.02,
    critical_epochs=1,
    critical_runs=1,
    critical_samples=2,
    text_sentences=3,
    names_weight=0.4,
    at_every_word=True,
)


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sources(tmp_path_factory.mktemp("sources"), train=8, dev=4)


@pytest.fixture(scope="module")
def trained(sources: Path, work: Path, tmp_path_factory: pytest.TempPathFactory) -> Training:
    return train_once(sources, work, tmp_path_factory.mktemp("trained") / "net", ALL)


def test_all_parts_learn_from_all_sources(trained: Training) -> None:
    card = trained.card
    stages = list(dict.fromkeys(progress.stage for progress in trained.seen))
    assert stages == ["features", "training", "text phase", "self-critical"]
    assert list(card["languages"]) == ["en", "de"]
    assert card["languages"]["de"] > 5
    assert card["sources"] == ["flickr8k", "wild", "sentences"]
    assert card["written"][0] == "en"
    assert set(card["written"]) <= {"en", "de"}
    # dev: Flickr8K in English and in German, the wild photos in English
    assert {len(each) for each in card["dev_losses_of_each"]} == {3}
    assert {len(each) for each in card["dev_recalls_of_each"]} == {3}
    assert {len(each) for each in card["dev_ciders_of_each"]} == {3}
    for losses, loss in zip(card["dev_losses_of_each"], card["dev_losses"], strict=True):
        assert sum(losses) / 3 == pytest.approx(loss, abs=1e-3)
    steps = [progress.done for progress in trained.seen if progress.stage == "training"]
    assert len(steps) == 2 * 4  # 8 + 7 photos in batches of 4


def test_the_network_has_the_words_and_the_shape_that_were_asked_for(trained: Training) -> None:
    loaded = load_checkpoint(trained.network)
    assert loaded.vocabulary.languages == ("en", "de")
    assert {"square", "tench", "goldfish"} <= set(loaded.vocabulary.words_of("en"))
    assert {"quadrat", "wand", "rotes"} <= set(loaded.vocabulary.words_of("de"))
    assert "quadrat" not in loaded.vocabulary
    assert loaded.vocabulary.spellings["de"]["wand"] == "Wand"
    assert (loaded.model.config.names, loaded.model.config.at_every_word) == (1000, True)


def test_its_captions_have_words_of_one_language_alone(trained: Training, sources: Path, work: Path) -> None:
    loaded = load_checkpoint(trained.network)
    dev = load_sources(sources, views=2).photos[0].dev
    photos = represent_photos(loaded.model, loaded.vocabulary, dev, cache=work / "features")
    network = served(loaded.model, loaded.vocabulary)
    writers, representations = Writers(network), photos.representations.numpy()
    for language in ("en", "de"):
        block = set(loaded.vocabulary.block(language))
        spelt = {loaded.vocabulary.spell(token) for token in block}
        for captions in write_captions(network, representations, language, n=3):
            assert all(set(caption.token_ids) <= block for caption in captions)
        for [caption] in writers.write(representations, language=language):
            assert set(caption.text.split()) <= spelt


@pytest.mark.parametrize(("stage", "step"), [("training", 3), ("text phase", 2), ("self-critical", 2)])
def test_a_killed_run_goes_on_to_the_same_network(
    trained: Training, sources: Path, work: Path, tmp_path: Path, stage: str, step: int
) -> None:
    for state in (work / "runs").rglob("*.pt"):
        state.unlink()

    def kill(progress: Progress) -> None:
        if progress.stage == stage and progress.done == step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(sources, tmp_path / "net", ALL, work=work, progress=kill, save_every_s=0)
    seen: list[Progress] = []
    train(sources, tmp_path / "net", ALL, work=work, progress=seen.append)
    own = [progress.done for progress in seen if progress.stage == stage]
    assert min(own) >= step  # a step may be repeated, the whole is not
    whole, resumed = (
        load_checkpoint(path).model.state_dict() for path in (trained.network, tmp_path / "net")
    )
    for name, weight in whole.items():
        assert torch.equal(weight, resumed[name]), name


def test_another_sentence_is_another_run(
    trained: Training, sources: Path, work: Path, tmp_path: Path
) -> None:
    """What was learnt from other text is not gone on with."""
    before = {state.parent.name for state in (work / "runs").rglob("*.pt")}
    text = sources.parent / "wild" / "sentences.txt.de"
    content = text.read_text(encoding="utf-8")
    text.write_text(f"{content}noch ein Satz\n", encoding="utf-8")
    try:
        train(
            sources, tmp_path / "net", replace(ALL, epochs=1, critical_epochs=0, settling_epochs=0), work=work
        )
    finally:
        text.write_text(content, encoding="utf-8")
    assert {state.parent.name for state in (work / "runs").rglob("*.pt")} - before


def test_the_classes_are_told_better_with_time(sources: Path, work: Path, tmp_path: Path) -> None:
    """Of the loss of names a network learns: its representation tells what the classifier says."""
    config = replace(CONFIG, epochs=8, names_weight=2.0, name_words_weight=0.2, text_sentences=0, patience=9)
    train(sources, tmp_path / "net", config, work=work)
    loaded = load_checkpoint(tmp_path / "net")
    lessons = _lessons(sources, loaded.vocabulary, config, work)
    chosen = range(len(lessons.train_set))
    untrained = start_joint(config, len(loaded.vocabulary), "cpu").model.eval()
    assert _names_cost(loaded.model, lessons, chosen) < 0.95 * _names_cost(untrained, lessons, chosen)


def test_a_head_that_goes_on_remembers_the_classes_of_photos_without_captions(
    sources: Path, work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The text phase reads captions; what has none, such as a photo of each class, was forgotten in it."""
    told: set[int] = set()

    def watched(model: OneNet, lessons: Lessons, seen: torch.Tensor, chosen: Sequence[int]) -> torch.Tensor:
        told.update(chosen)
        return names_loss(model, lessons, seen, chosen)

    monkeypatch.setattr(text_phase, "names_loss", watched)
    config = replace(ALL, epochs=1, critical_epochs=0, tune_head=True, names_weight=2.0, patience=9)
    costs = []
    for epochs in (0, 4):
        train(sources, tmp_path / "net", replace(config, settling_epochs=epochs), work=work)
        loaded = load_checkpoint(tmp_path / "net")
        lessons = _lessons(sources, loaded.vocabulary, config, work)
        silent = [row for row, captions in enumerate(lessons.train_set.captions) if not captions]
        costs.append(_names_cost(loaded.model, lessons, silent))
    assert silent
    assert told == set(range(len(lessons.train_set)))
    assert costs[1] < 0.95 * costs[0]


def _lessons(sources: Path, vocabulary: Vocabulary, config: TrainConfig, work: Path) -> Lessons:
    photos = load_sources(sources, views=2).photos
    train_set = load_set(photos, "train", vocabulary, config.encoder, work, "cpu", lambda progress: None)
    return Lessons(config, train_set, [], "cpu")


@torch.no_grad()
def _names_cost(model: OneNet, lessons: Lessons, chosen: Sequence[int]) -> float:
    representations = model.represent(all_features(model, lessons.train_set.straight))
    return float(names_loss(model, lessons, representations[list(chosen)], chosen))
