"""`index`, `like` and `find` with a Milvus, and copies there and back."""

from pathlib import Path

import pytest

from onenet.search.index import ImageIndex
from onenet.search.index_file import IndexFile
from tests.onenet.cli.command import CommandLine, assert_one_sentence

pytest.importorskip("pymilvus")
pytest.importorskip("milvus_lite")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def fingerprint_of(index: Path) -> str:
    return IndexFile(index).head().fingerprint


@pytest.mark.usefixtures("engine")
def test_an_address_does_as_a_file_does(
    onenet_command: CommandLine, photos: Path, tmp_path: Path, index_file: Path
) -> None:
    url, copy = f"file:{tmp_path / 'milvus.db'}", tmp_path / "copy"
    (first,) = onenet_command("index", photos, "--index", url, "--json").answers
    assert (first["photos"], first["added"], first["index"]) == (3, 3, url)
    (again,) = onenet_command("index", photos, "--index", url, "--json").answers
    assert (again["photos"], again["added"], again["removed"]) == (3, 0, 0)
    (copied,) = onenet_command("index", "--index", url, "--copy-to", copy, "--json").answers
    assert copied == {"index": url, "copy": str(copy), "photos": 3}
    back = f"file:{tmp_path / 'other.db'}"
    assert onenet_command("index", "--index", copy, "--copy-to", back).code == 0
    expected = onenet_command("like", photos / "red.png", "--index", index_file, "--json").answers
    for place in (url, copy, back):
        assert onenet_command("like", photos / "red.png", "--index", place, "--json").answers == expected


@pytest.mark.usefixtures("engine")
def test_a_copy_knows_what_cannot_be_read_and_may_be_of_nothing(
    onenet_command: CommandLine, photos: Path, tmp_path: Path
) -> None:
    (photos / "broken.jpg").write_text("no photo")
    index, url, copy = tmp_path / "index", f"file:{tmp_path / 'milvus.db'}", tmp_path / "copy"
    assert onenet_command("index", photos, "--index", index).code == 0
    for source, to in ((index, url), (url, copy)):
        assert onenet_command("index", "--index", source, "--copy-to", to).code == 0
    assert [each.photo for each in ImageIndex.load(copy, fingerprint=fingerprint_of(copy)).unreadable] == [
        str(photos / "broken.jpg")
    ]
    (tmp_path / "empty").mkdir()
    assert onenet_command("index", tmp_path / "empty", "--index", tmp_path / "nothing").code == 0
    assert onenet_command("index", "--index", tmp_path / "nothing", "--copy-to", tmp_path / "none").code == 0
    assert len(ImageIndex.load(tmp_path / "none", fingerprint=fingerprint_of(copy))) == 0


@pytest.mark.usefixtures("engine")
def test_what_is_left_out_is_listed_beside_a_file_of_milvus(
    onenet_command: CommandLine, photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "list").write_text(f"{photos / 'red.png'}\n{photos / 'nowhere.jpg'}\n")
    (done,) = onenet_command(
        "index", tmp_path / "list", "--index", f"file:{tmp_path / 'milvus.db'}", "--json"
    ).answers
    assert (done["photos"], done["failures"]) == (1, str(tmp_path / "milvus.db.failures.jsonl"))


@pytest.mark.usefixtures("engine")
def test_what_cannot_be_done_is_a_sentence(
    onenet_command: CommandLine, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INDEX_URL", "http://127.0.0.1:9")
    assert_one_sentence(onenet_command("like", photos / "red.png"), "http://127.0.0.1:9 cannot be reached")
    assert_one_sentence(onenet_command("index", photos, "--copy-to", "x"), "either a folder")
    assert_one_sentence(onenet_command("index"), "either a folder")
