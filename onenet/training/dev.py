"""What dev says of a network in training."""

import torch

from onenet.evaluation.evaluation_set import EvaluationSet, mean_caption_loss
from onenet.evaluation.ranks import ranks
from onenet.network.model import BATCH, OneNet, pad_captions
from onenet.training.run import DevFigures


@torch.no_grad()
def dev_figures(model: OneNet, dev: EvaluationSet) -> DevFigures:
    """Measure the loss of captions, and how well the sentence encoder finds their photos.

    Args:
        model: In eval mode.
        dev: As the model represents it.
    """
    device = dev.representations.device
    guesses = [
        model.represent_sentence(pad_captions(dev.token_ids[start : start + 5 * BATCH]).to(device))
        for start in range(0, len(dev.token_ids), 5 * BATCH)
    ]
    found = ranks(torch.cat(guesses).cpu().numpy(), dev.representations.cpu().numpy(), dev.rows)
    return DevFigures(mean_caption_loss(model, dev), 100 * float((found <= 10).mean()))
