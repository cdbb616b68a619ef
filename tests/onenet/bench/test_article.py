import itertools
import math
from pathlib import Path
from typing import Any

import pytest
import torch

from onenet.bench.article import ArticleConfig, ArticleNet, invert, search_captions
from onenet.bench.article_training import measure_article
from onenet.errors import CheckpointError
from onenet.network.losses import caption_loss, caption_losses
from onenet.network.special_words import END_ID, START_ID
from tests.onenet.drawn import COLOURS

CONFIG = ArticleConfig(
    encoder="efficientnet_lite0", epochs=30, patience=30, batch_size=8, min_count=1, size=64, steps=20
)
SHORT = ArticleConfig(encoder="efficientnet_lite0", epochs=3, batch_size=8, min_count=1, size=16, steps=2)


def network(vocabulary_size: int = 8) -> ArticleNet:
    torch.manual_seed(0)
    model = ArticleNet(feature_size=6, vocabulary_size=vocabulary_size, size=12)
    for weight in model.parameters():
        weight.data.mul_(3.0)
    return model.eval().requires_grad_(False)


class Storyteller:
    """It ends after one word with 30 %, or goes on to eleven words; its state counts them."""

    WORDS = 11

    def start(self, representation: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self._logits({4: 1.0}, len(representation)), torch.zeros(1, len(representation), 1)

    def step(self, token_ids: torch.Tensor, state: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        state = state + 1
        rows = []
        for words in state[0, :, 0].tolist():
            likely = {END_ID: 0.3, 5: 0.7} if words == 1 else {END_ID: 0.01, 5: 0.9, 6: 0.09}
            rows.append(self._logits(likely if words < self.WORDS else {END_ID: 1.0}, 1))
        return torch.cat(rows), state

    @staticmethod
    def _logits(likely: dict[int, float], count: int) -> torch.Tensor:
        logits = torch.full((count, 7), -1e4)
        for token, probability in likely.items():
            logits[:, token] = math.log(probability)
        return logits


def test_its_beam_search_prefers_short_captions() -> None:
    """The long caption is a bit less probable; divided by length^0.7 its score would be far better."""
    short, long = math.log(0.3), math.log(0.7 * 0.9 ** (Storyteller.WORDS - 2))
    assert long < short
    assert long / (Storyteller.WORDS + 1) ** 0.7 > short / 2**0.7
    found = search_captions(Storyteller(), torch.zeros(2, 1), beam_size=3)  # type: ignore[arg-type]
    assert found == [(4,), (4,)]


def test_a_wide_beam_finds_the_most_probable_caption() -> None:
    model, photos = network(), torch.randn(3, 12, generator=torch.Generator().manual_seed(1))
    found = search_captions(model, photos, beam_size=60, max_words=2)
    captions = [list(words) for length in (1, 2) for words in itertools.product(range(4, 8), repeat=length)]
    for photo, caption in zip(photos, found, strict=True):
        scores = {}
        for words in captions:
            token_ids = torch.tensor([[START_ID, *words, END_ID]])
            loss = caption_losses(model(photo.unsqueeze(0), token_ids[:, :-1]), token_ids)
            scores[tuple(words)] = -float(loss) * (len(words) + 1)
        assert caption == max(scores, key=lambda words: scores[words])


def test_captions_do_not_depend_on_the_batch() -> None:
    model, photos = network(), torch.randn(4, 12, generator=torch.Generator().manual_seed(1))
    alone = [search_captions(model, photo.unsqueeze(0), beam_size=3, max_words=6)[0] for photo in photos]
    assert search_captions(model, photos, beam_size=3, max_words=6) == alone


def test_inversion_lowers_the_loss_and_leaves_the_weights() -> None:
    model = network()
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    token_ids = torch.tensor([[START_ID, 4, 5, END_ID], [START_ID, 7, END_ID, 0]])
    losses = []
    for steps in (0, 20):
        generator = torch.Generator().manual_seed(0)
        found = invert(model, token_ids, steps=steps, starts=1, learning_rate=0.1, generator=generator)
        losses.append(float(caption_loss(model(found, token_ids[:, :-1]), token_ids)))
    assert losses[1] < losses[0]
    assert all(torch.equal(weight, before[name]) for name, weight in model.state_dict().items())


def test_several_starts_are_averaged() -> None:
    model, token_ids = network(), torch.tensor([[START_ID, 4, END_ID]])
    found = invert(
        model, token_ids, steps=0, starts=5, learning_rate=0.1, generator=torch.Generator().manual_seed(2)
    )
    starts = torch.randn(5, 12, generator=torch.Generator().manual_seed(2))
    assert torch.allclose(found[0], starts.mean(dim=0), atol=1e-6)


@pytest.fixture(autouse=True)
def _without_java(monkeypatch: pytest.MonkeyPatch) -> None:
    """METEOR takes seconds to start."""
    monkeypatch.setattr("shutil.which", lambda name: None)


def measure(config: ArticleConfig, data: Path, work: Path, report: Any = None) -> Any:
    return measure_article(
        config,
        data,
        "dev",
        work=work,
        device="cpu",
        report=report or (lambda what, done, total, note: None),
        notice=lambda sentence: None,
    )


def forget_runs(work: Path) -> None:
    for state in (work / "runs").rglob("state.pt"):
        state.unlink()


def test_it_learns_a_small_set_by_heart(data: Path, work: Path) -> None:
    figures, run = measure(CONFIG, data, work)
    assert run.dev_losses[-1] < run.dev_losses[0]
    assert figures["loss"] < 0.5  # of five captions for each colour it cannot know which: log(5) / 9 = 0.18
    assert figures["loss"] == pytest.approx(min(run.dev_losses), abs=1e-3)
    assert figures["beam5"]["distinct_captions"] == len(COLOURS)  # it names the colour of each dev photo
    assert figures["find"]["served"]["median_rank"] == 1.0
    assert (figures["photos"], figures["descriptions"]) == (4, 20)


def test_a_stopped_run_goes_on_to_the_same_figures(data: Path, work: Path) -> None:
    forget_runs(work)
    whole, run = measure(SHORT, data, work)
    forget_runs(work)

    def stop(what: str, done: int, total: int, note: str) -> None:
        if note.startswith("epoch 2"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure(SHORT, data, work, stop)
    seen: list[str] = []
    again, resumed = measure(SHORT, data, work, lambda what, done, total, note: seen.append(note))
    assert not any(note.startswith("epoch 1") for note in seen)
    assert resumed.dev_losses == run.dev_losses
    assert again["loss"] == whole["loss"]


def test_a_finished_run_is_not_trained_again(data: Path, work: Path) -> None:
    measure(SHORT, data, work)
    seen: set[str] = set()
    measure(SHORT, data, work, lambda what, done, total, note: seen.add(what))
    assert seen
    assert "Training" not in seen


def test_a_damaged_state_is_named(data: Path, work: Path) -> None:
    measure(SHORT, data, work)
    for state in (work / "runs").rglob("state.pt"):
        state.write_bytes(b"garbage")
    with pytest.raises(CheckpointError, match="Delete it to start the training anew"):
        measure(SHORT, data, work)
    forget_runs(work)
