"""The code is formatted, linted and typed: the same checks at home and in CI, by the one test command."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# torch runs from 2.6 on, but what it says of its own types changes from release to release.
TYPED_AS = (2, 14)


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "format", "--check", "."],
        ["ruff", "check", "."],
        pytest.param(
            ["mypy", "--strict", "bot", "onenet"],
            marks=pytest.mark.skipif(
                tuple(map(int, version("torch").split(".")[:2])) < TYPED_AS,
                reason=f"types are checked with PyTorch {TYPED_AS[0]}.{TYPED_AS[1]} and newer",
            ),
        ),
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_the_code_is_in_order(command: list[str]) -> None:
    found = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr
