"""The verbs `download`, `pack`, `train`, `distil`, `layers`, `spread` and `evaluate`."""

import argparse
import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from onenet.cli.output import notice, say
from onenet.cli.parser import (
    GOES_ON,
    Parser,
    Verbs,
    add_precision,
    add_work,
    at_least_one,
    percentage,
    switch,
)
from onenet.errors import OneNetError
from onenet.files import replace_file
from onenet.paths import DATA, DEFAULT_CHECKPOINT
from onenet.progress import ProgressDisplay

# Everything that needs torch is imported where it is used, so that --help answers at once.

# What a verb takes is what decides its outcome: settings of `TrainConfig`.
TEXT_OPTIONS: dict[str, Callable[[str], Any]] = {
    "seed": int,
    "batch_size": int,
    "contrastive_weight": float,
    "settling_epochs": int,
    "settling_rate": float,
    "min_count": int,
    "others_read": int,
    "tune_head": switch,
    "as_served": switch,
}
TRAIN_OPTIONS: dict[str, Callable[[str], Any]] = TEXT_OPTIONS | {
    "encoder": str,
    "epochs": int,
    "english_captions": int,
    "other_captions": int,
    "learning_rate": float,
    "tuning_rate": float,
    "critical_epochs": int,
    "hidden_size": int,
    "dropout": float,
    "tune_depthwise": switch,
}
DISTIL_OPTIONS: dict[str, Callable[[str], Any]] = TEXT_OPTIONS | {
    "teaching_weight": float,
    "hint_weight": float,
    "pseudo_captions": switch,
}


def add_verbs(verbs: Verbs) -> None:
    """Add the verbs of this file."""
    verb = verbs.add("download", download_data, stopped=GOES_ON)
    verb.add_argument("name", choices=["flickr8k"])
    verb.add_argument("--to", type=Path, default=DATA / "flickr8k", metavar="FOLDER")

    verb = verbs.add("pack", pack_data, stopped=GOES_ON)
    verb.add_argument("data", type=Path, metavar="DATA")
    verb.add_argument("--to", type=Path, required=True, metavar="FOLDER")
    verb.add_argument(
        "--quality",
        type=percentage,
        metavar="Q",
        help="store all photos as WebP of this quality, 1 to 100 (small ones stay as they are)",
    )
    verb.add_argument(
        "--part-mb", type=at_least_one, default=60, metavar="N", help="the most that a file may have (60 MB)"
    )

    verb = verbs.add_with_network("train", train_network, stopped=GOES_ON)
    verb.add_argument("data", type=Path, metavar="DATA")
    _add_training(verb, TRAIN_OPTIONS)

    verb = verbs.add_with_network("distil", distil_networks, stopped=GOES_ON)
    verb.add_argument("data", type=Path, metavar="DATA")
    verb.add_argument(
        "networks", type=Path, nargs="+", metavar="NETWORK", help="trained alike: it begins as their mean"
    )
    verb.add_argument(
        "--teachers", type=Path, nargs="+", metavar="NETWORK", help="from whom it learns (the same)"
    )
    _add_training(verb, DISTIL_OPTIONS)

    verb = verbs.add_with_network("layers", measure_layers, stopped=GOES_ON)
    verb.add_argument("data", type=Path, metavar="DATA")
    add_work(verb)

    verb = verbs.add_with_network("spread", measure_spread)
    add_precision(verb)
    verb.add_argument("data", type=Path, metavar="DATA")

    verb = verbs.add_with_network("evaluate", evaluate_network)
    verb.add_argument("data", type=Path, metavar="DATA")
    verb.add_argument("--split", default="dev", choices=["train", "dev", "test"])
    verb.add_argument(
        "--languages", default="", metavar="CODES", help="other languages to measure too: all, or de,zh"
    )
    verb.add_argument(
        "--words",
        type=Path,
        metavar="FOLDER",
        help="public judgements of words (SimLex-999, …) to compare with",
    )
    verb.add_argument("--wild", type=Path, metavar="FOLDER", help="photos as people send them, to measure on")
    verb.add_argument("--no-find", action="store_true", help="leave out the slow search by description")
    only = verb.add_mutually_exclusive_group()
    only.add_argument(
        "--ask", action="store_true", help="measure answers to questions made of the captions, nothing else"
    )
    only.add_argument(
        "--teach", action="store_true", help="measure taught words, with the photos of --wild, nothing else"
    )
    only.add_argument("--then", action="store_true", help="measure searches that go on, nothing else")
    verb.add_argument("--figures", type=Path, metavar="FILE", help="where to write (data/figures-SPLIT.json)")
    verb.add_argument("--record", action="store_true", help="write the figures into the network's file too")
    add_work(verb)


def _add_training(verb: Parser, options: dict[str, Callable[[str], Any]]) -> None:
    verb.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    verb.add_argument(
        "--on-device",
        action="store_true",
        help="decode photos once and make their views together, as --device cuda does",
    )
    add_work(verb)
    for name, kind in options.items():
        verb.add_argument(f"--{name.replace('_', '-')}", type=kind, metavar="X")


def download_data(args: argparse.Namespace) -> None:
    """Fetch a data set."""
    from onenet.datasets.download import DownloadProgress, download_flickr8k

    with ProgressDisplay("B") as display:

        def show(progress: DownloadProgress) -> None:
            if progress.notice:
                notice(progress.notice)
            elif progress.phase != "done":
                task = f"{progress.phase.capitalize()} {progress.file}"
                display.show(task, progress.done_bytes, progress.total_bytes)

        folder = download_flickr8k(args.to, progress=show)
    say(args, {"folder": str(folder)}, f"Flickr8K is in {folder}.")
    notice(f"To search its photos: python -m onenet index {folder / 'Flicker8k_Dataset'}")


def pack_data(args: argparse.Namespace) -> None:
    """Put what a network learns from into a few small files, to train it on another computer."""
    from onenet.datasets.packing import pack_sources
    from onenet.datasets.sources import load_sources
    from onenet.training.config import TrainConfig

    sources = load_sources(args.data, views=TrainConfig.views, notice=notice)
    with ProgressDisplay("record") as display:
        manifest = pack_sources(
            sources,
            args.to,
            quality=args.quality,
            part_bytes=args.part_mb * 1_000_000,
            progress=lambda done, total: display.show("Packing", done, total),
        )
    size = sum(part.size_bytes for part in manifest.parts)
    photos = len(sources.train) + len(sources.dev)
    answer = {"folder": str(args.to), "parts": len(manifest.parts), "bytes": size, "photos": photos}
    say(args, answer, f"{photos} photos are in {args.to}: {len(manifest.parts)} parts, {size / 1e6:.0f} MB.")
    notice(f"To train a network from it: python -m onenet train {args.to}")


def train_network(args: argparse.Namespace) -> None:
    """Train a network on captioned photos and write its checkpoint."""
    from onenet.training.train import train

    _trained(args, TRAIN_OPTIONS, partial(train, args.data))


def distil_networks(args: argparse.Namespace) -> None:
    """Make one network of several that were trained before, which teach it."""
    from onenet.training.distil import distil

    teachers = args.teachers or args.networks

    def run(checkpoint: Path, config: Any, **options: Any) -> dict[str, Any]:
        return distil(args.data, checkpoint, args.networks, teachers, config, **options)

    _trained(args, DISTIL_OPTIONS, run)


def _trained(args: argparse.Namespace, settings: Iterable[str], run: Callable[..., dict[str, Any]]) -> None:
    """Train as asked, by what takes a file, settings and options, and say what came of it."""
    import torch

    from onenet.engine import Engine
    from onenet.training.config import TrainConfig
    from onenet.training.progress import Progress

    if args.threads:
        torch.set_num_threads(args.threads)
    if args.device == "cuda" and not torch.cuda.is_available():
        raise OneNetError("There is no CUDA device here; leave --device out to train on the processor.")
    chosen = {name: getattr(args, name) for name in settings if getattr(args, name) is not None}
    checkpoint = args.checkpoint or DATA / DEFAULT_CHECKPOINT.name
    with ProgressDisplay("it") as display:

        def show(progress: Progress) -> None:
            losses = (
                f"epoch {progress.epoch}, loss {progress.train_loss:.3f}, dev loss {progress.dev_loss:.3f}"
            )
            task = progress.stage.capitalize()
            display.show(task, progress.done, progress.total, losses if progress.epoch else "")

        card = run(
            checkpoint,
            TrainConfig(**chosen),
            work=args.work,
            device=args.device,
            on_device=args.on_device or None,
            command=" ".join(["python -m onenet", *args.arguments]),
            progress=show,
            notice=notice,
        )
    Engine.load(checkpoint)  # exports it, so that its first answer need not wait for that
    told = {name: value for name, value in card.items() if name != "ease"}  # 300 numbers
    text = f"The network is in {checkpoint}.\n{json.dumps(told, indent=2)}"
    say(args, {"checkpoint": str(checkpoint), "card": card}, text)


def measure_layers(args: argparse.Namespace) -> None:
    """Measure what the encoder's layers do in the photos of a data set; dreams are drawn after that."""
    import torch

    from onenet.datasets.flickr8k import load_split
    from onenet.dreams.dreaming import layers_beside
    from onenet.network.checkpoint import load_checkpoint
    from onenet.training.layers import measure_statistics
    from onenet.training.state import run_name

    if args.threads:
        torch.set_num_threads(args.threads)
    path = args.checkpoint or DEFAULT_CHECKPOINT
    checkpoint, output = load_checkpoint(path), layers_beside(path)
    photos = load_split(args.data, "train")
    name = run_name("layers", {"network": checkpoint.fingerprint}, photos, [], "cpu")
    card = {
        "data": f"{len(photos)} training photos of Flickr8K and their captions",
        "command": " ".join(["python -m onenet", *args.arguments]),
        "date": datetime.now(UTC).date().isoformat(),
    }
    with ProgressDisplay("photo") as display:
        expected = measure_statistics(
            checkpoint,
            photos,
            card,
            state=args.work / "runs" / f"{name}.pt",
            progress=lambda done, total: display.show("Measuring layers", done, total),
        )
    expected.save(output)
    answer = {"file": str(output), "photos": len(photos), "statistics": len(expected.mean)}
    say(args, answer, f"{len(expected.mean)} statistics of {len(photos)} photos are in {output}.")
    notice("Dreams are drawn after them from now on.")


def measure_spread(args: argparse.Namespace) -> None:
    """Measure how the photos of a data set spread; by it taught words are told apart, and hubs found less."""
    from onenet.cli.inputs import load_engine
    from onenet.search.spread import Spread, spread_beside
    from onenet.training.spread import representations_of, sentences_of

    engine = load_engine(args)
    with ProgressDisplay("photo") as display:
        found = representations_of(
            engine, args.data, progress=lambda done, total: display.show("Looking at photos", done, total)
        )
    sentences = sentences_of(engine, args.data)
    output = spread_beside(args.checkpoint or DEFAULT_CHECKPOINT)
    card = {
        "data": f"{len(found)} training photos and {len(sentences)} sentences",
        "command": " ".join(["python -m onenet", *args.arguments]),
        "date": datetime.now(UTC).date().isoformat(),
    }
    Spread.of(found, sentences).save(output, engine.fingerprint, card)
    answer = {"file": str(output), "photos": len(found), "sentences": len(sentences)}
    say(args, answer, f"How {len(found)} photos spread is in {output}.")
    notice("Taught words are told apart by it from now on, and searches know hubs.")


def evaluate_network(args: argparse.Namespace) -> None:
    """Measure a network on a split of Flickr8K; print the figures and write them to a file."""
    import torch

    from onenet.engine import Engine
    from onenet.evaluation.asking_run import evaluate_asking
    from onenet.evaluation.conversation import evaluate_conversation
    from onenet.evaluation.run import evaluate
    from onenet.evaluation.teaching import evaluate_teaching
    from onenet.network.checkpoint import load_checkpoint, record_figures
    from onenet.search.spread import load_spread, spread_beside

    if args.threads:
        torch.set_num_threads(args.threads)
    checkpoint = args.checkpoint or DEFAULT_CHECKPOINT
    if args.teach and args.wild is None:
        raise OneNetError("--teach needs photos of many things: give their folder behind --wild.")
    if args.record and (args.teach or args.then):
        raise OneNetError("--record is for all figures together: leave --teach or --then out.")
    what = "asking" if args.ask else "teaching" if args.teach else "going-on" if args.then else "figures"
    file = args.figures or DATA / f"{what}-{args.split}.json"
    languages = tuple(code.strip() for code in args.languages.split(",") if code.strip())
    with ProgressDisplay("it") as display:

        def show(what: str, done: int, total: int) -> None:
            display.show(what.capitalize(), done, total)

        if args.teach or args.then:
            engine = Engine.load(checkpoint, threads=args.threads)
        else:
            network, cache = load_checkpoint(checkpoint), args.work / "features"
        if args.teach:
            figures = evaluate_teaching(engine, args.data, args.split, args.wild, progress=show)
        elif args.then:
            figures = evaluate_conversation(engine, args.data, args.split, progress=show)
        elif args.ask:
            figures = evaluate_asking(
                network,
                args.data,
                args.split,
                cache=cache,
                languages=languages,
                wild=args.wild,
                recorded=args.record and args.split == "dev",
                progress=show,
            )
        else:
            figures = evaluate(
                network,
                args.data,
                args.split,
                cache=cache,
                find=not args.no_find,
                languages=languages,
                wild=args.wild,
                words=args.words,
                spread=load_spread(spread_beside(checkpoint), network.fingerprint),
                progress=show,
                notice=notice,
            )
    text = json.dumps(figures, indent=2)
    say(args, figures, text)
    try:
        replace_file(file, f"{text}\n".encode())
        if args.record:
            record_figures(checkpoint, args.split, figures)
    except OSError as error:
        raise OneNetError(f"The figures cannot be written to {file} ({error.strerror}).") from error
    notice(f"The figures are in {file}.")
