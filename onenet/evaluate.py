"""Measure a network on a split of Flickr8K: loss, caption metrics, search by description."""

import contextlib
import io
import re
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from onenet.checkpoint import Checkpoint
from onenet.features import cached_features
from onenet.flickr8k import CaptionedPhoto, load_split
from onenet.generate import beam_search
from onenet.inversion import invert_captions
from onenet.model import pad_captions
from onenet.train import mean_caption_loss
from onenet.vocabulary import UNK_ID

Figures = dict[str, Any]
Progress = Callable[[str, int, int], None]

_BATCH = 50


def evaluate(
    checkpoint: Checkpoint,
    data: Path,
    split: str,
    *,
    cache: Path,
    beam_size: int = 5,
    find: bool = True,
    progress: Progress = lambda what, done, total: None,
    notice: Callable[[str], None] = lambda sentence: None,
) -> Figures:
    """Measure everything the network promises.

    Args:
        cache: Folder of the feature cache.
        find: Whether to run the slow part, inversion of every description of the split.
        progress: Called with what is being done, how much of it is done, and how much there is.
        notice: Called with a sentence about what could not be measured.

    Returns:
        JSON-ready: "loss" in nats a token; "greedy" and "beam" with BLEU-1..4, METEOR, ROUGE-L and CIDEr,
        all x100; "find" with R@1, R@5, R@10 in per cent and the median rank; seconds each.

    Raises:
        DatasetError: If the split cannot be read.
    """
    photos = load_split(data, split)
    features = cached_features(
        checkpoint.model.config.encoder,
        [photo.path for photo in photos],
        cache,
        progress=lambda done, total: progress("features", done, total),
    )[:, 0]
    token_ids = [checkpoint.vocabulary.encode(text) for photo in photos for text in photo.captions]
    rows = np.repeat(np.arange(len(photos)), [len(photo.captions) for photo in photos])
    with torch.no_grad():
        representations = checkpoint.model.represent(torch.from_numpy(features.astype(np.float32)))
    figures: Figures = {"split": split, "photos": len(photos), "descriptions": len(token_ids)}
    figures["loss"] = round(mean_caption_loss(checkpoint.model, features, rows, token_ids), 4)
    for name, beams in (("greedy", 1), (f"beam{beam_size}", beam_size)):
        started = time.perf_counter()
        captions = _captions(checkpoint, representations, beams, name, progress)
        seconds = time.perf_counter() - started
        figures[name] = {**score_captions(captions, photos, notice), "seconds": round(seconds, 1)}
    if find:
        figures["find"] = _find(checkpoint, representations, token_ids, rows, progress)
    return figures


def score_captions(
    captions: Sequence[str], photos: Sequence[CaptionedPhoto], notice: Callable[[str], None]
) -> Figures:
    """Score one caption a photo against the photo's own ones, x100, by pycocoevalcap.

    Protocol: lower case, punctuation removed, words split at spaces, no PTB tokeniser. METEOR needs Java.
    """
    try:
        from pycocoevalcap.bleu.bleu import Bleu
        from pycocoevalcap.cider.cider import Cider
        from pycocoevalcap.rouge.rouge import Rouge
    except ImportError:
        notice("Caption metrics need pycocoevalcap: pip install -r requirements-dev.txt.")
        return {"distinct_captions": len(set(captions))}
    references = {row: [plain(text) for text in photo.captions] for row, photo in enumerate(photos)}
    candidates = {row: [plain(caption)] for row, caption in enumerate(captions)}
    with contextlib.redirect_stdout(io.StringIO()):
        bleu, _ = Bleu(4).compute_score(references, candidates, verbose=0)
        rouge, _ = Rouge().compute_score(references, candidates)
        cider, _ = Cider().compute_score(references, candidates)
    figures = {f"BLEU-{n}": _percent(score) for n, score in enumerate(bleu, start=1)}
    meteor = _meteor(references, candidates, notice)
    if meteor is not None:
        figures["METEOR"] = _percent(meteor)
    return figures | {
        "ROUGE-L": _percent(rouge),
        "CIDEr": _percent(cider),
        "distinct_captions": len(set(captions)),
    }


def plain(text: str) -> str:
    """Lower-case a sentence and remove its punctuation, as the published protocol does."""
    return " ".join(re.sub(r"[^a-z0-9\s]", "", text.lower()).split())


def ranks(
    queries: NDArray[np.float32], representations: NDArray[np.float32], rows: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Rank of each query's own photo among all by cosine, 1 is best, shape (Q,).

    Args:
        queries: Shape (Q, D), unit length.
        representations: Of the photos, shape (N, D), unit length.
        rows: The photo of each query, shape (Q,).
    """
    cosines = queries @ representations.T  # (Q, N)
    own = cosines[np.arange(len(rows)), rows]
    ranked: NDArray[np.int64] = (cosines > own[:, None]).sum(axis=1) + 1
    return ranked


def recall_figures(ranked: NDArray[np.int64]) -> Figures:
    """R@1, R@5, R@10 in per cent and the median rank."""
    recalls = {f"R@{k}": _percent(float((ranked <= k).mean())) for k in (1, 5, 10)}
    return {**recalls, "median_rank": float(np.median(ranked))}


def _captions(
    checkpoint: Checkpoint, representations: torch.Tensor, beam_size: int, name: str, progress: Progress
) -> list[str]:
    captions: list[str] = []
    for start in range(0, len(representations), _BATCH):
        found = beam_search(checkpoint.model, representations[start : start + _BATCH], beam_size=beam_size)
        captions += [checkpoint.vocabulary.decode(best[0].token_ids) for best in found]
        progress(name, len(captions), len(representations))
    return captions


def _find(
    checkpoint: Checkpoint,
    representations: torch.Tensor,
    token_ids: list[list[int]],
    rows: NDArray[np.int64],
    progress: Progress,
) -> Figures:
    """Invert every description, similar lengths together, and rank its photo by cosine.

    As in serving, words that were never read are left out.
    """
    started = time.perf_counter()
    token_ids = [[token for token in caption if token != UNK_ID] for caption in token_ids]
    order = sorted(range(len(token_ids)), key=lambda number: len(token_ids[number]))
    queries = np.zeros((len(token_ids), representations.shape[1]), dtype=np.float32)
    for start in range(0, len(order), _BATCH):
        chosen = order[start : start + _BATCH]
        generator = torch.Generator().manual_seed(0)
        batch = pad_captions([token_ids[number] for number in chosen])
        queries[chosen] = invert_captions(checkpoint.model, batch, generator=generator).representation.numpy()
        progress("find", start + len(chosen), len(order))
    seconds = time.perf_counter() - started
    figures = recall_figures(ranks(queries, representations.numpy(), rows))
    return figures | {"seconds": round(seconds, 1)}


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
