"""The same photo gets the same caption whatever the threads, the batch and the instructions of a processor.

Nothing switches the instructions that ONNX Runtime's own kernels use: they ask the processor, and so no
variable (glibc's GLIBC_TUNABLES among them, which only hides them from glibc) changes them; an emulator does
(`qemu-x86_64 -cpu Haswell`, minutes for what takes a second). What else computes, NumPy and its BLAS, can be
told, and so could PyTorch, which nobody should have loaded.
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

pytestmark = pytest.mark.shipped


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


def captioned(photos: list[Path], threads: int, environment: dict[str, str]) -> "subprocess.Popen[str]":
    if not DEFAULT_CHECKPOINT.is_file():
        pytest.skip("the trained network, data/onenet.safetensors, is not here")
    command = [sys.executable, "-W", "ignore", "-m", "tests.onenet.serving.captioning"]
    return subprocess.Popen(
        [*command, str(DEFAULT_CHECKPOINT), str(threads), *map(str, photos)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
        env=os.environ | environment,
    )


def answer_of(program: "subprocess.Popen[str]") -> Any:
    answer, trouble = program.communicate(timeout=300)
    assert program.returncode == 0, trouble
    return json.loads(answer)


def test_captions_are_the_same_everywhere(photos: list[Path]) -> None:
    ways = [(threads, environment) for environment in ({}, PLAIN) for threads in (1, 2)]
    programs = [captioned(photos, threads, environment) for threads, environment in ways]
    answers = [answer_of(program) for program in programs]
    expected = answers[0]["1"]
    assert len(expected["en"]) == len(photos)
    for way, answer in zip(ways, answers, strict=True):
        assert answer.keys() == {"1", "8"}
        for batch, found in answer.items():
            cosines = np.einsum("bd,bd->b", found["representations"], expected["representations"])
            assert cosines.min() > 0.99999
            for language in expected.keys() - {"representations"}:
                assert found[language] == expected[language], (*way, batch, language)
