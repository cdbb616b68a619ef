"""Run the soak: `python -m tests.soak --minutes 60`."""

import argparse
import random
import sys
import tempfile
from pathlib import Path

from tests.soak.running import soak

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="People, restarts and faults at random, for some minutes.")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--folder", type=Path, default=None, help="where all lies that the soak leaves")
    arguments = parser.parse_args()
    seed = random.randrange(10**6) if arguments.seed is None else arguments.seed
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="soak-"))
    folder.mkdir(parents=True, exist_ok=True)
    print(f"seed {seed}, folder {folder}", flush=True)
    report = soak(folder, seconds=60 * arguments.minutes, seed=seed)
    for failure in report.failures:
        print(failure)
    print(report.summary)
    sys.exit(bool(report.failures))
