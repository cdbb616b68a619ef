"""Weights that PyTorch before 1.6 saved, read without it."""

import pickle
import struct
from collections import OrderedDict
from io import BufferedReader
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onenet.errors import CheckpointError

_MAGIC, _PROTOCOL = 0x1950A86A20F9469CFC6C, 1001  # how files of PyTorch before 1.6 begin


def read_pth(path: Path) -> dict[str, NDArray[Any]]:
    """Read weights that PyTorch before 1.6 saved, as the encoders' packages hold them; nothing else is run.

    Raises:
        CheckpointError: If it is no such file, or has more in it than weights.
    """
    try:
        with path.open("rb") as file:
            begins = [_Weights(file).load() for _ in range(3)]
            if begins[:2] != [_MAGIC, _PROTOCOL]:
                raise ValueError("another format")
            weights = _Weights(file)
            tensors = weights.load()
            for key in _Weights(file).load():
                _fill(file, weights.storages[key])
    except (
        OSError,
        ValueError,
        LookupError,
        TypeError,
        pickle.UnpicklingError,
        EOFError,
        struct.error,
    ) as error:
        raise CheckpointError(f"{path} is damaged. Install the requirements again.") from error
    return {name: tensor.copy() for name, tensor in tensors.items()}


class _Weights(pickle.Unpickler):
    """Makes arrays of tensors, empty until `_fill` reads what is in them, and nothing else.

    Attributes:
        storages: What the arrays lie in, by the file's names.
    """

    def __init__(self, file: BufferedReader) -> None:
        super().__init__(file)
        self.storages: dict[str, NDArray[Any]] = {}

    def find_class(self, module: str, name: str) -> Any:
        """Give what a name in the file stands for.

        Raises:
            UnpicklingError: If weights need no such thing.
        """
        known: dict[tuple[str, str], Any] = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): _tensor,
            ("torch", "FloatStorage"): np.float32,
            ("torch", "LongStorage"): np.int64,
        }
        if (module, name) not in known:
            raise pickle.UnpicklingError(f"{module}.{name} is no part of weights")
        return known[module, name]

    def persistent_load(self, reference: Any) -> NDArray[Any]:
        """Give what some tensors lie in."""
        _, kind, key, _, size, _ = reference
        return self.storages.setdefault(key, np.zeros(size, kind))


def _tensor(
    storage: NDArray[Any], offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: object
) -> NDArray[Any]:
    if min((offset, *shape, *strides)) < 0 or offset + sum(
        (size - 1) * step for size, step in zip(shape, strides, strict=True)
    ) >= len(storage):
        raise ValueError("an array that goes beyond what it lies in")
    in_bytes = [step * storage.itemsize for step in strides]
    return np.lib.stride_tricks.as_strided(storage[offset:], shape, in_bytes, writeable=False)


def _fill(file: BufferedReader, storage: NDArray[Any]) -> None:
    (size,) = struct.unpack("<q", file.read(8))
    if size != len(storage) or file.readinto(storage.data.cast("B")) != storage.nbytes:
        raise ValueError("an array of another size")
