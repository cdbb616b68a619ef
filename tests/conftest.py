"""What all tests share: the cores among their processes, and which files are begun first.

Tensor arithmetic with all cores in each of several processes is many times slower than with one, so each
process of pytest-xdist takes its part of them. This has to be said before the first import of torch, in those
processes alone (what the one that starts them says is inherited, and would win), and reaches the programs
that tests start.
"""

import functools
import os
import ssl

import pytest

if _processes := os.environ.get("PYTEST_XDIST_WORKER_COUNT"):
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // int(_processes))))

# Every HTTP client reads all certificates of the system anew, 20 ms each time, though tests speak plain HTTP.
ssl.create_default_context = functools.cache(ssl.create_default_context)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that hold slow tests, so that at the end no process works alone on one."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)
