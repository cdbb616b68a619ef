from pathlib import Path

import numpy as np
import pytest
import torch

from onenet.engine import Engine
from onenet.evaluation.retrieval import Searches, fit_threshold, make_up, search_all, threshold_figures
from onenet.network.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from onenet.network.model import OneNet
from onenet.network.vocabulary import Vocabulary
from onenet.search import ImageIndex, PhotoRecord
from onenet.search.confidence import Threshold
from onenet.search.spread import Spread, spread_beside


def search(
    checkpoint: Checkpoint, descriptions: list[str], photos: torch.Tensor, spread: Spread | None = None
) -> Searches:
    return search_all(
        checkpoint.model,
        checkpoint.vocabulary,
        descriptions,
        representations=photos,
        spread=spread,
        progress=lambda what, done, total: None,
    )


@pytest.mark.parametrize("is_spread", [True, False])
def test_what_is_measured_is_what_is_served(
    tmp_path: Path, model: OneNet, vocabulary: Vocabulary, monkeypatch: pytest.MonkeyPatch, is_spread: bool
) -> None:
    """Every description finds the photos in the order in which the engine gives them, as surely."""
    for where in ("onenet.engine", "onenet.evaluation.retrieval"):
        monkeypatch.setattr(f"{where}.NEARBY", 9)
        monkeypatch.setattr(f"{where}.CANDIDATES", 5)
    save_checkpoint(tmp_path / "net", model, vocabulary, {})
    checkpoint = load_checkpoint(tmp_path / "net")
    representations, sentences = torch.nn.functional.normalize(
        torch.randn(2, 12, 16, generator=torch.Generator().manual_seed(0)), dim=-1
    )
    spread = Spread.of(representations.numpy(), sentences[:4].numpy()) if is_spread else None
    if spread is not None:
        spread.save(spread_beside(tmp_path / "net"), checkpoint.fingerprint, {})
    engine = Engine.load(tmp_path / "net", threads=1)
    files = [tmp_path / f"{number:02}.jpg" for number in range(12)]
    for file in files:
        file.touch()
    index = ImageIndex(engine.fingerprint, dimensions=16)
    index.add([PhotoRecord(str(file), 0, 0) for file in files], representations)
    descriptions = ["A dog runs.", "Two purple boys play ball", "snow-ball", "ball play a a"]
    found = search(checkpoint, descriptions, representations, spread)
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
    found = search(checkpoint, ["purple zebra", "a dog"], photos)
    assert found.confidences[0] == -np.inf
    assert np.isfinite(found.confidences[1])


def test_made_up_photos_are_new_ones_where_photos_are() -> None:
    """Here on an arc: none is made up far from it, and hardly any is one of the photos."""
    angles = torch.linspace(0, 1, 50)
    photos = torch.stack([angles.cos(), angles.sin(), torch.zeros(50)], dim=1)
    made_up = make_up(photos, 1000)
    assert made_up.shape == (1000, 3)
    assert torch.allclose(made_up.norm(dim=1), torch.ones(1000), atol=1e-5)
    assert torch.equal(make_up(photos, 1000), made_up)
    nearest = (made_up @ photos.T).max(dim=1).values
    assert float(nearest.min()) > 0.98
    assert (
        float((made_up[:, None] - photos[None]).norm(dim=2).min(dim=1).values.gt(1e-6).float().mean()) > 0.9
    )
    assert make_up(photos[:1], 3).shape == (3, 3)


def test_a_threshold_is_found_for_every_number_of_photos(
    model: OneNet, vocabulary: Vocabulary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From 20 up to far more photos than there are, and read back as it was written."""
    monkeypatch.setattr("onenet.evaluation.retrieval.BEYOND", (500, 2000))
    monkeypatch.setattr("onenet.evaluation.retrieval.MANY", 2000)
    monkeypatch.setattr(
        "onenet.evaluation.retrieval.absent_descriptions",
        lambda: {"calibration": ["a dog", "two boys play ball", "purple zebra", "snow", "a ball"]},
    )
    photos = torch.nn.functional.normalize(
        torch.randn(60, 16, generator=torch.Generator().manual_seed(0)), dim=-1
    )
    threshold = fit_threshold(model, vocabulary, photos, None, lambda what, done, total: None)
    sizes, levels = zip(*threshold.levels, strict=True)
    assert sizes == (20, 50, 60, 500, 2000)
    assert list(levels) == sorted(levels)
    assert levels[-1] > levels[0]
    read = Threshold.from_figures(threshold_figures(threshold))
    assert read.among(300) == pytest.approx(threshold.among(300), abs=1e-3)
