"""The verb `index` with lists and without what a cluster needs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.onenet.cli.command import CommandLine, FakeEngine, assert_one_sentence
from tests.onenet.cli.conftest import engine, index_file, photos

__all__ = ["engine", "index_file", "photos"]  # fixtures

PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture
def _without_extras(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ray", "fsspec", "fsspec.core"):
        monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.usefixtures("_without_extras")
def test_a_list_of_paths_needs_no_other_package(
    onenet_command: CommandLine, engine: FakeEngine, photos: Path, tmp_path: Path
) -> None:
    listed, index = tmp_path / "list", tmp_path / "index"
    listed.write_text("\n".join([*map(str, sorted(photos.rglob("*.png"))), str(photos / "none.png")]))
    done = onenet_command("index", listed, "--index", index, "--json")
    (answer,) = done.answers
    failures = tmp_path / "index.failures.jsonl"
    assert (answer["photos"], answer["added"], answer["left_out"]) == (3, 3, 1)
    assert answer["failures"] == str(failures)
    assert done.err == f"1 photo is left out; {failures} says which, and why.\n"
    none = str(photos / "none.png")
    assert json.loads(failures.read_text()) == {"photo": none, "reason": f"{none} was not found."}
    engine.represented.clear()
    Path(listed).write_text("\n".join(map(str, photos.rglob("*.png"))))
    again = onenet_command("index", listed, "--index", index, "--failures", tmp_path / "mine.jsonl")
    assert again.out.startswith(f"3 photos in {index}: 0 added, 0 removed, 0 left out. It took ")
    assert engine.represented == []
    assert not (tmp_path / "mine.jsonl").exists()


@pytest.mark.usefixtures("engine", "_without_extras")
def test_what_needs_another_package_says_which(
    onenet_command: CommandLine, photos: Path, tmp_path: Path
) -> None:
    index = ("--index", tmp_path / "index")
    with_ray = onenet_command("index", photos, "--ray", "local", *index)
    assert_one_sentence(with_ray, "the package ray is needed: pip install 'onenet[ray]'")
    at_address = onenet_command("index", "s3://bucket/photos", *index)
    assert_one_sentence(at_address, "the package fsspec is needed: pip install 'onenet[ray]'")
    assert_one_sentence(onenet_command("index", photos, "--workers", "2", *index), "give --ray ADDRESS too")
    assert onenet_command("index", photos, *index).code == 0


@pytest.mark.usefixtures("engine")
def test_a_file_system_that_is_not_installed_is_named(onenet_command: CommandLine, tmp_path: Path) -> None:
    pytest.importorskip("fsspec", reason="fsspec is not installed: pip install 'onenet[ray]'")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "s3fs", None)
        result = onenet_command("index", "s3://bucket/photos", "--index", tmp_path / "index")
    assert_one_sentence(result, "the package s3fs is needed: pip install s3fs")


@pytest.mark.usefixtures("engine")
def test_photos_of_a_list_that_have_gone_are_kept_and_prune_is_for_folders(
    onenet_command: CommandLine, photos: Path, index_file: Path, tmp_path: Path
) -> None:
    listed = tmp_path / "list"
    listed.write_text(str(photos / "red.png"))
    (answer,) = onenet_command("index", listed, "--index", index_file, "--prune", "--json").answers
    assert (answer["photos"], answer["added"], answer["removed"], answer["missing"]) == (3, 0, 0, 0)


def test_nothing_of_it_is_imported_unless_it_is_asked_for() -> None:
    code = "import sys, onenet.cli.indexing, onenet.engine, onenet.search; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, timeout=60
    )
    assert not {"ray", "fsspec", "onenet.indexing"} & set(done.stdout.split())
