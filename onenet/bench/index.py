"""The index at a size: memory, times and recall, each measured in a process of its own.

The vectors are the network's own of all photos at hand. If more are needed, they lie between and around
these: each begins at a photo, goes a random share of the way to one of its ten nearest neighbours, and from
there by a tenth to four tenths of the difference of two other photos, so that they spread as the photos do,
in no direction that photos do not take. Searched for are photos that were left out.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onenet.bench.report import Report, machine_name
from onenet.engine import Engine
from onenet.errors import IndexFileError, OneNetError
from onenet.search.folder import update_index
from onenet.search.index import ImageIndex

QUERIES = 300
NEIGHBOURS = 10
COMPARED = 100_000  # files
_AT_ONCE = 20_000

Floats = NDArray[np.float32]


def measure_index(
    count: int, folder: Path, checkpoint: Path, *, work: Path, report: Report
) -> dict[str, Any]:
    """Measure an index of so many photos.

    Args:
        count: N photos.
        folder: The photos at hand, with everything below it.
        work: Where their vectors are kept for the next time.

    Returns:
        JSON-ready: "rows" have a name, a unit and a figure each.

    Raises:
        OneNetError: If there are too few photos.
    """
    own, photos = _own_vectors(folder, checkpoint, work, report)
    if len(own) < 2 * QUERIES:
        raise OneNetError(f"{folder} has {len(own)} photos; {2 * QUERIES} are needed at least.")
    order = np.random.default_rng(0).permutation(len(own))
    queries, rest = own[order[:QUERIES]], own[order[QUERIES:]]
    with tempfile.TemporaryDirectory(dir=work) as place:
        np.save(Path(place, "queries.npy"), queries)
        np.save(Path(place, "vectors.npy"), _vectors(rest, count))
        Path(place, "photos.json").write_text(json.dumps([photos[row] for row in order[:1000].tolist()]))
        found: dict[str, Any] = {}
        steps = ("fill", "open", "search", "change", "compare", "meanwhile")
        for number, step in enumerate(steps):
            report(f"Index: {step}", number, len(steps), "")
            found |= _run(step, place, str(checkpoint), str(min(count, COMPARED)))
        report("Index", len(steps), len(steps), "")
    rows = [
        ("resident after all searches", "MB", found["resident_mb"]),
        ("open", "s", found["open_s"]),
        ("search, k = 10, p50", "ms", found["search_p50_ms"]),
        ("search, k = 10, p95", "ms", found["search_p95_ms"]),
        ("recall@10 against exact", "", found["recall"]),
        ("exact search, p50", "ms", found["exact_p50_ms"]),
        ("add one, durable", "ms", found["add_ms"]),
        ("remove one, durable", "ms", found["remove_ms"]),
        ("bytes a photo on disk", "bytes", found["bytes"]),
        (f"nothing changed: compare {found['compared']:,} files", "s", found["compare_s"]),
        ("first search while photos are being indexed", "ms", found["first_search_ms"]),
        ("one batch of those photos", "ms", found["batch_ms"]),
        ("fill it", "s", found["fill_s"]),
        ("sort it", "s", found["sort_s"]),
    ]
    return {
        "photos": count,
        "own_vectors": min(len(rest), count),
        "machine": machine_name(),
        "rows": [{"name": name, "unit": unit, "figure": figure} for name, unit, figure in rows],
    }


def index_table(figures: dict[str, Any]) -> str:
    """Write the figures as a table."""
    title = f"{figures['photos']:,} photos"
    lines = [f"| {title} ({figures['own_vectors']:,} of the network's own vectors) | |", "|---|---|"]
    lines += [f"| {row['name']} | {row['figure']:g} {row['unit']} |" for row in figures["rows"]]
    return "\n".join([*lines, "", str(figures["machine"])])


def _own_vectors(folder: Path, checkpoint: Path, work: Path, report: Report) -> tuple[Floats, Sequence[str]]:
    engine = Engine.load(checkpoint)
    path = work / "bench-photos.index"
    work.mkdir(parents=True, exist_ok=True)
    try:
        index = ImageIndex.load(path, fingerprint=engine.fingerprint)
    except IndexFileError:  # none yet, or another network's
        index = ImageIndex(engine.fingerprint)
    with closing(update_index(index, folder, engine.represent, path=path)) as steps:
        for progress in steps:
            report("Photos at hand", progress.done, progress.total, "")
    photos = index.photos
    return index.representations_of(photos), photos


def _vectors(own: Floats, count: int) -> Floats:
    """Take the network's own vectors, and make as many more as are needed, see above; shape (count, D)."""
    chance = np.random.default_rng(1)
    vectors = np.zeros((count, own.shape[1]), np.float32)
    vectors[: len(own)] = own[:count]
    likeness = own @ own.T
    nearest = np.argpartition(-likeness, NEIGHBOURS + 1, axis=1)[:, : NEIGHBOURS + 1]
    for start in range(len(own), count, _AT_ONCE):
        size = min(_AT_ONCE, count - start)
        first, one, other = chance.integers(len(own), size=(3, size))
        to = nearest[first, chance.integers(NEIGHBOURS + 1, size=size)]
        way, aside = chance.uniform(0, 1, (size, 1)), chance.uniform(0.1, 0.4, (size, 1))
        made = own[first] + way * (own[to] - own[first]) + aside * (own[one] - own[other])
        vectors[start : start + size] = made / np.linalg.norm(made, axis=1, keepdims=True)
    return vectors


def _run(step: str, *arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "onenet.bench.index_steps", step, *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise OneNetError(f"“{step}” could not be measured: {done.stderr.strip().splitlines()[-1]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found
