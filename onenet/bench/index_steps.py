"""What `onenet.bench.index` measures, a step a process: `python -m onenet.bench.index_steps STEP FOLDER`."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

import onenet.search.segments
from onenet.search.compaction import compact
from onenet.search.folder import compare
from onenet.search.index import ImageIndex, PhotoRecord
from onenet.search.photos import read_photo
from onenet.search.segments import vectors_folder

NETWORK = "bench"
BATCH = 16
ROUNDS = 30
IN_A_FOLDER = 1000
_AT_ONCE = 50_000


def fill(folder: Path) -> dict[str, Any]:
    """Fill an index, sort it, and count its bytes."""
    vectors = np.load(folder / "vectors.npy", mmap_mode="r")
    index, path = ImageIndex(NETWORK, vectors.shape[1]), folder / "index"
    begun = time.perf_counter()
    for start in range(0, len(vectors), _AT_ONCE):
        rows = vectors[start : start + _AT_ONCE]
        index.add([_record(number) for number in range(start, start + len(rows))], rows)
        index.save(path)
    filled = time.perf_counter()
    for _ in compact(path):
        pass
    size = sum(file.stat().st_size for file in (path, *vectors_folder(path).glob("*")))
    return {
        "fill_s": round(filled - begun, 1),
        "sort_s": round(time.perf_counter() - filled, 1),
        "bytes": round(size / len(vectors)),
    }


def open_index(folder: Path) -> dict[str, Any]:
    """Open it, as often as the system has it in memory and not for the first time since it started."""
    times = []
    for _ in range(3):
        begun = time.perf_counter()
        index = ImageIndex.load(folder / "index", fingerprint=NETWORK)
        len(index)
        times.append(time.perf_counter() - begun)
    return {"open_s": round(max(times), 3)}


def search(folder: Path) -> dict[str, Any]:
    """Search for photos that are not there, then compare with all."""
    index = ImageIndex.load(folder / "index", fingerprint=NETWORK)
    queries = np.load(folder / "queries.npy")
    for query in queries[:20]:
        index.search(query, 10)
    times, found = _searched(index, queries)
    resident = _resident_mb()
    onenet.search.segments.PROBED_SHARE = 1.0
    exact_times, exact = _searched(index, queries)
    hits = sum(len(one & other) for one, other in zip(found, exact, strict=True))
    return {
        "search_p50_ms": _ms(median(times)),
        "search_p95_ms": _ms(sorted(times)[int(0.95 * len(times))]),
        "exact_p50_ms": _ms(median(exact_times)),
        "recall": round(hits / sum(map(len, exact)), 4),
        "resident_mb": resident,
    }


def change(folder: Path) -> dict[str, Any]:
    """Add photos one by one, and remove others, each for good."""
    path = folder / "index"
    index = ImageIndex.load(path, fingerprint=NETWORK)
    chance, there = np.random.default_rng(2), len(index)
    added, removed = [], []
    for number in range(ROUNDS):
        begun = time.perf_counter()
        index.add([_record(there + number)], chance.normal(size=(1, index.dimensions)))
        index.save(path)
        added.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        index.remove([_record(number).photo])
        index.save(path)
        removed.append(time.perf_counter() - begun)
    return {"add_ms": _ms(median(added)), "remove_ms": _ms(median(removed))}


def compare_files(folder: Path, files: int) -> dict[str, Any]:
    """Compare that many files on the disk with an index that knows them all."""
    photos, path = folder / "photos", folder / "index-of-files"
    records = []
    for number in range(files):
        photo = photos / str(number // IN_A_FOLDER) / f"IMG_{number}.jpg"
        photo.parent.mkdir(parents=True, exist_ok=True)
        photo.touch()
        records.append(PhotoRecord(str(photo.resolve()), 0, photo.stat().st_mtime_ns))
    index = ImageIndex(NETWORK, 3)
    index.add(records, np.ones((files, 3)))
    index.save(path)
    index = ImageIndex.load(path, fingerprint=NETWORK)
    times = []
    for _ in range(5):
        begun = time.perf_counter()
        changes = compare(index, photos)
        times.append(time.perf_counter() - begun)
        assert (changes.added, changes.removed) == ([], [])
    return {"compare_s": round(median(times), 2), "compared": files}


def meanwhile(folder: Path, checkpoint: Path) -> dict[str, Any]:
    """Open it and search while another process reads photos and adds them, a batch a time."""
    command = [sys.executable, "-m", __spec__.name, "write", str(folder), str(checkpoint)]
    queries = np.load(folder / "queries.npy")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()  # the first batch is done
        begun = time.perf_counter()
        index = ImageIndex.load(folder / "index", fingerprint=NETWORK)
        assert index.search(queries[0], 10)
        first = time.perf_counter() - begun
        batches = json.loads(writer.stdout.readline())
    return {"first_search_ms": _ms(first), "batch_ms": _ms(median(batches))}


def write(folder: Path, checkpoint: Path) -> list[float]:
    """Index photos in batches, and say how long each took; a line after the first batch."""
    from onenet.engine import Engine

    engine, path = Engine.load(checkpoint), folder / "index"
    photos = [Path(photo) for photo in json.loads((folder / "photos.json").read_text())]
    index = ImageIndex.load(path, fingerprint=NETWORK)
    times = []
    for start in range(0, 20 * BATCH, BATCH):
        begun = time.perf_counter()
        batch = photos[start : start + BATCH]
        vectors = engine.represent([read_photo(photo) for photo in batch])
        index.add([PhotoRecord(str(photo), 1, 1) for photo in batch], vectors)
        index.save(path)
        times.append(time.perf_counter() - begun)
        if not start:
            print(flush=True)
    return times


def _searched(index: ImageIndex, queries: np.ndarray) -> tuple[list[float], list[set[str]]]:
    times, found = [], []
    for query in queries:
        begun = time.perf_counter()
        matches = index.search(query, 10)
        times.append(time.perf_counter() - begun)
        found.append({match.photo for match in matches})
    return times, found


def _record(number: int) -> PhotoRecord:
    place = f"/photos/{number // IN_A_FOLDER}/IMG_{number}.jpg"
    return PhotoRecord(place, 2_000_000 + number, 1_700_000_000_000_000_000 + 997 * number, number)


def _resident_mb() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return round(int(line.split()[1]) / 1024)
    return 0.0


def _ms(seconds: float) -> float:
    return round(1000 * seconds, 2)


def main(arguments: Sequence[str]) -> None:
    """Do one step and print what it found."""
    step, folder, checkpoint, files = (*arguments, "", "")[:4]
    os.path.exists = lambda path: True  # these photos never were, and are to be found
    steps: dict[str, Callable[[Path], Any]] = {
        "fill": fill,
        "open": open_index,
        "search": search,
        "change": change,
        "compare": lambda place: compare_files(place, int(files)),
        "meanwhile": lambda place: meanwhile(place, Path(checkpoint)),
        "write": lambda place: write(place, Path(checkpoint)),
    }
    print(json.dumps(steps[step](Path(folder))))


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    main(sys.argv[1:])
