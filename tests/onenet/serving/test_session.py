"""A session runs its graph, and ONNX Runtime tells nobody of it."""

import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]
CODE = """
import numpy as np
from onenet.serving.graphs import product
from onenet.serving.session import Session

session = Session(product(2, 3), {"factor": np.ones((2, 3), np.float32)}, threads=1)
print(session.run(["products"], values=np.ones((1, 2), np.float32))[0].tolist())
"""


def test_nothing_is_told_or_kept_of_its_use(tmp_path: Path) -> None:
    """Where it is, a number for the machine and a database of what is to be sent are in the home."""
    homes = dict.fromkeys(("HOME", "USERPROFILE", "LOCALAPPDATA", "XDG_CACHE_HOME"), str(tmp_path))
    environ = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"} | homes
    command = [sys.executable, "-W", "ignore", "-c", CODE]
    ended = subprocess.run(
        command, cwd=PROJECT, env=environ, capture_output=True, text=True, timeout=120, check=False
    )
    assert (ended.stdout, ended.stderr) == ("[[2.0, 2.0, 2.0]]\n", "")
    assert list(tmp_path.iterdir()) == []
