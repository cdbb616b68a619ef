"""The command line's word games: what they print, and their exit codes."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from onenet.__main__ import main
from onenet.network.vocabulary import Vocabulary
from onenet.words import WordGames, WordSpace
from tests.onenet.cli.command import CommandLine, FakeEngine, assert_one_sentence
from tests.onenet.cli.conftest import serve

PLACES = {"dog": (1, 0), "cat": (0.8, 0.6), "lab": (0.96, 0.28), "car": (0, 1)}


@pytest.fixture
def games(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.array([(9, 9)] * 4 + list(PLACES.values()), dtype=np.float32)
    space = WordSpace(Vocabulary(list(PLACES)), rows)
    serve(SimpleNamespace(words=WordGames(space)), monkeypatch)


@pytest.mark.usefixtures("games")
def test_odd_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["odd", "dog", "cat", "car"]) == 0
    expected = "car\n 0.300  car\n 0.400  dog\n 0.700  cat\nThe others are close to: lab\n"
    assert capsys.readouterr().out == expected


@pytest.mark.usefixtures("games")
def test_odd_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["odd", "Dog", "cat", "car", "--json"]) == 0
    [line] = capsys.readouterr().out.splitlines()
    answer = json.loads(line)
    assert answer["words"] == ["Dog", "cat", "car"]
    assert answer["odd"] == "car"
    assert answer["is_close_call"] is False
    assert [each["word"] for each in answer["mean_cosines"]] == ["car", "dog", "cat"]
    assert answer["mean_cosines"][0]["score"] == pytest.approx(0.3, abs=1e-6)
    assert [each["word"] for each in answer["shared"]] == ["lab"]


@pytest.mark.usefixtures("games")
def test_walk(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["walk", "dog", "car"]) == 0
    assert capsys.readouterr().out == " 1.000  dog\n 0.960  lab\n 0.936  cat\n 0.600  car\n"
    assert main(["walk", "dog", "lab", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["from"], answer["to"]) == ("dog", "lab")
    assert [step["word"] for step in answer["steps"]] == ["dog", "lab"]
    assert answer["steps"][0]["around"] == ["cat", "car"]


@pytest.mark.usefixtures("games")
def test_a_walk_is_drawn(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "new" / "walk.png"
    assert main(["walk", "dog", "car", "-o", str(path)]) == 0
    assert capsys.readouterr().err == f"The picture is in {path}.\n"
    with Image.open(path) as picture:
        assert picture.width == 1080


@pytest.mark.usefixtures("games")
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["odd", "dog", "cat"], "Give me three or more different words"),
        (["odd", "dog", "cat", "zebra"], "I never read “zebra”"),
        (["walk", "dog", "dog"], "That is one word twice"),
        (["walk", "dog", "zebra"], "I never read “zebra”"),
    ],
)
def test_what_cannot_be_answered_is_one_sentence(
    capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(sentence)
    assert err.count("\n") == 1


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


@pytest.mark.usefixtures("engine")
def test_similar_in_another_language(onenet_command: CommandLine) -> None:
    (answer,) = onenet_command("similar", "red", "--to", "de", "--json").answers
    assert answer == {"word": "red", "neighbours": [{"word": "rot", "score": 0.75}]}


def test_translate(onenet_command: CommandLine, engine: FakeEngine) -> None:
    result = onenet_command("translate", "red", "green", "--to", "de", "--json")
    [answer] = result.answers
    assert answer == {
        "text": "red green",
        "language": "en",
        "to": "de",
        "translation": "rot grün",
        "unknown_words": [],
    }
    assert (result.code, result.err) == (0, "")
    named = onenet_command("translate", "red", "zebra", "--to", "de", "--from", "en")
    assert (named.code, named.out) == (0, "rot\n")
    assert "zebra" in named.err
    assert onenet_command("translate", "red").out == "red\n"  # into English, if nothing is said
    assert engine.asked == [
        ("translate", "red green", "de", None),
        ("translate", "red zebra", "de", "en"),
        ("translate", "red", "en", None),
    ]


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("arguments", [["similar", "red", "--to", "xx"], ["translate", "red", "--to", "xx"]])
def test_an_unknown_language_is_a_sentence_with_the_list(
    onenet_command: CommandLine, arguments: list[str]
) -> None:
    assert_one_sentence(
        onenet_command(*arguments, "--json"), "The network knows English (en), German (de), not “xx”."
    )


@pytest.mark.usefixtures("engine")
def test_translate_needs_words(onenet_command: CommandLine) -> None:
    assert onenet_command("translate", "--to", "de").code == 2
