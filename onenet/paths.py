"""Where the project's own files lie, and those that it writes.

In a checkout both are in its folder `data/`. Installed with pip, what is shipped lies in `shipped/` beside
this file, and everything else is written to `data/` in the folder that a program is started in.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

_PACKAGE: Final = Path(__file__).resolve().parent
_INSTALLED: Final = (_PACKAGE / "shipped").is_dir()

HOME: Final = Path.cwd() if _INSTALLED else _PACKAGE.parent
DATA: Final = HOME / "data"
SHIPPED: Final = _PACKAGE / "shipped" if _INSTALLED else DATA
DEFAULT_CHECKPOINT: Final = SHIPPED / "onenet.safetensors"
DEFAULT_INDEX: Final = DATA / "index.safetensors"

_SCHEMES: Final = ("http://", "https://", "tcp://", "unix:", "file:")


def is_url(place: str | Path) -> bool:
    """Whether an index is named by the address of a Milvus rather than by a file of ours."""
    return isinstance(place, str) and place.startswith(_SCHEMES)


def shown_url(place: str | Path) -> str:
    """Give where an index is as it may be shown: an address without name and password."""
    parts = urlsplit(str(place))
    if "@" not in parts.netloc:
        return str(place)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def index_url(environ: Mapping[str, str | None]) -> str:
    """Return the address of the Milvus that INDEX_URL names; "" if it names none. A file is Milvus Lite's."""
    place = (environ.get("INDEX_URL") or "").strip()
    return place if not place or is_url(place) else f"file:{place}"


def index_url_in_env(environ: Mapping[str, str], env_file: Path = HOME / ".env") -> str:
    """Return the address that INDEX_URL names in the environment, or else in `.env`, as the bot reads both.

    A relative path in the file starts where the file is.
    """
    if "INDEX_URL" in environ:
        return index_url(environ)
    try:
        if not env_file.is_file():
            return ""
        from dotenv import dotenv_values

        url = index_url(dotenv_values(env_file, encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError):  # the bot says so; its token may be kept from who asks here
        return ""
    return f"file:{HOME / url.removeprefix('file:').removeprefix('//')}" if url.startswith("file:") else url
