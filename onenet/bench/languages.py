"""Whether a language pays for the others: each alone against all together, over the same photos' numbers.

Encoder and head stay as the network has them; decoder, words and sentence encoder begin anew, each time
alike, and see the captions of a language as often alone as together.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from onenet.bench.report import Report, machine_name
from onenet.captions.beam_search import write_all, writer_of
from onenet.datasets.sources import load_sources
from onenet.errors import DatasetError
from onenet.evaluation.captions import caption_scores, ciders_of, paired_interval
from onenet.evaluation.evaluation_set import (
    EvaluationSet,
    evaluation_sets,
    mean_caption_loss,
    represent_photos,
    sentence_guesses,
)
from onenet.evaluation.ranks import ranks, recall_figures
from onenet.network.checkpoint import Checkpoint
from onenet.network.model import OneNet
from onenet.network.vocabulary import language_of_code
from onenet.training.batches import Split
from onenet.training.config import TrainConfig
from onenet.training.dev import dev_figures
from onenet.training.lessons import Lessons
from onenet.training.loading import load_set
from onenet.training.progress import Progress
from onenet.training.run import average_of, train_epochs
from onenet.training.state import loaded_state, run_name, save_state
from onenet.training.text_phase import new_text, text_phase

TOGETHER = "together"
LEARNT_BY_FIVE = 5  # captions a photo that a language needs; German has a sixth, a translation
_KEPT = ("top.", "head.", "centre.", "to_names.")


@dataclass(frozen=True)
class Measured:
    """What a network makes of the photos of dev in one language, for pairs of networks.

    Attributes:
        figures: nats, BLEU-4, CIDEr, R@1, R@5, R@10 and the median rank.
        ciders: Of each photo's caption, shape (N,).
        found: How many of each photo's descriptions find it among the first ten, per cent, shape (N,).
    """

    figures: dict[str, Any]
    ciders: NDArray[np.float64]
    found: NDArray[np.float64]


def measure_alone(
    checkpoint: Checkpoint,
    sources_file: Path,
    *,
    epochs: int = 6,
    seed: int = 1,
    work: Path,
    report: Report,
    save_every_s: float = 120.0,
) -> dict[str, Any]:
    """Train each language alone and all together, and compare them on dev; what was stopped goes on.

    Args:
        checkpoint: Whose photos' numbers are learnt from.
        sources_file: See `onenet.datasets.sources.load_sources`; its first photos count, in the languages
            of which each has five captions.
        epochs: Passes over the captions of each language, alone and together.
        work: Folder for the feature cache and the runs' states.

    Returns:
        JSON-ready: "rows", one a language, with the figures of both and the differences.

    Raises:
        DatasetError: If no language has captions by five people.
    """
    vocabulary = checkpoint.vocabulary
    config = replace(TrainConfig(seed=seed), settling_epochs=epochs, encoder=checkpoint.model.config.encoder)
    source = load_sources(sources_file, views=config.views).photos[0]
    train_set = load_set(
        [source],
        "train",
        vocabulary,
        config.encoder,
        work,
        "cpu",
        lambda progress: report("photos", progress.done, progress.total, ""),
    )
    languages = [code for code in vocabulary.languages if _is_learnt_by_five(train_set, code)]
    if not languages:
        raise DatasetError(f"{sources_file} has no photos with five captions of a language.")
    settings = asdict(config) | {"network": checkpoint.fingerprint, "views": source.views}
    folder = work / "runs" / run_name("languages", settings, source.train, source.dev, "cpu")
    seen = _numbers_of(checkpoint.model, train_set, config, folder / "photos.pt", report)
    dev = represent_photos(checkpoint.model, vocabulary, source.dev, cache=work / "features")
    sets = {each.language: each for each in evaluation_sets(source.dev, dev.representations, vocabulary)}
    measured: dict[str, dict[str, Measured]] = {}
    for name, own in [*((code, [code]) for code in languages), (TOGETHER, languages)]:
        parts = _Parts(checkpoint.model, replace(train_set, captions=_only(own, train_set)), seen, config)
        model = parts.train([sets[code] for code in own], folder / f"{name}.pt", report, save_every_s)
        measured[name] = {code: measure(model, sets[code]) for code in own}
    rows = [_row(code, measured[code][code], measured[TOGETHER][code]) for code in languages]
    return {
        "rows": rows,
        "epochs": epochs,
        "seed": seed,
        "machine": machine_name(),
        "date": datetime.now(UTC).date().isoformat(),
    }


def measure(model: OneNet, photos: EvaluationSet) -> Measured:
    """Measure a network in eval mode on the photos of dev in one language."""
    split = language_of_code(photos.language).tokenize
    written = write_all(writer_of(model, photos.vocabulary, photos.language), photos.representations)
    captions = [" ".join(split(photos.vocabulary.decode(each.token_ids))) for each in written]
    references = [
        [" ".join(split(text)) for text in photo.captions_in(photos.language)] for photo in photos.photos
    ]
    guesses = sentence_guesses(model, photos.token_ids)
    places = ranks(guesses.numpy(), photos.representations.numpy(), photos.rows)
    scores = caption_scores(captions, references)
    figures = {
        "nats": round(mean_caption_loss(partial(model, block=photos.block), photos), 4),
        **{name: scores[name] for name in ("BLEU-4", "CIDEr")},
        **recall_figures(places),
    }
    found = np.bincount(photos.rows, weights=100.0 * (places <= 10)) / np.bincount(photos.rows)
    return Measured(figures, 100 * ciders_of(captions, references), found)


def _row(language: str, alone: Measured, together: Measured) -> dict[str, Any]:
    return {
        "language": language,
        "alone": alone.figures,
        TOGETHER: together.figures,
        "CIDEr difference": round(float((together.ciders - alone.ciders).mean()), 1),
        "CIDEr difference interval": paired_interval(together.ciders, alone.ciders),
        "R@10 difference": round(float((together.found - alone.found).mean()), 1),
        "R@10 difference interval": paired_interval(together.found, alone.found),
    }


def _is_learnt_by_five(photos: Split, language: str) -> bool:
    return any(len(own.get(language, ())) >= LEARNT_BY_FIVE for own in photos.captions)


def _numbers_of(model: OneNet, photos: Split, config: TrainConfig, path: Path, report: Report) -> Tensor:
    """Represent all views of all photos, once: it takes minutes."""
    if path.is_file():
        with loaded_state(path) as state:
            kept: Tensor = state["representations"]
            return kept
    report("numbers of the photos", 0, 1, "")
    seen = photos.represent_views(model, config.bfloat16, "cpu")
    save_state(path, {"representations": seen})
    return seen


def _only(languages: Sequence[str], photos: Split) -> list[dict[str, list[list[int]]]]:
    return [{code: own[code] for code in languages if code in own} for own in photos.captions]


@dataclass(frozen=True)
class _Parts:
    """What a training begins with: the shipped network, photos with captions, and their numbers."""

    shipped: OneNet
    photos: Split
    seen: Tensor
    config: TrainConfig

    def train(
        self, dev: Sequence[EvaluationSet], state_file: Path, report: Report, save_every_s: float
    ) -> OneNet:
        """Train the words' half anew; give the network that dev likes best, in eval mode."""
        torch.manual_seed(self.config.seed)
        model = OneNet(self.shipped.config)
        kept = {name: weight for name, weight in self.shipped.state_dict().items() if name.startswith(_KEPT)}
        model.load_state_dict(model.state_dict() | kept)
        run = new_text(model, self.config)
        phase = text_phase(run, Lessons(self.config, self.photos, [], "cpu"), [], representations=self.seen)
        phase = replace(phase, evaluate=lambda: dev_figures(average_of(run), dev))

        def show(progress: Progress) -> None:
            note = f"loss {progress.train_loss:.3f}, dev {progress.dev_loss:.3f}"
            report(state_file.stem, progress.done, progress.total, note)

        train_epochs(run, phase, self.config.settling_epochs, show, state_file, save_every_s)
        model.load_state_dict(run.best)
        return model.eval()
