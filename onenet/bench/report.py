"""What all measurements tell: how far they are, and the machine that they are made on."""

import platform
from collections.abc import Callable
from pathlib import Path

# Called with what is being done, how much of it is done, how much there is, and a note.
Report = Callable[[str, int, int, str], None]


def machine_name() -> str:
    """Name the processor."""
    cpu = Path("/proc/cpuinfo")
    if cpu.is_file():
        for line in cpu.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()
