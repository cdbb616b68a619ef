"""The Dockerfile and the systemd unit, as far as they can be checked without Docker."""

import configparser
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bot.delivery.running import CANCEL_S, CLOSE_S, TALK_S
from bot.delivery.stopping import DRAIN_S, TASKS_S
from bot.delivery.updates import LISTENING_S
from onenet.process import LEAVE_S

PROJECT = Path(__file__).resolve().parents[2]
DEPLOY = PROJECT / "bot" / "deploy"
UNIT = DEPLOY / "onenet-bot.service"
IN_IMAGE = (
    "bot.py",
    "bot/__main__.py",
    "onenet/engine.py",
    "data/onenet.safetensors",
    "data/onenet-layers.safetensors",
    "data/onenet-spread.safetensors",
    "requirements.txt",
)


def instructions() -> list[tuple[str, str]]:
    """Name and argument of each instruction of the Dockerfile, continued lines as one."""
    text = re.sub(r"^\s*#.*\n", "", (DEPLOY / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    return [(line.split()[0], line.partition(" ")[2]) for line in lines if line.strip()]


def arguments(name: str) -> list[str]:
    return [argument for each, argument in instructions() if each == name]


def test_everything_that_is_copied_exists() -> None:
    copied = [source for argument in arguments("COPY") for source in argument.split()[:-1]]
    assert copied
    for source in copied:
        assert (PROJECT / source).exists(), source


@pytest.mark.parametrize("path", IN_IMAGE)
def test_the_image_holds_what_the_bot_needs(path: str) -> None:
    copied = [source for argument in arguments("COPY") for source in argument.split()[:-1]]
    assert any(path == source or path.startswith(f"{source}/") for source in copied)


def test_the_builder_is_sent_nothing_else() -> None:
    lines = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    assert patterns[0] == "*"
    sent = {pattern[1:] for pattern in patterns if pattern.startswith("!")}
    assert {source for argument in arguments("COPY") for source in argument.split()[:-1]} <= sent
    assert ".env" not in sent
    for pattern in sent:
        assert (PROJECT / pattern).exists(), pattern


def test_it_is_nobody_special_and_says_whether_it_is_well() -> None:
    names = [name for name, _ in instructions()]
    [user] = arguments("USER")
    assert user not in ("root", "0")
    assert names.index("USER") < names.index("CMD")
    assert names.index("USER") > max(i for i, name in enumerate(names) if name in ("RUN", "COPY"))
    [health] = arguments("HEALTHCHECK")
    command = json.loads(health.partition("CMD ")[2])
    compile(command[2], "healthcheck", "exec")
    [environ] = arguments("ENV")
    port = re.search(r"METRICS_PORT=(\d+)", environ)
    assert port is not None
    assert f"127.0.0.1:{port[1]}/healthz" in command[2]
    assert json.loads(arguments("CMD")[0]) == ["python", "bot.py"]
    assert arguments("FROM") == ["python:3.12-slim"]


def test_no_secret_is_baked_in() -> None:
    for file in DEPLOY.iterdir():
        assert not re.search(r"\d{3,}:[A-Za-z0-9_-]{20,}", file.read_text()), file


def unit() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(UNIT)
    return parser


def test_the_service_is_started_again_and_given_time_to_stop() -> None:
    service = unit()["Service"]
    assert service["ExecStart"].endswith("python bot.py")
    assert service["Restart"] == "on-failure"
    assert service["KillSignal"] == "SIGTERM"
    assert LISTENING_S + DRAIN_S + TASKS_S <= TALK_S
    assert int(service["TimeoutStopSec"]) > CANCEL_S + TALK_S + CLOSE_S + LEAVE_S
    assert unit()["Install"]["WantedBy"] == "multi-user.target"


def test_the_service_may_do_little() -> None:
    service = unit()["Service"]
    assert service["DynamicUser"] == service["NoNewPrivileges"] == service["ProtectHome"] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert service["CapabilityBoundingSet"] == ""
    assert f"DATA_DIR=/var/lib/{service['StateDirectory']}" in service["Environment"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    """With a program that exists here; the rest is as it is shipped."""
    text = UNIT.read_text().replace("/opt/onenet/.venv/bin/python", "/bin/true")
    file = tmp_path / UNIT.name
    file.write_text(text)
    found = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(file)], capture_output=True, text=True
    )
    complaints = [line for line in found.stderr.splitlines() if UNIT.name in line]
    assert complaints == []
