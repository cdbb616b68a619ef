"""What all tests share: the cores and the memory among their processes, and which files are begun first.

Tensor arithmetic with all cores in each of several processes is many times slower than with one, so each
process of pytest-xdist takes its part of them. This has to be said before the first import of torch, in those
processes alone (what the one that starts them says is inherited, and would win), and reaches the programs
that tests start.
"""

import ctypes
import functools
import gc
import os
import ssl
import sys
from collections.abc import Iterator
from typing import Any

import pytest

if _processes := os.environ.get("PYTEST_XDIST_WORKER_COUNT"):
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // int(_processes))))
# For processes that begin from now on: glibc keeps memory for each of the many threads that tests start.
os.environ.setdefault("MALLOC_ARENA_MAX", "2")

# Every HTTP client reads all certificates of the system anew, 20 ms each time, though tests speak plain HTTP.
ssl.create_default_context = functools.cache(ssl.create_default_context)

MOST_MIB = 1500
_PEAK = "peak_mib"
# How glibc deals with memory, for mallopt(3): trim threshold, padding, mmap threshold, most mmaps.
_USUAL = ((-1, 2**22), (-2, 2**17), (-3, 2**20), (-4, 65536))

_peaks: dict[str, int] = {}


def pytest_xdist_auto_num_workers() -> int:
    """One process more than there are cores: most tests wait now and then, for servers and clocks."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that hold slow tests, so that at the end no process works alone on one."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_collection_finish() -> None:
    """Let the garbage collector look no more at what the imports made, a tenth of a second each time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _gives_memory_back() -> Iterator[None]:
    """Give back what a test used; a network in training asks the C library never to do so."""
    yield
    if sys.platform == "linux":
        library = ctypes.CDLL(None)
        for option, value in _USUAL:
            library.mallopt(option, value)
        library.malloc_trim(0)


@pytest.fixture(scope="module", autouse=True)
def _is_forgotten() -> Iterator[None]:
    """Let go of what the tests of a file made."""
    yield
    gc.collect()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Note the most memory that this process used."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[_PEAK] = _peak_mib()


def pytest_testnodedown(node: Any) -> None:
    """Hear of it from a process of pytest-xdist."""
    output = getattr(node, "workeroutput", None) or {}
    _peaks[node.gateway.id] = output.get(_PEAK, 0)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say it."""
    peaks = _peaks or {"this process": _peak_mib()}
    most = ", ".join(f"{name} {peak}" for name, peak in sorted(peaks.items()))
    is_much = max(peaks.values()) > MOST_MIB
    terminalreporter.write_line(f"Most memory in use, MiB (up to {MOST_MIB} are fine): {most}", red=is_much)


def _peak_mib() -> int:
    """The most memory that this process used so far; 0 where the system does not say."""
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            [kib] = [int(line.split()[1]) for line in status if line.startswith("VmHWM:")]
    except (OSError, ValueError):
        return 0
    return kib // 1024
