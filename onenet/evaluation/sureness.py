"""Fits how sure a network may be of its captions, and measures it on captions that it was not fitted to."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from torch import Tensor

from onenet.captions.beam_search import writer_of
from onenet.captions.sureness import signs_of
from onenet.evaluation.captions import ciders_of
from onenet.evaluation.evaluation_set import EvaluationSet
from onenet.evaluation.figures import Figures
from onenet.network.model import BATCH, OneNet
from onenet.network.vocabulary import language_of_code

GOOD_FROM = 0.5  # CIDEr of a caption that is right, 1 being 100 of the tables
DOUBTED_BELOW = 0.35  # chance of being right below which a caption is doubted: chosen on dev
_FOLDS = 5

_Told = tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.int64]]


def fit_sureness(
    model: OneNet, sets: Mapping[str, Sequence[EvaluationSet]], ease: NDArray[np.float32] | None = None
) -> Figures:
    """Fit the chance that captions are right, by language, and measure it by cross-validation.

    Captions are right if their CIDEr against what people said of the photo is `GOOD_FROM` or more. The photos
    of a language's sets count alike whatever set they are of.

    Args:
        model: In eval mode.
        sets: Photos by the language of their captions.
        ease: See `onenet.captions.sureness.ease_in`.

    Returns:
        JSON-ready: "threshold", and for each of "languages" the "weights" of the signs, the "bias", and how
        well right captions are told from wrong ones that it was not fitted to: "AUROC", in all and for each
        set alone; the share of captions that are right, that are doubted, and of these that are right, in
        per cent.
    """
    found = {language: _fit(_told(model, own, ease), len(own)) for language, own in sets.items()}
    return {"threshold": DOUBTED_BELOW, "languages": {code: each for code, each in found.items() if each}}


def _fit(told: Sequence[_Told], sets: int) -> Figures:
    signs, right, source = (np.concatenate(parts) for parts in zip(*told, strict=True))
    if not 0 < right.mean() < 1 or min(right.sum(), (~right).sum()) < _FOLDS:
        return {}
    centre, spread = signs.mean(axis=0), signs.std(axis=0).clip(min=1e-9)
    plain = (signs - centre) / spread
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=0)
    unseen = cross_val_predict(LogisticRegression(), plain, right, cv=folds, method="predict_proba")[:, 1]
    line = LogisticRegression().fit(plain, right)
    weights = line.coef_[0] / spread
    doubted = unseen < DOUBTED_BELOW
    return {
        "weights": [round(float(weight), 6) for weight in weights],
        "bias": round(float(line.intercept_[0] - weights @ centre), 6),
        "AUROC": round(float(roc_auc_score(right, unseen)), 4),
        "AUROC of each": [
            round(float(roc_auc_score(right[source == number], unseen[source == number])), 4)
            for number in range(sets)
            if 0 < right[source == number].mean() < 1
        ],
        "right": _percent(right),
        "doubted": _percent(doubted),
        "right of the doubted": _percent(right[doubted]),
    }


def _told(model: OneNet, sets: Sequence[EvaluationSet], ease: NDArray[np.float32] | None) -> list[_Told]:
    """Give for each set the signs of the best captions, whether these are right, and the set's number."""
    parts = []
    for number, photos in enumerate(sets):
        writer = writer_of(model, photos.vocabulary, photos.language)
        signs: list[NDArray[np.float64]] = []
        captions: list[str] = []
        split = language_of_code(photos.language).tokenize
        for start in range(0, len(photos.photos), BATCH):
            batch = photos.representations[start : start + BATCH]
            written = writer.write(batch, n=5)
            of_batch = signs_of(batch.numpy(), _name_log_p(model, batch), written, ease)
            signs += [each[0] for each in of_batch]
            captions += [photos.vocabulary.decode(own[0].token_ids) for own in written]
        references = [
            [" ".join(split(text)) for text in photo.captions_in(photos.language)] for photo in photos.photos
        ]
        ciders = ciders_of([" ".join(split(caption)) for caption in captions], references)
        parts.append((np.array(signs), ciders >= GOOD_FROM, np.full(len(captions), number)))
    return parts


def _name_log_p(model: OneNet, representations: Tensor) -> NDArray[np.float32] | None:
    if model.to_names is None:
        return None
    log_p: NDArray[np.float32] = model.name_logits(representations).log_softmax(dim=-1).numpy()
    return log_p


def _percent(shares: NDArray[np.bool_]) -> float:
    return round(100 * float(shares.mean()), 1) if len(shares) else 0.0
