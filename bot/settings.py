"""Settings: every variable of `.env.example`, read once and checked together."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import httpx
from telegram.constants import MediaGroupLimit

from onenet.errors import OneNetError
from onenet.paths import DATA, DEFAULT_CHECKPOINT, HOME, index_url
from onenet.precision import FLOAT32, PRECISIONS

T = TypeVar("T")

SECRETS = ("BOT_TOKEN", "WEBHOOK_SECRET", "PROXY", "INDEX_URL")
SOCKS_PORT = 1080
ALIKE = 0.87  # THREAD is like THREADS, TG_BOT_TOKEN no longer like BOT_TOKEN
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class SettingsError(OneNetError):
    """One or more settings are wrong; the message has a line for each."""


class Secret:
    """A string that stays out of every print and log; `reveal()` gives it."""

    def __init__(self, value: str) -> None:
        self._value = value

    def __repr__(self) -> str:
        return "Secret('**********')" if self._value else "Secret('')"

    def __str__(self) -> str:
        return "**********" if self._value else ""

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def reveal(self) -> str:
        """Return the hidden string."""
        return self._value


@dataclass(frozen=True)
class Settings:
    """What a person can set, explained in `.env.example`; a field's variable is its name in capitals."""

    bot_token: Secret
    bot_api_url: str
    proxy: Secret
    data_dir: Path
    gallery_dir: Path
    index_url: str
    checkpoint: Path
    threads: int | None
    precision: str
    queue_size: int
    queue_per_chat: int
    photos_per_minute: int
    questions_per_minute: int
    batch_size: int
    beam_size: int
    matches: int
    local_port: int
    open_browser: bool
    webhook_url: str
    webhook_listen: str
    webhook_port: int
    webhook_secret: Secret
    metrics_port: int | None
    metrics_listen: str
    owner_id: int | None
    allowed_chats: frozenset[int]
    banned_chats: frozenset[int]
    storage_chat: int | None
    log_level: str

    @property
    def is_local(self) -> bool:
        """Whether the bot talks in the local chat, for want of a token."""
        return not self.bot_token

    @property
    def proxy_password(self) -> Secret:
        """The password in PROXY; empty if there is none."""
        return Secret(urlsplit(self.proxy.reveal()).password or "")

    @property
    def index_password(self) -> Secret:
        """The password in INDEX_URL; empty if there is none."""
        return Secret(urlsplit(self.index_url).password or "")

    @classmethod
    def from_env(cls, environ: Mapping[str, str], *, own: Collection[str] = ()) -> "Settings":
        """Read the settings from variables of the environment.

        Args:
            environ: Variables by name; an empty one counts as not set. Relative paths start at the
                project's folder; once it is installed, at that in which it is started.
            own: Names among them that are there for this bot alone: each has to be a setting. Of the others
                only those are looked at that seem to be misspelt.

        Raises:
            SettingsError: If some are wrong; names every one of them.
        """
        reader = _Reader(environ)
        data_dir = reader.read("DATA_DIR", DATA, _path)
        settings = cls(
            bot_token=reader.read("BOT_TOKEN", Secret(""), _token),
            bot_api_url=reader.read("BOT_API_URL", "https://api.telegram.org", _url),
            proxy=reader.read("PROXY", Secret(""), _proxy),
            data_dir=data_dir,
            gallery_dir=reader.read("GALLERY_DIR", data_dir / "gallery", _folder),
            index_url=reader.read("INDEX_URL", "", _index_url),
            checkpoint=reader.read("CHECKPOINT", DEFAULT_CHECKPOINT, _path),
            threads=reader.read("THREADS", None, _integer(1, 1024)),
            precision=reader.read("PRECISION", FLOAT32, _precision),
            queue_size=reader.read("QUEUE_SIZE", 64, _integer(1, 10_000)),
            batch_size=reader.read("BATCH_SIZE", 10, _integer(1, 256)),
            queue_per_chat=reader.read("QUEUE_PER_CHAT", 16, _integer(1, 10_000)),
            photos_per_minute=reader.read("PHOTOS_PER_MINUTE", 60, _integer(1, 10_000)),
            questions_per_minute=reader.read("QUESTIONS_PER_MINUTE", 30, _integer(1, 10_000)),
            beam_size=reader.read("BEAM_SIZE", 5, _integer(1, 50)),
            matches=reader.read("MATCHES", 4, _integer(1, MediaGroupLimit.MAX_MEDIA_LENGTH)),
            local_port=reader.read("LOCAL_PORT", 8300, _integer(0, 65_535)),
            open_browser=reader.read("OPEN_BROWSER", True, _yes_or_no),
            webhook_url=reader.read("WEBHOOK_URL", "", _webhook_url),
            webhook_listen=reader.read("WEBHOOK_LISTEN", "127.0.0.1", str),
            webhook_port=reader.read("WEBHOOK_PORT", 8443, _integer(1, 65_535)),
            webhook_secret=reader.read("WEBHOOK_SECRET", Secret(""), _webhook_secret),
            metrics_port=reader.read("METRICS_PORT", None, _integer(1, 65_535)),
            metrics_listen=reader.read("METRICS_LISTEN", "127.0.0.1", str),
            owner_id=reader.read("OWNER_ID", None, _person),
            allowed_chats=reader.read("ALLOWED_CHATS", frozenset(), _ids),
            banned_chats=reader.read("BANNED_CHATS", frozenset(), _ids),
            storage_chat=reader.read("STORAGE_CHAT", None, _id),
            log_level=reader.read("LOG_LEVEL", "INFO", _log_level),
        )
        if settings.webhook_url and reader.value("BOT_TOKEN") is None:
            reader.problems.append("WEBHOOK_URL is set but BOT_TOKEN is not: set both or neither.")
        reader.look_for_misspelt({field.name.upper() for field in fields(cls)}, own)
        if reader.problems:
            raise SettingsError("\n".join(reader.problems))
        return settings


class _Reader:
    """Reads variables one by one and collects what is wrong with them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.problems: list[str] = []

    def value(self, name: str) -> str | None:
        return self._environ.get(name, "").strip() or None

    def read(self, name: str, default: T, parse: Callable[[str], T]) -> T:
        value = self.value(name)
        if value is None:
            return default
        try:
            return parse(value)
        except ValueError as error:
            # A token must not appear in an error message either.
            shown = "" if name in SECRETS else f"={value!r}"
            self.problems.append(f"{name}{shown} is wrong: {error}.")
            return default

    def look_for_misspelt(self, settings: Collection[str], own: Collection[str]) -> None:
        for name in sorted(self._environ.keys() - settings):
            if name in own:
                close = get_close_matches(name.upper(), settings, n=1)
                hint = f"did you mean {close[0]}?" if close else "all settings stand in .env.example."
                self.problems.append(f"{name} is not a setting; {hint}")
                continue
            close = get_close_matches(name, settings, n=1, cutoff=ALIKE)
            if close and self.value(close[0]) is None:
                hint = f"did you mean {close[0]}? If it is another program's, set {close[0]} too."
                self.problems.append(f"{name} is not a setting; {hint}")


def _token(value: str) -> Secret:
    if not re.fullmatch(r"\d+:[A-Za-z0-9_-]{3,}", value):
        raise ValueError("expected a bot token as @BotFather gives it, digits, a colon and letters")
    return Secret(value)


def _url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("expected an address such as https://api.telegram.org")
    return value.rstrip("/")


def _index_url(value: str) -> str:
    url = index_url({"INDEX_URL": value})
    if url.startswith("file:"):
        return f"file:{_path(url.removeprefix('file:').removeprefix('//'))}"
    parts = urlsplit(url)
    if not parts.hostname and not parts.path:
        raise ValueError("expected an address such as http://127.0.0.1:19530, or a file for Milvus Lite")
    return url


def read_proxy(value: str) -> str:
    """Give the address of a proxy as httpx takes it; SOCKS has one scheme, and names are looked up there.

    Raises:
        ValueError: If it is none; says what is expected.
    """
    expected = "socks5://127.0.0.1:1080 or http://name:password@proxy.example:3128"
    try:
        parts = urlsplit(value if "://" in value else f"http://{value}")
        kind = "socks5" if parts.scheme in ("socks", "socks5h") else parts.scheme
        port = parts.port or (SOCKS_PORT if kind == "socks5" else None)
        if kind in ("http", "https", "socks5") and re.fullmatch(r"[\w.:-]+", parts.hostname or ""):
            return str(httpx.URL(parts._replace(scheme=kind).geturl()).copy_with(port=port))
    except (ValueError, httpx.InvalidURL):  # no port that there can be, brackets that do not close
        pass
    raise ValueError(f"expected an address such as {expected}")


def _proxy(value: str) -> Secret:
    return Secret(read_proxy(value))


def _webhook_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme != "https" or not parts.hostname:
        raise ValueError("expected a public address that begins with https://")
    return value


def _webhook_secret(value: str) -> Secret:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", value):
        raise ValueError("expected 1 to 256 letters, digits, _ and -")
    return Secret(value)


def _path(value: str) -> Path:
    try:
        return HOME / Path(value).expanduser()
    except RuntimeError:
        raise ValueError("expected a folder; nobody here has that home folder") from None


def _folder(value: str) -> Path:
    folder = _path(value)
    if not folder.is_dir():
        raise ValueError("expected a folder that exists")
    return folder


def _integer(smallest: int, largest: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        problem = f"expected a whole number from {smallest} to {largest}"
        try:
            number = int(value)
        except ValueError:
            raise ValueError(problem) from None
        if not smallest <= number <= largest:
            raise ValueError(problem)
        return number

    return parse


def _id(value: str) -> int:
    if not re.fullmatch(r"-?[1-9]\d{0,15}", value):
        raise ValueError("expected the number of a chat or person, such as -1001234567890")
    return int(value)


def _person(value: str) -> int:
    number = _id(value)
    if number < 0:
        raise ValueError("expected the number of a person; those of groups and channels begin with -")
    return number


def _ids(value: str) -> frozenset[int]:
    return frozenset(_id(part.strip()) for part in value.split(",") if part.strip())


def _yes_or_no(value: str) -> bool:
    answers = {
        "1": True,
        "yes": True,
        "true": True,
        "on": True,
        "0": False,
        "no": False,
        "false": False,
        "off": False,
    }
    if value.lower() not in answers:
        raise ValueError("expected 1 or 0")
    return answers[value.lower()]


def _precision(value: str) -> str:
    if value.lower() not in PRECISIONS:
        raise ValueError(f"expected {' or '.join(PRECISIONS)}")
    return value.lower()


def _log_level(value: str) -> str:
    if value.upper() not in LOG_LEVELS:
        raise ValueError(f"expected one of {', '.join(LOG_LEVELS)}")
    return value.upper()
