"""The verb `bench`."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onenet.cli.output import notice, say
from onenet.cli.parser import GOES_ON, Verbs, add_work, at_least_one, seed_number
from onenet.errors import OneNetError
from onenet.files import replace_file
from onenet.paths import DATA, DEFAULT_CHECKPOINT
from onenet.progress import ProgressDisplay

if TYPE_CHECKING:
    from onenet.bench.results import Results
    from onenet.bench.variants import Variant

# Everything that needs torch is imported where it is used, so that --help answers at once.

SPLIT = "dev"
SPEED_PHOTOS = 100
AGREEMENT_PHOTOS, CALIBRATION_PHOTOS = 200, 32


def add_verbs(verbs: Verbs) -> None:
    """Add the verbs of this file."""
    verb = verbs.add_with_network("bench", bench, stopped=GOES_ON)
    verb.add_argument(
        "--data", type=Path, default=DATA / "flickr8k", metavar="FOLDER", help="(data/flickr8k)"
    )
    verb.add_argument("--variant", action="append", metavar="NAME", help="only this one; may be repeated")
    verb.add_argument("--seeds", nargs="+", type=seed_number, metavar="S", help="(each variant's own: 1)")
    verb.add_argument("--speed", action="store_true", help="measure speed alone")
    verb.add_argument("--engines", action="store_true", help="measure engines for the encoder alone")
    verb.add_argument("--find", action="store_true", help="measure ways to search by description alone")
    verb.add_argument("--dream", action="store_true", help="measure dreams alone (an hour)")
    verb.add_argument(
        "--index",
        type=at_least_one,
        metavar="N",
        help="measure an index of N photos alone, from those in --data",
    )
    verb.add_argument("--list", action="store_true", help="name the variants and what is measured of each")
    verb.add_argument(
        "--languages",
        type=Path,
        metavar="FILE",
        help="compare each language of these sources alone with all together (an hour)",
    )
    verb.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    verb.add_argument(
        "--results", type=Path, default=DATA / "bench.json", metavar="FILE", help="(data/bench.json)"
    )
    add_work(verb)


def bench(args: argparse.Namespace) -> None:
    """Compare variants of the network, the article's recipe among them, and write a table."""
    if args.index:
        measure_index_of(args)
        return
    import torch

    from onenet.bench.results import Results, name_data
    from onenet.bench.variants import VARIANTS, find_variant

    variants = [find_variant(name) for name in args.variant] if args.variant else list(VARIANTS)
    results, data = Results(args.results), name_data(args.data, SPLIT)
    if args.list:
        list_variants(args, variants, results, data)
        return
    if args.threads:
        torch.set_num_threads(args.threads)
    if args.device == "cuda" and not torch.cuda.is_available():
        raise OneNetError("There is no CUDA device here; leave --device out to train on the processor.")
    if args.speed:
        measure_speed(args, results)
    elif args.engines:
        measure_engines_for_encoder(args, results)
    elif args.languages:
        measure_each_language(args, results)
    elif args.find:
        measure_find_ways(args, results)
    elif args.dream:
        measure_dreaming(args, results)
    else:
        measure_variants(args, variants, results, data)
    text = write_tables(args.results.with_suffix(".md"), results, data)
    say(args, results.as_json(), text)
    notice(f"The figures are in {args.results}, the tables in {args.results.with_suffix('.md')}.")


def list_variants(args: argparse.Namespace, variants: "list[Variant]", results: "Results", data: str) -> None:
    """Print the variants and which seeds of each are measured."""
    for variant in variants:
        seeds = [measurement["seed"] for measurement in results.of(variant, data)]
        answer = {"variant": variant.name, "what": variant.what, "measured_seeds": seeds}
        measured = f"measured with seed {', '.join(map(str, seeds))}" if seeds else "not measured"
        say(args, answer, f"{variant.name}: {variant.what}; {measured}")


def measure_variants(
    args: argparse.Namespace, variants: "list[Variant]", results: "Results", data: str
) -> None:
    """Measure what is not measured yet; each result is kept at once, and the tables with it."""
    from onenet.bench.measure import measure

    for variant in variants:
        for seed in args.seeds or variant.seeds:
            if results.find(variant, seed, data) is not None:
                notice(f"“{variant.name}” with seed {seed} is measured already.")
                continue
            with ProgressDisplay("it") as display:

                def show(
                    task: str,
                    done: int,
                    total: int,
                    note: str,
                    *,
                    name: str = variant.name,
                    display: ProgressDisplay = display,
                ) -> None:
                    display.show(f"{name}: {task}", done, total, note)

                found = measure(
                    variant,
                    seed,
                    args.data,
                    SPLIT,
                    work=args.work,
                    device=args.device,
                    report=show,
                    notice=notice,
                )
            results.add(found)
            write_tables(args.results.with_suffix(".md"), results, data)


def measure_speed(args: argparse.Namespace, results: "Results") -> None:
    """Measure the shipped network's speed, or another's."""
    from onenet.bench.speed import measure_speed
    from onenet.datasets.flickr8k import load_split

    with ProgressDisplay("it") as display:
        speed = measure_speed(
            args.checkpoint or DEFAULT_CHECKPOINT,
            load_split(args.data, SPLIT)[:SPEED_PHOTOS],
            **({"threads": args.threads} if args.threads else {}),
            report=display.show,
            notice=notice,
        )
    results.set_speed(speed)


def measure_engines_for_encoder(args: argparse.Namespace, results: "Results") -> None:
    """Measure engines side by side with the shipped network's encoder."""
    from onenet.bench.engines import measure_engines
    from onenet.bench.speed import THREADS
    from onenet.datasets.flickr8k import load_split

    with ProgressDisplay("it") as display:
        engines = measure_engines(
            load_split(args.data, SPLIT)[:AGREEMENT_PHOTOS],
            load_split(args.data, "train")[:CALIBRATION_PHOTOS],
            threads=args.threads or THREADS,
            report=display.show,
        )
    results.set_engines(engines)


def measure_each_language(args: argparse.Namespace, results: "Results") -> None:
    """Measure whether a language pays for the others."""
    from onenet.bench.languages import measure_alone
    from onenet.network.checkpoint import load_checkpoint

    checkpoint = load_checkpoint(args.checkpoint or DEFAULT_CHECKPOINT)
    with ProgressDisplay("it") as display:
        found = measure_alone(checkpoint, args.languages, work=args.work, report=display.show)
    results.set_languages(found)


def measure_index_of(args: argparse.Namespace) -> None:
    """Measure an index of a size, and print the table."""
    from onenet.bench.index import index_table, measure_index

    with ProgressDisplay("it") as display:
        found = measure_index(
            args.index,
            args.data,
            args.checkpoint or DEFAULT_CHECKPOINT,
            work=args.work,
            report=display.show,
        )
    say(args, found, index_table(found))


def measure_find_ways(args: argparse.Namespace, results: "Results") -> None:
    """Measure what each part of the search by description brings to the shipped network, or to another."""
    from onenet.bench.find import measure_find
    from onenet.network.checkpoint import load_checkpoint
    from onenet.search.spread import load_spread, spread_beside

    path = args.checkpoint or DEFAULT_CHECKPOINT
    checkpoint = load_checkpoint(path)
    spread = load_spread(spread_beside(path), checkpoint.fingerprint)
    with ProgressDisplay("it") as display:
        found = measure_find(
            checkpoint,
            args.data,
            SPLIT,
            cache=args.work / "features",
            spread=spread,
            report=display.show,
        )
    results.set_find_ways(found)


def measure_dreaming(args: argparse.Namespace, results: "Results") -> None:
    """Measure the shipped network's dreams."""
    from onenet.bench.dreams import measure_dreams
    from onenet.dreams.dreaming import layers_beside
    from onenet.network.checkpoint import load_checkpoint

    path = args.checkpoint or DEFAULT_CHECKPOINT
    with ProgressDisplay("it") as display:
        dreams = measure_dreams(
            load_checkpoint(path),
            args.data,
            SPLIT,
            work=args.work,
            layers=layers_beside(path),
            report=display.show,
            notice=notice,
        )
    results.set_dreams(dreams)


def write_tables(path: Path, results: "Results", data: str) -> str:
    """Write all that is measured as Markdown, and return it."""
    from onenet.bench.engines_table import engines_table
    from onenet.bench.table import (
        dream_table,
        find_table,
        languages_table,
        speed_table,
        variants_table,
    )
    from onenet.bench.variants import VARIANTS

    rows: list[tuple[str, Any]] = [(variant.name, results.of(variant, data)) for variant in VARIANTS]
    parts = ["Written by `python -m onenet bench`; the figures behind it are in the JSON file beside it."]
    if any(measurements for _, measurements in rows):
        what = [
            f"* **{variant.name}**: {variant.what}"
            for variant, (_, measurements) in zip(VARIANTS, rows, strict=True)
            if measurements
        ]
        parts += ["## Variants", "\n".join(what), variants_table(rows)]
    if results.languages:
        parts += ["## Each language alone and all together", languages_table(results.languages)]
    if results.find_ways:
        parts += ["## Search by description", find_table(results.find_ways)]
    if results.dreams:
        parts += ["## Dreams", dream_table(results.dreams)]
    if results.engines:
        parts += ["## Engines", engines_table(results.engines)]
    if "unit_ms" in results.speed:  # what was measured before has other rows
        parts += ["## Speed", speed_table(results.speed)]
    text = "\n\n".join(parts)
    replace_file(path, f"{text}\n".encode())
    return text
