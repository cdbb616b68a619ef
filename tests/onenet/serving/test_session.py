"""A session runs its graph, and neither ONNX Runtime nor OpenVINO tells anybody of it."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

needs_openvino = pytest.mark.skipif(
    importlib.util.find_spec("openvino") is None, reason="OpenVINO, which no one needs, is not installed"
)
PROJECT = Path(__file__).resolve().parents[3]
CODE = """
import numpy as np
from onenet.serving.graphs import product
from onenet.serving.session import Session

session = Session(product(2, 3), {"factor": np.ones((2, 3), np.float32)}, threads=1)
print(session.run(["products"], values=np.ones((1, 2), np.float32))[0].tolist())
"""


OPENVINO = """
from onenet.serving.encoders import import_openvino

print("CPU" in import_openvino().Core().available_devices)
"""


@pytest.mark.parametrize(
    ("code", "answer"),
    [(CODE, "[[2.0, 2.0, 2.0]]\n"), pytest.param(OPENVINO, "True\n", marks=needs_openvino)],
    ids=["ONNX Runtime", "OpenVINO"],
)
def test_nothing_is_told_or_kept_of_its_use(code: str, answer: str, tmp_path: Path) -> None:
    """Where it is, there are a number for the machine and what is to be sent in the home."""
    homes = dict.fromkeys(("HOME", "USERPROFILE", "LOCALAPPDATA", "XDG_CACHE_HOME"), str(tmp_path))
    environ = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"} | homes
    command = [sys.executable, "-W", "ignore", "-c", code]
    ended = subprocess.run(
        command, cwd=PROJECT, env=environ, capture_output=True, text=True, timeout=120, check=False
    )
    assert (ended.stdout, ended.stderr) == (answer, "")
    assert list(tmp_path.iterdir()) == []
