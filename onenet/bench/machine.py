"""The machine that something is measured on."""

import platform
from pathlib import Path


def machine_name() -> str:
    """Name the processor."""
    cpu = Path("/proc/cpuinfo")
    if cpu.is_file():
        for line in cpu.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()
