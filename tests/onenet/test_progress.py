"""Progress on stderr."""

import sys

import pytest

import onenet.progress


def test_progress_writes_a_line_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr(onenet.progress.time, "monotonic", lambda: now)
    with onenet.progress.ProgressDisplay("photo") as display:
        for second in range(12):
            now = float(second)
            display.show("Indexing", second, 20, "fine")
    assert capsys.readouterr().err.splitlines() == [
        "Indexing: 5 of 20, 15 s left, fine",
        "Indexing: 10 of 20, 10 s left, fine",
    ]


def test_progress_is_a_bar_for_people(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with onenet.progress.ProgressDisplay("B") as display:
        display.show("Downloading a.zip", 0, None)
        display.show("Downloading a.zip", 2048, 4096)
        display.show("Unpacking a.zip", 1, 2)
    err = capsys.readouterr().err
    assert "Downloading a.zip:  50%" in err
    assert "2.00k/4.00k" in err
    assert "Unpacking a.zip" in err
