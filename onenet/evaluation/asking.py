"""How well questions about photos are answered, beside two blind marks.

These are the most frequent answer of a kind, and the same method without the photo.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray

from onenet.asking.answering import Signs, signs_of, thing_asked
from onenet.asking.grammar import Kind, grammar_of
from onenet.asking.judge import Floats, Judge
from onenet.asking.looking import Look
from onenet.asking.presence import presence_signs
from onenet.asking.questions import is_seen_in_places, read_question
from onenet.asking.weights import AnswerWeights, weights_from
from onenet.evaluation.evaluation_set import (
    EvaluationSet,
)
from onenet.evaluation.figures import Figures, Progress
from onenet.evaluation.questions import MadeQuestion, Said, has_not, make_questions, most_asked
from onenet.evaluation.weighing import Gathered, choose, joined

BOOTSTRAPS = 1000

Looking = Callable[[int], Look]  # at the photo of a row


def gather(
    judge: Judge,
    questions: Sequence[MadeQuestion],
    representations: Floats,
    looking: Looking | None = None,
    progress: Progress = lambda what, done, total: None,
) -> dict[Kind, Gathered]:
    """Ask the network about all questions, those of one wording together.

    Args:
        looking: At photos of which that helps; None: answers are guessed from the whole.
    """
    by_text: dict[str, list[MadeQuestion]] = defaultdict(list)
    for each in questions:
        by_text[each.question.text].append(each)
    found: dict[Kind, list[Gathered]] = defaultdict(list)
    for number, alike in enumerate(by_text.values(), 1):
        progress("questions", number, len(by_text))
        question, rows = alike[0].question, np.array([each.row for each in alike])
        is_looked_at = looking is not None and is_seen_in_places(question)
        looks = [looking(row) for row in rows.tolist()] if looking and is_looked_at else []
        if question.kind == "yes_no":
            own = presence_signs(
                judge, thing_asked(question), question.language, representations[rows], looks
            )
            columns = own.gain, np.zeros_like(own.gain), own.cosine, own.seen
            signs = Signs(*(column[:, None] for column in columns))
        else:
            signs = signs_of(judge, question, representations[rows], looks)
        right = np.array([each.right for each in alike])
        found[question.kind].append(Gathered(question.kind, signs, right, rows))
    return {kind: joined(kind, parts) for kind, parts in found.items()}


def measure_asking(
    judge: Judge,
    photos: EvaluationSet,
    looking: Looking | None = None,
    *,
    wild: EvaluationSet | None = None,
    looking_wild: Looking | None = None,
    progress: Progress = lambda what, done, total: None,
) -> Figures:
    """Measure the answers about each half of the photos with the weights that the other half chooses.

    Args:
        looking: See `gather`.
        wild: Photos of another kind, which choose too and are measured apart.
        looking_wild: At these.

    Returns:
        JSON-ready: "kinds" with, of each, the number of questions, the share that is right with its 95 %
        interval, the share of which it is sure and how many of these are right, and both blind marks, all in
        per cent; "all" of all questions together; "wild" both of photos of another kind; "presence" with the
        area under the curve of whether a thing is there, the mean over the things named most, by what all
        photos choose, with and without looking at places, and by the cosine with the thing alone; "chosen":
        what all photos choose, see `onenet.asking.weights.weights_from`.
    """
    questions = make_questions(photos)
    gathered = gather(judge, questions, photos.representations.numpy(), looking, progress)
    of_wild: dict[Kind, Gathered] = {}
    if wild is not None:
        made = make_questions(wild)
        of_wild = gather(judge, made, wild.representations.numpy(), looking_wild, progress)
    kinds = [kind for kind, each in gathered.items() if len(set(each.rows % 2)) == 2]
    first = 2 * len(photos.photos)  # row of the others: an even one, which keeps their halves
    both = {
        kind: joined(kind, [gathered[kind], *([of_wild[kind].from_row(first)] if kind in of_wild else [])])
        for kind in kinds
    }
    marks = {kind: _marks(each, each.rows < first) for kind, each in both.items()}
    chosen = {name: asdict(choose(each)) for name, each in _named(both).items()}
    figures: Figures = {
        "language": photos.language,
        "questions": len(questions),
        "kinds": marks,
        "all": _together(marks),
        "presence": _presence(judge, photos, looking, weights_from(chosen)),
        "chosen": chosen,
    }
    if of_wild:
        apart = {kind: _marks(both[kind], both[kind].rows >= first) for kind in kinds if kind in of_wild}
        figures["wild"] = {"kinds": apart, "all": _together(apart)}
    return figures


def _named(kinds: Mapping[Kind, Gathered]) -> dict[str, Gathered]:
    """Give what chooses the weights of each name in `AnswerWeights`."""
    named: dict[str, Gathered] = {kind: each for kind, each in kinds.items() if kind != "yes_no"}
    if (asked := kinds.get("yes_no")) is not None:
        named["presence"] = asked.unseen()
        if asked.signs.seen.any():
            named["presence_seen"] = asked
    return named


def _together(marks: Mapping[Kind, Figures]) -> Figures:
    total = sum(each["questions"] for each in marks.values())
    if not total:
        return {"questions": 0}
    return {"questions": total} | {
        name: round(sum(each[name] * each["questions"] for each in marks.values()) / total, 1)
        for name in ("right", "most frequent", "without the photo")
    }


def _marks(gathered: Gathered, which: NDArray[np.bool_]) -> Figures:
    """Mark some of the questions; all of them choose the weights for the other half of the photos."""
    half = gathered.rows % 2 == 1
    answers, is_sure = np.empty_like(gathered.right), np.empty(len(half), np.bool_)
    for own in (half, ~half):
        weighing = choose(gathered.of(~own))
        answers[own], scores = gathered.of(own).answers(weighing)
        is_sure[own] = scores >= weighing.sure_from
    blind = gathered.blind()[which]
    right, rows, is_sure = gathered.right[which], gathered.rows[which], is_sure[which]
    is_right = answers[which] == right
    return {
        "questions": len(is_right),
        "right": _per_cent(is_right),
        "interval": _interval(is_right, rows),
        "sure": _per_cent(is_sure),
        "right if sure": _per_cent(is_right[is_sure]),
        "most frequent": _per_cent(right == np.bincount(right).argmax()),
        "without the photo": _per_cent(blind == right),
    }


def _interval(is_right: NDArray[np.bool_], rows: NDArray[np.int64]) -> list[float]:
    """Give the 95 % interval of the share, by bootstrap over photos."""
    photos, own = np.unique(rows, return_inverse=True)
    counts = np.bincount(own)
    rights = np.bincount(own, weights=is_right)
    drawn = np.random.default_rng(0).integers(len(photos), size=(BOOTSTRAPS, len(photos)))
    shares = 100 * rights[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    return [round(float(each), 1) for each in np.percentile(shares, (2.5, 97.5))]


def _presence(
    judge: Judge, photos: EvaluationSet, looking: Looking | None, weights: AnswerWeights
) -> Figures:
    said, grammar = Said(photos), grammar_of(photos.language)
    representations = photos.representations.numpy()
    asked = asking.asked if (asking := grammar.asking("yes_no")) is not None else ""
    looks = [looking(row) for row in range(len(representations))] if looking else []
    curves: dict[str, list[float]] = {"AUROC": [], "without looking": [], "by the cosine alone": []}
    for thing, counts in most_asked(said, grammar.things):
        question = read_question(asked.format(thing=thing.text), (said.language,))
        there, away = counts >= said.agreed, has_not(said, thing, counts)
        if question is None or not there.any() or not away.any():
            continue
        signs = presence_signs(judge, thing_asked(question), question.language, representations, looks)
        scores = (
            signs.chances(weights.presence_of(is_looked_at=bool(looks))),
            signs.chances(weights.presence),
            representations @ judge.represent([thing.text], said.language)[0],
        )
        for areas, score in zip(curves.values(), scores, strict=True):
            areas.append(area_under_curve(score[there], score[away]))
    if not curves["AUROC"]:
        return {"things": 0}
    means = {name: round(float(np.mean(areas)), 4) for name, areas in curves.items()}
    return {"things": len(curves["AUROC"]), **means}


def area_under_curve(higher: Floats, lower: Floats) -> float:
    """Give the chance that one of the first has a higher score than one of the second; ties count half."""
    order = np.sort(lower)
    below = np.searchsorted(order, higher, "left") + np.searchsorted(order, higher, "right")
    return float(below.mean() / 2 / len(lower))


def _per_cent(which: NDArray[np.bool_]) -> float:
    return round(100 * float(which.mean()), 1) if len(which) else 0.0
