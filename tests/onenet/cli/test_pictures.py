"""The command line's pictures, and photos changed by words; with a fake network and a real index."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from onenet.captions import Reasons
from onenet.cli.parser import PICTURE_FORMATS
from onenet.search import ImageIndex, Inside, MixStep, PhotoRecord, look_inside, read_photo
from tests.onenet.cli.command import CommandLine, FakeEngine, assert_one_sentence, axis_of
from tests.onenet.cli.conftest import serve


class PictureEngine(FakeEngine):
    """Explains every word by the upper left quarter, but for “a”; mixes in three steps; adds a colour."""

    def explain(self, photo: Image.Image, caption: str = "", *, language: str) -> Reasons:
        words = tuple((caption or "a red wall").split())
        heat = np.zeros((len(words), 2, 2), np.float32)
        heat[:, 0, 0] = 1
        return Reasons(words, heat, np.array([2.0 * (word != "a") for word in words], np.float32), ("zebra",))

    def mix(self, first: NDArray[np.float32], second: NDArray[np.float32], *, language: str) -> list[MixStep]:
        line = (first, (first + second) / 2, second)
        return [
            MixStep(share, row, f"step {share}") for share, row in zip((0.0, 0.5, 1.0), line, strict=True)
        ]

    def inside(self, representation: NDArray[np.float32], *, k: int, language: str) -> Inside:
        words: Any = SimpleNamespace(strongest=lambda row, k: ("red",))
        return look_inside(representation, words, k=k)

    def change(self, representation: NDArray[np.float32], words: str) -> Any:
        changed = self.imagine(words)
        changed.representation = representation + 2 * axis_of(words.split()[-1])
        return changed


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> PictureEngine:
    engine = PictureEngine()
    serve(engine, monkeypatch)
    return engine


@pytest.mark.usefixtures("engine")
def test_why_writes_a_picture_and_says_what_each_word_gains(
    onenet_command: CommandLine, photos: Path, tmp_path: Path
) -> None:
    picture = tmp_path / "new" / "why.png"
    result = onenet_command("why", photos / "red.png", "-o", picture)
    assert result.code == 0
    assert result.out.splitlines() == [
        "  0.00  a  (by grammar)",
        "  2.00  red",
        "  2.00  wall",
        f"The picture is in {picture}.",
    ]
    assert result.err == "I never read “zebra”; I left that out.\n"
    assert read_photo(picture).width == 1280
    result = onenet_command("why", photos / "red.png", "a", "dog", "-o", picture, "--json")
    assert result.answers[0]["words"][1] == {"word": "dog", "gain": 2.0, "seen": True}


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("name", ["why", "why.doc", "why.psd", "why.blp"])  # Pillow only reads PSD
def test_a_picture_of_no_known_kind_is_a_sentence(
    onenet_command: CommandLine, photos: Path, tmp_path: Path, name: str
) -> None:
    result = onenet_command("why", photos / "red.png", "-o", tmp_path / name)
    assert result.code == 2
    assert "give a name such as why.png" in result.err
    assert not (tmp_path / name).exists()


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("ending", PICTURE_FORMATS)
def test_a_picture_is_of_the_kind_that_its_name_says(
    onenet_command: CommandLine, photos: Path, tmp_path: Path, ending: str
) -> None:
    picture = tmp_path / f"why{ending.upper()}"
    assert onenet_command("why", photos / "red.png", "-o", picture).code == 0
    with picture.open("rb") as file:
        if ending == ".pdf":
            assert file.read(5) == b"%PDF-"
        else:
            assert Image.open(file).format == PICTURE_FORMATS[ending]


def test_mix_finds_the_nearest_photo_of_each_step_but_the_two(
    engine: PictureEngine, onenet_command: CommandLine, photos: Path, index_file: Path, tmp_path: Path
) -> None:
    first, second = photos / "red.png", photos / "green.png"
    picture = tmp_path / "mix.png"
    result = onenet_command("mix", first, second, "-o", picture, "--index", index_file, "--json")
    [answer] = result.answers
    assert [step["caption"] for step in answer["steps"]] == ["step 0.0", "step 0.5", "step 1.0"]
    blue = str(photos / "more" / "blue.png")
    assert [step["nearest"] for step in answer["steps"]] == [blue, None, None]  # the ends choose first
    assert read_photo(picture).width == 1280


@pytest.mark.usefixtures("engine")
def test_mix_needs_no_index(onenet_command: CommandLine, photos: Path, tmp_path: Path) -> None:
    red, picture = photos / "red.png", tmp_path / "mix.jpg"
    result = onenet_command("mix", red, red, "-o", picture, "--index", tmp_path / "none")
    assert result.out.splitlines()[1] == "  50 %  step 0.5"
    assert picture.read_bytes().startswith(b"\xff\xd8")


@pytest.mark.usefixtures("engine")
def test_mix_goes_on_where_a_photo_cannot_be_opened(
    onenet_command: CommandLine, photos: Path, index_file: Path, tmp_path: Path
) -> None:
    """Such as one on another computer, whose index names it by its address."""
    (photos / "more/blue.png").write_bytes(b"no photo any more")
    red, picture = photos / "red.png", tmp_path / "mix.png"
    result = onenet_command("mix", red, photos / "green.png", "-o", picture, "--index", index_file, "--json")
    assert result.code == 0
    assert [step["nearest"] for step in result.answers[0]["steps"]] == [None] * 3
    assert result.err.count("is not an image") == 1
    assert picture.is_file()


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("verb", ["mix", "inside"])
def test_a_photo_at_an_address_is_named_and_not_drawn(
    onenet_command: CommandLine, photos: Path, tmp_path: Path, verb: str
) -> None:
    index = ImageIndex("fake")
    index.add([PhotoRecord("s3://bucket/blue.jpg", 1, 1)], (axis_of("red") + axis_of("blue"))[np.newaxis])
    index.save(tmp_path / "index")
    given = [photos / "red.png"] * (2 if verb == "mix" else 1)
    result = onenet_command(verb, *given, "-o", tmp_path / "drawn.png", "--index", tmp_path / "index")
    assert result.code == 0
    assert "s3://bucket/blue.jpg: This photo is at an address" in result.err
    assert (tmp_path / "drawn.png").is_file()


def test_the_usual_index_of_another_network_is_left_out(
    engine: PictureEngine,
    onenet_command: CommandLine,
    photos: Path,
    index_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine.fingerprint = "another"
    monkeypatch.setattr("onenet.cli.parser.DEFAULT_INDEX", index_file)
    red = photos / "red.png"
    arguments = ["mix", red, red, "-o", tmp_path / "mix.png"]
    result = onenet_command(*arguments)
    assert result.code == 0
    assert "Photos are left out." in result.err
    index_file.rename(tmp_path / "named.safetensors")
    result = onenet_command(*arguments, "--index", tmp_path / "named.safetensors")
    assert_one_sentence(result, "another network")


@pytest.mark.usefixtures("engine")
def test_find_changes_a_photo(onenet_command: CommandLine, photos: Path, index_file: Path) -> None:
    red = photos / "red.png"
    result = onenet_command("find", "--photo", red, "pale", "green", "--index", index_file, "--json")
    [answer] = result.answers
    assert (answer["change"], answer["imagined"]) == ("pale green", "something green")
    assert Path(answer["matches"][0]["photo"]).name == "green.png"
    assert str(red) not in [match["photo"] for match in answer["matches"]]
    assert "“pale”" in result.err


@pytest.mark.usefixtures("engine")
def test_a_changed_photo_that_is_gone_on_from_is_found_as_any_other(
    onenet_command: CommandLine, photos: Path, index_file: Path
) -> None:
    change = ("find", "--photo", photos / "red.png", "pale", "green", "--index", index_file, "--json")
    alone, first = onenet_command(*change), onenet_command(*change, "--then", "blue")
    assert first.answers[0] == alone.answers[0]
    assert first.answers[0]["unknown_words"] == ["pale"]
    assert first.err == alone.err
    assert len(first.answers) == 2


@pytest.mark.usefixtures("engine")
def test_find_with_a_photo_and_no_words_is_a_sentence(
    onenet_command: CommandLine, photos: Path, index_file: Path
) -> None:
    result = onenet_command("find", "--photo", photos / "red.png", "--index", index_file)
    assert_one_sentence(result, "description")
