"""Whether originals and their copies mean the same, on photos that the test draws."""

from pathlib import Path

import pytest
from PIL import Image

from onenet.evaluation.copies import measure_copies
from onenet.network.model import OneNet
from onenet.network.vocabulary import Vocabulary
from tests.onenet.drawn import COLOURS, draw
from tests.onenet.networks import small_network


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary.build({"en": ["a red square on a grey wall"]}, min_count=1)


@pytest.fixture(scope="module")
def model(vocabulary: Vocabulary) -> OneNet:
    return small_network(vocabulary)


def folders(tmp_path: Path) -> tuple[Path, Path]:
    originals, copies = tmp_path / "originals", tmp_path / "copies"
    originals.mkdir()
    copies.mkdir()
    for number, colour in enumerate(COLOURS):
        draw(colour, number).save(originals / f"{number}.jpg", quality=95)
    return originals, copies


def test_copies_of_the_same_content_mean_the_same(
    tmp_path: Path, model: OneNet, vocabulary: Vocabulary
) -> None:
    originals, copies = folders(tmp_path)
    for path in originals.iterdir():
        (copies / path.name).write_bytes(path.read_bytes())
    found = measure_copies(model, vocabulary, originals, copies, cache=tmp_path / "cache")
    assert found == {
        "photos": len(COLOURS),
        "cosine": pytest.approx(1.0, abs=1e-4),
        "worst cosine": pytest.approx(1.0, abs=1e-4),
        "same caption": 100.0,
    }


def test_other_photos_mean_something_else_and_what_lacks_a_copy_is_left_out(
    tmp_path: Path, model: OneNet, vocabulary: Vocabulary
) -> None:
    originals, copies = folders(tmp_path)
    said: list[str] = []
    nothing = measure_copies(
        model, vocabulary, originals, copies, cache=tmp_path / "cache", notice=said.append
    )
    assert nothing == {}
    Image.effect_noise((90, 60), 80).convert("RGB").save(copies / "0.jpg")
    found = measure_copies(model, vocabulary, originals, copies, cache=tmp_path / "cache", notice=said.append)
    assert found["photos"] == 1
    assert found["worst cosine"] == found["cosine"] < 0.999
    assert said == [
        f"{len(COLOURS) - missing} photos of {originals} have no copy in {copies}." for missing in (0, 1)
    ]
