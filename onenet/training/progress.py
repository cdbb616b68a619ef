"""Where a training stands, and what dev says of it."""

import math
from collections.abc import Sequence
from typing import NamedTuple


class DevFigures(NamedTuple):
    """What dev says after an epoch.

    Attributes:
        loss: Of the captions, nats a token.
        recall: R@10 of the sentence encoder's guesses, per cent.
        cider: Of the captions that would be served, times 100; NaN where it is not measured.
        ciders: Of each language of each source, whose mean is the CIDEr.
        losses: Of each language of each source, whose mean is the loss.
        recalls: Of each language of each source, whose mean is the recall.
    """

    loss: float
    recall: float
    cider: float = math.nan
    losses: Sequence[float] = ()
    recalls: Sequence[float] = ()
    ciders: Sequence[float] = ()


class Progress(NamedTuple):
    """Where a run stands.

    Attributes:
        stage: "features", "training", "text phase" or "self-critical".
        done: Photos, or training steps.
        total: Photos or steps in all.
        epoch: Running epoch, from 1.
        train_loss: Mean of the last steps, nats a token, label smoothing included; in the self-critical part
            of minus the reward.
        dev_loss: After the last full epoch, nats a token.
        time_left_s: Estimate for the stage.
    """

    stage: str
    done: int
    total: int
    epoch: int = 0
    train_loss: float = math.nan
    dev_loss: float = math.nan
    time_left_s: float = math.nan
