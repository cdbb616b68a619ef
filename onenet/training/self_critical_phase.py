"""The last part of the training: the decoder learns from the CIDEr of captions that it draws itself.

Self-critical sequence training (Rennie et al. 2017, arXiv:1612.00563), the mean of a photo's other captions
as the baseline (Luo 2020, arXiv:2003.09971). On a few thousand photos it soon learns them by heart; hence
the blur on the representations, the caption loss beside it, few epochs, dev's say, and the mean of
several runs, which is better than each.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from onenet.captions.beam_search import NEVER_WRITTEN, CaptionWriter, write_all
from onenet.evaluation.evaluation_set import EvaluationSet
from onenet.network.losses import caption_loss
from onenet.network.model import OneNet, pad_captions
from onenet.network.stepwise import StepDecoder
from onenet.network.vocabulary import END_ID, PAD_ID, START_ID
from onenet.training.batches import Split, hide_words, photo_batches
from onenet.training.cider import Cider
from onenet.training.config import TrainConfig
from onenet.training.dev import dev_figures
from onenet.training.run import DevFigures, Phase, Run, average_of, descend, new_run, schedule

_WARMUP_STEPS = 30
_MAX_WORDS = 20
_CAPTIONS_A_PHOTO = 2  # of the caption loss beside the reward
_REMEMBERED_STEPS = 100  # the moving average leaves the start slowly


class Samples(NamedTuple):
    """Captions that the decoder drew at random, R rows.

    Attributes:
        token_ids: Shape (R, 1 + T), int64, with `<start>` and, unless too long, `<end>`; padded.
        advantages: Shape (R,): the reward of each less the mean of the photo's others.
        reward: Mean of all.
    """

    token_ids: Tensor
    advantages: Tensor
    reward: float


@dataclass(frozen=True)
class Critic:
    """What all self-critical runs share.

    Attributes:
        representations: Of all views of the training photos, shape (N, views, D).
        reward: Of captions of the training photos, `<end>` counted.
        dev: What the runs are measured on; its representations stay as they are.
        dev_cider: Of captions of its photos.
    """

    representations: Tensor
    reward: Cider
    dev: EvaluationSet
    dev_cider: Cider

    def evaluate(self, model: OneNet) -> DevFigures:
        """Measure a network in eval mode on dev."""
        written = write_all(CaptionWriter(model), self.dev.representations)
        cider = 100 * self.dev_cider.mean([caption.token_ids for caption in written])
        return dev_figures(model, self.dev)._replace(cider=cider)


def make_critic(model: OneNet, config: TrainConfig, train_set: Split, dev_set: Split, device: str) -> Critic:
    """Represent all photos with a network in eval mode, and weigh all captions."""
    return Critic(
        train_set.represent_views(model, config.bfloat16, device),
        Cider([[ids[1:] for ids in own] for own in train_set.captions]),
        dev_set.seen_by(model, device),
        Cider([[ids[1:-1] for ids in own] for own in dev_set.captions]),
    )


def start_self_critical(run: Run, config: TrainConfig) -> Run:
    """Make a run that goes on from another's best network with its decoder alone; words and photos stay."""
    model = run.model
    model.load_state_dict(run.best)
    weights = [*model.decoder.parameters(), *model.to_words.parameters(), model.word_bias]
    optimizer = torch.optim.AdamW(weights, lr=config.critical_rate, weight_decay=0.0)
    return new_run(model, optimizer, config, remembered=_REMEMBERED_STEPS)


def mean_weights(runs: Sequence[Run]) -> dict[str, Tensor]:
    """Average the best networks of runs that began alike (Wortsman et al. 2022, arXiv:2203.05482)."""
    return {
        name: torch.stack([run.best[name].float() for run in runs]).mean(dim=0).to(value.dtype)
        for name, value in runs[0].best.items()
    }


def self_critical_phase(
    run: Run, config: TrainConfig, critic: Critic, train_set: Split, number: int, device: str
) -> Phase:
    """Give the steps of a run of `start_self_critical`, each of some photos; dev measures CIDEr.

    Args:
        number: Of the run: each has its own draws.
    """

    def take(chosen: Sequence[int], step: int, total: int) -> float:
        seed = (config.seed * 3_000_017 + number) * 1_000_003 + step
        generator = torch.Generator().manual_seed(seed)
        torch.manual_seed(seed)  # dropout and draws use the global state
        views = torch.randint(critic.representations.shape[1], (len(chosen),), generator=generator)
        photos = _blur(critic.representations[chosen, views], config.critical_noise, generator)  # (B, D)
        samples = draw_captions(run.model.eval(), photos, chosen, critic.reward, config.critical_samples)
        for group in run.optimizer.param_groups:
            group["lr"] = config.critical_rate * schedule(step, total, _WARMUP_STEPS)
        run.model.train()
        own = [(row, ids) for row, number in enumerate(chosen) for ids in train_set.captions[number]]
        picked = torch.randperm(len(own), generator=generator)[: _CAPTIONS_A_PHOTO * len(chosen)].tolist()
        captions = pad_captions([own[place][1] for place in picked])
        rows = torch.tensor([own[place][0] for place in picked])
        known = hide_words(captions, config.word_dropout, generator).to(device)
        with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=config.bfloat16):
            repeated = photos.repeat_interleave(config.critical_samples, 0)
            logits = run.model(repeated, samples.token_ids[:, :-1])
            said = run.model(photos[rows], known[:, :-1])
        loss = caption_loss(said.float(), captions.to(device), label_smoothing=config.label_smoothing)
        descend(run, config, loss + config.critical_weight * _critical_loss(logits, samples))
        return -samples.reward

    return Phase(
        "self-critical",
        config.critical_epochs,
        lambda epoch: photo_batches(len(train_set.captions), config, 1_000 * number + epoch),
        take,
        lambda: critic.evaluate(average_of(run)),
        by_cider=True,
    )


@torch.no_grad()
def draw_captions(
    model: OneNet, representations: Tensor, photos: Sequence[int], reward: Cider, samples: int
) -> Samples:
    """Draw captions word by word with the decoder's own probabilities, and reward them.

    Args:
        model: In eval mode.
        representations: Shape (B, D), unit length.
        photos: Which photos of the reward's these are.
        samples: Captions a photo, two or more.
    """
    decoder = StepDecoder(model)
    logits, state = decoder.start(representations.repeat_interleave(samples, dim=0))
    ended = torch.zeros(len(logits), dtype=torch.bool, device=logits.device)
    words = [torch.full((len(logits),), START_ID, device=logits.device)]
    for _ in range(_MAX_WORDS):
        logits[:, list(NEVER_WRITTEN)] = -torch.inf
        drawn = torch.multinomial(logits.softmax(dim=-1), 1).squeeze(1)
        words.append(drawn.masked_fill(ended, PAD_ID))
        ended |= drawn == END_ID
        if ended.all():
            break
        logits, state = decoder.step(words[-1], state)
    token_ids = torch.stack(words, dim=1)
    written = [[token for token in row if token != PAD_ID] for row in token_ids[:, 1:].tolist()]
    rewards = torch.tensor([reward.score(photos[row // samples], ids) for row, ids in enumerate(written)])
    rewards = rewards.view(-1, samples)
    others = (rewards.sum(dim=1, keepdim=True) - rewards) / (samples - 1)
    return Samples(token_ids, (rewards - others).view(-1).to(token_ids.device), float(rewards.mean()))


def _critical_loss(logits: Tensor, samples: Samples) -> Tensor:
    """What makes captions of more reward than the photo's others more probable, a token."""
    targets = samples.token_ids[:, 1:]
    logits = logits.float().index_fill(2, torch.tensor(NEVER_WRITTEN, device=logits.device), -1e9)
    nats = F.cross_entropy(logits.transpose(1, 2), targets, ignore_index=PAD_ID, reduction="none")  # (R, T)
    return (samples.advantages.unsqueeze(1) * nats).sum() / (targets != PAD_ID).sum()


def _blur(representations: Tensor, length: float, generator: torch.Generator) -> Tensor:
    """Add noise of a length to representations (B, D), and give them unit length again."""
    noise = torch.randn(representations.shape, generator=generator).to(representations.device)
    return F.normalize(representations + length / math.sqrt(representations.shape[1]) * noise, dim=-1)
