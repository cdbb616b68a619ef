"""Engines for the encoder, measured side by side: `python -m onenet bench --engines`.

Each runs in processes of its own, for the threads of two of them would wait in circles against each other:
as it finds the processor, and kept from AVX-512 and bfloat16. What is not installed is left out and named.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from onenet.bench.contenders import BATCH, CALIBRATION, CONTENDERS, REFERENCE, Contender, Floats, Run
from onenet.bench.processes import resident_mb
from onenet.bench.report import Report, machine_name
from onenet.bench.yardstick import Yardstick
from onenet.datasets.flickr8k import CaptionedPhoto
from onenet.engine import Engine
from onenet.paths import DATA, DEFAULT_CHECKPOINT
from onenet.search.photos import read_photo

REPEATS, LONGEST_S = 30, 5.0
NOT_INSTALLED = 3  # exit code
# oneDNN's kernels, in PyTorch and in OpenVINO, and PyTorch's own.
LIMITS = {"ONEDNN_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2"}
_PROJECT = DATA.parent
_PHOTOS, _REPRESENTATIONS = "photos.npy", "representations.npy"


def measure_engines(
    photos: Sequence[CaptionedPhoto],
    calibration: Sequence[CaptionedPhoto],
    *,
    threads: int,
    report: Report = lambda what, done, total, note: None,
) -> dict[str, Any]:
    """Measure every engine with the shipped network's encoder.

    Args:
        photos: Whose captions are compared.
        calibration: Whose pixels say how large numbers become; in int8 that has to be known beforehand.
        threads: Of the processor.

    Returns:
        JSON-ready. "rows": name, package, and for "free" and "limited" what `measure` gives, the caption's
        "same_captions" in per cent, and "cosine", the least, to the reference; or why it was "left_out".
    """
    engine = Engine.load(threads=threads)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, chosen in ((_PHOTOS, photos), (CALIBRATION, calibration)):
            np.save(folder / file, np.stack([engine.prepare(read_photo(photo.path)) for photo in chosen]))
        yards = []
        found: dict[tuple[str, bool], dict[str, Any]] = {}
        seen: dict[tuple[str, bool], Floats] = {}
        for number, (what, contender) in enumerate(CONTENDERS.items()):
            yards.append(_yard_ms(threads))
            for is_limited in (False, True):
                report("Engines", 2 * number + is_limited, 2 * len(CONTENDERS), what)
                if is_limited and contender.unlimited:
                    found[what, True] = {"left_out": contender.unlimited}
                    continue
                # What PyTorch compiled before, for the other instructions, may not be found by it.
                limits = {"TORCHINDUCTOR_CACHE_DIR": str(folder / f"compiled{number}{is_limited}")}
                limits |= LIMITS if is_limited else {}
                found[what, is_limited] = measured_apart(what, folder, threads, limits)
                if "left_out" not in found[what, is_limited]:
                    seen[what, is_limited] = np.load(folder / _REPRESENTATIONS)
        yards.append(_yard_ms(threads))
    for place, agreement in agreements(seen, lambda rows: _captions(engine, rows)).items():
        found[place] |= agreement
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine_name(),
        "threads": threads,
        "photos": len(photos),
        "unit_ms": yards,
        "load": [round(each, 2) for each in os.getloadavg()] if hasattr(os, "getloadavg") else None,
        "rows": [
            {
                "what": what,
                "package": contender.package,
                "free": found[what, False],
                "limited": found[what, True],
            }
            for what, contender in CONTENDERS.items()
        ],
    }


def measured_apart(what: str, folder: Path, threads: int, limits: Mapping[str, str]) -> dict[str, Any]:
    """Prepare an engine and measure it, each in a process of its own; representations go to the folder."""
    answer: dict[str, Any] = {}
    for step in ("prepare", "measure"):
        command = [sys.executable, "-m", "onenet.bench.engines", step, what, str(folder), str(threads)]
        started = os.times()
        ended = subprocess.run(
            command, capture_output=True, text=True, cwd=_PROJECT, env=os.environ | limits, check=False
        )
        if ended.returncode:
            why = "not installed" if ended.returncode == NOT_INSTALLED else "failed"
            return {"left_out": f"{why}: {(ended.stderr.strip().splitlines() or ['it said nothing'])[-1]}"}
        if step == "prepare":
            now = os.times()
            used_s = now.children_user + now.children_system - started.children_user - started.children_system
            answer["made_s"] = round(used_s, 1)
        else:
            answer |= json.loads(ended.stdout.splitlines()[-1])
    return answer


def measure(contender: Contender, folder: Path, threads: int) -> dict[str, Any]:
    """Give an engine's times, what it takes to its first answer, and the memory that it holds then.

    What it makes of the folder's photos, one by one, is kept in the folder.
    """
    photos = np.load(folder / _PHOTOS)
    batch = np.resize(photos, (BATCH, *photos.shape[1:]))
    before_mb = resident_mb()
    started = time.perf_counter()
    run = contender.open(folder, threads)
    run(photos[:1])
    first_s = time.perf_counter() - started
    after_mb = resident_mb()
    one = _milliseconds(run, photos[:1], REPEATS)
    many = _milliseconds(run, batch, max(3, REPEATS // 6)) / BATCH
    np.save(folder / _REPRESENTATIONS, np.concatenate([run(photo[np.newaxis]) for photo in photos]))
    return {
        "one_ms": round(one, 1),
        "batch_ms": round(many, 1),
        "first_s": round(first_s, 2),
        "memory_mb": None if before_mb is None or after_mb is None else round(after_mb - before_mb),
    }


def agreements(
    seen: Mapping[tuple[str, bool], Floats], captions_of: Callable[[Floats], list[str]]
) -> dict[tuple[str, bool], dict[str, float]]:
    """Compare what engines made of photos, representations (B, D), with what the reference made of them."""
    reference = seen.get((REFERENCE, False))
    if reference is None:
        return {}
    expected = captions_of(reference)
    found = {}
    for place, rows in seen.items():
        same = np.mean([own == other for own, other in zip(captions_of(rows), expected, strict=True)])
        cosine = float(np.nan_to_num(np.einsum("bd,bd->b", rows, reference)).min())
        found[place] = {"same_captions": round(100 * float(same), 1), "cosine": round(cosine, 7)}
    return found


def _captions(engine: Engine, representations: Floats) -> list[str]:
    return [best[0].text for best in engine.caption(representations)]


def _yard_ms(threads: int) -> float:
    with Yardstick(DEFAULT_CHECKPOINT, threads) as yardstick:
        return round(1000 * float(np.median(yardstick.measure(REPEATS))), 1)


def _milliseconds(run: Run, photos: Floats, repeats: int) -> float:
    run(photos)
    times: list[float] = []
    while len(times) < repeats and sum(times) < LONGEST_S:
        started = time.perf_counter()
        run(photos)
        times.append(time.perf_counter() - started)
    return 1000 * float(np.median(times))


def main() -> int:
    """Prepare or measure the engine that the command line names, in this process."""
    step, what, folder, threads = sys.argv[1:]
    try:
        if step == "prepare":
            CONTENDERS[what].prepare(Path(folder))
        else:
            print(json.dumps(measure(CONTENDERS[what], Path(folder), int(threads))))
    except ModuleNotFoundError as error:
        print(error, file=sys.stderr)
        return NOT_INSTALLED
    return 0


if __name__ == "__main__":
    sys.exit(main())
