"""What the processor and its memory are asked to do."""

import ctypes
import sys
from typing import Any

import torch
from torch import Tensor

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4  # mallopt(3)


def fast_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 faster than float32."""
    operators: Any = torch.ops.mkldnn
    available: bool = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    return available and bool(operators._is_mkldnn_bf16_supported())


def to_device(tensor: Tensor, device: str | torch.device) -> Tensor:
    """Give a tensor of the processor's memory on a device, not waiting for what a GPU is doing just now."""
    if torch.device(device).type != "cuda":
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)


def keep_freed_memory() -> bool:
    """Ask the C library to keep what is freed, for the next tensor; whether it does.

    A step of training frees and asks for hundreds of megabytes. By default glibc gives large blocks back to
    the kernel at once, which then has to clear them anew: up to half of the time of a step. For programs
    whose peak of memory comes again and again, as training and indexing; elsewhere than on glibc it does
    nothing.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    settings = ((_M_MMAP_MAX, 0), (_M_TRIM_THRESHOLD, 2**31 - 1), (_M_TOP_PAD, 2**28))
    return all(mallopt(option, value) == 1 for option, value in settings)
