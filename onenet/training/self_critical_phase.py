"""The last part of the training: the decoder learns from the CIDEr of captions that it draws itself.

Self-critical sequence training (Rennie et al. 2017, arXiv:1612.00563), the mean of a photo's other captions
as the baseline (Luo 2020, arXiv:2003.09971). On a few thousand photos it soon learns them by heart; hence
the blur on the representations, the caption loss beside it, few epochs, dev's say, and the mean of
several runs, which is better than each.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from onenet.captions.beam_search import write_all, writer_of
from onenet.evaluation.cider import Cider
from onenet.evaluation.evaluation_set import EvaluationSet
from onenet.network.hardware import to_device
from onenet.network.model import OneNet, in_block, pad_captions
from onenet.network.special_words import END_ID, NEVER_WRITTEN, PAD_ID, SPECIAL_WORDS, START_ID
from onenet.network.stepwise import StepDecoder
from onenet.training.batches import LearntCaption, Split, photo_batches
from onenet.training.config import TrainConfig
from onenet.training.dev import dev_figures, seen_by
from onenet.training.lessons import Lessons, blur, written_loss
from onenet.training.progress import DevFigures
from onenet.training.run import Phase, Run, average_of, descend, is_fused, new_run, schedule

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
        representations: Of all views of the training photos, shape (views of all, D).
        rewards: By language: of captions of the training photos, `<end>` counted, `in_block` ids.
        photos: By language: the training photos that have captions in it, as the reward counts them.
        dev: What the runs are measured on; its representations stay as they are.
        dev_ciders: Of captions of these photos.
    """

    representations: Tensor
    rewards: Mapping[str, Cider]
    photos: Mapping[str, Sequence[int]]
    dev: Sequence[EvaluationSet]
    dev_ciders: Sequence[Cider]

    def evaluate(self, model: OneNet) -> DevFigures:
        """Measure a network in eval mode on dev; CIDEr is the mean over languages and sources."""
        ciders = []
        for dev, cider in zip(self.dev, self.dev_ciders, strict=True):
            writer = writer_of(model, dev.vocabulary, dev.language)
            written = write_all(writer, dev.representations)
            ciders.append(100 * cider.mean([caption.token_ids for caption in written]))
        figures = dev_figures(model, self.dev)
        return figures._replace(cider=float(np.mean(ciders)), ciders=ciders)


def make_critic(model: OneNet, lessons: Lessons, dev_sets: Sequence[Split]) -> Critic | None:
    """Represent all photos with a network in eval mode, and weigh all captions of what it is to write.

    Returns:
        None where no photos to learn from have several captions in a language in which dev has some.
    """
    config, train_set, vocabulary = lessons.config, lessons.train_set, lessons.vocabulary
    photos = {
        language: [row for row, own in enumerate(train_set.captions) if len(own.get(language, ())) > 1]
        for language in config.critical_languages
        if language in vocabulary.languages
    }
    photos = {language: rows for language, rows in photos.items() if rows}
    rewards = {
        language: Cider(
            [
                [
                    in_block(torch.tensor(ids[1:]), vocabulary.block(language)).tolist()
                    for ids in train_set.captions[row][language]
                ]
                for row in rows
            ]
        )
        for language, rows in photos.items()
    }
    dev = [seen for seen in seen_by(model, dev_sets, lessons.device) if seen.language in photos]
    if not dev:
        return None
    references = [
        [
            [vocabulary.encode(text, seen.language)[1:-1] for text in photo.captions_in(seen.language)]
            for photo in seen.photos
        ]
        for seen in dev
    ]
    representations = train_set.represent_views(model, config.bfloat16, lessons.device)
    return Critic(representations, rewards, photos, dev, [Cider(each) for each in references])


def start_self_critical(run: Run, config: TrainConfig) -> Run:
    """Make a run that goes on from another's best network with its decoder alone; words and photos stay."""
    model = run.model
    model.load_state_dict(run.best)
    weights = [*model.decoder.parameters(), *model.to_words.parameters(), model.word_bias]
    fused = is_fused(model.word_bias.device)
    optimizer = torch.optim.AdamW(weights, lr=config.critical_rate, weight_decay=0.0, fused=fused)
    return new_run(model, optimizer, config, remembered=_REMEMBERED_STEPS)


def self_critical_phase(run: Run, lessons: Lessons, critic: Critic, number: int) -> Phase:
    """Give the steps of a run of `start_self_critical`, each in one language; dev measures CIDEr.

    Args:
        number: Of the run: each has its own draws.
    """
    config, train_set, device = lessons.config, lessons.train_set, lessons.device
    languages = list(critic.photos)

    def take(chosen: Sequence[int], step: int, total: int) -> Tensor:
        seed = (config.seed * 3_000_017 + number) * 1_000_003 + step
        generator = torch.Generator().manual_seed(seed)
        torch.manual_seed(seed)  # dropout and draws use the global state
        language = languages[chosen[0] // len(train_set)]
        rows = [each % len(train_set) for each in chosen]
        block, start_id = lessons.vocabulary.block(language), lessons.vocabulary.start_id(language)
        places = {row: place for place, row in enumerate(critic.photos[language])}
        views = to_device(train_set.draw_views(rows, generator), device)
        photos = blur(critic.representations[views], config.critical_noise, generator)  # (B, D)
        decoder = StepDecoder(run.model.eval(), block=block, start_id=start_id)
        rewarded = [places[row] for row in rows]
        samples = draw_captions(decoder, photos, rewarded, critic.rewards[language], config.critical_samples)
        for group in run.optimizer.param_groups:
            group["lr"] = config.critical_rate * schedule(step, total, _WARMUP_STEPS)
        model = run.model.train()
        own = [
            LearntCaption(row, language, ids)
            for row, number in enumerate(rows)
            for ids in train_set.captions[number][language]
        ]
        picked = torch.randperm(len(own), generator=generator)[: _CAPTIONS_A_PHOTO * len(chosen)].tolist()
        captions = [own[place] for place in picked]
        token_ids = pad_captions([caption.token_ids for caption in captions])
        with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=config.bfloat16):
            repeated = photos.repeat_interleave(config.critical_samples, 0)
            drawn = _out_of_block(samples.token_ids, block, start_id)
            logits = model(repeated, drawn[:, :-1], block)
            of = photos[to_device(torch.tensor([caption.row for caption in captions]), device)]
            nats, tokens = written_loss(model, lessons, of, captions, token_ids, generator)
        descend(run, config, nats / tokens + config.critical_weight * _critical_loss(logits, samples))
        return torch.tensor(-samples.reward)

    def batches(epoch: int) -> list[list[int]]:
        found = []
        for place, rows in enumerate(critic.photos.values()):
            shift = place * len(train_set)
            found += photo_batches([shift + row for row in rows], config, 1_000 * number + epoch)
        order = np.random.default_rng([config.seed, number, epoch]).permutation(len(found))
        return [found[each] for each in order]

    return Phase(
        "self-critical",
        config.critical_epochs,
        batches,
        take,
        lambda: critic.evaluate(average_of(run)),
        by_cider=True,
    )


def _out_of_block(token_ids: Tensor, block: range, start_id: int) -> Tensor:
    """Give the network's ids for those that a decoder of one language's words counted within its block."""
    special = len(SPECIAL_WORDS)
    found = torch.where(token_ids < special, token_ids, token_ids - special + block.start)
    found[:, 0] = start_id
    return found


@torch.no_grad()
def draw_captions(
    decoder: StepDecoder, representations: Tensor, photos: Sequence[int], reward: Cider, samples: int
) -> Samples:
    """Draw captions word by word with the decoder's own probabilities, and reward them.

    Args:
        decoder: Of a network in eval mode; the captions' words are counted as it counts them.
        representations: Shape (B, D), unit length.
        photos: Which photos of the reward's these are.
        samples: Captions a photo, two or more.
    """
    logits, state = decoder.start(representations.repeat_interleave(samples, dim=0))
    ended = torch.zeros(len(logits), dtype=torch.bool, device=logits.device)
    words = [torch.full((len(logits),), START_ID, device=logits.device)]
    for _ in range(_MAX_WORDS):
        logits[:, decoder.never_written] = -torch.inf
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
    never = to_device(torch.tensor(NEVER_WRITTEN), logits.device)
    logits = logits.float().index_fill(2, never, -1e9)
    nats = F.cross_entropy(logits.transpose(1, 2), targets, ignore_index=PAD_ID, reduction="none")  # (R, T)
    return (samples.advantages.unsqueeze(1) * nats).sum() / (targets != PAD_ID).sum()
