"""How long everything takes, as many times as the encoder's own forward pass, and beside peers."""

import contextlib
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from onenet.bench.peers import measure_peers
from onenet.bench.processes import bot_at_work, bot_worker, command_line, run
from onenet.bench.report import Report, machine_name
from onenet.bench.speed_rows import BATCH, YARD_ROUNDS, Row, Speed
from onenet.bench.yardstick import Yardstick
from onenet.datasets.flickr8k import CaptionedPhoto
from onenet.engine import Engine
from onenet.errors import OneNetError
from onenet.maps import as_png, draw_word_map, map_words
from onenet.network.examples import examples_in
from onenet.network.special_words import ENGLISH
from onenet.search.folder import update_index
from onenet.search.index import ImageIndex, PhotoRecord
from onenet.search.photos import read_photo

INDEXED = 8000
THREADS = 2
SENT_SIZE, CAMERA_SIZE = (500, 375), (4000, 3000)
_WARM_UP = 2


def measure_speed(
    checkpoint: Path,
    photos: Sequence[CaptionedPhoto],
    *,
    indexed: int = INDEXED,
    rounds: int = 5,
    threads: int = THREADS,
    report: Report = lambda what, done, total, note: None,
    notice: Callable[[str], None] = lambda sentence: None,
) -> dict[str, Any]:
    """Measure a network's speed; what takes milliseconds takes turns, so that all see one machine.

    Args:
        photos: Captioned one by one and in batches; the first caption of each is searched for.
        indexed: Vectors of the index that is searched.
        rounds: How often whatever takes long is done.
        threads: Of the processor.
        notice: Called with a sentence about what could not be measured.

    Returns:
        JSON-ready; "rows" as of `Row`, those of E first.

    Raises:
        CheckpointError: If the network cannot be loaded.
        OneNetError: If its encoder cannot be run by ONNX Runtime.
    """
    engine = Engine.load(checkpoint, threads=threads)
    with tempfile.TemporaryDirectory() as name, Yardstick(checkpoint, threads) as yardstick:
        folder, speed = Path(name), Speed(yardstick, report)
        speed.pause()
        sent = _store(photos, folder / "sent", SENT_SIZE)
        [camera] = _store(photos[:1], folder / "camera", CAMERA_SIZE)
        _measure_first_answers(engine, sent[0], speed)
        _measure_one_by_one(engine, sent, camera, [photo.captions[0] for photo in photos], indexed, speed)
        speed.pause()
        _measure_many(engine, sent, speed)
        speed.pause()
        _measure_words(engine, rounds, speed)
        _measure_processes(checkpoint, sent[0], rounds, threads, speed)
        _measure_bot(checkpoint, sent[0], threads, speed, notice)
        _measure_dream(engine, photos[0].captions[0], speed, notice)
        speed.pause()
        peers = measure_peers(rounds, threads, _seconds, report, notice)
        for what, seconds in peers.items():
            speed.in_passes(what, seconds)
        return {
            "date": datetime.now(UTC).date().isoformat(),
            "machine": machine_name(),
            "threads": threads,
            "unit_ms": round(1000 * speed.unit_s, 2),
            "rows": [asdict(row) for row in speed.all_rows()],
            "peers": len(peers),
        }


def _store(photos: Sequence[CaptionedPhoto], folder: Path, size: tuple[int, int]) -> list[Path]:
    """Store photos as JPEGs of a size, as phones and chats do."""
    folder.mkdir()
    paths = [folder / f"{number}.jpg" for number in range(len(photos))]
    for photo, path in zip(photos, paths, strict=True):
        picture = read_photo(photo.path).resize(size, Image.Resampling.BICUBIC)
        picture.save(path, "JPEG", quality=90)
    return paths


def _measure_first_answers(engine: Engine, photo: Path, speed: Speed) -> None:
    """Ask everything once after the start; the slowest answer counts."""
    with contextlib.suppress(OneNetError):  # a small network may not know the words that are tried
        for _ in engine.warm_up():
            pass
    examples = examples_in(ENGLISH)
    seen = engine.represent([read_photo(photo)])
    questions: dict[str, Callable[[], object]] = {
        "caption": partial(engine.caption, seen, n=5),
        "similar": partial(engine.words.similar, examples.animal),
        "analogy": partial(engine.words.analogy, *examples.analogy.split()),
        "odd": partial(engine.words.odd, examples.odd.split()),
        "walk": partial(engine.words.walk, *examples.walk.split()),
        "find": partial(engine.imagine, examples.scene),
        "change": partial(engine.change, seen[0], examples.place),
        "mix": partial(engine.mix, seen[0], seen[0]),
        "inside": partial(engine.inside, seen[0]),
        "why": partial(engine.explain, read_photo(photo)),
    }
    if len(engine.languages) > 1:
        questions["translate"] = partial(engine.translate, examples.scene, engine.languages[1])
    times = {what: _seconds(partial(_ask, ask)) for what, ask in questions.items()}
    slowest = max(times, key=lambda what: times[what])
    speed.in_seconds(f"the slowest first answer after the start ({slowest})", [times[slowest]], 1.0)


def _measure_one_by_one(
    engine: Engine, sent: Sequence[Path], camera: Path, wanted: Sequence[str], indexed: int, speed: Speed
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        index = _index_of(engine, Path(folder), indexed)
        times: dict[str, list[float]] = {"caption": [], "camera": [], "find": []}
        for number, (photo, words) in enumerate(zip(sent, wanted, strict=True)):
            times["caption"].append(_seconds(partial(_caption, engine, photo)))
            times["camera"].append(_seconds(partial(_caption, engine, camera)))
            times["find"].append(_seconds(partial(_find, engine, index, words)))
            speed.step("One by one", number + 1, len(sent))
    late = {what: seconds[_WARM_UP:] or seconds for what, seconds in times.items()}
    width, height = SENT_SIZE
    speed.in_passes(f"a photo's file ({width} x {height}) to its caption", late["caption"], 1.9)
    speed.in_passes("a JPEG of 12 megapixels to its caption", late["camera"], 3.0)
    speed.in_passes(f"search by description, {indexed} photos", late["find"], 3.0)


def _measure_many(engine: Engine, sent: Sequence[Path], speed: Speed) -> None:
    pictures = [read_photo(photo) for photo in sent]
    batches = [pictures[start : start + BATCH] for start in range(0, len(pictures), BATCH)]
    _caption_all(engine, batches[0])
    seconds = 0.0
    for number, batch in enumerate(batches):
        seconds += _seconds(partial(_caption_all, engine, batch))
        speed.step("In batches", number + 1, len(batches))
    speed.in_rate(f"photos captioned in batches of {BATCH}", len(pictures) / seconds, 0.9)
    index = ImageIndex(engine.fingerprint)
    steps = update_index(index, sent[0].parent, engine.represent, prepare=engine.prepare, path=None)
    seconds = _seconds(lambda: list(steps))
    speed.in_rate("photos of a folder indexed from the disk", len(index) / seconds, 0.8)


def _measure_words(engine: Engine, rounds: int, speed: Speed) -> None:
    space = engine.words.space
    seconds = [_seconds(lambda: as_png(draw_word_map(map_words(space)))) for _ in range(max(1, rounds // 2))]
    speed.in_seconds("a map of words", seconds, 6.0)


def _measure_processes(checkpoint: Path, photo: Path, rounds: int, threads: int, speed: Speed) -> None:
    """Measure what is typed into a terminal; files are in the system's memory after the first."""
    examples = examples_in(ENGLISH)
    network = ("--checkpoint", str(checkpoint), "--threads", str(threads))
    verbs = {
        "caption": (("caption", str(photo), *network), 0.9, 350.0),
        "similar": (("similar", examples.animal, *network), 0.4, 150.0),
        "analogy": (("analogy", *examples.analogy.split(), *network), 0.4, 150.0),
        "odd": (("odd", *examples.odd.split(), *network), 0.4, 150.0),
    }
    for number, (verb, (arguments, most_s, most_mb)) in enumerate(verbs.items()):
        runs = [run(command_line(*arguments)) for _ in range(rounds + 1)][1:]
        speed.in_seconds(f"python -m onenet {verb}, start to end", [seconds for seconds, _ in runs], most_s)
        memory = [peak for _, peak in runs if peak is not None]
        if memory:
            peak = float(np.median(memory))
            speed.rows.append(Row(f"python -m onenet {verb}, memory", peak, "MB", target=most_mb))
        speed.step("Programs", number + 1, len(verbs))


def _measure_bot(
    checkpoint: Path, photo: Path, threads: int, speed: Speed, notice: Callable[[str], None]
) -> None:
    try:
        starts = [bot_at_work(checkpoint, photo) for _ in range(2)]
        times = bot_worker(checkpoint, photo, YARD_ROUNDS, threads)
    except (OSError, ValueError) as error:
        notice(f"The bot could not be measured: {error}.")
        return
    page_s, caption_s, held_mb = starts[-1]
    speed.in_seconds("python bot.py, start to its page", [page_s], 2.0)
    speed.in_seconds("python bot.py, start to the caption of a photo that waits there", [caption_s], 2.0)
    if held_mb is not None:
        speed.rows.append(Row("python bot.py, memory after its first caption", round(held_mb), "MB"))
    speed.in_passes("a photo through the bot's worker, five captions", times["alone"], 2.3)
    if times["dreaming"]:
        dreaming, seldom = (1000 * float(np.median(times[name])) for name in ("dreaming", "seldom"))
        speed.rows.append(Row("a photo through the bot's worker, one now and then", round(seldom, 1), "ms"))
        what = "a photo through the bot's worker while somebody dreams"
        speed.rows.append(
            Row(what, round(dreaming, 1), "ms", round(dreaming / seldom, 2), "one now and then", 1.3)
        )


def _measure_dream(engine: Engine, words: str, speed: Speed, notice: Callable[[str], None]) -> None:
    try:
        query = engine.imagine(words)
        steps = engine.dream(query)
        next(steps)  # loads PyTorch
        seconds = _seconds(lambda: list(engine.dream(query)))
    except OneNetError as error:
        notice(f"A dream could not be measured: {error}")
        return
    speed.in_seconds("a dream", [seconds], 15.0)


def _caption(engine: Engine, photo: Path) -> None:
    _caption_all(engine, [read_photo(photo)])


def _caption_all(engine: Engine, pictures: Sequence[Image.Image]) -> None:
    engine.caption(engine.represent(pictures))


def _find(engine: Engine, index: ImageIndex, description: str) -> None:
    _ask(lambda: engine.find(engine.imagine(description), index, 5))


def _ask(question: Callable[[], object]) -> None:
    with contextlib.suppress(OneNetError):  # that the network never read its words is an answer too
        question()


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


def _seconds(function: Callable[[], object]) -> float:
    started = time.perf_counter()
    function()
    return time.perf_counter() - started
