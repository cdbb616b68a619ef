"""Measurements -> Markdown tables."""

import statistics
from collections.abc import Sequence
from typing import Any

from onenet.bench.results import Measurement

NOTE = (
    "Captions by a beam of 5; BLEU-4, METEOR and CIDEr times 100; in brackets where 95 % of CIDEr's values "
    "lie when photos are drawn anew. R@k in per cent and the median rank are of search by description as it "
    "is served; * by inversion alone. Neighbours and analogies: first answers that are right, in per cent. "
    "± is the standard deviation over seeds. Training time is without the features, on the run's machine."
)


def variants_table(rows: Sequence[tuple[str, Sequence[Measurement]]]) -> str:
    """Lay variants out, a row each, in the order given; those without measurements are left out.

    Args:
        rows: Name and measurements, one a seed.
    """
    names = ["", "seeds", "dev loss", "BLEU-4", "METEOR", "CIDEr", "distinct captions"]
    names += ["R@1", "R@10", "median rank", "neighbours", "analogies", "training"]
    lines = [_line(names), _line(["---"] * len(names))]
    for name, measurements in rows:
        if measurements:
            lines.append(_line([name, *_cells(measurements)]))
    return "\n".join([*lines, "", NOTE])


def find_table(ways: dict[str, Any]) -> str:
    """Lay out what `onenet.bench.find.measure_find` gave."""
    names = ["R@1", "R@5", "R@10", "median rank", "ms"]
    lines = [_line(["", *names]), _line(["---"] * 6)]
    for row in ways["rows"]:
        cells = [row[name] for name in ("R@1", "R@5", "R@10", "median_rank", "median_ms")]
        lines.append(_line([row["what"], *(f"{cell:.1f}" for cell in cells)]))
    text = (
        f"{ways['queries']} descriptions, one of each of {ways['photos']} photos, one at a time; the time is "
        f"the median of a search. Measured on {ways['machine']}, {ways['threads']} threads, {ways['date']}."
    )
    return "\n".join([*lines, "", text])


def languages_table(languages: dict[str, Any]) -> str:
    """Lay out what `onenet.bench.languages.measure_alone` gave."""
    names = ["nats", "BLEU-4", "CIDEr", "R@1", "R@5", "R@10", "median_rank"]
    head = [name.replace("_", " ") for name in names]
    lines = [_line(["", *head, "CIDEr, difference", "R@10, difference"]), _line(["---"] * 10)]
    for row in languages["rows"]:
        for kind in ("alone", "together"):
            figures = row[kind]
            cells = [f"{figures['nats']:.2f}", *(f"{figures[name]:.1f}" for name in names[1:])]
            apart = [
                f"{row[f'{name} difference']:+.1f} {row[f'{name} difference interval']}"
                for name in ("CIDEr", "R@10")
            ]
            lines.append(
                _line([f"{row['language']}, {kind}", *cells, *(apart if kind == "together" else ["", ""])])
            )
    text = (
        f"The words' half trained anew over the shipped network's numbers of photos, {languages['epochs']} "
        f"passes over the captions of each language, seed {languages['seed']}; differences are together less "
        "alone, in brackets where 95 % lie when photos are drawn anew. "
        f"Measured on {languages['machine']}, {languages['date']}."
    )
    return "\n".join([*lines, "", text])


def dream_table(dreams: dict[str, Any]) -> str:
    """Lay out what `onenet.bench.dreams.measure_dreams` gave."""
    names = [
        "",
        "cosine",
        "CIDEr of its caption",
        f"another network chooses right among {dreams['choices']}, %",
    ]
    lines = [_line(names), _line(["---"] * len(names))]
    for row in dreams["rows"]:
        cider = "" if row["CIDEr"] is None else f"{row['CIDEr']:.1f} {row['CIDEr interval']}"
        lines.append(_line([row["what"], f"{row['cosine']:.2f}", cider, f"{row['chosen']:.0f}"]))
    text = (
        f"{dreams['dreams']} descriptions that people gave of photos. Cosine: with the representation of the "
        "description. CIDEr times 100: of what the network says of the picture, against the five captions of "
        "the photo described; in brackets where 95 % of its values lie when descriptions are drawn anew. "
        f"The other network never saw a dream being made; by chance it is right in "
        f"{100 / dreams['choices']:.0f} %. A dream takes {dreams['median_s']} s (95 %: {dreams['p95_s']} s), "
        f"measured on {dreams['machine']}, {dreams['threads']} threads, {dreams['date']}."
    )
    return "\n".join([*lines, "", text])


def speed_table(speed: dict[str, Any]) -> str:
    """Lay out what `onenet.bench.speed.measure_speed` gave."""
    lines = [_line(["", "median", "share", "target"]), _line(["---"] * 4)]
    for row in speed["rows"]:
        ratio = f"{row['ratio']:.2f} x {row['of']}" if row["ratio"] is not None else ""
        target = f"{row['target']:g}" if row["target"] is not None else ""
        lines.append(_line([row["what"], f"{row['value']:g} {row['unit']}", ratio, target]))
    facts = [
        "E is one forward pass of the encoder in ONNX Runtime in float32, measured in a process of its own "
        "between the others. A target is one of the share where there is one, else of the median: of times "
        "and memory at most, of rates at least.",
        f"Measured on {speed['machine']}, {speed['threads']} threads, {speed['date']}.",
    ]
    if speed["peers"]:
        facts.append("Peers have random weights: they are compared in speed only.")
    return "\n".join([*lines, "", " ".join(facts)])


def _cells(measurements: Sequence[Measurement]) -> list[str]:
    figures = [measurement["figures"] for measurement in measurements]
    beams = [_beam(found) for found in figures]
    interval = [beam.get("CIDEr interval") for beam in beams]
    cider = _mean([beam.get("CIDEr") for beam in beams], 1)
    if all(interval):
        low, high = (statistics.mean(ends) for ends in zip(*interval, strict=True))
        cider += f" [{low:.1f}, {high:.1f}]"
    finds = [found.get("find", {}) for found in figures]
    mark = "" if all("served" in find for find in finds) else " *"
    searches = [find.get("served", find.get("inversion", {})) for find in finds]
    return [
        ", ".join(str(measurement["seed"]) for measurement in measurements),
        _mean([found["loss"] for found in figures], 3),
        *(_mean([beam.get(name) for beam in beams], 1) for name in ("BLEU-4", "METEOR")),
        cider,
        _mean([beam.get("distinct_captions") for beam in beams], 0),
        *(
            _mean([search.get(name) for search in searches], digits, mark)
            for name, digits in (("R@1", 1), ("R@10", 1), ("median_rank", 1))
        ),
        *(
            _mean([_first_answers(found, kind) for found in figures], 0)
            for kind in ("neighbours", "analogies")
        ),
        _training(measurements),
    ]


def _beam(figures: dict[str, Any]) -> dict[str, Any]:
    beam: dict[str, Any] = next(value for name, value in figures.items() if name.startswith("beam"))
    return beam


def _first_answers(figures: dict[str, Any], kind: str) -> float | None:
    """Share of first answers about words that are right, per cent, as they are served."""
    words = figures.get("words")
    return None if words is None else float(words["after"][kind]["accuracy@1"])


def _mean(values: Sequence[float | None], digits: int, mark: str = "") -> str:
    """Give the mean, with the spread if there are several; empty if one was not measured."""
    known = [value for value in values if value is not None]
    if not known or len(known) < len(values):
        return ""
    spread = f" ± {statistics.stdev(known):.{digits}f}" if len(known) > 1 else ""
    return f"{statistics.mean(known):.{digits}f}{spread}{mark}"


def _training(measurements: Sequence[Measurement]) -> str:
    minutes = _mean([measurement["training_seconds"] / 60 for measurement in measurements], 0)
    devices = sorted({measurement["device"] for measurement in measurements})
    return f"{minutes} min" + ("" if devices == ["cpu"] else f" ({', '.join(devices)})")


def _line(cells: Sequence[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"
