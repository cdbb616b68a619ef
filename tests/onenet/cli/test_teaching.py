"""The verb `teach`, and `caption` and `find` with what was taught, with a fake network of three colours."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from onenet.cli.inputs import PHOTO_BATCH
from onenet.teaching import MAX_EXAMPLES, MAX_WORDS, Lexicon
from tests.onenet.cli.command import CommandLine, FakeEngine, assert_one_sentence


@pytest.fixture
def lexicon(tmp_path: Path) -> Path:
    return tmp_path / "words.json"


@pytest.fixture
def taught(onenet_command: CommandLine, engine: FakeEngine, photos: Path, lexicon: Path) -> Path:
    assert onenet_command("teach", "Rex", photos / "red.png", "--lexicon", lexicon).code == 0
    return lexicon


def test_a_word_is_taught_by_photos_and_more_are_added(
    onenet_command: CommandLine, photos: Path, taught: Path
) -> None:
    result = onenet_command(
        "teach", "rex", photos / "red.png", photos / "green.png", "--lexicon", taught, "--json"
    )
    shown = [str(photos / "red.png"), str(photos / "green.png")]
    assert result.answers == [{"name": "Rex", "photos": shown, "examples": 2, "words": 1}]
    assert result.err == ("Copies of a photo count once.\n“Rex” was taught before; these photos are added.\n")
    said = onenet_command("teach", "our office", photos / "green.png", "--lexicon", taught)
    assert said.out == "our office: 1 example. Three to five are better.\n"


def test_a_word_that_was_read_is_taught_all_the_same(
    onenet_command: CommandLine, photos: Path, taught: Path
) -> None:
    said = onenet_command("teach", "green", photos / "red.png", "--lexicon", taught)
    assert said.out == "green: 1 example. Three to five are better.\n"
    assert said.err == f"“green” was read before; with {taught} it now means what these photos show.\n"
    again = onenet_command("teach", "GREEN", photos / "green.png", "--lexicon", taught)
    assert again.err == "“green” was taught before; these photos are added.\n"


@pytest.mark.usefixtures("engine")
def test_more_examples_than_are_kept_take_the_place_of_the_oldest(
    onenet_command: CommandLine, photos: Path, lexicon: Path
) -> None:
    full = Lexicon("fake")
    full.teach("Rex", np.eye(300, dtype=np.float32)[10 : 10 + MAX_EXAMPLES])
    full.save(lexicon)
    result = onenet_command("teach", "Rex", photos / "red.png", "--lexicon", lexicon)
    assert result.out == (
        "Rex: 20 examples. More are not kept: each new one takes the place of the oldest.\n"
    )


@pytest.mark.usefixtures("engine")
def test_a_thousand_words_are_too_many(onenet_command: CommandLine, photos: Path, lexicon: Path) -> None:
    full = Lexicon("fake")
    for number in range(MAX_WORDS):
        full.teach(f"word {number}", np.eye(1, 300, dtype=np.float32))
    full.save(lexicon)
    before = lexicon.read_bytes()
    result = onenet_command("teach", "one more", photos / "red.png", "--lexicon", lexicon)
    assert_one_sentence(result, f"{lexicon} holds {MAX_WORDS} taught words already")
    assert "--lexicon another file" in result.err
    assert lexicon.read_bytes() == before
    assert onenet_command("teach", "Word 7", photos / "red.png", "--lexicon", lexicon).code == 0


def test_captions_say_the_word(onenet_command: CommandLine, photos: Path, taught: Path) -> None:
    result = onenet_command("caption", photos / "red.png", photos / "green.png", "--lexicon", taught)
    assert [line.partition(": ")[2] for line in result.out.splitlines()] == ["Rex red 0", "green 0"]
    assert onenet_command("caption", photos / "red.png").out.endswith(": red 0\n")


def test_whether_it_is_there_can_be_asked(onenet_command: CommandLine, photos: Path, taught: Path) -> None:
    for photo, text in (("red.png", "yes"), ("green.png", "no")):
        options = (photos / photo, "is there a Rex?", "--lexicon", taught, "--json")
        (answer,) = onenet_command("ask", *options).answers
        assert (answer["answers"][0]["text"], answer["sure"]) == (text, True)
    options = (photos / "red.png", "is there a Rex?", "--lexicon", taught.with_name("none"))
    assert_one_sentence(onenet_command("ask", *options), "There is no file")


def test_a_word_is_found(onenet_command: CommandLine, photos: Path, index_file: Path, taught: Path) -> None:
    options = ["--index", index_file, "-k", "2", "--json"]
    (answer,) = onenet_command("find", "rex", "in", "the", "snow", "--lexicon", taught, *options).answers
    assert answer["looking_for"] == "Rex, in the snow"
    assert answer["matches"][0]["photo"] == str(photos / "red.png")
    first, second = onenet_command(*("find", "Rex", "--then", "green", "--lexicon", taught, *options)).answers
    assert (first["looking_for"], second["looking_for"]) == ("Rex", "Rex, green")
    _, second = onenet_command(*("find", "green", "--then", "rex", "--lexicon", taught, *options)).answers
    assert second["looking_for"] == "green, Rex"
    (plain,) = onenet_command("find", "green", "--lexicon", taught, *options).answers
    assert plain["imagined"] == "something green"


def test_a_large_folder_is_read_a_part_at_a_time(
    onenet_command: CommandLine, engine: FakeEngine, photos: Path, lexicon: Path
) -> None:
    for number in range(2 * PHOTO_BATCH):
        Image.new("RGB", (8, 8), (255, 12 * number, 0)).save(photos / f"more-{number:02}.png")
    (photos / "broken.png").write_text("none")
    result = onenet_command("teach", "Rex", photos, "--lexicon", lexicon, "--json")
    assert "broken.png" in result.err
    assert len(result.answers[0]["photos"]) == 2 * PHOTO_BATCH + 3 == sum(engine.represented)
    assert max(engine.represented) <= PHOTO_BATCH


@pytest.mark.usefixtures("engine")
def test_what_cannot_be_taught_gets_a_sentence(
    onenet_command: CommandLine, photos: Path, lexicon: Path, tmp_path: Path
) -> None:
    people = onenet_command("teach", "Ann", photos / "more" / "blue.png", "--lexicon", lexicon)
    assert_one_sentence(people, "only people")
    assert_one_sentence(
        onenet_command("teach", "", photos / "red.png", "--lexicon", lexicon), "Give the word"
    )
    no_text = onenet_command("teach", "R\udcffx", photos / "red.png", "--lexicon", lexicon)
    assert_one_sentence(no_text, "not UTF-8 text")
    (tmp_path / "no.png").write_text("none")
    assert_one_sentence(onenet_command("teach", "Rex", tmp_path / "no.png", "--lexicon", lexicon), "no.png")
    assert not lexicon.exists()
    assert_one_sentence(
        onenet_command("caption", photos / "red.png", "--lexicon", lexicon), "There is no file"
    )
    lexicon.write_text("{}")
    assert_one_sentence(onenet_command("caption", photos / "red.png", "--lexicon", lexicon), "cannot be read")


def test_taught_words_are_for_one_description(
    onenet_command: CommandLine, photos: Path, index_file: Path, taught: Path, tmp_path: Path
) -> None:
    options = ("--index", index_file, "--lexicon", taught)
    assert_one_sentence(onenet_command("find", "--queries", tmp_path / "q", *options), "one description")
    changed = onenet_command("find", "green", "--photo", photos / "red.png", *options)
    assert_one_sentence(changed, "one description")
    assert_one_sentence(onenet_command("find", *options), "--lexicon is for one description")
