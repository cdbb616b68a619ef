"""What a program needs of its process: streams, text that is safe there, packages, an end."""

import ast
import io
import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onenet.process import INSTALL, give_memory_back, prepare_streams, printable

PROJECT = Path(__file__).resolve().parents[2]
ENCODINGS = ["ascii", "iso-8859-1", "iso-8859-15", "cp437", "cp1251", "cp932", "utf-8", "utf-16"]
PROGRAMS = [
    ["bot.py"],
    ["-m", "bot"],
    ["-m", "bot.local"],
    ["-m", "onenet", "--help"],
    ["-m", "onenet", "caption", "x.jpg"],
]
# Any character, and of the lone halves those by which Python names bytes that are no UTF-8.
ANYTHING = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"]), st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF)
    )
)


def written(text: str, encoding: str) -> bytes:
    """What a terminal of an encoding gets."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, newline="\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", stream)
        prepare_streams()
        print(text, flush=True)
    return raw.getvalue()


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(text=ANYTHING)
def test_any_text_can_be_printed_on_any_terminal(encoding: str, text: str) -> None:
    assert written(text, encoding).decode(encoding).endswith("\n")


@pytest.mark.parametrize("encoding", ["ascii", "iso-8859-1", "cp437"])
def test_what_a_terminal_lacks_is_written_plainly(encoding: str) -> None:
    assert written("One Network is loading …", encoding) == b"One Network is loading ...\n"
    assert written("“dog” isn’t — “猫”", encoding) == b'"dog" isn\'t - "\\u732b"\n'


@given(text=ANYTHING, keep=st.sampled_from(["", "\n\t"]))
def test_nothing_printable_acts_upon_a_terminal(text: str, keep: str) -> None:
    shown = printable(text, keep=keep)
    assert not [each for each in shown if unicodedata.category(each) == "Cc" and each not in keep]
    assert not set(shown) & set(
        "\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"
    )
    harmless = all(unicodedata.category(each)[0] in "LNP" for each in text)
    assert not harmless or shown == text


def test_an_escape_sequence_is_shown() -> None:
    name = "\x1b]0;owned\x07\x1b[2J\x9b31m\r\nnext \u202egpj.exe"
    assert printable(name, keep="") == r"\x1b]0;owned\x07\x1b[2J\x9b31m\x0d\x0anext \u202egpj.exe"
    assert printable("a\n\tb") == "a\n\tb"


ANSWERING = """
import sys
from onenet.process import prepare_streams
prepare_streams()
from onenet.cli.output import notice, write
from onenet.progress import ProgressDisplay
with open(sys.executable) as opened, ProgressDisplay("photo") as display:
    display.show("Indexing", 1, 2)
    notice("a notice")
    write(f"{opened.fileno() > 2} {ascii(sys.stdin.readline())}")
"""


@pytest.mark.parametrize(
    ("redirections", "out", "err"),
    [
        ("", b"True 'a\\ufffd\\n'\n", b"a notice\n"),
        ("2>&-", b"True 'a\\ufffd\\n'\n", b""),
        ("<&-", b"True ''\n", b"a notice\n"),
        ("<&- 2>&-", b"True ''\n", b""),
        (">&-", b"", b"a notice\n"),
        ("<&- >&- 2>&-", b"", b""),
    ],
)
def test_streams_that_are_closed_and_what_is_no_text_disturb_nobody(
    redirections: str, out: bytes, err: bytes
) -> None:
    ended = subprocess.run(
        ["sh", "-c", f'exec "$0" -c "$1" {redirections}', sys.executable, ANSWERING],
        cwd=PROJECT,
        env=os.environ | {"PYTHONUTF8": "1"},
        input=b"a\xff\n",
        capture_output=True,
        timeout=60,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, out, err)


@pytest.mark.parametrize("program", PROGRAMS, ids=" ".join)
def test_without_the_packages_a_sentence_says_what_to_run(program: list[str]) -> None:
    """-S: a Python that has nothing but its own library."""
    ended = subprocess.run(
        [sys.executable, "-S", *program], cwd=PROJECT, capture_output=True, text=True, timeout=60
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    sentence = ended.stderr
    assert re.match(r"This Python \(.*\) has no package \w+\. ", sentence)
    assert INSTALL in sentence
    assert len(sentence.splitlines()) == 1


@pytest.mark.parametrize("document", ["README.md"])
def test_that_line_is_the_one_of_the_document(document: str) -> None:
    assert INSTALL in (PROJECT / document).read_text(encoding="utf-8")


def test_an_old_python_understands_the_sentence_for_it() -> None:
    ast.parse((PROJECT / "bot.py").read_text(), feature_version=(3, 4))


@pytest.mark.parametrize("hangs", [True, False])
def test_a_thread_that_hangs_does_not_keep_a_program(hangs: bool) -> None:
    code = (
        "import threading, time, sys\n"
        "from onenet.process import leave\n"
        f"threading.Thread(target=time.sleep, args=({60 if hangs else 0.1},)).start()\n"
        "print('the end', end='')\n"
        "leave(3)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, timeout=20
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (3, "the end", "")


def test_memory_is_given_back_where_the_system_can_take_it(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = bytearray(b"kept") * 1000
    give_memory_back()
    assert kept == b"kept" * 1000
    monkeypatch.setattr("onenet.process.ctypes.CDLL", lambda name: object())  # a library that cannot
    give_memory_back()
