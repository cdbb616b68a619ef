import urllib.error

import numpy as np
import pytest
import torch
from PIL import Image

from onenet.network.config import ModelConfig
from onenet.network.encoders import ENCODERS, EncoderError, encoder_spec, load_encoder
from onenet.network.model import OneNet


@pytest.mark.parametrize("number", [0, 2])
def test_folding_batch_norm_changes_nothing(number: int) -> None:
    from efficientnet_lite_pytorch import EfficientNet

    from onenet.network.encoders import _lite_weights

    original = EfficientNet.from_name(f"efficientnet-lite{number}")
    original.load_state_dict(torch.load(_lite_weights(number), weights_only=True))
    original.eval()
    encoder = load_encoder(f"efficientnet_lite{number}")
    side = encoder.spec.transform.side_px
    photos = torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected = original.extract_features(photos).mean(dim=(2, 3))
        features = encoder(photos)
    assert features.shape == (2, encoder.spec.feature_size)
    assert torch.allclose(features, expected, atol=1e-3)


@pytest.mark.parametrize("name", ["efficientnet_lite0", "efficientnet_lite2"])
def test_the_trunk_and_a_networks_top_are_the_whole_imagenet_network(name: str) -> None:
    encoder = load_encoder(name)
    model = OneNet(ModelConfig(name, encoder.spec.feature_size, 6)).eval()
    model.top.load_state_dict(encoder.top.state_dict())
    side = encoder.spec.transform.side_px
    photos = torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        maps = encoder.maps(photos)
        assert maps.shape == (2, *encoder.spec.map_shape(encoder.spec.transform))
        assert torch.allclose(model.features(maps), encoder(photos), atol=1e-5)


@pytest.mark.parametrize("name", ["efficientnet_lite0", "efficientnet_lite2"])
def test_the_top_alone_never_halves_the_map(name: str) -> None:
    """Its maps are as large as the trunk's: what is tuned costs little, and the cache is small."""
    encoder = load_encoder(name, pretrained=False)
    with torch.no_grad():
        last = encoder.top(torch.zeros(1, *encoder.spec.map_shape(encoder.spec.transform)))
    assert last.shape == (1, encoder.spec.feature_size, *encoder.spec.map_shape(encoder.spec.transform)[1:])


@pytest.mark.parametrize("name", ["efficientnet_lite0", "efficientnet_lite2"])
def test_served_photos_are_larger_and_their_maps_as_large_as_announced(name: str) -> None:
    encoder = load_encoder(name, pretrained=False)
    side = encoder.spec.serving.side_px
    assert side > encoder.spec.transform.side_px
    with torch.no_grad():
        maps = encoder.maps(torch.zeros(1, 3, side, side))
    assert maps.shape[1:] == encoder.spec.map_shape(encoder.spec.serving)


def test_the_lite_normalisation_is_x_minus_127_over_128() -> None:
    level = 200
    photo = Image.new("RGB", (50, 40), (level, 0, 255))
    pixels = encoder_spec("efficientnet_lite0").transform(photo)
    expected = (np.array([level, 0, 255]) - 127) / 128
    assert np.allclose(pixels.mean(axis=(1, 2)), expected, atol=1e-5)


def test_inception_v3_with_random_weights() -> None:
    encoder = load_encoder("inception_v3", pretrained=False)
    with torch.no_grad():
        photos = torch.randn(2, 3, 299, 299)
        features, maps = encoder(photos), encoder.maps(photos)
    assert features.shape == (2, 2048)
    assert maps.shape == (2, *encoder.spec.map_shape(encoder.spec.transform))
    assert torch.equal(maps[:, :, 0, 0], features)  # nothing of it is tuned


def test_inception_v3_offline_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*_: object, **__: object) -> None:
        raise urllib.error.URLError("no route to host")

    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", offline)
    with pytest.raises(EncoderError, match="Connect to the internet once"):
        load_encoder("inception_v3")


def test_an_unknown_encoder() -> None:
    with pytest.raises(EncoderError, match="efficientnet_lite0, efficientnet_lite2, inception_v3"):
        load_encoder("resnet9000")


def test_every_encoder_is_frozen() -> None:
    encoder = load_encoder("efficientnet_lite0")
    assert not any(weight.requires_grad for weight in encoder.parameters())
    assert not encoder.training
    assert set(ENCODERS) == {"efficientnet_lite0", "efficientnet_lite2", "inception_v3"}
