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
    try:
        from pycocoevalcap.bleu.bleu_scorer import BleuScorer
        from pycocoevalcap.cider.cider import Cider
        from pycocoevalcap.rouge.rouge import Rouge
    except ImportError:
        notice("Caption metrics need pycocoevalcap: pip install -r requirements-dev.txt.")
        return {}
    references = {row: [plain(text) for text in photo.captions] for row, photo in enumerate(photos)}
    candidates = {row: [plain(caption)] for row, caption in enumerate(captions)}
    bleu_scorer = BleuScorer(n=4)
    for row in references:
        bleu_scorer += (candidates[row][0], references[row])
    with contextlib.redirect_stdout(io.StringIO()):
        bleu, _ = bleu_scorer.compute_score(option="closest", verbose=0)
        rouge, _ = Rouge().compute_score(references, candidates)
        cider, ciders = Cider().compute_score(references, candidates)
    figures: Figures = {f"BLEU-{n}": percent(score) for n, score in enumerate(bleu, start=1)}
    if meteor and (score := _meteor(references, candidates, notice)) is not None:
        figures["METEOR"] = percent(score)
    figures |= {"ROUGE-L": percent(rouge), "CIDEr": percent(cider)}
    draws = np.random.default_rng(0).integers(0, len(photos), (_RESAMPLES, len(photos)))
    bleus = [_bleu_4([bleu_scorer.ctest[row] for row in draw]) for draw in draws[: _RESAMPLES // 5]]
    figures["BLEU-4 interval"] = _interval(np.array(bleus))
    figures["CIDEr interval"] = _interval(np.asarray(ciders)[draws].mean(axis=1))
    return figures


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


def _meteor(
    references: dict[int, list[str]], candidates: dict[int, list[str]], notice: Callable[[str], None]
) -> float | None:
    if shutil.which("java") is None:
        notice("METEOR is left out: it needs Java, which is not installed.")
        return None
    from pycocoevalcap.meteor.meteor import Meteor

    scorer = Meteor()
    try:
        score, _ = scorer.compute_score(references, candidates)
    finally:
        java = scorer.meteor_p  # the package leaves it running
        java.kill()
        java.communicate()
    return float(score)
