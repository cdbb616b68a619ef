"""How well photos are found by descriptions: searches as they are served, and figures of ranks."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from onenet.evaluation.evaluation_set import EvaluationSet, batches_by_length
from onenet.evaluation.figures import Figures, Progress, percent
from onenet.evaluation.ranks import ranks, recall_figures
from onenet.network.model import OneNet
from onenet.network.vocabulary import Vocabulary
from onenet.search.confidence import absent_descriptions, choose_threshold, confidence
from onenet.search.inversion import invert_captions
from onenet.search.reranking import CANDIDATES, rank_photos


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


def measure_find(model: OneNet, vocabulary: Vocabulary, photos: EvaluationSet, progress: Progress) -> Figures:
    """Search for every description and rank its photo; then for what no photo shows.

    The threshold below which nothing fits is chosen on the descriptions of every other photo and half of the
    absent ones, and measured on the others.
    """
    search = partial(search_all, model, vocabulary, representations=photos.representations, progress=progress)
    found, rows = search(photos.descriptions), photos.rows
    served = np.array(
        [int((order == row).nonzero()[0][0]) + 1 for order, row in zip(found.orders, rows, strict=True)]
    )
    absent = absent_descriptions()
    nowhere = {part: search(texts).confidences for part, texts in absent.items()}
    even = rows % 2 == 0
    fits_from = choose_threshold(found.confidences[even], nowhere["calibration"])
    gallery = photos.representations.numpy()
    return {
        "sentence": recall_figures(ranks(found.guesses, gallery, rows)),
        "inversion": recall_figures(ranks(found.inversions, gallery, rows)),
        "served": recall_figures(served) | {"seconds": round(found.seconds, 1)},
        "fits_from": round(fits_from, 4),
        "said_to_fit": percent(float((found.confidences[~even] >= fits_from).mean())),
        "absent_refused": percent(float((nowhere["test"] < fits_from).mean())),
    }


def search_all(
    model: OneNet,
    vocabulary: Vocabulary,
    descriptions: Sequence[str],
    *,
    representations: Tensor,
    progress: Progress,
) -> Searches:
    """Search as serving does: without words that were never read; similar lengths are inverted together."""
    token_ids = [vocabulary.encode_known(text) for text in descriptions]
    shape = (len(token_ids), representations.shape[1])
    guesses, inversions = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    started = time.perf_counter()
    done = 0
    for chosen, batch in batches_by_length(token_ids):
        with torch.no_grad():
            guesses[chosen] = model.represent_sentence(batch).numpy()
        inversions[chosen] = invert_captions(model, batch).representation.numpy()
        done += len(chosen)
        progress("inversion", done, len(token_ids))
    orders, confidences = [], np.full(len(token_ids), -np.inf)
    gallery = representations.numpy()
    for number, query in enumerate(inversions):
        order = np.argsort(-(gallery @ query), kind="stable")
        first = order[:CANDIDATES]
        ids = torch.tensor(token_ids[number])
        ranking = rank_photos(model, torch.from_numpy(query), ids, representations[first])
        order[:CANDIDATES] = first[ranking.order]
        orders.append(order)
        known, unknown = map(set, vocabulary.sort(descriptions[number]))
        if known:
            best = float(ranking.scores[0])
            confidences[number] = confidence(best, unknown=len(unknown), known=len(known))
        progress("find", number + 1, len(token_ids))
    return Searches(guesses, inversions, orders, confidences, time.perf_counter() - started)
