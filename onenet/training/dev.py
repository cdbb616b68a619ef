"""What dev says of a network in training."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor

from onenet.evaluation.evaluation_set import EvaluationSet, evaluation_sets, mean_caption_loss
from onenet.evaluation.ranks import ranks
from onenet.network.model import BATCH, OneNet, all_features, pad_captions
from onenet.training.batches import Split
from onenet.training.progress import DevFigures


@torch.no_grad()
def seen_by(model: OneNet, splits: Sequence[Split], device: str) -> list[EvaluationSet]:
    """Represent the photos of splits, to measure a network in eval mode on the captions of each language."""
    found: list[EvaluationSet] = []
    for split in splits:
        representations = model.represent(all_features(model, split.straight, device))
        found += evaluation_sets(split.photos, representations, split.vocabulary)
    return found


@torch.no_grad()
def dev_figures(model: OneNet, dev: Sequence[EvaluationSet]) -> DevFigures:
    """Measure the loss of captions, and how well the sentence encoder finds their photos.

    Args:
        model: In eval mode.
        dev: As the model represents it: photos with captions in one language each; all count alike.
    """
    losses = [mean_caption_loss(partial(model, block=photos.block), photos) for photos in dev]
    recalls = [_recall(model, photos) for photos in dev]
    return DevFigures(float(np.mean(losses)), float(np.mean(recalls)), losses=losses, recalls=recalls)


def _recall(model: OneNet, dev: EvaluationSet) -> float:
    """R@10 of the photos by their captions, per cent."""
    device = dev.representations.device
    guesses: list[Tensor] = [
        model.represent_sentence(pad_captions(dev.token_ids[start : start + 5 * BATCH]).to(device))
        for start in range(0, len(dev.token_ids), 5 * BATCH)
    ]
    found = ranks(torch.cat(guesses).cpu().numpy(), dev.representations.cpu().numpy(), dev.rows)
    return 100 * float((found <= 10).mean())
