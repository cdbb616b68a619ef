"""How long everything takes, in one process, against the encoder's own forward pass and against peers."""

import importlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL.Image import Image

from onenet.bench.report import Report, machine_name
from onenet.datasets.flickr8k import CaptionedPhoto
from onenet.engine import Engine
from onenet.network.encoders import Encoder, load_encoder
from onenet.search.index import ImageIndex, PhotoRecord
from onenet.search.photos import read_photo

INDEXED = 8000
BATCH = 16
PEER_WORDS = 12  # about as many as this network's captions have; random weights never end one by themselves
_WARM_UP = 2


def measure_speed(
    checkpoint: Path,
    photos: Sequence[CaptionedPhoto],
    *,
    indexed: int = INDEXED,
    peer_rounds: int = 5,
    report: Report = lambda what, done, total, note: None,
    notice: Callable[[str], None] = lambda sentence: None,
) -> dict[str, Any]:
    """Measure a network's speed; the encoder, captions and search take turns, so that all see one machine.

    Args:
        photos: Captioned one by one and in batches; the first caption of each is searched for.
        indexed: Vectors of the index that is searched.
        peer_rounds: How often each peer works.
        notice: Called with a sentence about what could not be measured.

    Returns:
        JSON-ready; "rows" begin with the encoder alone.

    Raises:
        CheckpointError: If the network cannot be loaded.
    """
    engine = Engine.load(checkpoint)
    encoder = load_encoder(engine.card["encoder"])
    names = ("encoder", "caption", "find")
    times: dict[str, list[float]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as folder:
        index = _index_of(engine, Path(folder), indexed)
        for number, photo in enumerate((*photos[:_WARM_UP], *photos)):
            batch = torch.from_numpy(encoder.spec.serving.batch([read_photo(photo.path)]))
            times["encoder"].append(_seconds(partial(_encode, encoder, batch)))
            times["caption"].append(_seconds(partial(_caption, engine, photo.path)))
            times["find"].append(_seconds(partial(_find, engine, index, photo.captions[0])))
            report("One by one", number + 1, len(photos) + _WARM_UP, "")
    rows = [
        _row("the encoder alone", times["encoder"]),
        _row("a photo's file to its caption", times["caption"]),
        _row(f"search by description, {indexed} photos", times["find"]),
    ]
    throughput = _measure_throughput(engine, encoder, photos, report)
    memory = _peak_memory_mb()  # before the peers
    start = _measure_start(checkpoint, photos[0].path, report)
    peers = _measure_peers(peer_rounds, report, notice)
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine_name(),
        "threads": torch.get_num_threads(),
        "rows": [*rows, *peers],
        "batch_size": BATCH,
        **throughput,
        "peak_memory_mb": memory,
        "start_s": start,
        "peers": len(peers),
    }


@torch.no_grad()
def _encode(encoder: Encoder, batch: torch.Tensor) -> None:
    encoder(batch)


def _caption(engine: Engine, photo: Path) -> None:
    _caption_all(engine, [read_photo(photo)])


def _caption_all(engine: Engine, pictures: Sequence[Image]) -> None:
    engine.caption(engine.represent(pictures))


def _find(engine: Engine, index: ImageIndex, description: str) -> None:
    engine.find(engine.imagine(description), index, 5)


def _index_of(engine: Engine, folder: Path, count: int) -> ImageIndex:
    """Index random vectors under the names of empty files, since a search leaves out what is not there."""
    index = ImageIndex(engine.fingerprint)
    records = []
    for number in range(count):
        photo = folder / f"{number}.jpg"
        photo.touch()
        records.append(PhotoRecord(str(photo), 0, 0))
    random = np.random.default_rng(0)
    index.add(records, random.standard_normal((count, index.dimensions)).astype(np.float32))
    return index


def _measure_throughput(
    engine: Engine, encoder: Encoder, photos: Sequence[CaptionedPhoto], report: Report
) -> dict[str, float]:
    """Photos a second in batches; they are read beforehand, for the encoder they are scaled as well."""
    whole: list[float] = []
    alone: list[float] = []
    batches = [photos[start : start + BATCH] for start in range(0, len(photos), BATCH)]
    for number, batch in enumerate((batches[0], *batches)):  # the first one twice, to warm caches
        pictures = [read_photo(photo.path) for photo in batch]
        alone.append(
            _seconds(partial(_encode, encoder, torch.from_numpy(encoder.spec.serving.batch(pictures))))
        )
        whole.append(_seconds(partial(_caption_all, engine, pictures)))
        report("In batches", number + 1, len(batches) + 1, "")
    return {
        "photos_per_second": round(len(photos) / sum(whole[1:]), 1),
        "encoder_photos_per_second": round(len(photos) / sum(alone[1:]), 1),
    }


def _measure_start(checkpoint: Path, photo: Path, report: Report) -> float:
    """Seconds from the start of the command line to its end, with one caption printed."""
    command = [sys.executable, "-m", "onenet", "caption", str(photo), "--checkpoint", str(checkpoint)]
    seconds = []
    for number in range(3):
        seconds.append(_seconds(lambda: subprocess.run(command, check=True, capture_output=True)))
        report("Starts", number + 1, 3, "")
    return round(float(np.median(seconds)), 2)


def _measure_peers(rounds: int, report: Report, notice: Callable[[str], None]) -> list[dict[str, Any]]:
    """Measure well-known models by their architecture: random weights, nothing is fetched, speed only."""
    try:
        transformers: Any = importlib.import_module("transformers")
    except ImportError:
        notice("Peers in speed need transformers: pip install -r onenet/bench/requirements.txt.")
        return []
    blip = transformers.BlipForConditionalGeneration(transformers.BlipConfig()).eval()
    blip_photo = torch.rand(1, 3, 384, 384)
    length = {"max_new_tokens": PEER_WORDS, "min_new_tokens": PEER_WORDS, "do_sample": False}
    clip_config = transformers.CLIPVisionConfig()  # its defaults are those of ViT-B/32
    clip = transformers.CLIPVisionModelWithProjection(clip_config).eval()
    clip_photo = torch.rand(1, 3, clip_config.image_size, clip_config.image_size)
    peers: dict[str, Callable[[], object]] = {
        f"BLIP-base, a caption of {PEER_WORDS} words, greedy (random weights)": lambda: blip.generate(
            pixel_values=blip_photo, **length
        ),
        "CLIP ViT-B/32, a photo to its vector (random weights)": lambda: clip(pixel_values=clip_photo),
    }
    rows = []
    for place, (name, work) in enumerate(peers.items()):
        seconds = []
        for number in range(rounds + _WARM_UP):
            with torch.no_grad():
                seconds.append(_seconds(work))
            report("Peers", place * (rounds + _WARM_UP) + number + 1, len(peers) * (rounds + _WARM_UP), "")
        rows.append(_row(name, seconds))
    return rows


def _row(what: str, seconds: Sequence[float]) -> dict[str, Any]:
    """Sum rounds up, the first ones left out: they warm caches."""
    median, p95 = np.quantile(1000 * np.array(seconds[_WARM_UP:]), (0.5, 0.95)).tolist()
    return {"what": what, "median_ms": round(median, 1), "p95_ms": round(p95, 1)}


def _seconds(function: Callable[[], object]) -> float:
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def _peak_memory_mb() -> int | None:
    try:
        resource: Any = importlib.import_module("resource")
    except ImportError:  # Windows
        return None
    peak: int = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024**2 if sys.platform == "darwin" else 1024))
