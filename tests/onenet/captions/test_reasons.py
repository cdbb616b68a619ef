"""Reasons: their figures by hand and, with the shipped network, the subject where it was put."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from onenet.captions import Reasons
from onenet.captions.reasons import find_reasons
from onenet.engine import Engine
from onenet.errors import DescriptionError
from onenet.network.checkpoint import load_checkpoint, save_checkpoint
from onenet.network.losses import caption_losses
from onenet.network.model import OneNet
from onenet.network.special_words import END_ID, START_ID
from onenet.network.vocabulary import Vocabulary
from onenet.paths import DEFAULT_CHECKPOINT
from onenet.pictures import draw_reasons
from onenet.pictures.reasons import note_of
from onenet.pictures.style import WIDTH_PX
from onenet.search import read_photo
from tests.onenet.drawn import draw

CORNERS = ((0, 0), (1, 0), (0, 1), (1, 1))
GROUND = (210, 210, 205)


@pytest.fixture
def small(tmp_path: Path, model: OneNet, vocabulary: Vocabulary) -> Engine:
    save_checkpoint(tmp_path / "net.safetensors", model, vocabulary, {"encoder": "efficientnet_lite0"})
    return Engine(load_checkpoint(tmp_path / "net.safetensors"))


@pytest.fixture(scope="module")
def shipped() -> Engine:
    if not DEFAULT_CHECKPOINT.is_file():
        pytest.skip("the trained network, data/onenet.safetensors, is not here")
    return Engine.load(threads=1)


def in_corner(photo: Image.Image, corner: tuple[int, int]) -> Image.Image:
    """Put a photo into a quarter of a plain ground."""
    ground, small = Image.new("RGB", (600, 600), GROUND), photo.copy()
    small.thumbnail((300, 300))
    ground.paste(small, (corner[0] * (600 - small.width), corner[1] * (600 - small.height)))
    return ground


def share(reasons: Reasons, word: str, corner: tuple[int, int]) -> float:
    """How much of a word's heat lies in a quarter of the photo."""
    heat = reasons.heat[reasons.words.index(word)]
    half = heat.shape[0] // 2
    column, row = corner
    return float(heat[row * half :, :][:half, column * half :][:, :half].sum() / heat.sum())


def test_the_gain_is_what_the_photo_adds_to_log_p(model: OneNet) -> None:
    last_map = torch.rand(1, 1280, 3, 3, generator=torch.Generator().manual_seed(1))
    token_ids = torch.tensor([START_ID, 4, 5, 6, END_ID])
    heat, gains = find_reasons(model, last_map, token_ids)
    assert heat.shape == (3, 3, 3)
    with torch.no_grad():
        photo = model.represent(last_map.mean(dim=(2, 3)))
        with_photo = model(photo, token_ids[None, :-1]).log_softmax(dim=-1)[0]
        without = model(torch.zeros_like(photo), token_ids[None, :-1]).log_softmax(dim=-1)[0]
    expected = [float(with_photo[t, token_ids[t + 1]] - without[t, token_ids[t + 1]]) for t in range(3)]
    assert gains.tolist() == pytest.approx(expected, abs=1e-4)


def test_heat_is_where_a_change_of_the_map_changes_log_p(model: OneNet) -> None:
    """The weights of the channels against finite differences of log p, in double precision."""
    model.double()
    last_map = torch.rand(1, 1280, 2, 2, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    token_ids = torch.tensor([START_ID, 7, END_ID])
    heat, _ = find_reasons(model, last_map, token_ids)

    def log_p(features: torch.Tensor) -> float:
        representation = torch.nn.functional.normalize(model.centre(model.head(features)), dim=-1)
        logits = model(representation, token_ids[None, :-1])[:, :1]
        return -float(caption_losses(logits, token_ids[None, :2]))

    features, places = last_map.mean(dim=(2, 3)), last_map[0].flatten(1).T  # (1, F), (4, F)
    token_ids = torch.tensor([START_ID, 7, END_ID])
    step = 1e-6
    slopes = [
        (log_p(features + step * place) - log_p(features - step * place)) / (2 * step) for place in places
    ]
    expected = np.clip(slopes, 0, None)
    assert expected.max() > 0
    assert heat[0].ravel().tolist() == pytest.approx((expected / expected.max()).tolist(), abs=2e-3)


def test_it_leaves_the_network_as_it_was(small: Engine) -> None:
    before = {name: weight.clone() for name, weight in small._model.state_dict().items()}
    small.explain(draw("red", 1))
    for name, weight in small._model.state_dict().items():
        assert torch.equal(weight, before[name])
        assert weight.grad is None


def test_a_persons_caption_is_explained_without_the_words_never_read(small: Engine) -> None:
    reasons = small.explain(draw("red", 1), "A purple DOG runs!")
    assert reasons.words == ("a", "dog", "runs")
    assert reasons.unknown_words == ("purple",)
    with pytest.raises(DescriptionError):
        small.explain(draw("red", 1), "purple")


def test_the_networks_own_caption_is_explained(small: Engine) -> None:
    photo = draw("blue", 2)
    [[caption]] = small.caption(small.represent([photo]))
    assert " ".join(small.explain(photo).words) == caption.text


@pytest.mark.parametrize(
    ("gain", "text"),
    [
        (0.69, "2x"),
        (3.0, "20x"),
        (6.9, "992x"),
        (50.0, ">999x"),
        (0.68, "by grammar"),
        (-0.5, "by grammar"),
        (-1.7, "not here"),
    ],
)
def test_a_gain_is_told(gain: float, text: str) -> None:
    assert note_of(gain) == text


def reasons_for(*gains: float) -> Reasons:
    heat = np.zeros((len(gains), 2, 2), np.float32)
    heat[:, 0, 1] = 1.0
    return Reasons(tuple("word" for _ in gains), heat, np.array(gains, np.float32))


def test_the_picture_is_in_colour_where_there_is_heat_and_grey_for_grammar() -> None:
    sheet = draw_reasons(Image.new("RGB", (200, 200), (0, 0, 255)), reasons_for(3.0, 0.1))
    assert sheet.width == WIDTH_PX
    pixels = np.asarray(sheet, int)
    cold, hot, grey = (pixels[y, x] for x, y in ((60, 560), (600, 60), (1200, 60)))
    assert hot[2] - hot[1] > 80
    assert max(cold) - min(cold) <= 3
    assert max(grey) - min(grey) <= 3


@pytest.mark.parametrize("size", [(640, 480), (100, 4000), (4000, 100), (1, 1)])
@pytest.mark.parametrize("words", [1, 7, 24])
def test_every_shape_of_photo_and_length_of_caption_makes_a_picture(
    size: tuple[int, int], words: int
) -> None:
    sheet = draw_reasons(Image.new("RGB", size, "red"), reasons_for(*[2.0] * words))
    assert sheet.width == WIDTH_PX
    assert sheet.height <= 2 * WIDTH_PX


@pytest.mark.parametrize("corner", CORNERS)
def test_the_heat_of_the_cat_lies_where_the_cat_is(shipped: Engine, corner: tuple[int, int]) -> None:
    """A quarter of the heat would lie there by chance."""
    data = pytest.importorskip("skimage.data")
    cat = read_photo(Path(data.__file__).parent / "chelsea.png")
    reasons = shipped.explain(in_corner(cat, corner), "a brown cat is laying down")
    assert reasons.is_seen[reasons.words.index("cat")]
    assert share(reasons, "cat", corner) > 0.5


def test_the_heat_of_the_networks_own_words_lies_where_the_photo_is(shipped: Engine) -> None:
    """Of what it says of itself, the word that the photo speaks for most; nothing but the photo is there.

    No quarter has more of it than the photo's, and in the mean over the corners that one has most of all.
    """
    data = pytest.importorskip("skimage.data")
    cat = read_photo(Path(data.__file__).parent / "chelsea.png")
    shares = []
    for corner in CORNERS:
        reasons = shipped.explain(in_corner(cat, corner))
        strongest = reasons.words[int(np.argmax(reasons.gains))]
        of_each = {each: share(reasons, strongest, each) for each in CORNERS}
        assert max(of_each, key=lambda each: of_each[each]) == corner
        shares.append(of_each[corner])
    assert np.mean(shares) > 0.5


def test_grammar_is_told_from_what_is_seen(shipped: Engine) -> None:
    data = pytest.importorskip("skimage.data")
    cat = read_photo(Path(data.__file__).parent / "chelsea.png")
    reasons = shipped.explain(cat, "an orange cat is laying on a blanket")
    seen = {word for word, is_seen in zip(reasons.words, reasons.is_seen, strict=True) if is_seen}
    assert {"orange", "cat", "blanket"} <= seen
    assert not {"is", "a", "on"} & seen


@pytest.mark.flickr8k
@pytest.mark.slow
def test_on_unseen_photos_most_heat_lies_where_the_photo_is(shipped: Engine, flickr8k: Path) -> None:
    names = (flickr8k / "Flickr_8k.devImages.txt").read_text().split()[:160:4]
    shares = []
    for number, name in enumerate(names):
        photo = read_photo(flickr8k / "Flicker8k_Dataset" / name)
        [[caption]] = shipped.caption(shipped.represent([photo]))
        square = photo.resize((300, 300))
        corner = CORNERS[number % 4]
        reasons = shipped.explain(in_corner(square, corner), caption.text)
        shares += [
            share(reasons, word, corner)
            for word, seen in zip(reasons.words, reasons.is_seen, strict=True)
            if seen
        ]
    assert np.mean(shares) > 0.6
