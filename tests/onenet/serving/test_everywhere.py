"""The same photo gets the same caption whatever the threads, the batch and the instructions of a processor.

Nothing switches the instructions that ONNX Runtime's own kernels use: they go by the processor. What else
computes, NumPy and its BLAS, can be told, and so could PyTorch, which nobody should have loaded.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from onenet.paths import DEFAULT_CHECKPOINT
from tests.onenet.drawn import draw

PROJECT = Path(__file__).resolve().parents[3]
PLAIN = {
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "ATEN_CPU_CAPABILITY": "default",
    "OPENBLAS_CORETYPE": "Haswell",
    "NPY_DISABLE_CPU_FEATURES": "AVX512F AVX512CD AVX512_SKX",
    "OPENBLAS_NUM_THREADS": "1",
}

pytestmark = [pytest.mark.shipped, pytest.mark.slow]


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Public-domain photos, whole and in parts, and drawn pictures."""
    data = Path(pytest.importorskip("skimage.data").__file__).parent
    folder = tmp_path_factory.mktemp("photos")
    pictures = [draw(colour, number) for number, colour in enumerate(("red", "green", "blue"))]
    for name in ("chelsea.png", "astronaut.png", "coffee.png"):
        if (data / name).is_file():
            whole = Image.open(data / name).convert("RGB")
            width, height = whole.size
            parts = [(0, 0, width // 2, height), (width // 2, 0, width, height), (0, 0, width, height // 2)]
            pictures += [whole, *(whole.crop(part) for part in parts)]
    paths = [folder / f"{number}.png" for number in range(len(pictures))]
    for picture, path in zip(pictures, paths, strict=True):
        picture.save(path)
    return paths


def captioned(photos: list[Path], *, threads: int, batch: int, environment: dict[str, str]) -> Any:
    if not DEFAULT_CHECKPOINT.is_file():
        pytest.skip("the trained network, data/onenet.safetensors, is not here")
    command = [sys.executable, "-W", "ignore", "-m", "tests.onenet.serving.captioning"]
    arguments = [str(DEFAULT_CHECKPOINT), str(threads), str(batch), *map(str, photos)]
    ended = subprocess.run(
        [*command, *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=PROJECT,
        env=os.environ | environment,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def test_captions_are_the_same_everywhere(photos: list[Path]) -> None:
    expected = captioned(photos, threads=1, batch=1, environment={})
    assert len(expected["captions"]) > 1
    for threads, batch, environment in ((2, 1, {}), (1, 5, {}), (3, 16, PLAIN), (1, 1, PLAIN)):
        found = captioned(photos, threads=threads, batch=batch, environment=environment)
        cosines = np.einsum("bd,bd->b", found["representations"], expected["representations"])
        assert cosines.min() > 0.99999
        for captions, others in zip(found["captions"], expected["captions"], strict=True):
            assert captions == others, (threads, batch, environment)
