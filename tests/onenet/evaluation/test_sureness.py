"""How sure a network may be: a rule that made-up signs follow is found again."""

from typing import Any

import numpy as np
import pytest

from onenet.captions.sureness import Sureness, sureness_by_language
from onenet.evaluation import sureness
from onenet.evaluation.sureness import DOUBTED_BELOW, fit_sureness

RULE = Sureness((2.0, -3.0, 0.5, 0.0, 1.0, 0.7), -0.5)


def _made_up(count: int, seed: int, *, blind: bool = False) -> tuple[Any, Any, Any]:
    """Signs, whether captions are right by the rule's chances, and the set of each."""
    random = np.random.default_rng(seed)
    signs = random.normal([-1.0, 0.3, 0.0, 0.4, 2.0, 0.0], [0.8, 0.5, 0.2, 0.2, 1.0, 0.5], (count, 6))
    right = random.random(count) < (np.full(count, 0.4) if blind else RULE.of(signs))
    return signs, right, np.arange(count) % 2


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[Any, Any, Any]]:
    """What is told of the captions of each language."""
    parts: dict[str, tuple[Any, Any, Any]] = {}
    monkeypatch.setattr(sureness, "_told", lambda model, sets, ease: [parts[sets[0]]])
    return parts


def _fit(told: dict[str, Any]) -> dict[str, Any]:
    return fit_sureness(None, {language: [language, "other"] for language in told})  # type: ignore[arg-type,list-item]


def test_a_known_rule_is_found(told: dict[str, Any]) -> None:
    told["en"] = _made_up(8000, 0)
    fitted = _fit(told)["languages"]["en"]
    assert fitted["weights"] == pytest.approx(RULE.weights, abs=0.5)
    assert fitted["bias"] == pytest.approx(RULE.bias, abs=0.35)
    signs, right, _ = _made_up(4000, 1)
    [found] = sureness_by_language({"dev": {"sure": {"languages": {"en": fitted}}}}).values()
    assert np.abs(found.of(signs) - RULE.of(signs)).mean() < 0.03
    for low in (0.0, 0.25, 0.5, 0.75):  # of those said to be right with a chance so many are
        chosen = (found.of(signs) >= low) & (found.of(signs) < low + 0.25)
        assert right[chosen].mean() == pytest.approx(found.of(signs)[chosen].mean(), abs=0.08)
    assert fitted["AUROC"] > 0.8
    assert fitted["AUROC of each"] == pytest.approx([fitted["AUROC"]] * 2, abs=0.05)
    assert fitted["right"] == pytest.approx(100 * told["en"][1].mean(), abs=0.06)
    assert 0 < fitted["doubted"] < 100
    assert fitted["right of the doubted"] < 100 * DOUBTED_BELOW


def test_signs_that_say_nothing_are_not_taken_for_a_rule(told: dict[str, Any]) -> None:
    told["de"] = _made_up(2000, 2, blind=True)
    fitted = _fit(told)["languages"]["de"]
    assert fitted["AUROC"] == pytest.approx(0.5, abs=0.06)
    assert fitted["doubted"] < 5


def test_a_sign_that_never_changes_is_no_obstacle(told: dict[str, Any]) -> None:
    """Networks that tell no classes give two of them."""
    signs, right, source = _made_up(500, 3)
    signs[:, 3:] = 0.0
    told["en"] = signs, right, source
    assert np.isfinite(_fit(told)["languages"]["en"]["weights"]).all()


@pytest.mark.parametrize("right", [[True] * 30, [False] * 30, [True] * 4 + [False] * 26])
def test_too_few_captions_of_a_kind_are_not_fitted(told: dict[str, Any], right: list[bool]) -> None:
    signs, _, source = _made_up(30, 4)
    told["en"] = signs, np.array(right), source
    told["de"] = _made_up(500, 5)
    assert list(_fit(told)["languages"]) == ["de"]
