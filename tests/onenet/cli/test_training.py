"""The verbs `download`, `pack`, `train` and `evaluate`: what they say before any work is done."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import onenet.datasets.download
import onenet.progress
from onenet.errors import DatasetError
from tests.onenet.cli.command import CommandLine, assert_one_sentence
from tests.onenet.drawn import write_sources


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
        lambda path: SimpleNamespace(model=None, vocabulary=None, fingerprint="none"),
    )
    result = onenet_command(verb, tmp_path / "none", "--work", tmp_path, "--checkpoint", tmp_path / "new")
    assert_one_sentence(result, str(tmp_path / "none"))


def test_what_is_learnt_from_is_packed(onenet_command: CommandLine, tmp_path: Path) -> None:
    sources = write_sources(tmp_path / "data", train=4, dev=2)
    result = onenet_command("pack", sources, "--to", tmp_path / "pack", "--json")
    size = sum(part.stat().st_size for part in (tmp_path / "pack").glob("part-*.zip"))
    answer = {"folder": str(tmp_path / "pack"), "parts": 1, "bytes": size, "photos": 4 + 2 + 7 + 2}
    assert result.answers == [answer]
    assert f"To train a network from it: python -m onenet train {tmp_path / 'pack'}" in result.err
    smaller = onenet_command("pack", sources, "--to", tmp_path / "smaller", "--quality", 20, "--part-mb", 1)
    assert smaller.out.startswith(f"15 photos are in {tmp_path / 'smaller'}: 1 parts, 0 MB.")
    [part] = (tmp_path / "smaller").glob("part-*.zip")
    assert part.stat().st_size < size


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["none.toml", "--to", "pack"], "none.toml cannot be read"),
        (["data/sources.toml", "--to", "data"], "holds"),
        (["data/sources.toml", "--to", "pack", "--quality", "0"], "“0” is not a whole number from 1 to 100"),
        (["data/sources.toml", "--to", "pack", "--part-mb", "x"], "“x” is not a whole number from 1 up"),
    ],
)
def test_what_cannot_be_packed(
    onenet_command: CommandLine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    sentence: str,
) -> None:
    write_sources(tmp_path / "data", train=4, dev=2)
    monkeypatch.chdir(tmp_path)
    assert_one_sentence(onenet_command("pack", *arguments), sentence)


def test_networks_are_handed_to_the_distillation(
    onenet_command: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def fake_distil(
        data: Path, checkpoint: Path, networks: list[Path], teachers: list[Path], config: Any, **options: Any
    ) -> None:
        asked.append((data, checkpoint, networks, teachers, config.settling_rate, options["device"]))
        raise DatasetError("Enough.")

    monkeypatch.setattr("onenet.training.distil.distil", fake_distil)
    one, two, three, new = (tmp_path / name for name in ("one", "two", "three", "new"))
    settings = ["--settling-rate", "5e-4", "--checkpoint", new]
    assert_one_sentence(onenet_command("distil", tmp_path, one, two, *settings), "Enough.")
    assert_one_sentence(
        onenet_command("distil", tmp_path, one, "--teachers", two, three, *settings), "Enough."
    )
    assert asked == [
        (tmp_path, new, [one, two], [one, two], 5e-4, "cpu"),
        (tmp_path, new, [one], [two, three], 5e-4, "cpu"),
    ]


def test_a_network_to_distil_that_is_missing_is_a_sentence(
    onenet_command: CommandLine, tmp_path: Path
) -> None:
    missing = tmp_path / "missing.safetensors"
    assert_one_sentence(onenet_command("distil", tmp_path, missing), str(missing))


@pytest.mark.parametrize("verb", ["train", "distil"])
def test_a_switch_is_yes_or_no(onenet_command: CommandLine, tmp_path: Path, verb: str) -> None:
    result = onenet_command(verb, tmp_path, tmp_path / "net", "--tune-head", "maybe")
    assert_one_sentence(result, "“maybe” is not yes or no")


NOTHING_TO_DO = {
    "train": ["teaching-weight", "hint-weight", "pseudo-captions"],
    "distil": [
        *("encoder", "epochs", "english-captions", "other-captions", "learning-rate", "tuning-rate"),
        *("tune-depthwise", "critical-epochs", "hidden-size", "dropout"),
    ],
}


@pytest.mark.parametrize(
    ("verb", "option"), [(verb, option) for verb, options in NOTHING_TO_DO.items() for option in options]
)
def test_an_option_that_would_do_nothing_is_refused(
    onenet_command: CommandLine, tmp_path: Path, verb: str, option: str
) -> None:
    result = onenet_command(verb, tmp_path, *([tmp_path] if verb == "distil" else []), f"--{option}", "1")
    assert_one_sentence(result, f"Unrecognized arguments: --{option} 1")


@pytest.mark.parametrize(("flags", "on_device"), [([], None), (["--on-device"], True)])
def test_where_photos_are_kept_is_handed_on(
    onenet_command: CommandLine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    flags: list[str],
    on_device: bool | None,
) -> None:
    asked: list[Any] = []

    def fake_train(data: Path, *_: Any, **options: Any) -> None:
        asked.append((data, options["device"], options["on_device"]))
        raise DatasetError("Enough.")

    monkeypatch.setattr("onenet.training.train.train", fake_train)
    assert_one_sentence(onenet_command("train", tmp_path, *flags), "Enough.")
    assert asked == [(tmp_path, "cpu", on_device)]
