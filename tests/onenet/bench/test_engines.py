"""The table of engines: what is missing is named, agreement is of captions and cosines."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from onenet.bench import engines
from onenet.bench.contenders import CONTENDERS, REFERENCE, Contender, Run, side_px
from onenet.bench.engines import NOT_INSTALLED, agreements, main, measure, measured_apart
from onenet.bench.engines_table import WHEELS, engines_table

FIGURES = {"made_s": 0.3, "one_ms": 10.0, "batch_ms": 5.0, "first_s": 0.1, "memory_mb": 60}


def mean(folder: Path, threads: int) -> Run:
    return lambda photos: photos.mean(axis=(2, 3))


def keep_number(folder: Path) -> None:
    (folder / "made").write_text("once")


def row(what: str, free: dict[str, Any], limited: dict[str, Any]) -> dict[str, Any]:
    return {"what": what, "package": "openvino", "free": free, "limited": limited}


def test_the_table_worked_out_by_hand() -> None:
    agreed = {"same_captions": 99.5, "cosine": 0.999}
    rows = [
        row("both", FIGURES | agreed, FIGURES | agreed | {"one_ms": 20.5, "same_captions": 100.0}),
        row("cannot be told", FIGURES | agreed, {"left_out": "goes by the processor alone"}),
        row("missing", {"left_out": "not installed: No module named 'it'"}, {"left_out": "the same"}),
        row("without the reference", FIGURES, FIGURES),
    ]
    known = {"machine": "a machine", "threads": 2, "photos": 200, "unit_ms": [9.0, 9.5], "date": "2026-11-27"}
    lines = [line.strip("| ").split(" | ") for line in engines_table(known | {"rows": rows}).splitlines()]
    expected = ["both", "10 / 20.5", "5 / 5", "99.5 / 100", "1e-03 / 1e-03", "0.3", "0.1", "60"]
    assert lines[2] == [*expected, WHEELS["openvino"]]
    assert lines[3][:5] == ["cannot be told", "10", "5", "99.5", "1e-03"]
    assert lines[4][:2] == ["missing", "not installed: No module named 'it'"]
    assert lines[5][:5] == ["without the reference", "10 / 10", "5 / 5", " / ", " / "]
    assert "a machine" in lines[-1][0]


def test_every_engine_comes_in_wheels_that_are_known() -> None:
    assert {contender.package for contender in CONTENDERS.values()} == WHEELS.keys()
    assert next(iter(CONTENDERS)) == REFERENCE  # the table says so


def test_agreement_worked_out_by_hand() -> None:
    reference = np.array([[1.0, 0.0], [0.0, 1.0]], np.float32)
    other = np.array([[1.0, 0.0], [0.6, 0.8]], np.float32)
    seen = {(REFERENCE, False): reference, (REFERENCE, True): reference, ("other", False): other}
    found = agreements(seen, lambda rows: [str(each) for each in rows])
    assert found[REFERENCE, True] == {"same_captions": 100.0, "cosine": 1.0}
    assert found["other", False] == {"same_captions": 50.0, "cosine": 0.8}
    broken = {(REFERENCE, False): reference, ("broken", False): np.full((2, 2), np.nan, np.float32)}
    assert agreements(broken, lambda rows: [str(each) for each in rows])["broken", False]["cosine"] == 0
    assert agreements({("other", False): other}, lambda rows: []) == {}


def test_one_is_prepared_and_measured_and_what_is_not_installed_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def absent(folder: Path, threads: int) -> Run:
        raise ModuleNotFoundError("No module named 'it'", name="it")

    monkeypatch.setattr(engines, "REPEATS", 2)
    known = {"mean": Contender("torch", mean, keep_number), "absent": Contender("it", absent, keep_number)}
    monkeypatch.setattr(engines, "CONTENDERS", known)
    photos = np.random.default_rng(1).uniform(size=(3, 3, 4, 4)).astype(np.float32)
    np.save(tmp_path / "photos.npy", photos)

    def ended(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["engines", *arguments, str(tmp_path), "1"])
        return main()

    assert ended("prepare", "mean") == 0
    assert (tmp_path / "made").read_text() == "once"
    assert ended("measure", "mean") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["one_ms"] >= 0
    assert np.load(tmp_path / "representations.npy") == pytest.approx(photos.mean(axis=(2, 3)))
    assert ended("measure", "absent") == NOT_INSTALLED
    assert "No module named" in capsys.readouterr().err


def test_one_that_cannot_be_is_left_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    (tmp_path / "python").write_text("#!/bin/sh\necho It is not here >&2\nexit 3\n")
    (tmp_path / "python").chmod(0o755)
    assert measured_apart(REFERENCE, tmp_path, 1, {}) == {"left_out": "not installed: It is not here"}


@pytest.mark.shipped
def test_they_give_what_the_reference_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "REPEATS", 1)
    side = side_px()
    np.save(tmp_path / "photos.npy", np.random.default_rng(1).uniform(-1, 1, (2, 3, side, side)).astype("f"))
    seen = []
    for what in (REFERENCE, "ONNX Runtime, float32, by default", "ONNX Runtime, float32, as served"):
        CONTENDERS[what].prepare(tmp_path)
        assert measure(CONTENDERS[what], tmp_path, 1)["batch_ms"] > 0
        seen.append(np.load(tmp_path / "representations.npy"))
    assert seen[1] == pytest.approx(seen[0], abs=1e-4)
    assert seen[2] == pytest.approx(seen[0], abs=1e-4)
