"""How good captions are: pycocoevalcap's scores against what people said, and how varied they are."""

import contextlib
import io
import re
import shutil
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onenet.datasets.flickr8k import CaptionedPhoto
from onenet.evaluation.figures import Figures, percent

_RESAMPLES = 1000


def score_captions(
    captions: Sequence[str],
    photos: Sequence[CaptionedPhoto],
    notice: Callable[[str], None],
    *,
    meteor: bool = True,
) -> Figures:
    """Score one caption a photo against the photo's own ones, x100, by pycocoevalcap.

    Protocol: lower case, punctuation removed, words split at spaces, no PTB tokeniser. METEOR needs Java.
    The intervals hold 95 % of the scores of photos drawn anew with replacement (bootstrap).

    Args:
        notice: Called with a sentence about what could not be measured.
        meteor: Whether METEOR is wanted, which takes seconds.
    """
    references = [[plain(text) for text in photo.captions] for photo in photos]
    candidates = [plain(caption) for caption in captions]
    figures = caption_scores(candidates, references, notice, intervals=True)
    if figures and meteor and (score := meteor_score(candidates, references, notice)) is not None:
        figures["METEOR"] = score
    return figures


def caption_scores(
    candidates: Sequence[str],
    references: Sequence[Sequence[str]],
    notice: Callable[[str], None] = lambda sentence: None,
    *,
    intervals: bool = False,
) -> Figures:
    """Score one sentence a photo against others of it, x100, by pycocoevalcap; words are split at spaces.

    Args:
        notice: Called with a sentence about what could not be measured.
        intervals: Whether to add what holds 95 % of the scores of photos drawn anew with replacement.
    """
    try:
        from pycocoevalcap.bleu.bleu_scorer import BleuScorer
        from pycocoevalcap.cider.cider import Cider
        from pycocoevalcap.rouge.rouge import Rouge
    except ImportError:
        notice("Caption metrics need pycocoevalcap: pip install -r requirements-dev.txt.")
        return {}
    known = {row: list(own) for row, own in enumerate(references)}
    said = {row: [candidate] for row, candidate in enumerate(candidates)}
    bleu_scorer = BleuScorer(n=4)
    for row, own in known.items():
        bleu_scorer += (said[row][0], own)
    with contextlib.redirect_stdout(io.StringIO()):
        bleu, _ = bleu_scorer.compute_score(option="closest", verbose=0)
        rouge, _ = Rouge().compute_score(known, said)
        cider, ciders = Cider().compute_score(known, said)
    figures: Figures = {f"BLEU-{n}": percent(score) for n, score in enumerate(bleu, start=1)}
    figures |= {"ROUGE-L": percent(rouge), "CIDEr": percent(cider)}
    if intervals:
        draws = np.random.default_rng(0).integers(0, len(candidates), (_RESAMPLES, len(candidates)))
        bleus = [_bleu_4([bleu_scorer.ctest[row] for row in draw]) for draw in draws[: _RESAMPLES // 5]]
        figures["BLEU-4 interval"] = _interval(np.array(bleus))
        figures["CIDEr interval"] = _interval(np.asarray(ciders)[draws].mean(axis=1))
    return figures


def ciders_of(candidates: Sequence[str], references: Sequence[Sequence[str]]) -> NDArray[np.float64]:
    """CIDEr of each of some sentences against others of its photo, shape (N,), 1 is 100 of the tables."""
    from pycocoevalcap.cider.cider import Cider

    known = {row: list(own) for row, own in enumerate(references)}
    said = {row: [candidate] for row, candidate in enumerate(candidates)}
    return np.asarray(Cider().compute_score(known, said)[1])


def paired_interval(first: NDArray[np.float64], second: NDArray[np.float64]) -> list[float]:
    """Give what holds 95 % of the mean differences, first less second, of photos drawn anew.

    Args:
        first: A figure of each of N photos, shape (N,).
        second: The same of another network.
    """
    draws = np.random.default_rng(0).integers(0, len(first), (_RESAMPLES, len(first)))
    return [round(float(end), 1) for end in np.percentile((first - second)[draws].mean(axis=1), [2.5, 97.5])]


def plain(text: str) -> str:
    """Lower-case a sentence and remove its punctuation, as the published protocol does."""
    return " ".join(re.sub(r"[^a-z0-9\s]", "", text.lower()).split())


def measure_variety(captions: Sequence[str], known: set[str]) -> Figures:
    """How many captions differ, how many stand so in the training split, how many words are used."""
    return {
        "distinct_captions": len(set(captions)),
        "found_in_training": percent(float(np.mean([plain(caption) in known for caption in captions]))),
        "words_used": len({word for caption in captions for word in caption.split()}),
    }


def _bleu_4(sentences: Sequence[dict[str, Any]]) -> float:
    """BLEU-4 of a set of sentences from the n-gram counts that pycocoevalcap has of each."""
    guess, correct = (
        np.sum([sentence[name] for sentence in sentences], axis=0) for name in ("guess", "correct")
    )
    length = sum(sentence["testlen"] for sentence in sentences)
    reference = sum(
        min(sentence["reflen"], key=lambda words: (abs(words - sentence["testlen"]), words))
        for sentence in sentences
    )
    if not correct.all():
        return 0.0
    brevity = min(0.0, 1 - reference / length)
    return float(np.exp(np.log(correct / guess).mean() + brevity))


def _interval(scores: NDArray[np.float64]) -> list[float]:
    return [percent(score) for score in np.quantile(scores, (0.025, 0.975))]


def meteor_score(
    candidates: Sequence[str], references: Sequence[Sequence[str]], notice: Callable[[str], None]
) -> float | None:
    """METEOR of English sentences against others of their photos, x100; None without Java."""
    if shutil.which("java") is None:
        notice("METEOR is left out: it needs Java, which is not installed.")
        return None
    from pycocoevalcap.meteor.meteor import Meteor

    known = {row: list(own) for row, own in enumerate(references)}
    said = {row: [candidate] for row, candidate in enumerate(candidates)}
    scorer = Meteor()
    try:
        score, _ = scorer.compute_score(known, said)
    finally:
        java = scorer.meteor_p  # the package leaves it running
        java.kill()
        java.communicate()
    return percent(score)
