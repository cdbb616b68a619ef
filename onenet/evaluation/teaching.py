"""How well taught words are recognised: python -m onenet.evaluation.teaching WILD FLICKR8K.

For every class of which WILD has at least ten captioned photos: one, three and five of them are taught, and
the rest of the captioned photos are named, or not. A photo shows a class if most of its captions say so; one
of which some say so is left out. False names: of Flickr8K's dev photos in no caption of which it is.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from onenet.datasets.flickr8k import load_split, read_text
from onenet.engine import Engine
from onenet.evaluation.figures import Figures, percent
from onenet.network.checkpoint import load_checkpoint
from onenet.network.vocabulary import tokenize
from onenet.paths import DEFAULT_CHECKPOINT
from onenet.search import read_photo
from onenet.teaching import TaughtWord

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]

EXAMPLES = (1, 3, 5)
DRAWS = 20
LEAST = 10  # photos of a class
MOSTLY = 0.6  # of a photo's captions
_BATCH = 16
CLASSES = {
    "cat": "cat cats kitten kittens",
    "cow": "cow cows cattle bull",
    "horse": "horse horses",
    "sheep": "sheep lamb lambs",
    "aeroplane": "airplane plane aeroplane jet airplanes planes aircraft",
    "train": "train trains locomotive",
    "boat": "boat boats ship",
    "bus": "bus buses",
    "bicycle": "bicycle bike bicycles bikes",
    "motorbike": "motorcycle motorbike motorcycles",
    "sofa": "sofa couch",
    "kitchen": "kitchen",
    "toilet": "toilet bathroom",
    "bear": "bear bears",
    "baseball": "baseball",
    "surfing": "surfboard surfing surfer",
    "skateboard": "skateboard skateboarding skateboarder",
    "skiing": "skis skiing ski skier",
    "laptop": "laptop computer",
}


def shows(captions: Sequence[Sequence[str]], names: set[str]) -> tuple[Flags, Flags]:
    """Tell which photos show a class by most of their captions, and which by none."""
    said = [[bool({*tokenize(text)} & names) for text in own] for own in captions]
    most = np.array([sum(own) >= max(1, MOSTLY * len(own)) for own in said])
    return most, np.array([not any(own) for own in said])


def measure_teaching(
    photos: Floats, captions: Sequence[Sequence[str]], others: Floats, others_say: Sequence[Sequence[str]]
) -> Figures:
    """Teach each class by some of its photos and name the rest.

    Args:
        photos: Representations of those with classes, shape (N, D).
        captions: What is said of each.
        others: Of those that false names are counted on.
        others_say: What is said of each of these.
    """
    found: Figures = {}
    f_of: dict[int, dict[str, float]] = {number: {} for number in EXAMPLES}
    false: list[float] = []
    for name, words in CLASSES.items():
        is_it, is_not = shows(captions, {*words.split()})
        absent = shows(others_say, {*words.split()})[1]
        rows = np.flatnonzero(is_it)
        if len(rows) < LEAST:
            continue
        for number in EXAMPLES:
            scores = []
            for draw in range(DRAWS):
                chosen = np.random.default_rng(draw).permutation(rows)[:number]
                word = TaughtWord(name, photos[chosen], photos[:0])
                rest = is_it | is_not
                rest[chosen] = False
                named = word.score(photos[rest]) >= 0
                right = int((named & is_it[rest]).sum())
                scores.append(2 * right / max(1, int(named.sum()) + int(is_it[rest].sum())))
                false.append(float((word.score(others[absent]) >= 0).mean()))
            f_of[number][name] = round(float(np.mean(scores)), 3)
    for number, own in f_of.items():
        found[f"{number} examples"] = {"mean F1": round(float(np.mean([*own.values()])), 3), **own}
    found["false names, %"] = percent(float(np.mean(false)))
    return found


def captioned(wild: Path) -> Mapping[str, Mapping[str, list[str]]]:
    """Give what is said of the photos of a folder, by source and name."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for line in read_text(wild / "captions.tsv").splitlines():
        photo, _, source, text = line.split("\t")
        if text:
            found[source][photo].append(text)
    return found


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("wild", type=Path, metavar="WILD")
    parser.add_argument("flickr8k", type=Path, metavar="FLICKR8K")
    parser.add_argument("--checkpoint", type=Path, default=DEFAULT_CHECKPOINT, metavar="FILE")
    args = parser.parse_args()
    engine = Engine(load_checkpoint(args.checkpoint))

    def represent(paths: Sequence[Path]) -> Floats:
        batches = (paths[start : start + _BATCH] for start in range(0, len(paths), _BATCH))
        return np.concatenate([engine.represent([read_photo(path) for path in each]) for each in batches])

    dev = load_split(args.flickr8k, "dev")
    others, others_say = represent([photo.path for photo in dev]), [photo.captions for photo in dev]
    said = captioned(args.wild)
    figures: Figures = {}
    for name, sources in (("pascal", ["pascal"]), ("all", [*said])):
        texts = {photo: own for source in sources for photo, own in said[source].items()}
        photos = represent([args.wild / "photos" / photo for photo in texts])
        figures[name] = measure_teaching(photos, [*texts.values()], others, others_say)
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
