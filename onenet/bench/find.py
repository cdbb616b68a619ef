"""What each part of the search by description brings, and what it costs in milliseconds."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from onenet.bench.report import Report, machine_name
from onenet.bench.variants import FROM_RANDOM_STARTS
from onenet.evaluation.evaluation_set import load_evaluation_set
from onenet.evaluation.ranks import ranks_by_score, recall_figures
from onenet.network.checkpoint import Checkpoint
from onenet.network.losses import caption_losses
from onenet.network.model import OneNet, in_block
from onenet.network.word_scores import WordScores
from onenet.search.descent import ANCHOR, STEPS
from onenet.search.inversion import invert_captions, invert_from_random_starts
from onenet.search.ranking import CANDIDATES, HUBNESS_WEIGHT, LIKELIHOOD_WEIGHT
from onenet.search.reranking import log_likelihoods
from onenet.search.spread import Spread

Transform = Callable[[Tensor], Tensor]

_LEARNING_RATE, _ADAM_STEPS = 0.02, 5  # of Adam, where it is compared with what is served


def measure_find(
    checkpoint: Checkpoint,
    data: Path,
    split: str,
    *,
    cache: Path,
    spread: Spread | None = None,
    report: Report = lambda what, done, total, note: None,
) -> dict[str, Any]:
    """Search for one description of each photo of a split, a query at a time, in many ways.

    Args:
        cache: Folder of the feature cache.
        spread: How the network's photos spread; None: no search knows hubs.

    Returns:
        JSON-ready: "rows", each with "what", R@1, R@5, R@10, the median rank, and "median_ms" of making the
        query and of ranking all photos; what can be computed once for a gallery is not counted.

    Raises:
        DatasetError: If the split cannot be read.
    """
    model = checkpoint.model
    photos = load_evaluation_set(model, checkpoint.vocabulary, data, split, cache=cache)
    gallery = photos.representations  # (N, D)
    queries = []  # token ids, (1, T), of a description of each photo
    for row in range(len(gallery)):
        own = np.flatnonzero(photos.rows == row)
        queries.append(torch.tensor([photos.queries[own[row % len(own)]]]))
    mean, whiten = gallery.mean(dim=0), _whitening(gallery)
    block = checkpoint.vocabulary.block()
    invert = partial(_invert, model, block=block)
    cosine = partial(_by_cosine, gallery)
    rank = partial(_ranked, model, model.word_scores(block), gallery)
    hubs = torch.zeros(len(gallery)) if spread is None else torch.from_numpy(spread.excess(gallery.numpy()))
    ways: dict[str, tuple[Callable[[Tensor], Tensor], Callable[[Tensor, Tensor], Tensor]]] = {
        "the sentence encoder's guess": (partial(_guess, model), cosine),
        "the same, centred on the gallery": (
            partial(_guess, model),
            _by_transformed_cosine(gallery, lambda vectors: vectors - mean),
        ),
        "the same, whitened by the gallery": (
            partial(_guess, model),
            _by_transformed_cosine(gallery, whiten),
        ),
        "the same, hubs less near": (
            partial(_guess, model),
            lambda query, token_ids: gallery @ query - HUBNESS_WEIGHT * hubs,
        ),
        "inversion from 4 random starts, 12 steps": (partial(_from_random_starts, model, block), cosine),
        f"inversion from the guess, anchored, {STEPS} steps": (invert, cosine),
        "the same, 20 steps": (partial(invert, steps=20), cosine),
        f"the same by Adam, {_ADAM_STEPS} steps": (
            partial(_invert_by_adam, model, block, _ADAM_STEPS, None),
            cosine,
        ),
        "by Adam, held by a Gaussian prior, 20 steps": (
            partial(_invert_by_adam, model, block, 20, whiten),
            cosine,
        ),
        f"anchored, {CANDIDATES} ranked by log p": (invert, rank),
        "the same, hubs less near (as served)": (invert, partial(rank, hubs=hubs)),
        "the same, 200 ranked": (invert, partial(rank, candidates=200)),
        "the guess, all ranked by log p alone": (
            partial(_guess, model),
            partial(rank, candidates=len(gallery), cosine_weight=0.0),
        ),
    }
    rows = []
    for place, (what, (ask, score)) in enumerate(ways.items()):
        scores = np.empty((len(queries), len(gallery)), np.float32)
        seconds = []
        for number, query in enumerate(queries):
            began = time.perf_counter()
            scores[number] = score(ask(query), query).numpy()
            seconds.append(time.perf_counter() - began)
            report(what, number + 1, len(queries), f"{place + 1} of {len(ways)}")
        found = recall_figures(ranks_by_score(scores, np.arange(len(queries))))
        rows.append({"what": what, **found, "median_ms": round(1000 * float(np.median(seconds)), 1)})
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine_name(),
        "threads": torch.get_num_threads(),
        "photos": len(gallery),
        "queries": len(queries),
        "rows": rows,
    }


@torch.no_grad()
def _guess(model: OneNet, token_ids: Tensor) -> Tensor:
    return model.represent_sentence(token_ids)[0]


def _invert(model: OneNet, token_ids: Tensor, **settings: Any) -> Tensor:
    return invert_captions(model, token_ids, **settings).representation[0]


def _from_random_starts(model: OneNet, block: range, token_ids: Tensor) -> Tensor:
    return invert_from_random_starts(model, token_ids, block=block, **FROM_RANDOM_STARTS).representation[0]


def _by_cosine(gallery: Tensor, query: Tensor, token_ids: Tensor) -> Tensor:
    return gallery @ query


def _by_transformed_cosine(gallery: Tensor, transform: Transform) -> Callable[[Tensor, Tensor], Tensor]:
    """Compare after a transform; the gallery's is computed here, once."""
    transformed = F.normalize(transform(gallery), dim=-1)
    return lambda query, token_ids: transformed @ F.normalize(transform(query), dim=-1)


def _ranked(
    model: OneNet,
    scores_of_words: WordScores,
    gallery: Tensor,
    query: Tensor,
    token_ids: Tensor,
    *,
    hubs: Tensor | None = None,
    candidates: int = CANDIDATES,
    cosine_weight: float = 1.0,
) -> Tensor:
    """Order photos as `onenet.search.reranking.rank_photos` does; the others stay below, in their order.

    Args:
        hubs: How much nearer each photo is to sentences than usual, shape (N,); None: that does not matter.
    """
    cosines = gallery @ query
    if hubs is not None:
        cosines = cosines - HUBNESS_WEIGHT * hubs
    best = cosines.topk(min(candidates, len(gallery))).indices
    log_p = log_likelihoods(model, gallery[best], token_ids[0], scores_of_words)
    scores = cosines - 1000.0
    scores[best] = cosine_weight * cosines[best] + LIKELIHOOD_WEIGHT * log_p
    return scores


def _whitening(gallery: Tensor, *, shrinkage: float = 0.1) -> Transform:
    """What makes all directions of a gallery alike (ZCA), its covariance drawn towards a multiple of one."""
    mean = gallery.mean(dim=0)
    covariance = (gallery - mean).T @ (gallery - mean) / len(gallery)
    level = covariance.diagonal().mean()
    values, vectors = torch.linalg.eigh(
        (1 - shrinkage) * covariance + shrinkage * level * torch.eye(len(covariance))
    )
    turn = vectors @ (values.rsqrt().unsqueeze(1) * vectors.T)
    return lambda found: (found - mean) @ turn


def _losses(model: OneNet, block: range, token_ids: Tensor, direction: Tensor) -> Tensor:
    return caption_losses(model(direction, token_ids[:, :-1], block), in_block(token_ids, block))


def _invert_by_adam(
    model: OneNet, block: range, steps: int, whiten: Transform | None, token_ids: Tensor
) -> Tensor:
    """Inversion from the guess by Adam, held near it or, where there is `whiten`, where photos are.

    The latter is by the Mahalanobis distance to them.
    """
    guess = _guess(model, token_ids).unsqueeze(0)
    position = guess.clone().requires_grad_()
    optimizer = torch.optim.Adam([position], lr=_LEARNING_RATE)
    for _ in range(steps):
        with torch.enable_grad():
            direction = F.normalize(position, dim=-1)
            if whiten is None:
                held = ANCHOR * (1 - (direction * guess).sum(dim=-1))
            else:
                held = whiten(direction).square().mean(dim=-1)  # one on average over the gallery
            (position.grad,) = torch.autograd.grad(
                (_losses(model, block, token_ids, direction) + held).sum(), position
            )
        optimizer.step()
    return F.normalize(position.detach(), dim=-1)[0]
