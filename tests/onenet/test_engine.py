from pathlib import Path

import numpy as np
import pytest
import torch

from onenet.checkpoint import load_checkpoint, save_checkpoint
from onenet.engine import Engine, ImageIndex, Imagined
from onenet.errors import DescriptionError
from onenet.model import OneNet
from onenet.vocabulary import Vocabulary
from tests.onenet.pictures import draw


@pytest.fixture
def engine(tmp_path: Path, model: OneNet, vocabulary: Vocabulary) -> Engine:
    save_checkpoint(tmp_path / "net.safetensors", model, vocabulary, {"encoder": "efficientnet_lite0"})
    return Engine(load_checkpoint(tmp_path / "net.safetensors"))


def test_photos_become_representations_and_captions(engine: Engine) -> None:
    photos = [draw("red", 1), draw("blue", 2), draw("green", 3)]
    together = engine.represent(photos)
    assert together.shape == (3, 16)
    assert together.dtype == np.float32
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    for row, photo in enumerate(photos):
        assert np.allclose(engine.represent([photo])[0], together[row], atol=1e-4)
    captions = engine.caption(together, beam_size=3, n=2)
    assert [len(found) for found in captions] == [2, 2, 2]
    assert engine.caption(together, beam_size=3, n=2) == captions


def test_no_photo_at_all(engine: Engine) -> None:
    assert engine.represent([]).shape == (0, 16)
    assert engine.caption(engine.represent([])) == []


def test_imagining_is_deterministic_and_batched_is_one_by_one(engine: Engine) -> None:
    descriptions = ["a dog runs through snow", "two boys play", "Ball!"]
    together = engine.imagine_all(descriptions)
    for description, found in zip(descriptions, together, strict=True):
        alone = engine.imagine(description)
        assert isinstance(found, Imagined)
        assert np.allclose(found.representation, alone.representation, atol=1e-4)
        assert (found.imagined, found.description) == (alone.imagined, description)
    other = engine.imagine(descriptions[0], seed=1)
    assert not np.array_equal(other.representation, engine.imagine(descriptions[0]).representation)


def test_words_never_read_are_left_out_and_named(engine: Engine) -> None:
    found = engine.imagine("a purple dog, a PURPLE zebra")
    assert found.unknown_words == ("purple", "zebra")
    assert np.allclose(found.representation, engine.imagine("a dog a").representation)


@pytest.mark.parametrize(
    ("description", "sentence"),
    [
        ("", "Describe a photo"),
        ("  ...!? ", "Describe a photo"),
        ("🐕🐕", "Describe a photo"),
        ("собака бежит", "I never read “собака”, “бежит”"),
        ("dog " * 1000, "has 1000 words; shorten it to 50"),
        ("x" * 4000, "I never read"),
        ("<unk> <start>", "I never read"),
    ],
)
def test_descriptions_that_cannot_be_searched(engine: Engine, description: str, sentence: str) -> None:
    with pytest.raises(DescriptionError, match=sentence) as caught:
        engine.imagine(description)
    assert len(str(caught.value)) < 300


def test_one_bad_description_among_many(engine: Engine) -> None:
    first, second, third = engine.imagine_all(["a dog", "", "snow"])
    assert isinstance(first, Imagined)
    assert isinstance(second, DescriptionError)
    assert isinstance(third, Imagined)


def test_it_works_in_another_thread(engine: Engine) -> None:
    import threading

    found: list[Imagined] = []
    with torch.no_grad():
        thread = threading.Thread(target=lambda: found.append(engine.imagine("a dog")))
        thread.start()
        thread.join()
    assert found[0].imagined == engine.imagine("a dog").imagined


def test_a_folder_is_indexed_and_searched(engine: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number, colour in enumerate(["red", "green", "blue"]):
        draw(colour, number).save(folder / f"{colour}.png")
    index = ImageIndex(engine.fingerprint, dimensions=16)
    steps = list(engine.index_folder(index, folder, batch_size=2))
    assert steps[-1].done == steps[-1].total == 3
    own = engine.represent([draw("green", 1)])[0]
    assert Path(index.search(own, 1)[0].photo).name == "green.png"
