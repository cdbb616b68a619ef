"""The second part of the training: decoder, words and sentence encoder learn alone, or with the head."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from onenet.network.hardware import to_device
from onenet.network.losses import contrastive_loss, similarities, taught_ranking_loss
from onenet.network.model import OneNet, pad_captions
from onenet.training.batches import Split, caption_batches_by_language
from onenet.training.config import TrainConfig
from onenet.training.dev import dev_figures, seen_by
from onenet.training.lessons import Lessons, blur, names_loss, read, read_by_teachers, written_loss
from onenet.training.progress import DevFigures
from onenet.training.run import (
    Phase,
    Run,
    average_of,
    decay_groups,
    descend,
    is_fused,
    new_run,
    schedule,
)

_REPRESENTED = 4_096  # views whose features are mapped together
_BUCKET_BATCHES = 40  # captions of so many batches are sorted by length together, to pad little


def start_text(run: Run, config: TrainConfig) -> Run:
    """Make a run that goes on from another's network, with all of it but the encoder, see `new_text`."""
    return new_text(run.model, config)


def new_text(model: OneNet, config: TrainConfig) -> Run:
    """Make a run of a network's decoder, words and sentence encoder, and of its head if that is tuned."""
    fixed = ("top.",) if config.tune_head else ("top.", "head.", "to_names.")
    weights = [weight for name, weight in model.named_parameters() if not name.startswith(fixed)]
    groups = decay_groups(weights, config.weight_decay)
    fused = is_fused(model.log_sharpness.device)
    optimizer = torch.optim.AdamW(groups, lr=config.settling_rate, fused=fused)
    return new_run(model, optimizer, config)


def text_phase(
    run: Run, lessons: Lessons, dev_sets: Sequence[Split], *, representations: Tensor | None = None
) -> Phase:
    """Give the steps of a run of `start_text`, each of some captions of one language, of photos or none.

    Args:
        representations: Of all views of the photos to learn from, if they are known already; then they stay.
    """
    config, train_set, device = lessons.config, lessons.train_set, lessons.device
    model = run.model.eval()
    seen = _Seen(run, lessons, representations)
    remembers_names = seen.tunes_head and model.to_names is not None and config.names_weight > 0
    teachers = lessons.teachers
    hints = seen.hints if seen.tunes_head and teachers is not None and config.hint_weight else None
    recalls = remembers_names or hints is not None
    dev = [] if seen.tunes_head else seen_by(model, dev_sets, device)  # these stay as they are
    captions = [
        caption
        for caption in train_set.learnt_captions()
        for _ in range(1 if caption.row < train_set.firsts else config.others_read)
    ]
    captions += lessons.pseudo_captions
    of_photos = len(captions)
    captions += lessons.text
    lengths = [len(caption.token_ids) for caption in captions]
    kinds: dict[str, list[int]] = {}
    for number, caption in enumerate(captions):
        kinds.setdefault(caption.language if number < of_photos else "text", []).append(number)

    def take(chosen: Sequence[int], step: int, total: int) -> Tensor:
        generator = torch.Generator().manual_seed(config.seed * 2_000_003 + step)
        torch.manual_seed(config.seed * 2_000_003 + step)  # dropout draws from the global state
        own = [captions[number] for number in chosen]
        token_ids = pad_captions([caption.token_ids for caption in own])
        for group in run.optimizer.param_groups:
            group["lr"] = config.settling_rate * schedule(step, total, config.warmup_steps)
        model = run.model.train()
        model.centre.eval()  # what photos have in common is known, and a step's captions are of few
        with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=config.bfloat16):
            sentences = read(model, config, token_ids, generator)
            of_text = chosen[0] >= of_photos
            if recalls or not of_text:
                views = to_device(train_set.draw_views(np.arange(len(train_set)), generator), device)
            if of_text:
                photos = blur(sentences, config.text_noise, generator)
                taught = read_by_teachers(lessons, token_ids, generator)
            else:
                every = seen.every(views)  # (N, D)
                rows = to_device(torch.tensor([caption.row for caption in own]), device)
                photos = seen.learnt(views[rows])
                taught = None if teachers is None else seen.by_teachers[:, views[rows]]
            nats, tokens = written_loss(model, lessons, photos, own, token_ids, generator, taught)
            loss = nats / max(1, tokens)
            whole = loss
            if recalls:  # of all photos: those of classes have no captions
                some = torch.randperm(len(train_set), generator=generator)[: config.batch_size]
                places = to_device(some, device)
                recalled = seen.learnt(views[places])
            if remembers_names:
                whole = whole + names_loss(model, lessons, recalled, some.tolist())
            if hints is not None:
                apart = 1 - F.cosine_similarity(recalled, hints[places], dim=-1)
                whole = whole + config.hint_weight * apart.mean()
        if config.contrastive_weight and not of_text:
            sharpness = run.model.log_sharpness
            firsts, among = each_photo_once([caption.row for caption in own])
            once = photos[to_device(firsts, device)]
            found = contrastive_loss(sentences, once, to_device(among, device), sharpness)
            scores = similarities(sentences, every, sharpness)
            everywhere = F.cross_entropy(scores, rows)
            if teachers is not None:
                there = teachers.similarities(
                    teachers.read(to_device(token_ids, device)), seen.by_teachers[:, views]
                )
                everywhere = everywhere.lerp(taught_ranking_loss(scores, there), config.teaching_weight)
            whole = whole + config.contrastive_weight * (found + everywhere) / 2
        descend(run, config, whole)
        return loss.detach()

    def evaluate() -> DevFigures:
        average = average_of(run)
        return dev_figures(average, seen_by(average, dev_sets, device) if seen.tunes_head else dev)

    return Phase(
        "text phase",
        config.settling_epochs,
        lambda epoch: caption_batches_by_language(
            kinds, lengths, config.settling_batch_size, _BUCKET_BATCHES, [config.seed, 1_000, epoch]
        ),
        take,
        evaluate,
    )


@dataclass(frozen=True)
class _Seen:
    """How the network and its teachers see the photos to learn from: looked at once, when it is first needed.

    Attributes:
        run: Of the network.
        lessons: The photos, and who teaches.
        known: Representations of all views, (views of all, D), that stay as they are; None: the network's.
    """

    run: Run
    lessons: Lessons
    known: Tensor | None

    @property
    def tunes_head(self) -> bool:
        """Whether the network's representations change as its head learns."""
        return self.lessons.config.tune_head and self.known is None

    @cached_property
    def by_teachers(self) -> Tensor:
        """Representations of all views as each teacher sees them, shape (K, views of all, D)."""
        assert self.lessons.teachers is not None
        return torch.stack([self._represented_by(each) for each in self.lessons.teachers.models])

    @cached_property
    def hints(self) -> Tensor:
        """Each photo as the first teacher sees it: the mean over its views, shape (N, D), of unit length."""
        of_views = self.by_teachers[0]
        counts = torch.from_numpy(np.diff(self.lessons.train_set.first_views))
        photos = to_device(torch.arange(len(counts)).repeat_interleave(counts), of_views.device)
        sums = of_views.new_zeros(len(counts), of_views.shape[1]).index_add_(0, photos, of_views)
        return F.normalize(sums, dim=-1)

    @torch.no_grad()
    def every(self, views: Tensor) -> Tensor:
        """Represent views as they are to be told apart from, shape (N, D)."""
        if not self.tunes_head:
            return self._represented[views]
        dropout = self.run.model.feature_dropout.eval()
        represented = self.run.model.represent(self._features[views].float())
        dropout.train()
        return represented

    def learnt(self, views: Tensor) -> Tensor:
        """Represent views, shape (B, D), as they are to be learnt from: a head that learns, with dropout."""
        if not self.tunes_head:
            return self._represented[views]
        return self.run.model.represent(self._features[views].float())

    @cached_property
    def _features(self) -> Tensor:
        """Of all views, shape (views of all, F), float16; encoders do not learn here."""
        photos, config, device = self.lessons.train_set, self.lessons.config, self.lessons.device
        return photos.features_of_views(self.run.model, config.bfloat16, device).half()

    @cached_property
    def _represented(self) -> Tensor:
        return self._represented_by(self.run.model) if self.known is None else self.known

    @torch.no_grad()
    def _represented_by(self, model: OneNet) -> Tensor:
        """Represent all views in float32 with a network as it is now, shape (views of all, D)."""
        photos, config, device = self.lessons.train_set, self.lessons.config, self.lessons.device
        still = deepcopy(model).eval()  # the steps, which ask for this, learn with dropout
        with torch.autocast(torch.device(device).type, enabled=False):
            if not _same(model.top.state_dict(), self.run.model.top.state_dict()):
                return photos.represent_views(still, config.bfloat16, device)
            places = range(0, len(self._features), _REPRESENTED)
            parts = (self._features[start : start + _REPRESENTED] for start in places)
            return torch.cat([still.represent(features.float()) for features in parts])


def _same(weights: Mapping[str, Tensor], others: Mapping[str, Tensor]) -> bool:
    return weights.keys() == others.keys() and all(
        torch.equal(weight, others[name]) for name, weight in weights.items()
    )


def each_photo_once(rows: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Find the photos of a batch of captions, each once: none is a wrong partner of its own captions.

    Args:
        rows: The photo of each of B captions.

    Returns:
        The place of the first caption of each photo, shape (P,), and for each caption which of these photos
        is its own, shape (B,), both int64.
    """
    firsts: dict[int, int] = {}
    for place, row in enumerate(rows):
        firsts.setdefault(row, place)
    number = {row: each for each, row in enumerate(firsts)}
    return torch.tensor([*firsts.values()]), torch.tensor([number[row] for row in rows])
