"""Photo arithmetic: what is read, what is added, and where the shipped network goes with it."""

from pathlib import Path

import numpy as np
import pytest
import torch

from onenet.engine import Engine
from onenet.errors import DescriptionError
from onenet.network.model import OneNet
from onenet.network.special_words import END_ID, START_ID
from onenet.network.vocabulary import Vocabulary
from onenet.paths import DEFAULT_CHECKPOINT
from onenet.search import read_photo
from onenet.search.arithmetic import WORDS_WEIGHT, add_words, move_toward
from onenet.search.inversion import invert_captions
from onenet.search.terms import Terms, photo_terms, without_the_same
from onenet.serving.network import ServedNetwork
from tests.onenet.networks import served

DOG, SNOW, BALL = [START_ID, 5, END_ID], [START_ID, 4, 8, END_ID], [START_ID, 4, 12, END_ID]


@pytest.mark.parametrize(
    ("text", "plus", "minus"),
    [
        ("photo - dog + child", ("child",), ("dog",)),
        ("- dog + child", ("child",), ("dog",)),
        ("-dog +child", ("child",), ("dog",)),
        ("Photo \u2013 a black dog + two children + snow", ("two children", "snow"), ("a black dog",)),
        ("this picture + snow", ("snow",), ()),
        ("it - t-shirt", (), ("t-shirt",)),
        ("photo+snow", ("snow",), ()),
    ],
)
def test_terms_are_understood(text: str, plus: tuple[str, ...], minus: tuple[str, ...]) -> None:
    assert photo_terms(text) == Terms(plus, minus)


@pytest.mark.parametrize(
    "text",
    ["", "a dog in a t-shirt", "photo", "a dog - running", "in snow", "+", "photo -", "photography of a dog"],
)
def test_descriptions_are_no_terms(text: str) -> None:
    assert photo_terms(text) is None


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("the same, but in snow", "in snow"),
        ("the same but at night", "at night"),
        ("The same photo in snow", "in snow"),
        ("in snow", "in snow"),
        ("two people on the same bike", "two people on the same bike"),
    ],
)
def test_the_same_says_nothing(text: str, rest: str) -> None:
    assert without_the_same(text) == rest


@pytest.fixture
def photo() -> torch.Tensor:
    return torch.nn.functional.normalize(torch.randn(16, generator=torch.Generator().manual_seed(5)), dim=0)


@pytest.fixture
def network(model: OneNet, vocabulary: Vocabulary) -> ServedNetwork:
    return served(model, vocabulary)


def test_words_are_added_and_taken_away_as_directions(
    model: OneNet, network: ServedNetwork, photo: torch.Tensor
) -> None:
    dog, snow = (model.represent_sentence(torch.tensor([words]))[0] for words in (DOG, SNOW))
    expected = photo + WORDS_WEIGHT * (snow - dog)
    found = add_words(network, photo.numpy(), [SNOW], [DOG])
    assert np.allclose(found, expected / expected.norm(), atol=1e-6)
    assert np.allclose(add_words(network, photo.numpy(), [], []), photo, atol=1e-6)


def test_inversion_starts_where_it_is_told_and_stays_near(model: OneNet, photo: torch.Tensor) -> None:
    tokens = torch.tensor([SNOW])
    still = invert_captions(model, tokens, guess=photo[None], steps=0).representation[0]
    assert torch.allclose(still, photo, atol=1e-6)
    near, far = (
        invert_captions(model, tokens, guess=photo[None], anchor=anchor).representation[0]
        for anchor in (50.0, 0.01)
    )
    assert float(near @ photo) > float(far @ photo)


def test_moving_toward_words_makes_them_likelier_and_changes_no_weight(
    model: OneNet, network: ServedNetwork, photo: torch.Tensor
) -> None:
    before = network.represent_sentences([BALL, SNOW])
    moved = move_toward(network, photo.numpy(), BALL, SNOW, "en")
    assert float(np.linalg.norm(moved)) == pytest.approx(1, abs=1e-5)
    snow = model.represent_sentence(torch.tensor([SNOW]))[0].numpy()
    assert float(moved @ snow) > float(photo.numpy() @ snow)
    assert np.array_equal(network.represent_sentences([BALL, SNOW]), before)
    assert np.array_equal(move_toward(network, photo.numpy(), BALL, SNOW, "en"), moved)


@pytest.fixture(scope="module")
def shipped() -> Engine:
    if not DEFAULT_CHECKPOINT.is_file():
        pytest.skip("the trained network, data/onenet.safetensors, is not here")
    return Engine.load(threads=1)


@pytest.fixture(scope="module")
def cat(shipped: Engine) -> np.ndarray:  # type: ignore[type-arg]
    data = Path(pytest.importorskip("skimage.data").__file__).parent
    return shipped.represent([read_photo(data / "chelsea.png")])[0]


def test_the_same_but_in_snow(shipped: Engine, cat: np.ndarray) -> None:  # type: ignore[type-arg]
    changed = shipped.change(cat, "the same, but in snow")
    snow = shipped.imagine("in snow").representation
    assert float(changed.representation @ snow) > float(cat @ snow) + 0.2
    assert not hasattr(changed, "token_ids")  # nothing that photos could be ranked by
    assert 0.4 < float(changed.representation @ cat) < 0.95
    assert float(changed.representation @ cat) > float(snow @ cat)


def test_minus_one_plus_another(shipped: Engine, cat: np.ndarray) -> None:  # type: ignore[type-arg]
    changed = shipped.change(cat, "photo - cat + child")
    assert "cat" not in changed.imagined.split()
    assert set(changed.imagined.split()) & {"child", "boy", "girl", "baby", "children"}


def test_words_never_read_are_named_or_refused(shipped: Engine, cat: np.ndarray) -> None:  # type: ignore[type-arg]
    assert shipped.change(cat, "photo + snow qwertyuiop").unknown_words == ("qwertyuiop",)
    for words in ("qwertyuiop", "photo + qwertyuiop", "the same"):
        with pytest.raises(DescriptionError):
            shipped.change(cat, words)
