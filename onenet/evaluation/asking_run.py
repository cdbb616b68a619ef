"""Measure how well questions are answered: those made of captions, in each language, and our own."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from onenet.asking.answering import Answers, answer
from onenet.asking.grammar import languages_asked
from onenet.asking.looking import Look, look_at
from onenet.asking.network import judge_of
from onenet.asking.questions import Question
from onenet.asking.weights import answer_weights_in, weights_from
from onenet.datasets.sources import languages_folder, load_listed, with_languages
from onenet.evaluation.asking import Looking, measure_asking
from onenet.evaluation.evaluation_set import (
    EvaluationSet,
    evaluation_sets,
    load_evaluation_set,
    represent_photos,
)
from onenet.evaluation.figures import Figures, Progress
from onenet.evaluation.own_questions import measure_own_questions, own_questions
from onenet.evaluation.recalling import measure_recalling
from onenet.network.checkpoint import Checkpoint
from onenet.network.encoders import serving_transform
from onenet.network.special_words import ENGLISH
from onenet.search.photos import read_photo
from onenet.serving.exported import serve_model


def evaluate_asking(
    checkpoint: Checkpoint,
    data: Path,
    split: str,
    *,
    cache: Path,
    languages: Sequence[str] = (),
    wild: Path | None = None,
    recorded: bool = False,
    progress: Progress = lambda what, done, total: None,
) -> Figures:
    """Measure answers to questions about photos, in English and other languages, by their codes.

    Args:
        cache: Folder of the feature cache.
        languages: Others that are measured too, as in `onenet.evaluation.run.evaluate`.
        wild: A folder of photos as people send them, as there.
        recorded: Whether the network will be served with what these photos choose: then it counts already of
            what is not answered by halves: remembered photos, which choose too, and our own questions.
        progress: Called with what is being done, how much of it is done, and how much there is.

    Returns:
        JSON-ready: "ask" for each language, see `onenet.evaluation.asking.measure_asking` and
        `onenet.evaluation.recalling`; "own", see `onenet.evaluation.own_questions`.

    Raises:
        DatasetError: If the split cannot be read.
    """
    model, vocabulary = checkpoint.model, checkpoint.vocabulary
    listed = load_listed(wild, split) if wild else []
    photos = load_evaluation_set(
        model, vocabulary, data, split, cache=cache, progress=partial(progress, "features")
    )
    sets = [photos]
    if languages:
        of_all = with_languages(photos.photos, languages_folder(data))
        sets = evaluation_sets(of_all, photos.representations, vocabulary)
    network = serve_model(model, vocabulary)
    judge = judge_of(network, answer_weights_in(checkpoint.card))
    transform = serving_transform(model.config)

    looks: dict[Path, Look] = {}

    def look(path: Path) -> Look:
        if path not in looks:
            photo = read_photo(path)
            looks[path] = look_at(photo, network.represent_places(transform(photo)))
        return looks[path]

    def looking(photos: EvaluationSet) -> Looking | None:
        return (lambda row: look(photos.photos[row].path)) if network.has_encoder else None

    others = represent_photos(model, vocabulary, listed, cache=cache) if listed else None

    weights = dict(judge.weights)
    asked = {}
    for each in sets:
        code = each.language
        is_wanted = languages == ("all",) or code in (ENGLISH, *languages)
        if not is_wanted or code not in languages_asked():
            continue
        figures = measure_asking(
            judge,
            each,
            looking(each),
            wild=others if code == ENGLISH else None,
            looking_wild=looking(others) if others else None,
            progress=progress,
        )
        if recorded:
            weights[code] = weights_from(figures["chosen"])
        asked[code] = figures | {"recall": measure_recalling(replace(judge, weights=weights), each)}
    judge = replace(judge, weights=weights)

    def ask(picture: Image.Image, question: Question) -> Answers:
        pixels = transform(picture)
        looks = [look_at(picture, network.represent_places(pixels))] if network.has_encoder else []
        return answer(judge, question, network.represent(pixels[np.newaxis]), looks)[0]

    return {
        "split": split,
        "own": measure_own_questions(ask, own_questions()) if network.has_encoder else {},
        "ask": asked,
    }
