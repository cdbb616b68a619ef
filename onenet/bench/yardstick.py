"""E, the yardstick of speed: one forward pass of the served encoder in ONNX Runtime, in a process of its own.

As the engine does it by itself, in float32: its threads wait for work by turning in circles, which is fastest
when nothing else runs and slows down whatever does. So it is measured between the other measurements.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from onenet.errors import OneNetError

_WARM_UP = 2


class Yardstick:
    """The process that measures E; leave it to end it.

    Args:
        checkpoint: The network.
        threads: Of the processor.

    Raises:
        OneNetError: If the network's encoder cannot be run by ONNX Runtime.
    """

    def __init__(self, checkpoint: Path, threads: int) -> None:
        command = [sys.executable, "-m", "onenet.bench.yardstick", str(checkpoint), str(threads)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )

    def __enter__(self) -> "Yardstick":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def measure(self, rounds: int, *, batch: int = 1) -> list[float]:
        """Seconds of that many forward passes of so many photos; it waits until its threads are still."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(f"{batch} {rounds}\n")
            self._process.stdin.flush()
            seconds: list[float] = json.loads(self._process.stdout.readline())
        except (OSError, ValueError) as error:
            raise OneNetError(
                "The encoder of this network could not be measured alone; it is not exported."
            ) from error
        time.sleep(0.2)
        return seconds


def main() -> None:
    """Answer each line `photos rounds` on stdin with the seconds of the rounds, as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("threads", type=int)
    args = parser.parse_args()
    session, side = open_session(args.checkpoint, args.threads)
    pixels: dict[int, Any] = {}
    for line in sys.stdin:
        batch, rounds = map(int, line.split())
        if batch not in pixels:
            random = np.random.default_rng(0)
            pixels[batch] = random.standard_normal((batch, 3, side, side)).astype(np.float32)
            for _ in range(_WARM_UP):
                session.run(["representations"], {"photos": pixels[batch]})
        seconds = []
        for _ in range(rounds):
            started = time.perf_counter()
            session.run(["representations"], {"photos": pixels[batch]})
            seconds.append(time.perf_counter() - started)
        print(json.dumps(seconds), flush=True)


def open_session(checkpoint: Path, threads: int) -> tuple[Any, int]:
    """Open the encoder's graph as ONNX Runtime does by default; gives the side of its photos as well."""
    import onnxruntime

    from onenet.network.config import ModelConfig
    from onenet.network.network_file import read_network_file
    from onenet.serving.exported import graphs_of
    from onenet.serving.weights import Weights

    file = read_network_file(checkpoint)
    side = int(file.header["transform"]["serving"]["side_px"])
    weights = Weights(ModelConfig(**file.header["config"]), file.weights)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    graph = graphs_of(checkpoint, file, weights, side)["encoder"]
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"]), side


if __name__ == "__main__":
    main()
