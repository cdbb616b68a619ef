"""The verbs `download`, `train` and `evaluate`: what they say before any work is done."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import onenet.datasets.download
import onenet.progress
from tests.onenet.cli.command import CommandLine, assert_one_sentence


def test_download_keeps_notices_off_stdout(
    onenet_command: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fake_download(folder: Path, *, progress: Any) -> Path:
        progress(onenet.datasets.download.DownloadProgress("downloading", "a.zip", 1, 2))
        progress(
            onenet.datasets.download.DownloadProgress(
                "done", "b.zip", 0, None, "Something optional is missing."
            )
        )
        return folder

    monkeypatch.setattr(onenet.datasets.download, "download_flickr8k", fake_download)
    result = onenet_command("download", "flickr8k", "--to", tmp_path, "--json")
    assert result.answers == [{"folder": str(tmp_path)}]
    assert result.err.startswith(
        "Something optional is missing.\nTo search its photos: python -m onenet index"
    )


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--teach",), "give their folder behind --wild"),
        (("--then", "--record"), "leave --teach or --then out"),
    ],
)
def test_what_measures_a_part_says_what_it_needs(
    onenet_command: CommandLine, tmp_path: Path, options: tuple[str, ...], sentence: str
) -> None:
    assert_one_sentence(onenet_command("evaluate", tmp_path, *options), sentence)


@pytest.mark.parametrize("verb", ["train", "evaluate"])
def test_missing_data_is_a_sentence(
    onenet_command: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    import onenet.network.checkpoint

    monkeypatch.setattr(
        onenet.network.checkpoint,
        "load_checkpoint",
        lambda path: SimpleNamespace(model=None, vocabulary=None),
    )
    result = onenet_command(verb, tmp_path / "none", "--work", tmp_path, "--checkpoint", tmp_path / "new")
    assert_one_sentence(result, str(tmp_path / "none"))
