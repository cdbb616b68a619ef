"""The verb `ask` with the shipped network: why a question is not answered."""

from pathlib import Path

import pytest

from onenet.paths import DEFAULT_CHECKPOINT
from tests.onenet.cli.command import CommandLine, assert_one_sentence


@pytest.mark.shipped
@pytest.mark.skipif(not DEFAULT_CHECKPOINT.is_file(), reason="data/onenet.safetensors is not here")
@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("???", "Ask something about the photo, for example: "),
        ("why does it rain?", "I do not understand that question."),
        ("Πού είναι;", "I do not read that language. Ask in one of these: "),
        ("what colour is the zyzzogeton?", "I never read “zyzzogeton”"),
    ],
)
def test_the_shipped_network_says_why_it_does_not_answer(
    onenet_command: CommandLine, photos: Path, question: str, sentence: str
) -> None:
    assert_one_sentence(onenet_command("ask", photos / "red.png", question, "--threads", "1"), sentence)
