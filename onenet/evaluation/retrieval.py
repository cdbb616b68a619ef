"""How well photos are found by descriptions: searches as they are served, and figures of ranks."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from onenet.evaluation.evaluation_set import EvaluationSet, batches_by_length
from onenet.evaluation.figures import Figures, Progress, percent
from onenet.evaluation.ranks import ranks, recall_figures
from onenet.network.model import OneNet
from onenet.network.vocabulary import Vocabulary
from onenet.search.confidence import Threshold, absent_descriptions, confidence
from onenet.search.inversion import invert_captions
from onenet.search.ranking import CANDIDATES, HUBNESS_WEIGHT, NEARBY, rank
from onenet.search.reranking import log_likelihoods
from onenet.search.spread import Spread

SIZES = (20, 50, 100, 300, 1000)  # of the galleries in which absent descriptions are looked for
DRAWS = 3  # of the smaller ones
BEYOND = (10_000, 100_000)  # made-up photos among which they are looked for
MANY = BEYOND[-1]
NEAREST = 5


@dataclass(frozen=True)
class Searches:
    """What searches for Q descriptions gave.

    Attributes:
        guesses: Of the sentence encoder, shape (Q, D).
        inversions: Shape (Q, D).
        orders: Rows of the photos for each description, best first.
        confidences: Shape (Q,).
        seconds: Of everything.
    """

    guesses: NDArray[np.float32]
    inversions: NDArray[np.float32]
    orders: list[NDArray[np.int64]]
    confidences: NDArray[np.float64]
    seconds: float

    def ranks(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give the place of each description's own photo, 1 is best, shape (Q,), given their rows."""
        pairs = zip(self.orders, rows, strict=True)
        return np.array([int((order == row).nonzero()[0][0]) + 1 for order, row in pairs])


@dataclass(frozen=True)
class _Gallery:
    """Photos that are searched.

    Attributes:
        representations: Shape (N, D).
        excess: How much nearer each is to sentences than photos usually are, shape (N,).
    """

    representations: Tensor
    excess: NDArray[np.float32]

    @classmethod
    def of(cls, representations: Tensor, spread: Spread | None) -> "_Gallery":
        without = np.zeros(len(representations), np.float32)
        return cls(representations, without if spread is None else spread.excess(representations.numpy()))

    def part(self, rows: NDArray[np.int64]) -> "_Gallery":
        return _Gallery(self.representations[torch.from_numpy(rows)], self.excess[rows])


def measure_find(
    model: OneNet, vocabulary: Vocabulary, photos: EvaluationSet, spread: Spread | None, progress: Progress
) -> Figures:
    """Search for every description and rank its photo; then for what no photo shows.

    The threshold below which nothing fits is chosen on half of the absent descriptions, see `fit_threshold`,
    and measured on the others, also among fewer photos, and among more, most of them made up.

    Args:
        spread: Of photos, by which hubs are known; None: they are not.
    """
    found = search_all(
        model,
        vocabulary,
        photos.descriptions,
        representations=photos.representations,
        spread=spread,
        progress=progress,
    )
    rows = photos.rows
    served = found.ranks(rows)
    threshold = fit_threshold(model, vocabulary, photos.representations, spread, progress)
    look = partial(absent_among, model, vocabulary, "test", spread=spread, progress=progress)
    absent = look(photos.representations)
    made_up = make_up(photos.representations, MANY)
    for size in BEYOND:
        if size > len(photos.representations):
            absent |= look(made_up[:size], sizes=())
    refused = {size: percent(float((best < threshold.among(size)).mean())) for size, best in absent.items()}
    gallery = photos.representations.numpy()
    return {
        "sentence": recall_figures(ranks(found.guesses, gallery, rows)),
        "inversion": recall_figures(ranks(found.inversions, gallery, rows)),
        "served": recall_figures(served) | {"seconds": round(found.seconds, 1)},
        **threshold_figures(threshold),
        "said_to_fit": percent(float((found.confidences >= threshold.among(len(gallery))).mean())),
        "absent_refused": refused[len(gallery)],
        "absent_refused_among": {str(size): share for size, share in refused.items()},
    }


def fit_threshold(
    model: OneNet,
    vocabulary: Vocabulary,
    representations: Tensor,
    spread: Spread | None,
    progress: Progress,
) -> Threshold:
    """Find the confidence below which nothing fits, by the number of photos that are searched.

    Beyond the photos that there are, made-up ones tell how much higher it has to be among so many more.

    Args:
        representations: Of photos that show nothing of what the absent descriptions do, shape (N, D).
    """
    absent = partial(absent_among, model, vocabulary, "calibration", spread=spread, progress=progress)
    real = absent(representations)
    count = len(representations)
    if count >= MANY:
        return Threshold.fit(real)
    made_up = make_up(representations, MANY)
    among = {size: absent(made_up[:size], sizes=())[size] for size in (count, *BEYOND) if count <= size}
    levels = dict(Threshold.fit(among).levels)
    measured = dict(Threshold.fit(real).levels)
    more = {size: measured[count] + level - levels[count] for size, level in levels.items() if size > count}
    return Threshold(tuple(sorted((measured | more).items())))


def make_up(representations: Tensor, count: int) -> Tensor:
    """Make representations of photos that there might be: each a photo's, changed as photos differ.

    What is added is the difference of another photo to one of its nearest: so they are about as near to the
    photos as new photos are, 0.80 in the median.

    Args:
        representations: Shape (N, D), unit length.

    Returns:
        Shape (count, D), unit length; the same each time.
    """
    generator = torch.Generator().manual_seed(0)
    count_near = min(NEAREST + 1, len(representations))
    nearest = (representations @ representations.T).topk(count_near).indices
    nearest = nearest[:, 1:] if count_near > 1 else nearest  # not itself

    def draw(below: int) -> Tensor:
        return torch.randint(below, (count,), generator=generator)

    photo, other, place = (draw(below) for below in (len(nearest), len(nearest), nearest.shape[1]))
    change = representations[other] - representations[nearest[other, place]]
    return F.normalize(representations[photo] + change, dim=-1)


def threshold_figures(threshold: Threshold) -> Figures:
    """Give a threshold as a network's card has it; one number as well, for programs of before."""
    return {
        "fits_from": round(threshold.among(1000), 4),
        "fits_from_among": {str(size): round(level, 4) for size, level in threshold.levels},
    }


def absent_among(
    model: OneNet,
    vocabulary: Vocabulary,
    part: str,
    representations: Tensor,
    *,
    spread: Spread | None,
    progress: Progress,
    sizes: Sequence[int] = SIZES,
) -> dict[int, NDArray[np.float64]]:
    """Search for what no photo shows, among all photos and among some of them.

    Args:
        part: Of the absent descriptions.
        sizes: How many photos, besides all.

    Returns:
        The confidences, by the number of photos that were searched.
    """
    descriptions = absent_descriptions()[part]
    token_ids = [vocabulary.encode_known(text) for text in descriptions]
    inversions = _invert_all(model, vocabulary, token_ids, progress)[1]
    count = len(representations)
    gallery = _Gallery.of(representations, spread)
    chance = np.random.default_rng(0)
    found: dict[int, NDArray[np.float64]] = {}
    for size in (*(size for size in sizes if size < count), count):
        draws = [chance.permutation(count)[:size] for _ in range(DRAWS if size < count else 1)]
        among = [
            _ranked(model, vocabulary, descriptions, token_ids, inversions, gallery.part(rows), progress)[1]
            for rows in draws
        ]
        found[size] = np.concatenate(among)
    return found


def search_all(
    model: OneNet,
    vocabulary: Vocabulary,
    descriptions: Sequence[str],
    *,
    representations: Tensor,
    spread: Spread | None,
    progress: Progress,
) -> Searches:
    """Search as serving does: without words that were never read; similar lengths are inverted together.

    Args:
        spread: Of photos, by which hubs are known; None: they are not.
    """
    token_ids = [vocabulary.encode_known(text) for text in descriptions]
    started = time.perf_counter()
    guesses, inversions = _invert_all(model, vocabulary, token_ids, progress)
    gallery = _Gallery.of(representations, spread)
    orders, confidences = _ranked(model, vocabulary, descriptions, token_ids, inversions, gallery, progress)
    return Searches(guesses, inversions, orders, confidences, time.perf_counter() - started)


def _invert_all(
    model: OneNet, vocabulary: Vocabulary, token_ids: Sequence[list[int]], progress: Progress
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Give the sentence encoder's guesses and the inversions, shape (Q, D) each."""
    shape = (len(token_ids), model.config.representation_size)
    guesses, inversions = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    done = 0
    for chosen, batch in batches_by_length(token_ids):
        with torch.no_grad():
            guesses[chosen] = model.represent_sentence(batch).numpy()
        inversions[chosen] = invert_captions(model, batch, block=vocabulary.block()).representation.numpy()
        done += len(chosen)
        progress("inversion", done, len(token_ids))
    return guesses, inversions


def _ranked(
    model: OneNet,
    vocabulary: Vocabulary,
    descriptions: Sequence[str],
    token_ids: Sequence[list[int]],
    inversions: NDArray[np.float32],
    gallery: "_Gallery",
    progress: Progress,
) -> tuple[list[NDArray[np.int64]], NDArray[np.float64]]:
    """Give the photos' rows for each description, best first, and the confidences, shape (Q,)."""
    orders, confidences = [], np.full(len(token_ids), -np.inf)
    scores = model.word_scores(vocabulary.block())
    for number, query in enumerate(inversions):
        cosines = gallery.representations.numpy() @ query
        order = np.argsort(-cosines, kind="stable")
        cosines -= HUBNESS_WEIGHT * gallery.excess
        order[:NEARBY] = order[np.argsort(-cosines[order[:NEARBY]], kind="stable")]
        first = order[:CANDIDATES]
        ids = torch.tensor(token_ids[number])
        log_p = log_likelihoods(model, gallery.representations[first], ids, scores)
        ranking = rank(cosines[first], log_p.numpy())
        order[:CANDIDATES] = first[ranking.order]
        orders.append(order)
        known, unknown = map(set, vocabulary.sort(descriptions[number]))
        if known:
            best = float(ranking.scores[0])
            confidences[number] = confidence(best, unknown=len(unknown), known=len(known))
        progress("find", number + 1, len(token_ids))
    return orders, confidences
