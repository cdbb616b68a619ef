"""`python -m onenet spread`, with a network of random weights and photos that a test draws."""

from pathlib import Path

import pytest

from onenet.__main__ import main
from onenet.engine import Engine
from tests.onenet.cli.test_command_line import random_network
from tests.onenet.drawn import write_sources


def test_how_photos_spread_is_measured_once_for_a_network(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network = random_network(tmp_path / "net.safetensors")
    assert Engine.load(network, threads=1).spread is None
    data = write_sources(tmp_path / "data", train=6, dev=2)
    assert main(["spread", str(data), "--checkpoint", str(network), "--threads", "1"]) == 0
    assert "spread is in" in capsys.readouterr().out
    spread = Engine.load(network, threads=1).spread
    assert spread is not None
    assert spread.seen(spread.centre[None] + 1).shape == (1, len(spread.centre))
    assert main(["spread", str(tmp_path / "none"), "--checkpoint", str(network)]) == 2
