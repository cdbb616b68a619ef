"""One program at a time writes a file, and says so to others."""

import errno
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from filelock import UnixFileLock

from onenet.errors import OneNetError
from onenet.files import HeldError, held, state_of

HOLD = """
import sys, time, pathlib
from onenet.files import held
with held(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def test_who_comes_second_is_told_or_waits(tmp_path: Path) -> None:
    path = tmp_path / "new" / "index"
    told: list[str] = []
    done = threading.Event()

    def wait_for_it() -> None:
        with held(path, waiting=lambda: told.append("waiting")):
            told.append("my turn")
            done.set()

    with held(path):
        with pytest.raises(HeldError, match=r"Another program is writing .*index just now"), held(path):
            pytest.fail("held twice")
        second = threading.Thread(target=wait_for_it)
        second.start()
        assert not done.wait(0.3)
        assert told == ["waiting"]
        with held(tmp_path / "another"):
            pass
    second.join()
    assert told == ["waiting", "my turn"]


def test_a_killed_program_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "index"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(HeldError), held(path):
            pytest.fail("held twice")
        holder.send_signal(signal.SIGKILL)
    with held(path):
        pass


@pytest.mark.parametrize("error", [OSError(errno.ENOLCK, "No locks available"), NotImplementedError()])
def test_where_a_drive_knows_no_locks_this_machine_does(
    tmp_path: Path, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "drive" / "index"
    monkeypatch.setattr("onenet.files.tempfile.gettempdir", lambda: str(tmp_path))
    acquire = UnixFileLock._acquire

    def refuse(lock: UnixFileLock) -> None:
        if "/drive/" in lock.lock_file:
            raise error
        acquire(lock)

    monkeypatch.setattr(UnixFileLock, "_acquire", refuse)
    with held(path):
        with pytest.raises(HeldError), held(path):
            pytest.fail("held twice")
        with held(tmp_path / "drive" / "another"):
            pass


def test_a_place_that_cannot_be_written_to_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OneNetError, match="cannot be written"), held(tmp_path / "file" / "index"):
        pytest.fail("held a file")


@pytest.mark.parametrize("place", ["loop", "loop/index"])
def test_a_link_that_leads_to_itself_is_a_sentence(tmp_path: Path, place: str) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    path = tmp_path / place
    with pytest.raises(OneNetError, match=r"cannot be written .*; choose another place"), held(path):
        pytest.fail("held nothing")


def test_a_file_that_changed_is_known(tmp_path: Path) -> None:
    path = tmp_path / "file"
    states = [state_of(path)]
    for text in ("a", "bb"):
        path.write_text(text)
        states.append(state_of(path))
    assert states[0] == ()
    assert len(set(states)) == 3
    assert state_of(path) == states[-1]
