"""The command line: what it prints, where, and its exit codes; with a fake network and a real index."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import onenet.datasets.download
import onenet.progress
from onenet.__main__ import DEFAULT_INDEX, main
from onenet.cli import commands
from onenet.engine import Found
from onenet.errors import DescriptionError, UnknownWordError
from onenet.search.folder import update_index
from onenet.search.index import ImageIndex

COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}
D = 300


@dataclass(frozen=True)
class Caption:
    text: str
    score: float


@dataclass(frozen=True)
class Neighbour:
    word: str
    score: float


def axis_of(colour: str) -> NDArray[np.float32]:
    return np.eye(D, dtype=np.float32)[list(COLOURS).index(colour)]


class FakeEngine:
    """Knows three colours: red, green and blue lie on the first three axes."""

    fingerprint = "fake"

    def __init__(self) -> None:
        self.represented: list[int] = []
        self.asked: list[Any] = []

    def represent(self, photos: Sequence[Image.Image]) -> NDArray[np.float32]:
        self.represented.append(len(photos))
        rows = np.zeros((len(photos), D), np.float32)
        for row, photo in zip(rows, photos, strict=True):
            row[:3] = np.asarray(photo, np.float32).mean(axis=(0, 1)) + 1
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)

    def caption(self, representations: NDArray[np.float32], *, beam_size: int, n: int) -> list[list[Caption]]:
        self.asked.append(("caption", beam_size, n))
        colours = [list(COLOURS)[int(row.argmax())] for row in representations]
        return [[Caption(f"{colour} {place}", -0.5 - place) for place in range(n)] for colour in colours]

    def similar_words(self, word: str, *, k: int) -> list[Neighbour]:
        if word not in COLOURS:
            raise UnknownWordError(word, ("red",))
        return [Neighbour(other, 0.25) for other in COLOURS if other != word][:k]

    def analogy(self, a: str, b: str, c: str, *, k: int) -> list[Neighbour]:
        return [Neighbour("blue", 0.123456789)][:k]

    def imagine_all(self, descriptions: Sequence[str]) -> list[Any]:
        self.asked.append(("imagine", len(descriptions)))
        return [self.imagine(description) for description in descriptions]

    def imagine(self, description: str) -> Any:
        known = [word for word in description.split() if word in COLOURS]
        if not known:
            return DescriptionError("Nothing is left to search for.")
        unknown = tuple(word for word in description.split() if word not in COLOURS)
        return SimpleNamespace(
            description=description,
            imagined=f"something {known[0]}",
            unknown_words=unknown,
            representation=axis_of(known[0]),
        )

    def find(self, imagined: Any, index: ImageIndex, k: int) -> Found:
        """A plain cosine: of a photo's own colour 1, of another none."""
        matches = index.search(imagined.representation, k)
        return Found(matches, bool(matches) and matches[0].score > 0.5)

    def index_folder(self, index: ImageIndex, folder: Path, *, path: Path) -> Any:
        return update_index(index, folder, self.represent, path=path, batch_size=2)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    engine = FakeEngine()
    monkeypatch.setattr(commands, "load_engine", lambda args: engine)
    return engine


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path.resolve() / "photos"
    (folder / "more").mkdir(parents=True)
    for name in ("red", "green", "more/blue"):
        Image.new("RGB", (8, 8), COLOURS[Path(name).name]).save(folder / f"{name}.png")
    return folder


@pytest.fixture
def index_file(engine: FakeEngine, photos: Path, tmp_path: Path) -> Path:
    path = tmp_path / "index.safetensors"
    list(update_index(ImageIndex("fake"), photos, engine.represent, path=path))
    engine.represented.clear()
    return path


@dataclass
class Result:
    code: int
    out: str
    err: str

    @property
    def answers(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


class CommandLine:
    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str | Path) -> Result:
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as end:  # argparse
            code = int(str(end.code))
        out, err = self._capsys.readouterr()
        return Result(code, out, err)


@pytest.fixture
def onenet_command(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(capsys)


def assert_one_sentence(result: Result, *parts: str) -> None:
    assert result.code == 2
    assert result.out == ""
    assert result.err.count("\n") == 1
    assert "Traceback" not in result.err
    for part in parts:
        assert part in result.err


# --- caption --------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("engine")
def test_caption_prints_one_object_a_photo(onenet_command: CommandLine, photos: Path) -> None:
    result = onenet_command("caption", photos / "red.png", photos / "green.png", "--json")
    assert result.answers == [
        {"photo": str(photos / "red.png"), "captions": [{"text": "red 0", "score": -0.5}]},
        {"photo": str(photos / "green.png"), "captions": [{"text": "green 0", "score": -0.5}]},
    ]
    assert (result.code, result.err) == (0, "")


@pytest.mark.usefixtures("engine")
def test_caption_of_a_folder_is_sorted_and_echoes_the_path_as_given(
    onenet_command: CommandLine, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(photos.parent)
    result = onenet_command("caption", "photos", "--json")
    assert [answer["photo"] for answer in result.answers] == [
        os.path.join("photos", name) for name in ("green.png", os.path.join("more", "blue.png"), "red.png")
    ]


@pytest.mark.usefixtures("engine")
def test_caption_as_text(onenet_command: CommandLine, photos: Path) -> None:
    assert onenet_command("caption", photos / "red.png").out == f"{photos / 'red.png'}: red 0\n"
    several = onenet_command("caption", photos / "red.png", "--n", "2").out
    assert several == f"{photos / 'red.png'}\n -0.50  red 0\n -1.50  red 1\n"


def test_caption_widens_the_beam_for_many_captions(
    onenet_command: CommandLine, engine: FakeEngine, photos: Path
) -> None:
    onenet_command("caption", photos / "red.png")
    onenet_command("caption", photos / "red.png", "--beam", "3")
    result = onenet_command("caption", photos / "red.png", "--n", "9", "--json")
    assert engine.asked == [("caption", 5, 1), ("caption", 3, 1), ("caption", 9, 9)]
    assert len(result.answers[0]["captions"]) == 9


def test_photos_go_through_the_network_in_batches(
    onenet_command: CommandLine, engine: FakeEngine, photos: Path
) -> None:
    result = onenet_command("caption", *[photos / "red.png"] * 5, photos, photos, "--json")
    assert len(result.answers) == 11
    assert engine.represented == [8, 3]


@pytest.mark.usefixtures("engine")
def test_bad_photo_among_many_is_named_and_the_rest_goes_on(
    onenet_command: CommandLine, photos: Path
) -> None:
    (photos / "broken.jpg").write_text("not a photo")
    result = onenet_command("caption", photos, photos / "missing.jpg", "--json")
    assert result.code == 0
    assert len(result.answers) == 3
    assert result.err.count("\n") == 2
    assert str(photos / "broken.jpg") in result.err
    assert str(photos / "missing.jpg") in result.err


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("content", [b"", b"text", None])
def test_bad_photo_alone_is_a_sentence(
    onenet_command: CommandLine, tmp_path: Path, content: bytes | None
) -> None:
    photo = tmp_path / "bad.jpg"
    if content is not None:
        photo.write_bytes(content)
    assert_one_sentence(onenet_command("caption", photo, "--json"), str(photo))
    assert_one_sentence(onenet_command("like", photo, "--json"), "bad.jpg")


@pytest.mark.usefixtures("engine")
def test_nothing_but_bad_photos(onenet_command: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    (tmp_path / "b.jpg").touch()
    result = onenet_command("caption", tmp_path)
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 3)


@pytest.mark.usefixtures("engine")
def test_folder_without_photos_is_a_sentence(onenet_command: CommandLine, tmp_path: Path) -> None:
    assert_one_sentence(onenet_command("caption", tmp_path), f"There are no photos in {tmp_path}")


# --- index and like -------------------------------------------------------------------------------------


@pytest.mark.usefixtures("engine")
def test_index_says_what_it_did(onenet_command: CommandLine, photos: Path, tmp_path: Path) -> None:
    (photos / "broken.jpg").write_text("not a photo")
    path = tmp_path / "new" / "index"
    first = onenet_command("index", photos, "--index", path, "--json")
    (answer,) = first.answers
    assert first.code == 0
    assert (answer["photos"], answer["added"], answer["removed"]) == (3, 3, 0)
    assert [skipped["photo"] for skipped in answer["skipped"]] == [str(photos / "broken.jpg")]
    assert f"{photos / 'broken.jpg'} is left out" in first.err

    (photos / "red.png").unlink()
    second = onenet_command("index", photos, "--index", path)
    assert second.out == f"2 photos in {path}: 0 added, 1 removed, 1 left out.\n"
    assert "broken.jpg is left out" in second.err


@pytest.mark.usefixtures("engine")
def test_index_of_no_folder_is_a_sentence(onenet_command: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "index"
    assert_one_sentence(onenet_command("index", tmp_path / "none", "--index", path), "There is no folder")
    assert not path.exists()


def test_default_index_is_in_the_project_wherever_one_stands() -> None:
    assert Path(__file__).resolve().parents[3] / "data" / "index.safetensors" == DEFAULT_INDEX


@pytest.mark.usefixtures("engine")
def test_index_stopped_by_hand_keeps_what_is_done(
    onenet_command: CommandLine,
    engine: FakeEngine,
    photos: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stop(self: object, task: str, done: int, total: int, note: str = "") -> None:
        if done == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(onenet.progress.ProgressDisplay, "show", stop)
    path = tmp_path / "index"
    result = onenet_command("index", photos, "--index", path)
    assert (result.code, result.out) == (130, "")
    assert result.err == "Stopped; what is done is saved, and the same command goes on from there.\n"
    assert len(ImageIndex.load(path, fingerprint="fake")) == 2


def test_like_finds_the_most_similar(onenet_command: CommandLine, photos: Path, index_file: Path) -> None:
    result = onenet_command("like", photos / "red.png", "--index", index_file, "-k", "2", "--json")
    (answer,) = result.answers
    assert list(answer) == ["photo", "matches"]
    assert answer["photo"] == str(photos / "red.png")
    assert answer["matches"][0] == {"photo": str(photos / "red.png"), "score": 1.0}
    assert len(answer["matches"]) == 2
    assert (result.code, result.err) == (0, "")


def test_like_as_text(onenet_command: CommandLine, photos: Path, index_file: Path) -> None:
    result = onenet_command("like", photos / "red.png", "--index", index_file, "-k", "1")
    assert result.out == f" 1.000  {photos / 'red.png'}\n"


@pytest.mark.parametrize("command", [["like", "red.png"], ["find", "red"]])
def test_index_that_cannot_be_used_is_a_sentence(
    onenet_command: CommandLine, photos: Path, index_file: Path, tmp_path: Path, command: list[str]
) -> None:
    command = [str(photos / word) if word.endswith(".png") else word for word in command]
    assert_one_sentence(onenet_command(*command, "--index", tmp_path / "none"), "There is no index")
    ImageIndex("another network").save(tmp_path / "foreign")
    assert_one_sentence(onenet_command(*command, "--index", tmp_path / "foreign"), "another network")
    ImageIndex("fake").save(tmp_path / "empty")
    assert_one_sentence(onenet_command(*command, "--index", tmp_path / "empty"), "holds no photos")
    index_file.write_bytes(index_file.read_bytes()[:-5])
    assert_one_sentence(onenet_command(*command, "--index", index_file), "is damaged")
    assert_one_sentence(onenet_command("index", photos, "--index", index_file), "is damaged")


def test_deleted_photo_is_not_found(onenet_command: CommandLine, photos: Path, index_file: Path) -> None:
    (photos / "red.png").unlink()
    (answer,) = onenet_command("find", "red", "--index", index_file, "--json").answers
    assert {match["photo"] for match in answer["matches"]} == {
        str(photos / "green.png"),
        str(photos / "more" / "blue.png"),
    }


# --- find -----------------------------------------------------------------------------------------------


def test_find_prints_what_it_imagined(onenet_command: CommandLine, photos: Path, index_file: Path) -> None:
    result = onenet_command("find", "red", "-k", "1", "--index", index_file, "--json")
    (answer,) = result.answers
    assert list(answer)[:4] == ["description", "imagined", "matches", "fits"]
    assert answer["fits"] is True
    assert (answer["description"], answer["imagined"]) == ("red", "something red")
    assert [match["photo"] for match in answer["matches"]] == [str(photos / "red.png")]
    assert (result.code, result.err) == (0, "")


def test_find_says_when_nothing_fits_well(
    onenet_command: CommandLine, photos: Path, index_file: Path
) -> None:
    fitting = onenet_command("find", "red", "-k", "1", "--index", index_file)
    assert fitting.out == f"red\n  imagined: something red\n 1.000  {photos / 'red.png'}\n"
    (photos / "red.png").unlink()
    (answer,) = onenet_command("find", "red", "--index", index_file, "--json").answers
    assert answer["fits"] is False
    assert len(answer["matches"]) == 2
    lines = onenet_command("find", "red", "--index", index_file).out.splitlines()
    assert lines[:3] == ["red", "  imagined: something red", "Nothing here fits well; the closest are:"]
    assert len(lines) == 5


def test_find_needs_no_quotes_and_names_unknown_words(onenet_command: CommandLine, index_file: Path) -> None:
    result = onenet_command("find", "a", "red", "zyzzyva", "--index", index_file, "--json")
    assert result.answers[0]["description"] == "a red zyzzyva"
    assert result.answers[0]["unknown_words"] == ["a", "zyzzyva"]
    assert result.err == "I never read “a”, “zyzzyva”; I searched for the rest.\n"
    assert "imagined: something red" in onenet_command("find", "red", "--index", index_file).out


def test_find_with_nothing_left_is_a_sentence(onenet_command: CommandLine, index_file: Path) -> None:
    assert_one_sentence(onenet_command("find", "zyzzyva", "--index", index_file, "--json"), "Nothing is left")
    assert_one_sentence(onenet_command("find", "", "--index", index_file), "Nothing is left")


def test_find_wants_one_kind_of_question(
    onenet_command: CommandLine, index_file: Path, tmp_path: Path
) -> None:
    assert_one_sentence(onenet_command("find", "--index", index_file), "Give either")
    both = onenet_command("find", "red", "--queries", tmp_path / "q", "--index", index_file)
    assert_one_sentence(both, "Give either")


def test_queries_are_answered_line_by_line(
    onenet_command: CommandLine, engine: FakeEngine, index_file: Path, tmp_path: Path
) -> None:
    queries = tmp_path / "queries.txt"
    lines = ["red", "", "zyzzyva", "  ", "blue\u2028green \N{DOG FACE}", "green"] + ["blue"] * 40
    queries.write_bytes("\n".join(lines).encode("utf-8-sig") + b"\n")
    result = onenet_command("find", "--queries", queries, "--index", index_file, "--json")
    assert result.code == 0
    assert [answer["description"] for answer in result.answers] == lines
    failed = [number for number, answer in enumerate(result.answers) if "error" in answer]
    assert failed == [1, 2, 3]
    assert all(result.answers[n]["imagined"] is None and result.answers[n]["matches"] == [] for n in failed)
    assert [answer["fits"] for answer in result.answers[:5]] == [True, False, False, False, True]
    assert f"Line 2 of {queries}: Nothing is left" in result.err
    assert engine.asked == [("imagine", 32), ("imagine", 14)]


def test_queries_of_windows(onenet_command: CommandLine, index_file: Path, tmp_path: Path) -> None:
    queries = tmp_path / "queries.txt"
    queries.write_bytes(b"red\r\nblue\r\n")
    result = onenet_command("find", "--queries", queries, "--index", index_file, "--json")
    assert [answer["description"] for answer in result.answers] == ["red", "blue"]


def test_queries_none_of_which_works(onenet_command: CommandLine, index_file: Path, tmp_path: Path) -> None:
    queries = tmp_path / "queries.txt"
    queries.write_text("nothing\nknown\n")
    result = onenet_command("find", "--queries", queries, "--index", index_file, "--json")
    assert result.code == 2
    assert len(result.answers) == 2
    assert result.err.splitlines()[-1] == f"{queries} has no line that can be searched for."


def test_no_queries_no_answers(onenet_command: CommandLine, index_file: Path, tmp_path: Path) -> None:
    (tmp_path / "queries.txt").touch()
    result = onenet_command("find", "--queries", tmp_path / "queries.txt", "--index", index_file, "--json")
    assert (result.code, result.out, result.err) == (0, "", "")


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_queries_that_cannot_be_read(
    onenet_command: CommandLine, index_file: Path, tmp_path: Path, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "q").write_bytes(content)
    result = onenet_command("find", "--queries", tmp_path / "q", "--index", index_file)
    assert_one_sentence(result, "cannot be read")


# --- words ----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("engine")
def test_similar(onenet_command: CommandLine) -> None:
    (answer,) = onenet_command("similar", "red", "-k", "1", "--json").answers
    assert answer == {"word": "red", "neighbours": [{"word": "green", "score": 0.25}]}
    assert onenet_command("similar", "red").out == " 0.250  green\n 0.250  blue\n"


@pytest.mark.usefixtures("engine")
def test_similar_of_an_unknown_word_is_a_sentence(onenet_command: CommandLine) -> None:
    result = onenet_command("similar", "rde", "--json")
    assert_one_sentence(result, "I never read “rde”. Did you mean red?")


@pytest.mark.usefixtures("engine")
def test_analogy(onenet_command: CommandLine) -> None:
    (answer,) = onenet_command("analogy", "red", "green", "green", "--json").answers
    assert answer == {
        "a": "red",
        "b": "green",
        "c": "green",
        "answers": [{"word": "blue", "score": 0.123457}],
    }
    assert onenet_command("analogy", "red", "green", "green").out == " 0.123  blue\n"


# --- download -------------------------------------------------------------------------------------------


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


# --- arguments ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["sing"],
        ["similar"],
        ["caption"],
        ["similar", "red", "-k", "0"],
        ["similar", "red", "-k", "many"],
        ["caption", "a.jpg", "--beam", "-1"],
        ["similar", "red", "--threads", "0"],
        ["analogy", "red", "green"],
        ["download", "imagenet"],
        ["evaluate", "data", "--split", "half"],
    ],
)
def test_wrong_arguments_are_a_sentence(onenet_command: CommandLine, arguments: list[str]) -> None:
    assert_one_sentence(onenet_command(*arguments), "--help")


def test_missing_network_is_a_sentence(onenet_command: CommandLine, tmp_path: Path) -> None:
    result = onenet_command("similar", "dog", "--checkpoint", tmp_path / "none.safetensors", "--json")
    assert_one_sentence(result, "none.safetensors")


def test_damaged_network_is_a_sentence(onenet_command: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "bad.safetensors").write_bytes(b"\x10" + bytes(100))
    result = onenet_command("similar", "dog", "--checkpoint", tmp_path / "bad.safetensors", "--json")
    assert_one_sentence(result, "bad.safetensors")


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


def test_help_needs_no_torch() -> None:
    code = (
        "import sys, onenet.__main__ as m\n"
        "try: m.main(['find', '--help'])\n"
        "except SystemExit: pass\n"
        "print({'torch', 'faiss', 'numpy'} & sys.modules.keys())"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert result.stdout.splitlines()[-1] == "set()"


def test_reader_may_leave_early(tmp_path: Path) -> None:
    """`python -m onenet ... | head` must not end in a traceback."""
    code = (
        "import onenet.cli.commands as c, onenet.__main__ as m, sys\n"
        "def endless(args):\n"
        "    while True: c.say(args, {'word': 'dog'}, 'dog')\n"
        "c.list_similar_words = endless\n"
        "sys.argv = ['onenet', 'similar', 'dog']\n"
        "sys.exit(m.run())"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "dog\n"
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(timeout=60) == 0


# --- progress -------------------------------------------------------------------------------------------


def test_progress_writes_a_line_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr(onenet.progress.time, "monotonic", lambda: now)
    with onenet.progress.ProgressDisplay("photo") as display:
        for second in range(12):
            now = float(second)
            display.show("Indexing", second, 20, "fine")
    assert capsys.readouterr().err.splitlines() == [
        "Indexing: 5 of 20, 15 s left, fine",
        "Indexing: 10 of 20, 10 s left, fine",
    ]


def test_progress_is_a_bar_for_people(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with onenet.progress.ProgressDisplay("B") as display:
        display.show("Downloading a.zip", 0, None)
        display.show("Downloading a.zip", 2048, 4096)
        display.show("Unpacking a.zip", 1, 2)
    err = capsys.readouterr().err
    assert "Downloading a.zip:  50%" in err
    assert "2.00k/4.00k" in err
    assert "Unpacking a.zip" in err
