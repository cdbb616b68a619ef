"""A small run of `tests/load.py`; `python -m tests.load` is the full one."""

from pathlib import Path

import pytest

from tests.bot.local_chat import LocalChat
from tests.load import load


@pytest.mark.slow
async def test_two_hundred_people_at_once_lose_nothing(chat: LocalChat, tmp_path: Path) -> None:
    report = await load(
        chat, tmp_path / "data", people=200, seconds=1, flood=40, queue_size=1000, photos_per_minute=1000
    )
    print(report)
    assert report.sent >= 200
    assert report.open_updates == 0
    assert report.flood_answered == report.flooded == 40
    assert set(report.answers) == {1}
    assert set(report.outcomes) == {"A red wall"}
    assert report.grown_mib < 200
