"""The table of engines: what is missing is named, differences are cosines."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from onenet.bench import engines
from onenet.bench.engines import NOT_INSTALLED, REFERENCE, main, measured_apart, table


def test_the_table_worked_out_by_hand() -> None:
    known = {"one": 10.0, "of a batch": 5.0, "loads in s": 0.1}
    found = {
        REFERENCE: {**known, "representations": [[1.0, 0.0], [0.0, 1.0]]},
        "other": {**known, "one": 4.0, "representations": [[1.0, 0.0], [0.6, 0.8]]},
        "missing": {"left out": "not installed: No module named 'it'"},
    }
    lines = table(found).splitlines()
    assert lines[2] == f"| {REFERENCE} | 10.0 | 5.0 | 0.1 | 0.0e+00 |"
    assert lines[3] == "| other | 4.0 | 5.0 | 0.1 | 2.0e-01 |"
    assert lines[4] == "| missing | not installed: No module named 'it' | | | |"
    found[REFERENCE] = {"left out": "failed: too little memory"}
    assert table(found).splitlines()[3].endswith("| 0.1 |  |")


def test_one_is_measured_and_what_is_not_installed_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(engines, "SIDE_PX", 4)
    monkeypatch.setattr(engines, "REPEATS", 2)

    def absent(threads: int) -> engines.Run:
        raise ModuleNotFoundError("No module named 'it'", name="it")

    def mean(threads: int) -> engines.Run:
        return lambda photos: photos.mean(axis=(2, 3))

    monkeypatch.setattr(engines, "ENGINES", {"mean": mean, "absent": absent})
    monkeypatch.setattr(sys, "argv", ["engines", "--engine", "mean"])
    assert main() == 0
    found = json.loads(capsys.readouterr().out)
    assert found["one"] >= 0
    assert np.shape(found["representations"]) == (4, 3)
    monkeypatch.setattr(sys, "argv", ["engines", "--engine", "absent"])
    assert main() == NOT_INSTALLED
    assert "No module named" in capsys.readouterr().err


def test_one_that_cannot_be_is_left_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    (tmp_path / "python").write_text("#!/bin/sh\necho It is not here >&2\nexit 3\n")
    (tmp_path / "python").chmod(0o755)
    assert measured_apart(REFERENCE, 1, "AVX2") == {"left out": "not installed: It is not here"}
