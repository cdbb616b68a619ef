"""Tests that run side by side share the processor: each process of pytest-xdist takes its part of it.

Tensor arithmetic with all cores in each of several processes is many times slower than with one. This has to
be said before the first import of torch, and reaches the programs that tests start.
"""

import os

_PROCESSES = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // _PROCESSES)))
