"""How long a caption takes, against the encoder's own forward pass in the same run.

`python -m tests.test_speed` prints the figures that the README quotes.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from bot.worker import Worker
from onenet.encoders import load_encoder
from onenet.engine import DEFAULT_CHECKPOINT, Engine, read_photo

skimage_data = pytest.importorskip("skimage.data")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not DEFAULT_CHECKPOINT.is_file(), reason="the trained network, data/onenet.safetensors, is not here"
    ),
]

PHOTO = Path(skimage_data.__file__).parent / "rocket.jpg"
ROUNDS = 15


def seconds_of(function: Callable[[], object]) -> float:
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def measure() -> dict[str, float]:
    """Medians over rounds that take each once, so that all see the same machine."""
    engine = Engine.load()
    encoder = load_encoder(engine.card["encoder"])
    photo = read_photo(PHOTO)
    batch = encoder.spec.transform.batch([photo])
    content = PHOTO.read_bytes()

    small = load_encoder("efficientnet_lite0")
    small_batch = small.spec.transform.batch([photo])

    @torch.no_grad()
    def encode() -> object:
        return encoder(batch)

    @torch.no_grad()
    def encode_small() -> object:
        return small(small_batch)

    def caption() -> object:
        return engine.caption(engine.represent([read_photo(content)]))

    async def rounds() -> dict[str, list[float]]:
        worker = Worker(engine)
        worker.start()
        times: dict[str, list[float]] = {"encoder": [], "small": [], "caption": [], "bot": [], "find": []}
        for _ in range(ROUNDS):
            times["encoder"].append(seconds_of(encode))
            times["small"].append(seconds_of(encode_small))
            times["caption"].append(seconds_of(caption))
            started = time.perf_counter()
            await worker.read(await worker.decode(read_photo, content))
            times["bot"].append(time.perf_counter() - started)
            times["find"].append(seconds_of(lambda: engine.imagine("a dog running through snow")))
        await worker.stop()
        return times

    medians = {name: statistics.median(found[2:]) for name, found in asyncio.run(rounds()).items()}
    command = [sys.executable, "-m", "onenet", "caption", str(PHOTO)]
    start = statistics.median(
        seconds_of(lambda: subprocess.run(command, check=True, capture_output=True)) for _ in range(3)
    )
    return {
        "encoder_ms": round(1000 * medians["encoder"], 1),
        "efficientnet_lite0_to_encoder": round(medians["small"] / medians["encoder"], 2),
        "warm_caption_ms": round(1000 * medians["caption"], 1),
        "warm_caption_to_encoder": round(medians["caption"] / medians["encoder"], 2),
        "warm_bot_ms": round(1000 * medians["bot"], 1),
        "warm_bot_to_encoder": round(medians["bot"] / medians["encoder"], 2),
        "find_ms": round(1000 * medians["find"], 1),
        "process_start_to_caption_s": round(start, 2),
    }


def test_a_warm_caption_takes_at_most_three_times_the_encoder() -> None:
    figures = measure()
    assert figures["warm_caption_to_encoder"] <= 3, figures
    assert figures["warm_bot_to_encoder"] <= 3, figures


if __name__ == "__main__":
    print(json.dumps({"threads": torch.get_num_threads(), **measure()}, indent=2))
