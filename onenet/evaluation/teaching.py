"""How well taught words are recognised: one, three and five photos of a class are taught, the rest are named.

Of captioned photos a class has those of which most captions name it; one of which only some do is left out.
From which likeness a photo is named is chosen on some of the classes, and measured on the others; so are
false names, on the two halves of Flickr8K's photos, among those in no caption of which the class is.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from onenet.datasets.flickr8k import load_split, read_text
from onenet.engine import Engine
from onenet.evaluation.figures import Figures, Progress, percent
from onenet.evaluation.photo_files import represent_files
from onenet.network.vocabulary import tokenize
from onenet.search.spread import Spread
from onenet.teaching import TaughtWord

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]

EXAMPLES = (1, 3, 5)
DRAWS = 20
LEAST = 10  # photos of a class
MOSTLY = 0.6  # of a photo's captions
MOST_FALSE = 0.6  # per cent of the photos without a class, where levels are chosen: others have more
LEVELS = np.arange(0.1, 0.8, 0.02, dtype=np.float32)
TRIAL = {
    "cat": "cat cats kitten kittens",
    "cow": "cow cows cattle bull",
    "horse": "horse horses",
    "sheep": "sheep lamb lambs",
    "aeroplane": "airplane plane aeroplane jet airplanes planes aircraft",
}
# Of these and of Flickr8K's every second one is chosen on.
OTHERS = {
    "baseball": "baseball",
    "bear": "bear bears",
    "bicycle": "bicycle bike bicycles bikes",
    "boat": "boat boats ship",
    "bus": "bus buses",
    "kitchen": "kitchen",
    "laptop": "laptop computer",
    "motorbike": "motorcycle motorbike motorcycles",
    "skateboard": "skateboard skateboarding skateboarder",
    "skiing": "skis skiing ski skier",
    "sofa": "sofa couch",
    "surfing": "surfboard surfing surfer",
    "toilet": "toilet bathroom",
    "train": "train trains locomotive",
}
FLICKR8K = {
    "basketball": "basketball",
    "beach": "beach",
    "bicycle": "bicycle bike bicycles bikes",
    "climbing": "climbing climber climbs",
    "crowd": "crowd",
    "frisbee": "frisbee",
    "pool": "pool swimming",
    "skateboard": "skateboard skateboarder skateboarding",
    "snow": "snow snowy",
    "soccer": "soccer",
    "tennis": "tennis",
    "wave": "wave waves",
}


@dataclass(frozen=True)
class Shown:
    """Photos and what is said of each.

    Attributes:
        photos: Representations, shape (N, D).
        captions: Of each.
    """

    photos: Floats
    captions: Sequence[Sequence[str]]

    @cached_property
    def _words(self) -> list[list[frozenset[str]]]:
        return [[frozenset(tokenize(text)) for text in own] for own in self.captions]

    def shows(self, names: str) -> tuple[Flags, Flags]:
        """Tell which photos show a class by most of their captions, and which by none."""
        words = {*names.split()}
        said = [[bool(each & words) for each in own] for own in self._words]
        most = np.array([sum(own) >= max(1, MOSTLY * len(own)) for own in said])
        return most, np.array([not any(own) for own in said])

    def rows(self, which: slice | Flags) -> "Shown":
        """Give some of them."""
        numbers = np.arange(len(self.photos))[which].tolist()
        return Shown(self.photos[which], [self.captions[number] for number in numbers])


@dataclass(frozen=True)
class Tried:
    """What became of one class at each level, the mean over draws.

    Attributes:
        f1: Of naming the rest, shape (L,).
        false: Share of photos without it that are named so, shape (L,).
    """

    f1: Floats
    false: Floats


def try_class(
    names: str,
    number: int,
    shown: Shown,
    others: Shown,
    spread: Spread | None,
    levels: Floats | None = None,
) -> Tried | None:
    """Teach a class by a number of its photos and name the rest; None if there are too few.

    Args:
        others: Where false names are counted.
        levels: Of likeness; None: the one that serves.
    """
    is_it, is_not = shown.shows(names)
    rows = np.flatnonzero(is_it)
    if len(rows) < LEAST:
        return None
    absent = others.photos[others.shows(names)[1]]
    own, false = [], []
    for draw in range(DRAWS):
        chosen = np.random.default_rng(draw).permutation(rows)[:number]
        word = TaughtWord(names, shown.photos[chosen], shown.photos[:0])
        rest = is_it | is_not
        rest[chosen] = False
        look = word.likeness if levels is not None else word.score
        cuts = np.zeros(1, np.float32) if levels is None else levels
        named = look(shown.photos[rest], spread)[:, None] >= cuts  # (N, L)
        right = (named & is_it[rest][:, None]).sum(axis=0)
        own.append(2 * right / np.maximum(1, named.sum(axis=0) + is_it[rest].sum()))
        false.append((look(absent, spread)[:, None] >= cuts).mean(axis=0))
    return Tried(np.mean(own, axis=0), np.mean(false, axis=0))


def measure_classes(
    classes: Mapping[str, str], shown: Shown, others: Shown, spread: Spread | None
) -> Figures:
    """Give F1 of each class and its mean, and false names in per cent, by the number of examples taught."""
    found: Figures = {}
    for number in EXAMPLES:
        tried = {name: try_class(words, number, shown, others, spread) for name, words in classes.items()}
        there = {name: each for name, each in tried.items() if each is not None}
        f1 = {name: round(float(each.f1[0]), 3) for name, each in there.items()}
        false = percent(float(np.mean([each.false[0] for each in there.values()]))) if there else None
        mean = round(float(np.mean([*f1.values()])), 3) if f1 else None
        found[str(number)] = {"mean F1": mean, "false names, %": false, **f1}
    return found


def choose_levels(
    groups: Sequence[tuple[Mapping[str, str], Shown]], others: Shown, spread: Spread | None
) -> Figures:
    """Give the likeness from which naming is best, by examples taught, with few false names in every group.

    Args:
        groups: Classes, and the photos that show them.
    """
    found: Figures = {}
    for number in EXAMPLES:
        f1, false = [], []
        for classes, shown in groups:
            tried = [try_class(words, number, shown, others, spread, LEVELS) for words in classes.values()]
            there = [each for each in tried if each is not None]
            if there:
                f1.append(np.mean([each.f1 for each in there], axis=0))
                false.append(np.mean([each.false for each in there], axis=0))
        if f1:
            fits = 100 * np.max(false, axis=0) <= MOST_FALSE
            best = int(np.where(fits, np.mean(f1, axis=0), -1).argmax())
            found[str(number)] = round(float(LEVELS[best]), 2)
    return found


def measure_teaching(wild: Mapping[str, Shown], dev: Shown, spread: Spread | None) -> Figures:
    """Measure what serves on classes and photos that it was not chosen on, beside what would be chosen.

    Args:
        wild: Captioned photos by their source.
        dev: Of Flickr8K.

    Returns:
        JSON-ready: "trial" with the five classes among Pascal's photos, "wild" with the others that were not
        chosen on among all sources' photos, "flickr8k" with such rarer things of Flickr8K; of each the mean
        F1, false names in per cent and the F1 of each class, by the number of examples; "chosen": the levels
        that the other half would choose for `onenet.teaching.lexicon`, and "plain": all of it without
        `onenet.search.spread`.
    """
    every = Shown(
        np.concatenate([each.photos for each in wild.values()]),
        [captions for each in wild.values() for captions in each.captions],
    )
    to_choose_on, to_report = _halves(OTHERS)
    rarer_to_choose_on, rarer_to_report = _halves(FLICKR8K)
    chosen_on, reported_on = dev.rows(slice(0, None, 2)), dev.rows(slice(1, None, 2))

    def of(way: Spread | None) -> Figures:
        return {
            "trial": measure_classes(TRIAL, wild.get("pascal", every), reported_on, way),
            "wild": measure_classes(to_report, every, reported_on, way),
            "flickr8k": measure_classes(rarer_to_report, dev, reported_on, way),
            "chosen": choose_levels([(to_choose_on, every), (rarer_to_choose_on, dev)], chosen_on, way),
        }

    return {**of(spread), **({"plain": of(None)} if spread is not None else {})}


def _halves(classes: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Divide classes into those to choose on and those to report."""
    names = sorted(classes)
    chosen, reported = ({name: classes[name] for name in part} for part in (names[::2], names[1::2]))
    return chosen, reported


def evaluate_teaching(
    engine: Engine,
    data: Path,
    split: str,
    wild: Path,
    *,
    progress: Progress = lambda what, done, total: None,
) -> Figures:
    """Measure taught words on a split of Flickr8K and a folder of photos as people send them.

    Args:
        wild: A folder with `photos` and `captions.tsv`, see `onenet.datasets.sources.load_listed`.

    Returns:
        JSON-ready: "split", and "teach" with what `measure_teaching` gives.

    Raises:
        DatasetError: If photos or captions cannot be read.
    """
    photos, others = load_split(data, split), captioned(wild)
    look = partial(represent_files, engine.represent, progress=progress)
    dev = Shown(look([photo.path for photo in photos]), [photo.captions for photo in photos])
    shown = {
        source: Shown(look([wild / "photos" / name for name in own]), [*own.values()])
        for source, own in others.items()
    }
    return {"split": split, "teach": measure_teaching(shown, dev, engine.spread)}


def captioned(wild: Path) -> Mapping[str, Mapping[str, list[str]]]:
    """Give what is said of the photos of a folder, by source and name."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for line in read_text(wild / "captions.tsv").splitlines():
        photo, _, source, text = line.split("\t")
        if text:
            found[source][photo].append(text)
    return found
