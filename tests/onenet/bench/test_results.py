"""What was measured is found again: the shipped results stay in their tables."""

from pathlib import Path
from typing import Any

from onenet.bench.results import Results
from onenet.bench.variants import Variant
from onenet.cli.bench import write_tables
from onenet.paths import DATA


def test_the_shipped_tables_are_those_of_the_shipped_results(tmp_path: Path) -> None:
    results = Results(DATA / "bench.json")
    (data,) = {measurement["data"] for measurement in results.measurements}
    text = write_tables(tmp_path / "bench.md", results, data)
    shipped = (DATA / "bench.md").read_text(encoding="utf-8")
    assert [line for line in shipped.splitlines() if line not in text.splitlines()] == []
    assert text + "\n" == shipped


def results_of(folder: Path, config: dict[str, Any]) -> Results:
    results = Results(folder / "bench.json")
    results.add({"variant": "mine", "seed": 1, "data": "dev", "config": config})
    return results


def test_a_setting_newer_than_a_measurement_had_its_default(tmp_path: Path) -> None:
    results = results_of(tmp_path, {"seed": 1, "tuning_rate": 0.0})
    assert results.of(Variant("mine", "", {"tuning_rate": 0.0}), "dev") == results.measurements
    assert results.of(Variant("mine", ""), "dev") == []


def test_a_variant_of_a_newer_setting_is_measured_anew(tmp_path: Path) -> None:
    results = results_of(tmp_path, {"seed": 1})
    assert results.find(Variant("mine", "", {"views": 1}), 1, "dev") is None
