"""Engines for the encoder, measured side by side: `python -m onenet.bench.engines`.

Each runs in a process of its own, for the threads of two of them would wait in circles against each other.
What is not installed is left out and named.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onenet.network.network_file import read_network_file
from onenet.paths import DEFAULT_CHECKPOINT
from onenet.precision import BFLOAT16

Floats = NDArray[np.float32]
Run = Callable[[Floats], Floats]

BATCH = 16
SIDE_PX = 300
REPEATS = 30
REFERENCE = "PyTorch, float32"
NOT_INSTALLED = 3  # exit code


def main() -> int:
    """Measure one engine, if it is named, or all of them."""
    parser = argparse.ArgumentParser(description="Engines for the encoder, side by side.")
    parser.add_argument("--engine", choices=list(ENGINES), help="only this one, in this process")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--isa", default="", help="most that oneDNN may use of the processor (PyTorch, OpenVINO): AVX2"
    )
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    if args.engine:
        try:
            print(json.dumps(measure(args.engine, args.threads)))
        except ModuleNotFoundError as error:
            print(error, file=sys.stderr)
            return NOT_INSTALLED
        return 0
    found = {name: measured_apart(name, args.threads, args.isa) for name in ENGINES}
    print(json.dumps(found) if args.json else table(found))
    return 0


def measured_apart(name: str, threads: int, isa: str) -> dict[str, Any]:
    """Measure an engine in a process of its own."""
    command = [sys.executable, "-m", "onenet.bench.engines", "--engine", name, "--threads", str(threads)]
    more = {"ONEDNN_MAX_CPU_ISA": isa} if isa else {}
    ended = subprocess.run(command, capture_output=True, text=True, env=os.environ | more, check=False)
    if ended.returncode:
        why = "not installed" if ended.returncode == NOT_INSTALLED else "failed"
        return {"left out": f"{why}: {ended.stderr.strip().splitlines()[-1]}"}
    answer: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return answer


def measure(name: str, threads: int) -> dict[str, Any]:
    """Give an engine's times in milliseconds, the seconds that it takes to load, and what it computes."""
    random = np.random.default_rng(1)
    photos = random.uniform(-1, 1, (BATCH, 3, SIDE_PX, SIDE_PX)).astype(np.float32)
    started = time.perf_counter()
    run = ENGINES[name](threads)
    loaded = time.perf_counter() - started
    one = _milliseconds(lambda: run(photos[:1]), REPEATS)
    many = _milliseconds(lambda: run(photos), max(3, REPEATS // 6)) / BATCH
    return {
        "one": round(one, 1),
        "of a batch": round(many, 1),
        "loads in s": round(loaded, 2),
        "representations": np.round(run(photos[:4]), 8).tolist(),
    }


def table(found: dict[str, dict[str, Any]]) -> str:
    """Write what was measured as Markdown; differences are those of the cosine to PyTorch's float32."""
    lines = [
        f"| engine | one photo, ms | a photo in batches of {BATCH}, ms | loads in, s | 1 - cosine |",
        "|---|---|---|---|---|",
    ]
    reference = found[REFERENCE].get("representations")
    for name, each in found.items():
        if "left out" in each:
            lines.append(f"| {name} | {each['left out']} | | | |")
            continue
        own = np.array(each["representations"])
        apart = "" if reference is None else f"{1 - (own * np.array(reference)).sum(axis=1).min():.1e}"
        lines.append(f"| {name} | {each['one']} | {each['of a batch']} | {each['loads in s']} | {apart} |")
    return "\n".join(lines)


def _milliseconds(run: Callable[[], object], repeats: int) -> float:
    run()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return 1000 * float(np.median(times))


def _exported(precision: str, threads: int) -> Run:
    from onenet.serving.encoders import open_encoder

    return open_encoder(_graph(), precision=precision, threads=threads).represent


def _graph() -> bytes:
    from onenet.network.config import ModelConfig
    from onenet.serving.exported import graphs_of
    from onenet.serving.weights import Weights

    file = read_network_file(DEFAULT_CHECKPOINT)
    weights = Weights(ModelConfig(**file.header["config"]), file.weights)
    return graphs_of(DEFAULT_CHECKPOINT, file, weights, SIDE_PX)["encoder"]


def _openvino(threads: int) -> Run:
    import openvino

    options = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": threads}
    core = openvino.Core()
    compiled = core.compile_model(core.read_model(_graph()), "CPU", options)
    return lambda photos: np.array(compiled(photos)[0])


def _torch(threads: int, *, bfloat16: bool = False, compiled: bool = False) -> Run:
    import torch

    from onenet.network.checkpoint import load_checkpoint
    from onenet.network.encoders import load_encoder

    torch.set_num_threads(threads)
    model = load_checkpoint(Path(DEFAULT_CHECKPOINT)).model
    encoder = load_encoder(model.config.encoder, bfloat16=bfloat16)

    def represent(photos: torch.Tensor) -> torch.Tensor:
        return model.represent(model.features(encoder.maps(photos)))

    forward: Callable[[torch.Tensor], torch.Tensor] = torch.compile(represent) if compiled else represent

    def run(photos: Floats) -> Floats:
        with torch.no_grad():
            representations: Floats = forward(torch.from_numpy(photos)).numpy()
        return representations

    return run


ENGINES: dict[str, Callable[[int], Run]] = {
    REFERENCE: _torch,
    "PyTorch, trunk in bfloat16": lambda threads: _torch(threads, bfloat16=True),
    "PyTorch, compiled": lambda threads: _torch(threads, compiled=True),
    "ONNX Runtime, float32 (served)": lambda threads: _exported("float32", threads),
    "OpenVINO, float32": _openvino,
    "OpenVINO, bfloat16 (PRECISION=bfloat16)": lambda threads: _exported(BFLOAT16, threads),
}


if __name__ == "__main__":
    sys.exit(main())
