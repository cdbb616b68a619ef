"""How well questions about photos are answered, beside two blind marks.

These are the most frequent answer of a kind, and the same method without the photo.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from onenet.asking.answering import (
    PRESENCE,
    WEIGHINGS,
    Floats,
    Judge,
    Signs,
    Weighing,
    chances_of_yes,
    presence_signs,
    signs_of,
)
from onenet.asking.grammar import Kind, grammar_of, languages_asked
from onenet.asking.network import judge_of
from onenet.asking.questions import read_question
from onenet.datasets.sources import languages_folder, with_languages
from onenet.evaluation.evaluation_set import EvaluationSet, evaluation_sets, load_evaluation_set
from onenet.evaluation.figures import Figures, Progress
from onenet.evaluation.questions import AGREED, MadeQuestion, Said, has_not, make_questions, most_asked
from onenet.evaluation.recalling import measure_recalling
from onenet.network.checkpoint import Checkpoint
from onenet.network.special_words import ENGLISH
from onenet.serving.exported import serve_model

_PRIORS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0)
_COSINES = (0.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0)
_SHARPNESSES = (0.2, 0.3, 0.5, 0.7, 1.0, 1.5)


@dataclass(frozen=True)
class Gathered:
    """What speaks for the answers to all questions of a kind, Q questions with O options.

    Attributes:
        signs: Of the options; of yes or no `given` is the gain and `cosines` the cosine, both (Q, 1).
        right: Shape (Q,).
        rows: Of the photos, shape (Q,).
        about: What is asked about.
    """

    signs: Signs
    right: NDArray[np.int64]
    rows: NDArray[np.int64]
    about: Sequence[str]


def gather(
    judge: Judge,
    questions: Sequence[MadeQuestion],
    representations: Floats,
    progress: Progress = lambda what, done, total: None,
) -> dict[Kind, Gathered]:
    """Ask the network about all questions, those of one wording together."""
    by_text: dict[str, list[MadeQuestion]] = defaultdict(list)
    for each in questions:
        by_text[each.question.text].append(each)
    found: dict[Kind, list[tuple[Signs, list[MadeQuestion]]]] = defaultdict(list)
    for number, alike in enumerate(by_text.values(), 1):
        progress("questions", number, len(by_text))
        question, photos = alike[0].question, representations[[each.row for each in alike]]
        if question.kind == "yes_no":
            cosine, gain = presence_signs(judge, question, photos)
            signs = Signs(gain[:, None], np.zeros_like(gain)[:, None], cosine[:, None])
        else:
            signs = signs_of(judge, question, photos)
        found[question.kind].append((signs, alike))
    return {kind: _joined(parts) for kind, parts in found.items()}


def _joined(parts: Sequence[tuple[Signs, Sequence[MadeQuestion]]]) -> Gathered:
    made = [each for _, alike in parts for each in alike]
    return Gathered(
        Signs.joined([signs for signs, _ in parts]),
        np.array([each.right for each in made]),
        np.array([each.row for each in made]),
        [each.about for each in made],
    )


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
        languages: Others that are measured too, as in `onenet.evaluation.run.evaluate`.
        progress: Called with what is being done, how much of it is done, and how much there is.

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
    judge = judge_of(serve_model(model, vocabulary))
    return {
        "split": split,
        "ask": {
            each.language: measure_asking(judge, each, progress) | {"recall": measure_recalling(judge, each)}
            for each in sets
            if each.language in languages_asked()
            and (each.language == ENGLISH or languages == ("all",) or each.language in languages)
        },
    }


def measure_asking(
    judge: Judge, photos: EvaluationSet, progress: Progress = lambda what, done, total: None
) -> Figures:
    """Measure answers on every second photo, as they are weighed, beside what the other half would choose.

    Returns:
        JSON-ready: "kinds" with, of each, the number of questions, the share that is right, of those of which
        it is sure and how many these are, and both blind marks, all in per cent; "all" of all questions
        together; "presence" with the area under the curve of whether a thing is there, the mean over
        the things named most, by what serves and by the cosine with the thing alone; "chosen": what the
        first half of the photos would choose for `onenet.asking.answering`.
    """
    questions = make_questions(photos)
    representations = photos.representations.numpy()
    gathered = {
        kind: each
        for kind, each in gather(judge, questions, representations, progress).items()
        if len(set(each.rows % 2)) == 2
    }
    marks = {kind: _marks(kind, each) for kind, each in gathered.items()}
    total = sum(each["questions"] for each in marks.values())
    together = {
        name: round(sum(each[name] * each["questions"] for each in marks.values()) / total, 1)
        for name in ("right", "most frequent", "without the photo")
    }
    return {
        "language": photos.language,
        "questions": len(questions),
        "kinds": marks,
        "all": {"questions": total, **together},
        "presence": _presence(judge, photos),
        "chosen": {kind: _chosen(kind, each) for kind, each in gathered.items()},
    }


def _marks(kind: Kind, gathered: Gathered) -> Figures:
    half = gathered.rows % 2 == 1
    right = gathered.right[half]
    if kind == "yes_no":
        yes = chances_of_yes(gathered.signs.cosines[half, 0], gathered.signs.given[half, 0])
        scores, options = np.maximum(yes, 1 - yes), (yes < 0.5).astype(np.int64)
        blind, sure_from = np.zeros(len(right), np.int64), PRESENCE.sure_from
    else:
        chances = gathered.signs.chances(WEIGHINGS[kind])[half]
        scores, options = chances.max(axis=1), chances.argmax(axis=1)
        blind, sure_from = gathered.signs.without[half].argmax(axis=1), WEIGHINGS[kind].sure_from
    is_right, is_sure = options == right, scores >= sure_from
    return {
        "questions": len(right),
        "right": _per_cent(is_right),
        "sure": _per_cent(is_sure),
        "right if sure": _per_cent(is_right[is_sure]),
        "most frequent": _per_cent(right == np.bincount(right).argmax()),
        "without the photo": _per_cent(blind == right),
    }


def _chosen(kind: Kind, gathered: Gathered) -> Figures:
    """Choose on the photos that `_marks` leaves out: weights, then how sharp, then from where it is sure."""
    half = gathered.rows % 2 == 0
    right = gathered.right[half]
    if kind == "yes_no":
        return _fitted_presence(gathered.signs.cosines[half, 0], gathered.signs.given[half, 0], right)
    signs = gathered.signs.rows(half)
    tried = [Weighing(prior, cosine, 1.0, 0.0) for prior, cosine in product(_PRIORS, _COSINES)]
    best = max(tried, key=lambda each: float((signs.weighed(each).argmax(axis=1) == right).mean()))

    def nats(weighing: Weighing) -> float:
        own = np.take_along_axis(signs.chances(weighing), right[:, None], axis=1)
        return -float(np.log(np.maximum(own, 1e-9)).mean())

    best = min((replace(best, sharpness=each) for each in _SHARPNESSES), key=nats)
    chances = signs.chances(best)
    best = replace(best, sure_from=_sure_from(chances.max(axis=1), chances.argmax(axis=1) == right))
    return asdict(best)


def _fitted_presence(cosine: Floats, gain: Floats, right: NDArray[np.int64]) -> Figures:
    from sklearn.linear_model import LogisticRegression

    signs = np.stack([cosine, gain], axis=1)
    fitted = LogisticRegression(C=100).fit(signs, right == 0)
    yes = fitted.predict_proba(signs)[:, 1]
    weights = (round(float(each), 2) for each in (*fitted.coef_[0], fitted.intercept_[0]))
    chosen = dict(zip(("cosine", "gain", "bias"), weights, strict=True))
    return {**chosen, "sure_from": _sure_from(np.maximum(yes, 1 - yes), (yes < 0.5) == (right == 1))}


def _sure_from(scores: Floats, is_right: NDArray[np.bool_]) -> float:
    """Choose the score from which on the most answers more are right than wrong."""
    order = (-scores).argsort(kind="stable")
    gains = np.where(is_right[order], 1, -1).cumsum()
    return round(float(scores[order[gains.argmax()]]), 2)


def _presence(judge: Judge, photos: EvaluationSet) -> Figures:
    said, grammar = Said(photos), grammar_of(photos.language)
    representations = photos.representations.numpy()
    asked = asking.asked if (asking := grammar.asking("yes_no")) is not None else ""
    served, alone = [], []
    for thing, counts in most_asked(said, grammar.things):
        question = read_question(asked.format(thing=thing.text), (said.language,))
        there, away = counts >= AGREED, has_not(said, thing, counts)
        if question is None or not there.any() or not away.any():
            continue
        yes = chances_of_yes(*presence_signs(judge, question, representations))
        cosine = representations @ judge.represent([thing.text], said.language)[0]
        served.append(area_under_curve(yes[there], yes[away]))
        alone.append(area_under_curve(cosine[there], cosine[away]))
    return {
        "things": len(served),
        "AUROC": round(float(np.mean(served)), 4),
        "AUROC by the cosine alone": round(float(np.mean(alone)), 4),
    }


def area_under_curve(higher: Floats, lower: Floats) -> float:
    """Give the chance that one of the first has a higher score than one of the second; ties count half."""
    order = np.sort(lower)
    below = np.searchsorted(order, higher, "left") + np.searchsorted(order, higher, "right")
    return float(below.mean() / 2 / len(lower))


def _per_cent(which: NDArray[np.bool_]) -> float:
    return round(100 * float(which.mean()), 1) if len(which) else 0.0
