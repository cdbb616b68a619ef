"""How well a search that goes on finds what it is about.

Words that add: what one, two and three people said of a photo, one after the other, against the sum of what
the sentence encoder makes of each, all words at once, and the last alone. Words that take away: pairs of
photos of which people say the same but for one thing, which the first has and the second has not; what is
said of the first, then "without" the thing, is to find the second.
"""

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from onenet.conversation import SearchState
from onenet.datasets.flickr8k import load_split
from onenet.engine import Engine
from onenet.errors import DatasetError
from onenet.evaluation.figures import Figures, Progress, percent
from onenet.evaluation.photo_files import represent_files
from onenet.evaluation.ranks import ranks, recall_figures
from onenet.network.vocabulary import tokenize
from onenet.search.refined import REFINED_CANDIDATES, place_of, scores

Floats = NDArray[np.float32]

TURNS = 3
PAIRS = 60  # of each thing at most
MOST, TEN = 3, 10
# What is taken away, and the words by which people speak of it.
THINGS = {
    "people": "man men woman women boy boys girl girls child children people person kid kids lady guy guys "
    "toddler baby player players couple crowd",
    "dog": "dog dogs puppy puppies",
    "ball": "ball balls football soccer basketball",
    "water": "water ocean lake river sea pool waves wave",
    "snow": "snow snowy",
    "grass": "grass grassy field",
    "hat": "hat hats cap helmet",
    "bike": "bike bicycle bikes bicycles bicycler",
    "beach": "beach sand",
    "car": "car cars truck vehicle",
}


def order_of(engine: Engine, state: SearchState, photos: Floats) -> NDArray[np.int64]:
    """Order photos as a search that went on does, copies not folded, shape (N,), best first."""
    readers = engine._readers
    place = place_of(state, readers)
    order = np.argsort(-(photos @ place.representation), kind="stable")
    first = order[:REFINED_CANDIDATES]
    found, _ = scores(state, place, photos[first], readers)
    order[:REFINED_CANDIDATES] = first[np.argsort(-found, kind="stable")]
    return order


def measure_adding(
    engine: Engine,
    captions: Sequence[Sequence[str]],
    photos: Floats,
    progress: Progress = lambda what, done, total: None,
) -> Figures:
    """Search for each photo by what its first people said, turn by turn."""
    vocabulary = engine._vocabulary
    rows = np.arange(len(photos))
    sentences = [[vocabulary.encode_known(own[turn]) for own in captions] for turn in range(TURNS)]
    guesses = [np.concatenate([engine._readers.represent([ids]) for ids in own]) for own in sentences]
    states = [SearchState(()) for _ in captions]
    found: Figures = {}
    for turn in range(TURNS):
        places = []
        for row, own in enumerate(captions):
            progress(f"turn {turn + 1}", row, len(captions))
            one = SearchState.of_words(own[turn], sentences[turn][row], "en")
            states[row] = states[row].now([*states[row].wishes, *one.wishes])
            order = order_of(engine, states[row], photos)
            places.append(int((order == row).nonzero()[0][0]) + 1)
        together = [
            [each[row][0] for each in sentences[:1]]
            + [token for each in sentences[: turn + 1] for token in each[row][1:-1]]
            + [sentences[0][row][-1]]
            for row in rows
        ]
        at_once = np.concatenate([engine._readers.represent([ids]) for ids in together])
        total = sum(guesses[: turn + 1])
        queries = {
            "sum": total / np.linalg.norm(total, axis=1, keepdims=True),
            "all words at once": at_once,
            "the last alone": guesses[turn],
        }
        ranked = {"served": np.array(places)} | {
            name: ranks(query, photos, rows) for name, query in queries.items()
        }
        found[f"turn {turn + 1}"] = {
            name: {"all": recall_figures(own), "reported half": recall_figures(own[1::2])}
            for name, own in ranked.items()
        }
    return found


def find_pairs(captions: Sequence[Sequence[str]]) -> list[tuple[str, int, int, str]]:
    """Give pairs of photos that differ in a thing: it, the photo with it and the one without, what is said.

    Of the first at least three people name the thing, of the second nobody; of what is said else as much as
    possible is the same, by the rarity of the words.
    """
    words = [[set(tokenize(text)) for text in own] for own in captions]
    every = [set().union(*own) for own in words]
    counts = Counter(word for own in every for word in own)
    rarity = {word: math.log(len(captions) / count) for word, count in counts.items()}

    def weigh(own: set[str]) -> float:
        return sum(rarity[word] for word in own)

    pairs = []
    for thing, names in THINGS.items():
        named = set(names.split())
        said = [sum(bool(each & named) for each in own) for own in words]
        without = [row for row, count in enumerate(said) if count == 0]
        rows = []
        for row in (row for row, count in enumerate(said) if count >= MOST):
            rest = every[row] - named
            likeness, other = max(
                (weigh(rest & every[other]) / math.sqrt(weigh(rest) * weigh(every[other])), other)
                for other in without
            )
            text = next(text for text, each in zip(captions[row], words[row], strict=True) if each & named)
            rows.append((likeness, row, other, text))
        pairs += [(thing, row, other, text) for _, row, other, text in sorted(rows, reverse=True)[:PAIRS]]
    return pairs


def measure_taking_away(
    engine: Engine,
    captions: Sequence[Sequence[str]],
    photos: Floats,
    progress: Progress = lambda what, done, total: None,
) -> Figures:
    """Describe photos with a thing, then ask for such without it."""
    shows = {
        thing: np.array([sum(bool({*tokenize(text)} & {*names.split()}) for text in own) for own in captions])
        for thing, names in THINGS.items()
    }
    kept: dict[str, list[tuple[bool, bool, float]]] = {"before": [], "after": []}
    pairs = find_pairs(captions)
    for number, (thing, with_it, without, text) in enumerate(pairs):
        progress("taking away", number, len(pairs))
        query = engine._vocabulary.encode_known(text)
        before = SearchState.of_words(text, query, "en")
        after = engine.refine(before, f"without {thing}").state
        for name, state in (("before", before), ("after", after)):
            order = order_of(engine, state, photos)
            place = {row: int((order == row).nonzero()[0][0]) for row in (with_it, without)}
            in_ten = float((shows[thing][order[:TEN]] >= MOST).mean())
            kept[name].append((place[without] < place[with_it], place[without] < TEN, in_ten))
    found: Figures = {"pairs": len(kept["before"])}
    for name, rows in kept.items():
        for half, own in (("all", rows), ("reported half", rows[1::2])):
            if not own:
                continue
            first, ten, share = (percent(float(np.mean(column))) for column in zip(*own, strict=True))
            found[f"{name}, {half}"] = {
                "the one without it comes first": first,
                "it is among ten": ten,
                "of ten show the thing": share,
            }
    return found


def evaluate_conversation(
    engine: Engine, data: Path, split: str, *, progress: Progress = lambda what, done, total: None
) -> Figures:
    """Measure searches that go on, on the photos of a split of Flickr8K with `TURNS` captions or more.

    Returns:
        JSON-ready: "split", and "going_on" with "adding": R@k and the median rank after one, two and three
        turns, of what is served, of the sum of the sentences' vectors, of all words at once and of the last
        alone; and "taking_away" with per cent of pairs of photos. Of each "all", and the half of the photos
        on which nothing was chosen.

    Raises:
        DatasetError: If the split cannot be read, or has no such photos.
    """
    shown = [photo for photo in load_split(data, split) if len(photo.captions) >= TURNS]
    if not shown:
        raise DatasetError(f"No photo of the {split} split has {TURNS} captions, one for each turn.")
    photos = represent_files(engine.represent, [photo.path for photo in shown], progress=progress)
    captions = [photo.captions for photo in shown]
    return {
        "split": split,
        "going_on": {
            "adding": measure_adding(engine, captions, photos, progress),
            "taking_away": measure_taking_away(engine, captions, photos, progress),
        },
    }
