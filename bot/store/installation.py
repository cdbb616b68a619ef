"""The name of this installation, by which its rows on a server that several use are told from others'."""

import secrets
from pathlib import Path

from onenet.files import replace_file


def installation_in(data_dir: Path) -> str:
    """Return the name that the bot with this data has among all, which it gives itself at first."""
    path = data_dir / "installation"
    if not path.exists():
        replace_file(path, secrets.token_hex(8).encode())
    return path.read_text().strip()
