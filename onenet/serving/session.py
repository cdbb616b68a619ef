"""Graphs opened in ONNX Runtime, on the processor."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]


class Session:
    """An opened graph.

    Args:
        graph: Content of an ONNX file.
        weights: Those that the graph names and does not hold, float32; they are kept, not copied.
        threads: Of the processor; None: as many as the process may use.
    """

    def __init__(self, graph: bytes, weights: Arrays | None = None, *, threads: int | None = None) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or _processors()
        options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors; what it cannot optimise is no news to people
        # Threads that wait for work by turning in circles slow the next graph's threads down.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._weights = {
            name: onnxruntime.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(weight))
            for name, weight in (weights or {}).items()
        }
        if self._weights:
            options.add_external_initializers([*self._weights], [*self._weights.values()])
        self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        self._session._model_bytes = None  # kept to begin anew without a GPU, and there is none: 21 MB

    def run(self, outputs: Sequence[str], **inputs: NDArray[Any]) -> list[NDArray[Any]]:
        """Run the graph; give the outputs that are named."""
        found: list[NDArray[Any]] = self._session.run(outputs, inputs)
        return found


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
