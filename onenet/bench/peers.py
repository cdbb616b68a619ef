"""Well-known models as peers in speed, by their architecture: random weights, nothing is fetched."""

import importlib
from collections.abc import Callable
from typing import Any

from onenet.bench.report import Report

WORDS = 12  # about as many as this network's captions have; random weights never end one by themselves
_WARM_UP = 2


def measure_peers(
    rounds: int,
    threads: int,
    seconds_of: Callable[[Callable[[], object]], float],
    report: Report,
    notice: Callable[[str], None],
) -> dict[str, list[float]]:
    """Seconds of each peer's rounds, by what it does; none where their library is not installed."""
    try:
        transformers: Any = importlib.import_module("transformers")
    except ImportError:
        notice("Peers in speed need transformers: pip install -r onenet/bench/requirements.txt.")
        return {}
    import torch

    torch.set_num_threads(threads)
    blip = transformers.BlipForConditionalGeneration(transformers.BlipConfig()).eval()
    blip_photo = torch.rand(1, 3, 384, 384)
    length = {"max_new_tokens": WORDS, "min_new_tokens": WORDS, "do_sample": False}
    clip_config = transformers.CLIPVisionConfig()  # its defaults are those of ViT-B/32
    clip = transformers.CLIPVisionModelWithProjection(clip_config).eval()
    clip_photo = torch.rand(1, 3, clip_config.image_size, clip_config.image_size)
    peers: dict[str, Callable[[], object]] = {
        f"BLIP-base, a caption of {WORDS} words, greedy (random weights)": lambda: blip.generate(
            pixel_values=blip_photo, **length
        ),
        "CLIP ViT-B/32, a photo to its vector (random weights)": lambda: clip(pixel_values=clip_photo),
    }
    times: dict[str, list[float]] = {}
    for place, (name, work) in enumerate(peers.items()):
        seconds = []
        for number in range(rounds + _WARM_UP):
            with torch.no_grad():
                seconds.append(seconds_of(work))
            report("Peers", place * (rounds + _WARM_UP) + number + 1, len(peers) * (rounds + _WARM_UP), "")
        times[name] = seconds[_WARM_UP:]
    return times
