"""A disk without room, as far as a process can have one to itself."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

ROOM_BYTES = 2**18


@contextmanager
def full_disk() -> Iterator[None]:
    """No file can grow beyond 256 KB during the block."""
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM_BYTES, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
