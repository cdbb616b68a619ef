"""`python -m onenet bench --index N`: all rows are measured, and the vectors lie as the photos do."""

import json
from pathlib import Path

import numpy as np
import pytest

import onenet.bench.index
from onenet.__main__ import main
from onenet.bench.index import _vectors
from tests.onenet.cli.test_command_line import random_network
from tests.onenet.drawn import write_dataset
from tests.onenet.search.test_index import random_units


@pytest.mark.slow
def test_all_rows_are_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(onenet.bench.index, "QUERIES", 6)
    data, network = write_dataset(tmp_path / "data", train=30, dev=4), random_network(tmp_path / "network")
    paths = ["--data", str(data), "--work", str(tmp_path / "work"), "--checkpoint", str(network)]
    assert main(["bench", "--index", "2000", *paths, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    figures = {row["name"]: row["figure"] for row in found["rows"]}
    assert (found["photos"], found["own_vectors"]) == (2000, 28)
    assert figures["recall@10 against exact"] == 1
    assert 600 < figures["bytes a photo on disk"] < 750
    assert figures["nothing changed: compare 2,000 files"] < 10
    assert all(figure >= 0 for figure in figures.values())


def test_too_few_photos_are_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, network = write_dataset(tmp_path / "data"), random_network(tmp_path / "network")
    paths = ["--data", str(data), "--work", str(tmp_path / "work"), "--checkpoint", str(network)]
    assert main(["bench", "--index", "2000", *paths]) == 2
    assert "has 16 photos; 600 are needed at least" in capsys.readouterr().err


def test_made_vectors_lie_between_and_around_the_photos() -> None:
    own = random_units(200, 16)
    made = _vectors(own, 5000)
    assert (made[:200] == own).all()
    np.testing.assert_allclose(np.linalg.norm(made, axis=1), 1, atol=1e-5)
    nearest = (made[200:] @ own.T).max(axis=1)
    assert 0.7 < np.median(nearest) < 0.98  # copies of none, and near some
    assert len(np.unique(made, axis=0)) == 5000
    assert (_vectors(own, 100) == own[:100]).all()
