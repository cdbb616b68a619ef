"""Engines that run the encoder's graph: ONNX Runtime in float32, and OpenVINO in bfloat16 for its speed.

Float32 says the same of a photo on every machine: of Flickr8K's 1,000 dev photos all captions were those that
PyTorch's float32 gave with other instructions (AVX2, not AVX-512) and another number of threads. In bfloat16
one caption in five is another, hardly worse or better; processors that multiply it take half the time.
`python -m onenet bench --engines` measures both beside others, with instructions and without.
"""

import logging
import sys
from typing import Any, Protocol

import numpy as np

from onenet.errors import OneNetError
from onenet.precision import BFLOAT16, FLOAT32
from onenet.serving.session import Session
from onenet.serving.weights import Floats

_log = logging.getLogger(__name__)


class EncoderEngine(Protocol):
    """Runs the encoder's graph."""

    def represent(self, photos: Floats) -> Floats:
        """Map preprocessed photos (B, 3, S, S) to representations (B, D) of unit length."""
        ...

    def last_map(self, photo: Floats) -> Floats:
        """Give what the encoder sees at each place of a preprocessed photo (3, S, S), shape (F, h, w)."""
        ...


def open_encoder(graph: bytes, *, precision: str = FLOAT32, threads: int | None = None) -> EncoderEngine:
    """Open the encoder's graph; in float32, too, where the processor does not multiply bfloat16 fast.

    Raises:
        OneNetError: If bfloat16 is asked for and OpenVINO is not installed.
    """
    if precision == BFLOAT16:
        engine = _in_bfloat16(graph, threads)
        if engine is not None:
            return engine
        _log.warning("This processor does not multiply bfloat16 fast; photos are looked at in float32.")
    return _OnnxRuntime(graph, threads)


class _OnnxRuntime:
    def __init__(self, graph: bytes, threads: int | None) -> None:
        self._session = Session(graph, threads=threads)

    def represent(self, photos: Floats) -> Floats:
        """Map photos one by one: then the maps stay in the processor's cache.

        It takes 13 ms a photo, and 22 in batches of 16; and what is said of a photo is the same to the last
        bit whatever is beside it.
        """
        each = [photos[row : row + 1] for row in range(len(photos))]
        return np.concatenate([self._session.run(["representations"], photos=photo)[0] for photo in each])

    def last_map(self, photo: Floats) -> Floats:
        [maps] = self._session.run(["maps"], photos=photo[np.newaxis])
        last: Floats = maps[0]
        return last


class _OpenVino:
    def __init__(self, compiled: Any) -> None:
        self._compiled = compiled

    def represent(self, photos: Floats) -> Floats:
        rounded = np.array(self._compiled(photos)["representations"], np.float32)
        unit: Floats = rounded / np.linalg.norm(rounded, axis=1, keepdims=True)
        return unit

    def last_map(self, photo: Floats) -> Floats:
        return np.array(self._compiled(photo[np.newaxis])["maps"][0], np.float32)


def _in_bfloat16(graph: bytes, threads: int | None) -> _OpenVino | None:
    try:
        core = import_openvino().Core()
    except ModuleNotFoundError as error:
        raise OneNetError(
            "Precision bfloat16 needs OpenVINO: pip install -r onenet/serving/requirements.txt. "
            "Or use float32."
        ) from error
    if "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        return None
    options: dict[str, Any] = {"INFERENCE_PRECISION_HINT": "bf16", "PERFORMANCE_HINT": "LATENCY"}
    if threads is not None:
        options["INFERENCE_NUM_THREADS"] = threads
    return _OpenVino(core.compile_model(core.read_model(graph), "CPU", options))


def import_openvino() -> Any:
    """Import OpenVINO without what would number this user and count its use over the network.

    Raises:
        ModuleNotFoundError: If it is not installed.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type] # "there is no such module"
    import openvino

    return openvino
