"""The verb `ask`: what it prints, where, and its exit codes."""

from pathlib import Path

import pytest

from tests.onenet.cli.command import CommandLine, assert_one_sentence

pytestmark = pytest.mark.usefixtures("engine")


def test_an_answer_is_one_object(onenet_command: CommandLine, photos: Path) -> None:
    result = onenet_command("ask", photos / "red.png", "what colour is the ball?", "--json", "-k", "2")
    assert result.answers == [
        {
            "question": "what colour is the ball?",
            "answers": [{"text": "red", "score": 0.712346}, {"text": "green", "score": 0.2}],
            "sure": True,
        }
    ]
    assert (result.code, result.err) == (0, "")


def test_an_answer_in_lines(onenet_command: CommandLine, photos: Path) -> None:
    sure = onenet_command("ask", photos / "red.png", "what colour is the ball?")
    assert sure.out == " 0.712  red\n 0.200  green\n 0.050  blue\n"
    doubted = onenet_command("ask", photos / "red.png", "what", "colour", "is", "the", "dog?")
    assert doubted.out == "I cannot tell. Perhaps:\n 0.712  red\n 0.200  green\n 0.050  blue\n"
    absent = onenet_command("ask", photos / "red.png", "what colour is the cat?")
    assert absent.out.startswith("I see none there, so I cannot tell. If there is one:\n 0.712  red\n")


@pytest.mark.parametrize("question", [(), ("",), ("why does it rain?",)])
def test_what_is_no_question_gets_a_sentence(
    onenet_command: CommandLine, photos: Path, question: tuple[str, ...]
) -> None:
    assert_one_sentence(onenet_command("ask", photos / "red.png", *question))


def test_what_is_no_photo_gets_a_sentence(onenet_command: CommandLine, tmp_path: Path) -> None:
    assert_one_sentence(onenet_command("ask", tmp_path / "none.png", "is there a dog?"))


def test_a_file_that_is_no_photo_gets_a_sentence(onenet_command: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "notes.jpg"
    path.write_text("no photo")
    assert_one_sentence(onenet_command("ask", path, "is there a dog?"))
