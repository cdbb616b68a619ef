"""Searches that go on, measured: pairs that differ in a thing, and the shipped network on drawn photos."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from onenet.engine import Engine
from onenet.errors import DatasetError
from onenet.evaluation.conversation import evaluate_conversation, find_pairs
from onenet.paths import DEFAULT_CHECKPOINT
from tests.onenet.drawn import write_dataset


def test_a_pair_differs_in_the_thing_and_in_little_else() -> None:
    captions = [
        ["a dog runs in the snow", "a dog in deep snow", "the dog runs"],
        ["deep snow", "it runs in the snow", "the snow"],
        ["a red car", "the car", "a car on a street"],
    ]
    [pair] = [each for each in find_pairs(captions) if each[0] == "dog"]
    assert pair == ("dog", 0, 1, "a dog runs in the snow")


def leave_captions(data: Path, photo: str, count: int) -> None:
    """Keep the first captions of a photo alone."""
    file = data / "Flickr8k.token.txt"
    lines = file.read_text().splitlines(keepends=True)
    too_many = tuple(f"{photo}#{number}" for number in range(count, 5))
    file.write_text("".join(line for line in lines if not line.startswith(too_many)))


@pytest.mark.shipped
@pytest.mark.skipif(not DEFAULT_CHECKPOINT.is_file(), reason="data/onenet.safetensors is not here")
def test_everything_is_measured(tmp_path: Path) -> None:
    leave_captions(write_dataset(tmp_path), "12_red.jpg", 2)  # of dev's first photo too few for three turns
    seen: set[str] = set()
    figures = evaluate_conversation(
        Engine.load(threads=1), tmp_path, "dev", progress=lambda what, done, total: seen.add(what)
    )
    assert json.loads(json.dumps(figures)) == figures
    adding = figures["going_on"]["adding"]
    assert list(adding) == ["turn 1", "turn 2", "turn 3"]
    ways = {"served", "sum", "all words at once", "the last alone"}
    for turn in adding.values():
        assert set(turn) == ways
        assert all(0 <= way["all"]["R@1"] <= way["all"]["R@10"] == 100 for way in turn.values())
    assert figures["going_on"]["taking_away"] == {"pairs": 0}
    assert {"photos", "turn 3"} <= seen


def test_photos_of_which_too_few_people_spoke_are_said(tmp_path: Path) -> None:
    data = write_dataset(tmp_path, train=1, dev=2)
    for name in ("1_green.jpg", "2_blue.jpg"):
        leave_captions(data, name, 2)
    with pytest.raises(DatasetError, match="No photo of the dev split has 3 captions"):
        evaluate_conversation(SimpleNamespace(), data, "dev")  # type: ignore[arg-type]
