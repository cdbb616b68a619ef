import json
import subprocess
import sys
from pathlib import Path

import pytest

from onenet.bench.processes import bot_at_work, bot_worker, resident_mb, run
from onenet.bench.yardstick import Yardstick
from onenet.errors import OneNetError
from tests.onenet.cli.test_command_line import random_network
from tests.onenet.drawn import draw


def test_a_program_is_as_large_as_it_is_itself() -> None:
    """Not as large as the process that starts it."""
    ballast = bytearray(400_000_000)
    seconds, small = run([sys.executable, "-c", "pass"])
    _, large = run([sys.executable, "-c", "b = bytearray(200_000_000); b[::4096] = b[::4096]"])
    assert len(ballast) == 400_000_000
    assert seconds > 0
    if small is not None:
        assert large is not None
        assert small < 100
        assert 150 < large < 300


def test_a_program_that_fails_is_no_measurement() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        run([sys.executable, "-c", "raise SystemExit(3)"])


def test_the_yardstick_measures_as_often_as_it_is_asked(tmp_path: Path) -> None:
    with Yardstick(random_network(tmp_path / "net"), 1) as yardstick:
        assert len(yardstick.measure(3)) == 3
        [pair] = yardstick.measure(1, batch=2)
        assert pair > 0


def test_without_a_network_there_is_no_yardstick(tmp_path: Path) -> None:
    with Yardstick(tmp_path / "nothing", 1) as yardstick, pytest.raises(OneNetError, match="not exported"):
        yardstick.measure(1)


def test_the_bot_is_measured_by_its_page_and_its_worker(tmp_path: Path) -> None:
    network = random_network(tmp_path / "net.safetensors")
    photo = tmp_path / "photo.jpg"
    draw("red", 1).save(photo)
    times = bot_worker(network, photo, 2, 1)
    assert (len(times["alone"]), times["dreaming"]) == (2, [])  # this one cannot dream
    assert json.loads(json.dumps(times)) == times
    page_s, caption_s, held_mb = bot_at_work(network, photo)
    assert 0 < page_s < caption_s < 120
    if held_mb is not None:
        assert 50 < held_mb < 1000
    if (own_mb := resident_mb()) is not None:
        ballast = bytearray(100_000_000)
        ballast[::4096] = ballast[::4096]
        assert 90 < (resident_mb() or 0) - own_mb < 110
