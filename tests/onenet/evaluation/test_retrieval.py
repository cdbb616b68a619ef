from pathlib import Path

import numpy as np
import pytest
import torch

from onenet.engine import Engine
from onenet.evaluation.retrieval import Searches, search_all
from onenet.network.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from onenet.network.model import OneNet
from onenet.network.vocabulary import Vocabulary
from onenet.search import ImageIndex, PhotoRecord


def search(checkpoint: Checkpoint, descriptions: list[str], photos: torch.Tensor) -> Searches:
    return search_all(
        checkpoint.model,
        checkpoint.vocabulary,
        descriptions,
        representations=photos,
        progress=lambda what, done, total: None,
    )


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
    descriptions = ["A dog runs.", "Two purple boys play ball", "snow-ball", "ball play a a"]
    found = search(checkpoint, descriptions, representations)
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
