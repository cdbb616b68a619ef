"""The command line as a whole: arguments, networks that cannot be loaded, its help, its end."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.onenet.cli.command import CommandLine, assert_one_sentence


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
        "import onenet.cli.words as c, onenet.__main__ as m, sys\n"
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
