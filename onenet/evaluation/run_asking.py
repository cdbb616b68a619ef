"""Measure how well a network answers questions about photos, and about all that a chat remembers."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from onenet.asking.grammar import languages_asked
from onenet.asking.network import judge_of
from onenet.datasets.sources import languages_folder, with_languages
from onenet.evaluation.asking import measure_asking
from onenet.evaluation.evaluation_set import evaluation_sets, load_evaluation_set
from onenet.evaluation.figures import Figures, Progress
from onenet.evaluation.recalling import measure_recalling
from onenet.evaluation.run import ALL
from onenet.network.checkpoint import Checkpoint
from onenet.network.encoders import serving_transform
from onenet.network.special_words import ENGLISH
from onenet.serving.exported import serve_weights


def evaluate_asking(
    checkpoint: Checkpoint,
    data: Path,
    split: str,
    *,
    cache: Path,
    languages: Sequence[str] = (),
    progress: Progress = lambda what, done, total: None,
) -> Figures:
    """Measure answers to questions about photos, in English and other languages, by their codes.

    Args:
        cache: Folder of the feature cache.
        languages: As in `evaluate`.
        progress: As in `evaluate`.

    Returns:
        JSON-ready, see `onenet.evaluation.asking.measure_asking` and `onenet.evaluation.recalling`.

    Raises:
        DatasetError: If the split cannot be read.
    """
    model, vocabulary = checkpoint.model, checkpoint.vocabulary
    photos = load_evaluation_set(
        model, vocabulary, data, split, cache=cache, progress=partial(progress, "features")
    )
    sets = [photos]
    if languages:
        of_all = with_languages(photos.photos, languages_folder(data))
        sets = evaluation_sets(of_all, photos.representations, vocabulary)
    weights = {name: weight.numpy() for name, weight in model.state_dict().items()}
    side_px = serving_transform(model.config).side_px
    judge = judge_of(serve_weights(model.config, weights, vocabulary, side_px=side_px))
    return {
        "split": split,
        "ask": {
            each.language: measure_asking(judge, each, progress) | {"recall": measure_recalling(judge, each)}
            for each in sets
            if each.language in languages_asked()
            and (each.language == ENGLISH or languages == ALL or each.language in languages)
        },
    }
