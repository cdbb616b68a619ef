"""One network of several: it begins as their mean, and learns from what they say."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
import torch

from onenet.captions.beam_search import writer_of
from onenet.errors import CheckpointError
from onenet.network.checkpoint import load_checkpoint, save_checkpoint
from onenet.network.encoders import encoder_spec, serving_transform
from onenet.network.model import OneNet, all_features
from onenet.network.special_words import END_ID
from onenet.training import train as training
from onenet.training.batches import Split
from onenet.training.config import ConfigError, TrainConfig
from onenet.training.distil import distil
from onenet.training.lessons import Lessons
from onenet.training.progress import Progress
from onenet.training.run import Phase, Run
from onenet.training.text_phase import text_phase
from onenet.training.train import train
from tests.onenet.drawn import write_sources
from tests.onenet.training.test_train_packed import SHORT

CONFIG = replace(SHORT, critical_epochs=0, settling_rate=0.01)
TAUGHT = replace(CONFIG, settling_epochs=2, teaching_weight=0.5)
FIXED = ("top.", "head.", "centre.", "to_names.")


class Networks(NamedTuple):
    """Networks that were trained before, and what they were trained on."""

    sources: Path
    first: Path
    second: Path


@pytest.fixture(scope="module")
def networks(work: Path, tmp_path_factory: pytest.TempPathFactory) -> Networks:
    folder = tmp_path_factory.mktemp("networks")
    sources = write_sources(folder / "sources", train=6, dev=2)
    train(sources, folder / "first", CONFIG, work=work)
    train(sources, folder / "second", replace(CONFIG, label_smoothing=0.0), work=work)
    return Networks(sources, folder / "first", folder / "second")


def weights(path: Path) -> dict[str, torch.Tensor]:
    return load_checkpoint(path).model.state_dict()


def forget_runs(work: Path) -> None:
    for state in (work / "runs").rglob("*.pt"):
        state.unlink()


def test_it_begins_as_the_mean_and_goes_on_with_all_but_encoder_and_head(
    networks: Networks, work: Path, tmp_path: Path
) -> None:
    sources, *both = networks
    stages: list[str] = []
    card = distil(
        sources, tmp_path / "net", both, both, TAUGHT, work=work, progress=lambda p: stages.append(p.stage)
    )
    assert {stage for stage in stages if stage != "features"} == {"text phase"}
    made, first, second = weights(tmp_path / "net"), weights(both[0]), weights(both[1])
    for name, weight in made.items():
        if name.startswith(FIXED) and weight.is_floating_point():
            mean = (first[name].float() + second[name].float()) / 2
            assert torch.allclose(weight, mean, rtol=2e-3, atol=1e-3), name
    assert not torch.equal(made["word_embeddings.weight"], first["word_embeddings.weight"])
    assert len(card["dev_losses"]) == 1 + TAUGHT.settling_epochs  # the mean's own, and each epoch's
    assert card["dev"]["loss"] == min(card["dev_losses"])
    assert [each["fingerprint"] for each in card["taught_by"]] == [
        load_checkpoint(path).fingerprint for path in both
    ]


def test_without_epochs_the_mean_is_all(networks: Networks, work: Path, tmp_path: Path) -> None:
    sources, *both = networks
    config = replace(TAUGHT, settling_epochs=0)
    card = distil(sources, tmp_path / "net", both, both, config, work=work)
    assert len(card["dev_losses"]) == 1
    assert len(card["mean_of"]) == 2
    assert card["taught_by"] == []
    made, first, second = weights(tmp_path / "net"), weights(both[0]), weights(both[1])
    for name, weight in made.items():
        if weight.is_floating_point():
            mean = (first[name].float() + second[name].float()) / 2
            assert torch.allclose(weight, mean, rtol=2e-3, atol=1e-3), name


def test_the_head_may_go_on_too(networks: Networks, work: Path, tmp_path: Path) -> None:
    sources, first, second = networks
    config = replace(TAUGHT, tune_head=True, settling_epochs=4)
    card = distil(sources, tmp_path / "net", [first], [first, second], config, work=work)
    assert card["best_epoch"] > 1, "the network as it was has been kept"
    before, made = weights(first), weights(tmp_path / "net")
    for name in ("head.weight", "to_names.weight", "sentence_encoder.weight_hh_l0"):
        assert not torch.equal(made[name], before[name]), name
    for name, weight in made.items():
        assert not name.startswith(("top.", "centre.")) or torch.equal(weight, before[name]), name


def test_what_teachers_say_decides(networks: Networks, work: Path, tmp_path: Path) -> None:
    """Another teacher, or another weight of it, leads elsewhere; without weight all lead to the same."""
    sources, first, second = networks
    ends: dict[tuple[str, float], float] = {}
    for teacher, weight in ((first, 0.5), (second, 0.5), (second, 0.9), (first, 0.0), (second, 0.0)):
        config = replace(TAUGHT, settling_epochs=1, teaching_weight=weight, text_sentences=0, text_noise=0.0)
        card = distil(sources, tmp_path / "net", [first], [teacher], config, work=work)
        ends[teacher.name, weight] = card["dev_losses"][-1]
    assert ends["first", 0.0] == ends["second", 0.0]
    assert len(set(ends.values())) == 4


@pytest.mark.parametrize("step", [1, 2])
def test_a_killed_run_goes_on_to_the_same_network(
    networks: Networks, work: Path, tmp_path: Path, step: int
) -> None:
    sources, *both = networks
    config = replace(TAUGHT, settling_batch_size=16)
    forget_runs(work)
    distil(sources, tmp_path / "whole", both, both, config, work=work)
    forget_runs(work)

    def kill(progress: Progress) -> None:
        if progress.stage == "text phase" and progress.done == step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        distil(sources, tmp_path / "net", both, both, config, work=work, progress=kill, save_every_s=0)
    assert not (tmp_path / "net").exists()
    done: list[int] = []
    distil(
        sources, tmp_path / "net", both, both, config, work=work, progress=lambda each: done.append(each.done)
    )
    made, whole = weights(tmp_path / "net"), weights(tmp_path / "whole")
    assert all(torch.equal(weight, whole[name]) for name, weight in made.items())


def test_views_are_looked_at_once_for_network_and_teachers_of_one_encoder_and_not_again_at_the_end(
    networks: Networks, work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources, first, second = networks
    looked_at: list[OneNet] = []
    look = Split.features_of_views

    def watched(split: Split, model: OneNet, bfloat16: bool, device: str) -> torch.Tensor:
        looked_at.append(model)
        return look(split, model, bfloat16, device)

    monkeypatch.setattr(Split, "features_of_views", watched)
    config = replace(TAUGHT, settling_rate=0.011)
    distil(sources, tmp_path / "net", [first], [first, first], config, work=work)
    assert len(looked_at) == 1
    distil(sources, tmp_path / "net", [first], [first, first], config, work=work)  # nothing is left to do
    assert len(looked_at) == 1
    known = load_checkpoint(second)
    with torch.no_grad():
        next(known.model.top.parameters()).mul_(1.5)
    save_checkpoint(tmp_path / "other", known.model, known.vocabulary, known.card)
    tuned = replace(config, tune_head=True)
    distil(sources, tmp_path / "net", [first], [first, tmp_path / "other"], tuned, work=work)
    assert len(looked_at) == 3  # the other has an encoder of its own


def test_photos_can_be_learnt_from_as_they_are_served(
    networks: Networks, work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources, first, _ = networks
    sides: list[int] = []
    look = Split.features_of_views

    def watched(split: Split, model: OneNet, bfloat16: bool, device: str) -> torch.Tensor:
        sides.append(split.maps.shape[1])
        return look(split, model, bfloat16, device)

    monkeypatch.setattr(Split, "features_of_views", watched)
    spec = encoder_spec(CONFIG.encoder)
    for as_served, transform in ((False, spec.transform), (True, spec.serving)):
        config = replace(TAUGHT, settling_rate=0.012, as_served=as_served)
        card = distil(sources, tmp_path / "net", [first], [first], config, work=work)
        assert sides.pop() == spec.map_shape(transform)[1]
        assert card["training"]["as_served"] is as_served
    assert replace(CONFIG, as_served=True).transform == serving_transform(load_checkpoint(first).model.config)


def test_networks_of_other_words_or_shapes_are_refused(
    networks: Networks, work: Path, tmp_path: Path
) -> None:
    sources, first, _ = networks
    train(sources, tmp_path / "wider", replace(CONFIG, hidden_size=48), work=work)
    with pytest.raises(CheckpointError, match="wider has other words or another shape"):
        distil(sources, tmp_path / "net", [first], [tmp_path / "wider"], TAUGHT, work=work)
    other = write_sources(tmp_path / "other", train=12, dev=2)
    with pytest.raises(CheckpointError, match="was trained on other words than those of"):
        distil(other, tmp_path / "net", [first], [first], TAUGHT, work=work)
    with pytest.raises(CheckpointError, match="missing"):
        distil(sources, tmp_path / "net", [tmp_path / "missing"], [first], TAUGHT, work=work)
    assert not (tmp_path / "net").exists()


def test_encoder_and_sizes_are_the_networks(networks: Networks, work: Path, tmp_path: Path) -> None:
    sources, first, _ = networks
    others = {"encoder": "efficientnet_lite2", "hidden_size": 48, "detail_px": 0, "dropout": 0.3}
    config = replace(TAUGHT, settling_epochs=0, as_served=True, **others)
    card = distil(sources, tmp_path / "net", [first], [first], config, work=work)
    shape = asdict(load_checkpoint(first).model.config)
    assert asdict(load_checkpoint(tmp_path / "net").model.config) == shape
    assert card["encoder"] == shape["encoder"]
    assert {name: card["training"][name] for name in others} == {name: shape[name] for name in others}


@pytest.mark.parametrize("weight", [1.5, -0.1, float("nan")])
def test_a_weight_that_is_no_share(weight: float) -> None:
    with pytest.raises(ConfigError, match="teaching_weight"):
        TrainConfig(teaching_weight=weight)


def test_photos_without_captions_are_learnt_from_by_what_a_teacher_says_of_them(
    networks: Networks, work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources, first, second = networks
    config = replace(TAUGHT, settling_rate=0.013, settling_epochs=1, pseudo_captions=True)
    learnt: list[Lessons] = []

    def watched(run: Run, lessons: Lessons, *rest: object) -> Phase:
        learnt.append(lessons)
        return text_phase(run, lessons, *rest)

    monkeypatch.setattr(training, "text_phase", watched)
    distil(sources, tmp_path / "net", [first], [second, first], config, work=work)
    (lessons,) = learnt
    photos, vocabulary = lessons.train_set, lessons.vocabulary
    missing = {
        (row, language)
        for row, own in enumerate(photos.captions)
        for language in ("en", "de")
        if language not in own
    }
    assert {language for _, language in missing} == {"en", "de"}  # two languages, three kinds of photos
    assert [(each.row, each.language) for each in lessons.pseudo_captions] == sorted(
        missing, key=lambda each: (vocabulary.languages.index(each[1]), each[0])
    )
    teacher = load_checkpoint(second).model.eval()
    with torch.no_grad():
        seen = teacher.represent(all_features(teacher, photos.straight))
        for caption in lessons.pseudo_captions:
            writer = writer_of(teacher, vocabulary, caption.language)
            ((said,),) = writer.write(seen[caption.row : caption.row + 1])
            start = vocabulary.start_id(caption.language)
            assert caption.token_ids == [start, *said.token_ids, END_ID]

    (kept,) = (work / "runs").rglob("pseudo-captions.pt")
    before = kept.stat().st_mtime_ns
    distil(sources, tmp_path / "net", [first], [second, first], config, work=work)
    assert kept.stat().st_mtime_ns == before
    assert learnt[1].pseudo_captions == lessons.pseudo_captions
    kept.write_bytes(kept.read_bytes()[:-3])
    with pytest.raises(CheckpointError, match=r"pseudo-captions.pt is damaged. Delete it"):
        distil(sources, tmp_path / "net", [first], [second, first], config, work=work)
    kept.unlink()
    distil(sources, tmp_path / "other", [first], [second], replace(config, pseudo_captions=False), work=work)
    assert learnt[2].pseudo_captions == ()


def test_what_people_said_of_the_few_photos_of_other_sources_can_be_read_more_often(
    networks: Networks, work: Path, tmp_path: Path
) -> None:
    sources, first, _ = networks
    steps: dict[int, int] = {}
    for times in (1, 3):
        config = replace(TAUGHT, settling_epochs=1, settling_batch_size=2, others_read=times)

        def note(progress: Progress, times: int = times) -> None:
            if progress.stage == "text phase":
                steps[times] = progress.total

        distil(sources, tmp_path / "net", [first], [first], config, work=work, progress=note)
    of_others = 4 * 5  # captions of four photos of the second source; a step reads two
    assert steps[3] - steps[1] == 2 * of_others / 2
    with pytest.raises(ConfigError, match="others_read is 0"):
        TrainConfig(others_read=0)


def test_photos_stay_near_the_mean_of_what_the_first_teacher_gives_their_views(
    networks: Networks, work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The more a hint weighs, the nearer; the mean is over the views of each photo, however many they are."""
    sources, first, second = networks
    learnt: list[Lessons] = []

    def noting(run: Run, lessons: Lessons, dev_sets: Sequence[Split]) -> Phase:
        learnt.append(lessons)
        return text_phase(run, lessons, dev_sets)

    monkeypatch.setattr(training, "text_phase", noting)
    apart: dict[float, float] = {}
    for weight in (0.0, 30.0):
        config = replace(TAUGHT, tune_head=True, settling_epochs=4, hint_weight=weight)
        distil(sources, tmp_path / "net", [first], [second, first], config, work=work)
        photos = learnt[-1].train_set
        made, taught = (
            photos.represent_views(load_checkpoint(path).model.eval(), False, "cpu")
            for path in (tmp_path / "net", second)
        )
        places = [range(*ends) for ends in pairwise(photos.first_views)]
        assert len({len(own) for own in places}) > 1
        means = torch.stack([taught[[*own]].mean(dim=0) for own in places])
        own = torch.stack([made[own[0]] for own in places])
        apart[weight] = float(1 - torch.cosine_similarity(own, means).mean())
    assert apart[30.0] < 0.9 * apart[0.0], apart
    with pytest.raises(ConfigError, match="hint_weight is -1"):
        TrainConfig(hint_weight=-1.0)
