"""The verbs `index`, `like` and `find`, with a fake network and a real index."""

import shutil
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import onenet.datasets.download
import onenet.progress
from onenet.__main__ import main
from onenet.files import held
from onenet.paths import DEFAULT_INDEX
from onenet.search import ImageIndex, update_index
from tests.onenet.cli.command import COLOURS, CommandLine, FakeEngine, assert_one_sentence


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


@pytest.mark.usefixtures("engine")
def test_links_that_lead_to_themselves_are_sentences(
    onenet_command: CommandLine, photos: Path, tmp_path: Path
) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    nothing = onenet_command("index", loop, "--index", tmp_path / "index")
    assert_one_sentence(nothing, f"There is no folder {loop}", "give one that holds your photos")
    assert_one_sentence(onenet_command("index", photos, "--index", loop), "choose another place")


def test_default_index_is_in_the_project_wherever_one_stands() -> None:
    assert Path(__file__).resolve().parents[3] / "data" / "index.safetensors" == DEFAULT_INDEX


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
    monkeypatch.setitem(update_index.__kwdefaults__, "batch_size", 2)
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


def test_find_goes_on_a_turn_at_a_time(
    onenet_command: CommandLine, engine: FakeEngine, photos: Path, index_file: Path
) -> None:
    turns = ["--then", "green", "--then", "without red", "--then", "back", "--then", "like 3"]
    result = onenet_command("find", "red", *turns, "-k", "3", "--index", index_file, "--json")
    first, *others = result.answers
    assert (result.code, result.err) == (0, "")
    assert (first["description"], first["matches"][0]["photo"]) == ("red", str(photos / "red.png"))
    assert [each["description"] for each in others] == ["green", "without red", "back", "like 3"]
    assert [each["looking_for"] for each in others] == [
        "red, green",
        "red, green, without red",
        "red, green",
        "red, green, like number 3",
    ]
    assert [each["matches"][0]["photo"] for each in others[1:2]] == [str(photos / "green.png")]
    assert list(others[0]) == [
        *("description", "looking_for", "imagined", "matches", "fits", "unknown_words", "language")
    ]
    assert engine.asked[-1] == ("refine", "like 3", 3, ("en",))


def test_find_going_on_as_text_and_what_it_cannot_use(
    onenet_command: CommandLine, photos: Path, index_file: Path, tmp_path: Path
) -> None:
    said = onenet_command("find", "red", "--then", "without green", "-k", "1", "--index", index_file)
    assert said.out.splitlines()[3:6] == [
        "without green",
        "  looking for: red, without green",
        "  imagined: something else",
    ]
    changed = onenet_command(
        *("find", "--photo", photos / "red.png", "--then", "green", "--index", index_file)
    )
    assert_one_sentence(changed, "--then goes on from one description")
    queries = onenet_command("find", "--queries", tmp_path / "q", "--then", "green", "--index", index_file)
    assert_one_sentence(queries, "--then goes on from one description")
    lost = onenet_command("find", "red", "--then", "zyzzyva", "--index", index_file)
    assert (lost.code, lost.err) == (2, "Nothing is left to search for.\n")


def test_find_goes_on_though_a_found_photo_is_removed_meanwhile(
    onenet_command: CommandLine,
    engine: FakeEngine,
    photos: Path,
    index_file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    find = engine.find

    def find_and_remove(*args: Any) -> Any:
        found = find(*args)
        index = ImageIndex.load(index_file, fingerprint="fake")
        index.remove([str(photos / "red.png")])
        index.save(index_file)
        return found

    monkeypatch.setattr(engine, "find", find_and_remove)
    result = onenet_command("find", "red", "--then", "like 2", "--index", index_file, "--json")
    assert result.code == 0
    first, second = result.answers
    assert str(photos / "red.png") in [match["photo"] for match in first["matches"]]
    assert str(photos / "red.png") not in [match["photo"] for match in second["matches"]]


def test_a_password_in_the_address_of_an_index_is_never_printed(
    onenet_command: CommandLine, engine: FakeEngine, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INDEX_URL", "http://root:secret@host:19530")
    listed = photos / "list.txt"
    listed.write_text(str(photos / "red.png"))
    for module in ("inputs", "indexing"):
        monkeypatch.setattr(f"onenet.cli.{module}.open_index", lambda *_: ImageIndex("fake"))
    copied = ("index", "--copy-to", "http://root:secret@other:19530")
    failures = ("--failures", photos / "failures.jsonl")
    indexed = [("index", photos), ("index", listed, *failures)]
    asked = [("find", "red"), ("like", photos / "red.png"), ("map", "photos"), ("game",)]
    for arguments in (copied, *indexed, *asked):
        for form in ([], ["--json"]):
            result = onenet_command(*arguments, *form)
            assert "host:19530" in result.out + result.err
            assert "secret" not in result.out + result.err


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


def fill(folder: Path, count: int) -> None:
    folder.mkdir(exist_ok=True)
    for number in range(count):
        colour = list(COLOURS.values())[number % 3]
        Image.new("RGB", (8, 8), colour).save(folder / f"{number:02}.png")


@pytest.mark.usefixtures("engine")
def test_an_unmounted_drive_is_asked_about(onenet_command: CommandLine, tmp_path: Path) -> None:
    folder, path = tmp_path / "drive", tmp_path / "index"
    fill(folder, 12)
    onenet_command("index", folder, "--index", path)
    for photo in folder.iterdir():
        photo.unlink()
    result = onenet_command("index", folder, "--index", path)
    assert result.out == f"12 photos in {path}: 0 added, 0 removed, 12 missing, 0 left out.\n"
    assert "Is a drive not connected?" in result.err
    assert "--prune" in result.err
    (answer,) = onenet_command("index", folder, "--index", path, "--json").answers
    assert (answer["photos"], answer["missing"]) == (12, 12)
    pruned = onenet_command("index", folder, "--index", path, "--prune")
    assert pruned.out == f"0 photos in {path}: 0 added, 12 removed, 0 left out.\n"
    assert pruned.err == ""


@pytest.mark.usefixtures("engine")
def test_unreadable_files_are_told_once_with_their_number(
    onenet_command: CommandLine, tmp_path: Path
) -> None:
    folder, path = tmp_path / "photos", tmp_path / "index"
    fill(folder, 1)
    for number in range(30):
        (folder / f"broken-{number}.jpg").write_text("no photo")
    result = onenet_command("index", folder, "--index", path)
    assert result.err == "30 files are left out, since they cannot be read; --verbose names them.\n"
    assert result.out.endswith("30 left out.\n")
    named = onenet_command("index", folder, "--index", path, "--verbose").err.splitlines()
    assert len(named) == 30
    assert f"{folder / 'broken-7.jpg'} is left out: " in "\n".join(named)


@pytest.mark.usefixtures("engine")
def test_two_who_index_at_once_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second waits for the first, and says so."""
    told: list[str] = []
    monkeypatch.setattr("onenet.cli.indexing.notice", told.append)
    path = tmp_path / "index"
    for name in ("a", "b", "c"):
        fill(tmp_path / name, 5)
    with held(path):
        others = [
            threading.Thread(target=main, args=(["index", str(tmp_path / name), "--index", str(path)],))
            for name in ("a", "b")
        ]
        for other in others:
            other.start()
        deadline = time.monotonic() + 60
        while sum("Another program is writing" in sentence for sentence in told) < 2:
            assert time.monotonic() < deadline, told
            time.sleep(0.01)
        index = ImageIndex("fake")
        list(update_index(index, tmp_path / "c", FakeEngine().represent, path=path))
    for other in others:
        other.join()
    assert len(ImageIndex.load(path, fingerprint="fake")) == 15


@pytest.mark.usefixtures("engine")
def test_copies_are_told_beside_the_best(onenet_command: CommandLine, tmp_path: Path) -> None:
    folder, path = tmp_path.resolve() / "photos", tmp_path / "index"
    fill(folder, 3)
    for number in range(3):
        shutil.copy(folder / "00.png", folder / f"copy-{number}.png")
    onenet_command("index", folder, "--index", path)
    (answer,) = onenet_command("like", folder / "00.png", "--index", path, "-k", "3", "--json").answers
    assert len(answer["matches"]) == 3
    first, *others = answer["matches"]
    names = ["00.png", "copy-0.png", "copy-1.png", "copy-2.png"]
    assert sorted([first["photo"], *first["copies"]]) == [str(folder / name) for name in names]
    assert all("copies" not in each for each in others)
    lines = onenet_command("like", folder / "00.png", "--index", path).out.splitlines()
    assert lines[0].endswith("png  and 3 copies")
    assert len(lines) == 3
