"""Measure a network on a split of Flickr8K: loss, caption metrics, search by description."""

import contextlib
import io
import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from onenet.captions.beam_search import AGREEMENT_WEIGHT, CaptionWriter, write_all
from onenet.datasets.features import cached_maps
from onenet.datasets.flickr8k import CaptionedPhoto, load_split
from onenet.evaluation.retrieval import ranks, recall_figures
from onenet.evaluation.words import measure_network
from onenet.network.checkpoint import Checkpoint
from onenet.network.model import pad_captions
from onenet.network.vocabulary import tokenize
from onenet.search.confidence import absent_descriptions, choose_threshold, confidence
from onenet.search.inversion import invert_captions
from onenet.search.reranking import CANDIDATES, rank_photos
from onenet.training.measures import all_features, mean_caption_loss

Figures = dict[str, Any]
Progress = Callable[[str, int, int], None]

_BATCH = 50
_RESAMPLES = 1000


def evaluate(
    checkpoint: Checkpoint,
    data: Path,
    split: str,
    *,
    cache: Path,
    beam_size: int = 5,
    find: bool = True,
    agreement_weight: float = AGREEMENT_WEIGHT,
    progress: Progress = lambda what, done, total: None,
    notice: Callable[[str], None] = lambda sentence: None,
) -> Figures:
    """Measure everything the network promises.

    Args:
        cache: Folder of the feature cache.
        find: Whether to run the slow part, inversion of every description of the split.
        agreement_weight: See `onenet.captions.beam_search.CaptionWriter`.
        progress: Called with what is being done, how much of it is done, and how much there is.
        notice: Called with a sentence about what could not be measured.

    Returns:
        JSON-ready: "loss" in nats a token; "greedy" and "beam" with BLEU-1..4, METEOR, ROUGE-L and CIDEr,
        all x100, and how varied the captions are; "find" with R@1, R@5, R@10 in per cent and the median rank,
        for the sentence encoder's guess, for inversion, and re-ranked as it is served; "words" with the
        accuracy of neighbours and analogies by the embeddings alone and as they are served; seconds each.

    Raises:
        DatasetError: If the split cannot be read.
    """
    model, vocabulary = checkpoint.model, checkpoint.vocabulary
    photos = load_split(data, split)
    known = {plain(text) for photo in load_split(data, "train") for text in photo.captions}
    maps = cached_maps(
        model.config.encoder,
        [photo.path for photo in photos],
        cache,
        serving=True,
        progress=lambda done, total: progress("features", done, total),
    )[:, 0]
    token_ids = [vocabulary.encode(text) for photo in photos for text in photo.captions]
    rows = np.repeat(np.arange(len(photos)), [len(photo.captions) for photo in photos])
    features = all_features(model, maps)
    with torch.no_grad():
        representations = model.represent(features)
    figures: Figures = {"split": split, "photos": len(photos), "descriptions": len(token_ids)}
    figures["loss"] = round(mean_caption_loss(model, features, rows, token_ids), 4)
    writer = CaptionWriter(model, agreement_weight=agreement_weight)
    for name, beams in (("greedy", 1), (f"beam{beam_size}", beam_size)):
        started = time.perf_counter()
        found = write_all(writer, representations, beam_size=beams, progress=partial(progress, name))
        captions = [vocabulary.decode(caption.token_ids) for caption in found]
        seconds = time.perf_counter() - started
        figures[name] = {
            **score_captions(captions, photos, notice),
            **_variety(captions, known),
            "seconds": round(seconds, 1),
        }
    figures["words"] = measure_network(checkpoint)
    if find:
        figures["find"] = _find(checkpoint, photos, representations, progress)
    return figures


def score_captions(
    captions: Sequence[str], photos: Sequence[CaptionedPhoto], notice: Callable[[str], None]
) -> Figures:
    """Score one caption a photo against the photo's own ones, x100, by pycocoevalcap.

    Protocol: lower case, punctuation removed, words split at spaces, no PTB tokeniser. METEOR needs Java.
    The intervals hold 95 % of the scores of photos drawn anew with replacement (bootstrap).
    """
    try:
        from pycocoevalcap.bleu.bleu_scorer import BleuScorer
        from pycocoevalcap.cider.cider import Cider
        from pycocoevalcap.rouge.rouge import Rouge
    except ImportError:
        notice("Caption metrics need pycocoevalcap: pip install -r requirements-dev.txt.")
        return {}
    references = {row: [plain(text) for text in photo.captions] for row, photo in enumerate(photos)}
    candidates = {row: [plain(caption)] for row, caption in enumerate(captions)}
    bleu_scorer = BleuScorer(n=4)
    for row in references:
        bleu_scorer += (candidates[row][0], references[row])
    with contextlib.redirect_stdout(io.StringIO()):
        bleu, _ = bleu_scorer.compute_score(option="closest", verbose=0)
        rouge, _ = Rouge().compute_score(references, candidates)
        cider, ciders = Cider().compute_score(references, candidates)
    figures: Figures = {f"BLEU-{n}": _percent(score) for n, score in enumerate(bleu, start=1)}
    meteor = _meteor(references, candidates, notice)
    if meteor is not None:
        figures["METEOR"] = _percent(meteor)
    figures |= {"ROUGE-L": _percent(rouge), "CIDEr": _percent(cider)}
    draws = np.random.default_rng(0).integers(0, len(photos), (_RESAMPLES, len(photos)))
    bleus = [_bleu_4([bleu_scorer.ctest[row] for row in draw]) for draw in draws[: _RESAMPLES // 5]]
    figures["BLEU-4 interval"] = _interval(np.array(bleus))
    figures["CIDEr interval"] = _interval(np.asarray(ciders)[draws].mean(axis=1))
    return figures


def plain(text: str) -> str:
    """Lower-case a sentence and remove its punctuation, as the published protocol does."""
    return " ".join(re.sub(r"[^a-z0-9\s]", "", text.lower()).split())


def _find(
    checkpoint: Checkpoint,
    photos: Sequence[CaptionedPhoto],
    representations: torch.Tensor,
    progress: Progress,
) -> Figures:
    """Search for every description and rank its photo; then for what no photo shows.

    The threshold below which nothing fits is chosen on the descriptions of every other photo and half of the
    absent ones, and measured on the others.
    """
    rows = np.repeat(np.arange(len(photos)), [len(photo.captions) for photo in photos])
    descriptions = [text for photo in photos for text in photo.captions]
    found = _search(checkpoint, descriptions, representations, progress)
    served = np.array(
        [int((order == row).nonzero()[0][0]) + 1 for order, row in zip(found.orders, rows, strict=True)]
    )
    absent = absent_descriptions()
    nowhere = {
        part: _search(checkpoint, texts, representations, progress).confidences
        for part, texts in absent.items()
    }
    even = rows % 2 == 0
    fits_from = choose_threshold(found.confidences[even], nowhere["calibration"])
    gallery = representations.numpy()
    return {
        "sentence": recall_figures(ranks(found.guesses, gallery, rows)),
        "inversion": recall_figures(ranks(found.inversions, gallery, rows)),
        "served": recall_figures(served) | {"seconds": round(found.seconds, 1)},
        "fits_from": round(fits_from, 4),
        "said_to_fit": _percent(float((found.confidences[~even] >= fits_from).mean())),
        "absent_refused": _percent(float((nowhere["test"] < fits_from).mean())),
    }


@dataclass(frozen=True)
class _Found:
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


def _search(
    checkpoint: Checkpoint, descriptions: Sequence[str], representations: torch.Tensor, progress: Progress
) -> _Found:
    """Search as serving does: without words that were never read; similar lengths are inverted together."""
    model, vocabulary = checkpoint.model, checkpoint.vocabulary
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
        words = set(tokenize(descriptions[number]))
        known = sum(word in vocabulary for word in words)
        if known:
            confidences[number] = confidence(
                float(ranking.scores[0]), unknown=len(words) - known, known=known
            )
        progress("find", number + 1, len(token_ids))
    return _Found(guesses, inversions, orders, confidences, time.perf_counter() - started)


def batches_by_length(token_ids: Sequence[list[int]]) -> Iterator[tuple[list[int], torch.Tensor]]:
    """Take captions of like length together: their numbers, and they themselves padded, shape (B, T)."""
    by_length = sorted(range(len(token_ids)), key=lambda number: len(token_ids[number]))
    for start in range(0, len(by_length), _BATCH):
        chosen = by_length[start : start + _BATCH]
        yield chosen, pad_captions([token_ids[number] for number in chosen])


def _variety(captions: Sequence[str], known: set[str]) -> Figures:
    """How many captions differ, how many stand so in the training split, how many words are used."""
    return {
        "distinct_captions": len(set(captions)),
        "found_in_training": _percent(float(np.mean([plain(caption) in known for caption in captions]))),
        "words_used": len({word for caption in captions for word in caption.split()}),
    }


def _bleu_4(sentences: Sequence[dict[str, Any]]) -> float:
    """BLEU-4 of a set of sentences from the n-gram counts that pycocoevalcap has of each."""
    guess, correct = (
        np.sum([sentence[name] for sentence in sentences], axis=0) for name in ("guess", "correct")
    )
    length = sum(sentence["testlen"] for sentence in sentences)
    reference = sum(
        min(sentence["reflen"], key=lambda words: (abs(words - sentence["testlen"]), words))
        for sentence in sentences
    )
    if not correct.all():
        return 0.0
    brevity = min(0.0, 1 - reference / length)
    return float(np.exp(np.log(correct / guess).mean() + brevity))


def _interval(scores: NDArray[np.float64]) -> list[float]:
    return [_percent(score) for score in np.quantile(scores, (0.025, 0.975))]


def _meteor(
    references: dict[int, list[str]], candidates: dict[int, list[str]], notice: Callable[[str], None]
) -> float | None:
    if shutil.which("java") is None:
        notice("METEOR is left out: it needs Java, which is not installed.")
        return None
    from pycocoevalcap.meteor.meteor import Meteor

    scorer = Meteor()
    try:
        score, _ = scorer.compute_score(references, candidates)
    finally:
        java = scorer.meteor_p  # the package leaves it running
        java.kill()
        java.communicate()
    return float(score)


def _percent(share: float) -> float:
    return round(100 * float(share), 2)
