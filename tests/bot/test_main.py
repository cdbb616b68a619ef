"""What `python bot.py` reads at first, says when it cannot go on, and ends with."""

import os
import sqlite3
import ssl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot import __main__ as program
from bot.settings import Settings
from onenet.errors import OneNetError, TryAgainError

PROJECT = Path(__file__).resolve().parents[2]
TOKEN = "12345:AbC-dEf_123"

Start = Callable[..., tuple[int, str]]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Start:
    """Start a bot whose run is a given error, or nothing; its exit code and what it says on stderr."""
    for name in Settings.__dataclass_fields__:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setattr("bot.logs.configure_logging", lambda *_: None)
    monkeypatch.setattr(program, "HOME", tmp_path)
    monkeypatch.setattr(program, "prepare_streams", lambda: None)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))

    def start(error: BaseException | None = None, **environ: str) -> tuple[int, str]:
        def run(settings: Settings, *_: object) -> None:
            if error is not None:
                raise error

        for name in ("run_local_chat", "run_telegram"):
            monkeypatch.setattr(program, name, run)
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        return program.main(), capsys.readouterr().err

    return start


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (None, 0, ""),
        (KeyboardInterrupt(), 130, ""),
        (OneNetError("Set that."), 2, "Set that.\n"),
        (TryAgainError("Gone."), 1, "Gone.\n"),
        (OneNetError("no \x1b[2J here"), 2, "no \\x1b[2J here\n"),
        (OSError(28, "No space left on device", "/x"), 2, "No space left on device: '/x'. Put that right"),
        (
            sqlite3.OperationalError("database or disk is full"),
            2,
            "/data: database or disk is full. Put that",
        ),
        (sqlite3.OperationalError("database is locked"), 2, "The bot cannot use its data in DATA_DIR, "),
    ],
)
def test_what_it_ends_of_is_a_sentence_and_a_code(
    start: Start, error: BaseException | None, code: int, said: str
) -> None:
    ended, text = start(error)
    assert ended == code
    assert said in text
    assert len(text.splitlines()) == (1 if said else 0)


def test_a_fault_of_its_own_is_logged_and_ends_it(
    start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> int:
        raise ZeroDivisionError("of its own")

    monkeypatch.setattr(program, "main", fail)
    monkeypatch.setattr(program, "leave", sys.exit)  # the other may end the process of the tests
    with pytest.raises(SystemExit) as ended:
        program.run()
    assert ended.value.code == 1
    assert "ZeroDivisionError: of its own" in caplog.text


@pytest.mark.parametrize("encoding", ["iso-8859-1", "utf-16"])
def test_a_file_of_settings_that_is_no_utf8_is_named(start: Start, tmp_path: Path, encoding: str) -> None:
    (tmp_path / ".env").write_bytes("# für später\nMATCHES=3\n".encode(encoding))
    assert start() == (2, f"{tmp_path / '.env'} is not UTF-8 text: save it again, as UTF-8.\n")


def test_a_mark_at_the_beginning_of_a_file_is_no_part_of_a_name(start: Start, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(f"BOT_TOKEN={TOKEN}\r\n".encode("utf-8-sig"))
    assert start() == (0, "")
    assert program.read_settings().bot_token.reveal() == TOKEN


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("BOT_TOKN=", "BOT_TOKN is not a setting; did you mean BOT_TOKEN?\n"),
        ("bot_token=x", "bot_token is not a setting; did you mean BOT_TOKEN?\n"),
        ("GALERY=/x", "GALERY is not a setting; did you mean GALLERY_DIR?\n"),
        ("HTTPS_PROXY=http://x:1", "HTTPS_PROXY is not a setting; did you mean PROXY?\n"),
        ("SOMETHING_ELSE=1", "SOMETHING_ELSE is not a setting; all settings stand in .env.example.\n"),
    ],
)
def test_a_line_of_the_file_that_is_no_setting_is_named(
    start: Start, tmp_path: Path, line: str, sentence: str
) -> None:
    (tmp_path / ".env").write_text(f"MATCHES=3\n{line}\n")
    assert start() == (2, sentence)


def test_a_misspelt_setting_of_the_environment_is_named(start: Start) -> None:
    code, text = start(BOT_TOKN=TOKEN)
    assert code == 2
    assert text.startswith(
        "BOT_TOKN is not a setting; did you mean BOT_TOKEN? If it is another program's, set"
    )
    assert TOKEN not in text


@pytest.mark.parametrize(
    "names",
    [
        ("TG_BOT_TOKEN", "TELEGRAM_TOKEN", "HTTP_PROXY", "NO_PROXY", "XDG_DATA_DIRS", "BROWSER", "PORT"),
        ("THREADS_TOTAL", "CHECKPOINT_FOLDER", "LEVEL", "METRICS", "DATA", "TERM", "PATH", "proxy"),
    ],
)
def test_variables_of_others_are_let_alone(start: Start, names: tuple[str, ...]) -> None:
    assert start(**dict.fromkeys(names, "1")) == (0, "")


def test_a_name_alike_is_another_programs_where_ours_is_set(start: Start) -> None:
    assert start(LOGLEVEL="3")[0] == 2
    assert start(LOGLEVEL="3", LOG_LEVEL="INFO") == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such limits")
def test_a_data_folder_without_room_is_a_sentence(tmp_path: Path) -> None:
    code = (
        "import resource, runpy\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20))\n"
        "runpy.run_path('bot.py', run_name='__main__')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        env=os.environ | {"DATA_DIR": str(tmp_path), "BOT_TOKEN": ""},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"There is no room for 2 MB in {tmp_path} (File too large): make some, or")
    assert len(ended.stderr.splitlines()) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["bot.lock"]


def test_certificates_that_are_not_there_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.delivery.proxy import certificates
    from bot.settings import SettingsError

    uncached = ssl.create_default_context.__wrapped__  # type: ignore[attr-defined]
    monkeypatch.setattr(ssl, "create_default_context", uncached)
    missing, empty = tmp_path / "none.pem", tmp_path / "empty.pem"
    empty.touch()
    for file in (missing, empty):
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        with pytest.raises(SettingsError, match=rf"SSL_CERT_FILE={file} cannot be used \(.+\): set it to"):
            certificates()
    monkeypatch.delenv("SSL_CERT_FILE")
    monkeypatch.setenv("SSL_CERT_DIR", str(missing))
    with pytest.raises(SettingsError, match=rf"SSL_CERT_DIR={missing} is no folder"):
        certificates()
    monkeypatch.delenv("SSL_CERT_DIR")
    assert certificates().get_ca_certs()
