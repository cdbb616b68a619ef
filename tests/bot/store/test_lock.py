import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bot.store.lock import locked
from onenet.errors import OneNetError


def test_a_folder_is_held_once_and_let_go(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    for _ in range(2):
        with locked(folder):
            with pytest.raises(OneNetError, match=r"running with the data in .* already"), locked(folder):
                pytest.fail("held twice")
            with locked(tmp_path / "other"):
                pass


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OneNetError, match="set DATA_DIR"), locked(tmp_path / "file" / "data"):
        pytest.fail("held a file")


def test_a_killed_process_holds_no_folder(tmp_path: Path) -> None:
    code = "import sys, time, pathlib; from bot.store.lock import locked\n"
    code += "with locked(pathlib.Path(sys.argv[1])): print('held', flush=True); time.sleep(600)"
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(OneNetError, match="already"), locked(tmp_path):
            pytest.fail("held twice")
        holder.send_signal(signal.SIGKILL)
    assert (tmp_path / "bot.lock").exists()
    with locked(tmp_path):
        pass
