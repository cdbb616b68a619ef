"""Dreams of the network in data/: it recognises them, unlike other pictures, and serves as before."""

import numpy as np
import pytest
import skimage.data
from PIL import Image

from onenet.dreams.dreaming import DreamConfig, layers_beside
from onenet.dreams.expected import load_expected
from onenet.dreams.observed import SIDE_PX
from onenet.engine import Engine
from onenet.paths import DEFAULT_CHECKPOINT
from tests.onenet.drawn import draw

pytestmark = [
    pytest.mark.shipped,
    pytest.mark.skipif(
        not DEFAULT_CHECKPOINT.is_file(), reason="the trained network, data/onenet.safetensors, is not here"
    ),
]
QUICK = DreamConfig(steps=50)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine.load()


def test_its_layers_are_measured(engine: Engine) -> None:
    expected = load_expected(layers_beside(DEFAULT_CHECKPOINT), engine.fingerprint)
    assert expected.card["command"] == "python -m onenet layers data/flickr8k"
    assert expected.directions.shape == (300, 32)
    assert expected.deviation.isfinite().all()
    assert layers_beside(DEFAULT_CHECKPOINT).stat().st_size < 5e6


def test_snow_is_whiter_than_a_night(engine: Engine) -> None:
    snow, night = (
        next(engine.dream(engine.imagine(text))).pixels.mean()
        for text in ("a dog runs through the snow", "a concert on a stage at night")
    )
    assert snow > night + 40  # of 255, from the first step on: the expected layout


def test_it_recognises_its_own_dream(engine: Engine) -> None:
    imagined = engine.imagine("a dog runs through the snow")
    photo = draw("green", 1)
    before = engine.represent([photo])
    steps = list(engine.dream(imagined, config=QUICK))
    seen = engine.recognise(steps[-1].picture, imagined)
    noise = np.random.default_rng(0).integers(0, 256, (SIDE_PX, SIDE_PX, 3), dtype=np.uint8)
    others = (noise, skimage.data.chelsea(), skimage.data.coffee(), skimage.data.rocket())
    cosines = [engine.recognise(Image.fromarray(pixels), imagined).cosine for pixels in others]
    assert seen.cosine > np.mean(cosines) + 0.3
    assert seen.cosine > max(cosines) + 0.2
    assert "dog" in seen.caption.split()
    assert np.array_equal(engine.represent([photo]), before)
