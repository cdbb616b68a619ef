"""How good dreams are, beside noise and photos: what the network sees in them, and what another one does."""

import hashlib
import io
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from onenet.bench.report import Report, machine_name
from onenet.bench.stranger import Stranger, chosen_among
from onenet.datasets.flickr8k import CaptionedPhoto, load_split
from onenet.dreams.dreaming import DEFAULT_DREAM, DreamConfig
from onenet.dreams.expected import load_expected
from onenet.engine import Engine
from onenet.evaluation.captions import score_captions
from onenet.evaluation.evaluation_set import load_evaluation_set
from onenet.files import digest_of_contents, replace_file
from onenet.network.checkpoint import Checkpoint
from onenet.search.photos import read_photo
from onenet.search.query import WordsQuery
from onenet.training.layers import represent_captions

DREAMS = 100
CHOICES = 4

_BATCH = 10

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class _Question:
    """A description to dream of, and the photo that a person wrote it of."""

    text: str
    photo: CaptionedPhoto


def measure_dreams(
    checkpoint: Checkpoint,
    data: Path,
    split: str,
    *,
    work: Path,
    layers: Path,
    config: DreamConfig = DEFAULT_DREAM,
    report: Report = lambda what, done, total, note: None,
    notice: Callable[[str], None],
) -> dict[str, Any]:
    """Dream of 100 descriptions and compare the pictures with noise, found photos and the described ones.

    Dreams that are there already are not dreamt again.

    Args:
        work: Folder of the feature cache and of the dreams.
        layers: What the network's layers are expected to do.

    Returns:
        JSON-ready: "rows", each with "what", the mean cosine with the representation dreamt of, CIDEr of the
        network's captions of the pictures against the described photo's five, and how often a stranger
        chooses the description among four, in per cent; "median_s" and "p95_s" of a dream.

    Raises:
        DatasetError: If a split cannot be read.
        CheckpointError: If the network's layers were not measured.
    """
    load_expected(layers, checkpoint.fingerprint)  # what is missing is said at once
    engine, photos = Engine(checkpoint, layers=layers), load_split(data, split)
    every = max(1, len(photos) // DREAMS)
    questions = [
        _Question(photo.captions[row % len(photo.captions)], photo)
        for row, photo in enumerate(photos[::every][:DREAMS])
    ]
    imagined = [engine.imagine(question.text) for question in questions]
    targets = np.stack([each.representation for each in imagined])
    made_by = [checkpoint.fingerprint, digest_of_contents([layers]), asdict(config)]
    dreams, seconds = [], []
    for number, each in enumerate(imagined):
        picture, took_s = _dreamt(engine, each, config, made_by, work / "dreams")
        dreams.append(picture)
        seconds.append(took_s)
        report("dreams", number + 1, len(questions), f"{took_s:.0f} s the last")
    noise = np.random.default_rng(0)
    pictures = {
        "noise": [_noise(noise, dreams[0].size) for _ in questions],
        "dreams": dreams,
        f"the nearest of {len(photos)} photos": _nearest(checkpoint, data, split, targets, work, report),
        "the described photos": [read_photo(question.photo.path) for question in questions],
    }
    stranger = _stranger(checkpoint, data, work, report)
    starts = range(0, len(questions), _BATCH)
    rows = []
    for what, shown in pictures.items():
        seen = np.concatenate([engine.represent(shown[row : row + _BATCH]) for row in starts])
        captions = [best[0].text for best in engine.caption(seen)]
        described = [question.photo for question in questions]
        figures = score_captions(captions, described, notice, meteor=False)
        chosen = chosen_among(stranger.scores(shown, torch.from_numpy(targets)), choices=CHOICES)
        rows.append(
            {
                "what": what,
                "cosine": round(float((seen * targets).sum(axis=1).mean()), 3),
                "CIDEr": figures.get("CIDEr"),
                "CIDEr interval": figures.get("CIDEr interval"),
                "chosen": round(100 * chosen, 1),
            }
        )
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine_name(),
        "threads": torch.get_num_threads(),
        "dreams": len(dreams),
        "choices": CHOICES,
        "median_s": round(float(np.median(seconds)), 1),
        "p95_s": round(float(np.percentile(seconds, 95)), 1),
        "rows": rows,
    }


def _dreamt(
    engine: Engine, query: WordsQuery, config: DreamConfig, made_by: list[Any], folder: Path
) -> tuple[Image.Image, float]:
    """Dream, or read what was dreamt before: a PNG that tells the seconds it took."""
    name = hashlib.sha256(json.dumps([*made_by, query.description]).encode()).hexdigest()[:16]
    path = folder / f"{name}.png"
    if not path.is_file():
        replace_file(path, _as_png(engine, query, config))
    with Image.open(path) as picture:
        return picture.convert("RGB"), float(picture.info["seconds"])


def _as_png(engine: Engine, query: WordsQuery, config: DreamConfig) -> bytes:
    began = time.perf_counter()
    for step in engine.dream(query, config=config):
        picture = step.picture
    told = PngInfo()
    told.add_text("seconds", f"{time.perf_counter() - began:.2f}")
    content = io.BytesIO()
    picture.save(content, "PNG", pnginfo=told)
    return content.getvalue()


def _noise(random: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    return Image.fromarray(random.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8))


def _nearest(
    checkpoint: Checkpoint, data: Path, split: str, targets: Floats, work: Path, report: Report
) -> list[Image.Image]:
    """Find the photo nearest to each representation."""
    found = load_evaluation_set(
        checkpoint.model,
        checkpoint.vocabulary,
        data,
        split,
        cache=work / "features",
        progress=lambda done, total: report("photos", done, total, ""),
    )
    rows = (targets @ found.representations.numpy().T).argmax(axis=1)
    return [read_photo(found.photos[row].path) for row in rows]


def _stranger(checkpoint: Checkpoint, data: Path, work: Path, report: Report) -> Stranger:
    photos = load_split(data, "train")
    batches = [photos[row : row + _BATCH] for row in range(0, len(photos), _BATCH)]
    each = [own for batch in batches for own in represent_captions(checkpoint, batch)]
    sentences = torch.stack([own.mean(dim=0) for own in each])
    return Stranger(
        [photo.path for photo in photos],
        sentences,
        work / "features",
        progress=lambda done, total: report("another network", done, total, ""),
    )
