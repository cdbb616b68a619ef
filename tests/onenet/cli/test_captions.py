"""The verb `caption`: what it prints, where, and its exit codes."""

import os
from pathlib import Path

import pytest

from onenet.engine import Engine
from tests.onenet.cli.command import CommandLine, FakeEngine, assert_one_sentence


@pytest.mark.usefixtures("engine")
def test_caption_prints_one_object_a_photo(onenet_command: CommandLine, photos: Path) -> None:
    result = onenet_command("caption", photos / "red.png", photos / "green.png", "--json")
    said = {"language": "en", "sure": None}
    assert result.answers == [
        {"photo": str(photos / "red.png"), "captions": [{"text": "red 0", "score": -0.5}]} | said,
        {"photo": str(photos / "green.png"), "captions": [{"text": "green 0", "score": -0.5}]} | said,
    ]
    assert (result.code, result.err) == (0, "")


@pytest.mark.usefixtures("engine")
def test_caption_in_another_language(onenet_command: CommandLine, photos: Path) -> None:
    result = onenet_command("caption", photos / "red.png", "--language", "de", "--n", "2", "--json")
    [answer] = result.answers
    assert [caption["text"] for caption in answer["captions"]] == ["rot 0", "rot 1"]
    assert (answer["language"], answer["sure"]) == ("de", 0.123457)
    as_text = onenet_command("caption", photos / "green.png", "--language", "de").out
    assert as_text == f"{photos / 'green.png'}: grün 0\n"


def test_what_the_classifier_would_call_a_photo_is_in_the_json(
    onenet_command: CommandLine, engine: FakeEngine, photos: Path
) -> None:
    engine.has_names = True
    red, green = onenet_command("caption", photos / "red.png", photos / "green.png", "--json").answers
    assert red["names"] == [
        {"name": "tomato", "probability": 0.123457},
        {"name": "Egyptian cat", "probability": 0.1},
    ]
    assert "names" not in green
    assert onenet_command("caption", photos / "red.png").out == f"{photos / 'red.png'}: red 0\n"


@pytest.mark.usefixtures("engine")
def test_caption_in_an_unknown_language_is_a_sentence_with_the_list(
    onenet_command: CommandLine, photos: Path
) -> None:
    result = onenet_command("caption", photos / "red.png", "--language", "xx", "--json")
    assert_one_sentence(result, "The network knows English (en), German (de), not “xx”.")


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
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
@pytest.mark.parametrize("name", ["pipe.jpg", "pipe"])
def test_a_pipe_hangs_nothing(onenet_command: CommandLine, photos: Path, name: str) -> None:
    os.mkfifo(photos / name)
    why = "it is a pipe, a device or a socket, not a file with a photo"
    assert_one_sentence(onenet_command("caption", photos / name), f"{photos / name}", why)
    among_others = onenet_command("caption", photos / name, photos / "red.png", "--json")
    assert (among_others.code, len(among_others.answers)) == (0, 1)
    assert why in among_others.err
    folder = onenet_command("caption", photos, "--json")
    assert (folder.code, len(folder.answers), folder.err) == (0, 3, "")


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("name", ["a.jpe", "b.HIF", "c.jpg_large", "noext", "d.jpg!d"])
def test_a_photo_is_one_by_its_content(onenet_command: CommandLine, photos: Path, name: str) -> None:
    (photos / "red.png").rename(photos / name)
    for asked in (photos / name, photos):
        found = [answer["photo"] for answer in onenet_command("caption", asked, "--json").answers]
        assert str(photos / name) in found


@pytest.mark.usefixtures("engine")
def test_nothing_but_bad_photos(onenet_command: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    (tmp_path / "b.jpg").touch()
    result = onenet_command("caption", tmp_path)
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 3)


@pytest.mark.usefixtures("engine")
def test_folder_without_photos_is_a_sentence(onenet_command: CommandLine, tmp_path: Path) -> None:
    assert_one_sentence(onenet_command("caption", tmp_path), f"There are no photos in {tmp_path}")


@pytest.mark.usefixtures("engine")
@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_no_name_acts_upon_the_terminal(onenet_command: CommandLine, photos: Path) -> None:
    good, bad = photos / "\x1b[2J\nred.png", photos / "\x1b]0;x\x07\nbad.png"
    (photos / "red.png").rename(good)
    bad.write_bytes(b"no picture")
    shown = f"{photos}/\\x1b[2J\\x0ared.png"
    result = onenet_command("caption", good, bad)
    assert result.out == f"{shown}: red 0\n"
    assert result.err.startswith(f"{photos}/\\x1b]0;x\\x07\\x0abad.png")
    assert onenet_command("caption", good, "--n", "2").out.splitlines()[0] == shown
    assert onenet_command("caption", good, "--json").answers[0]["photo"] == str(good)
    assert "\x1b" not in onenet_command("caption", "\x1b[2J").err
    assert "\x1b" not in onenet_command("\x1b[2J").err


def test_the_precision_that_is_asked_for_reaches_the_engine(
    onenet_command: CommandLine, engine: FakeEngine, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(Engine, "load", lambda checkpoint, **options: asked.append(options) or engine)
    for arguments in ([], ["--precision", "bfloat16", "--threads", "2"]):
        assert onenet_command("caption", photos / "red.png", *arguments).code == 0
    assert asked == [
        {"threads": None, "precision": "float32"},
        {"threads": 2, "precision": "bfloat16"},
    ]
    assert onenet_command("caption", photos / "red.png", "--precision", "half").code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        *(["similar", "red"], ["analogy", "a", "b", "c"], ["odd", "a", "b"], ["walk", "a", "b"]),
        *(["translate", "red"], ["game"], ["train", "data"], ["distil", "data", "a"], ["layers", "data"]),
        *(["evaluate", "data"], ["bench"]),
    ],
)
def test_verbs_that_it_does_nothing_for_do_not_take_a_precision(
    onenet_command: CommandLine, arguments: list[str]
) -> None:
    assert_one_sentence(onenet_command(*arguments, "--precision", "bfloat16"), "--precision")
