"""A short soak, always of the same steps; `python -m tests.soak` is the long one."""

from pathlib import Path

import pytest

from tests.soak.running import soak


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_people_restarts_and_faults_at_random_break_nothing(tmp_path: Path, seed: int) -> None:
    report = soak(tmp_path, seconds=0, seed=seed, steps=25, scrub_s=1.0, forgotten_s=8.0)
    assert report.failures == []
