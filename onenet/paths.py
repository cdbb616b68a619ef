"""Where the project's own files lie, and those that it writes.

In a checkout both are in its folder `data/`. Installed with pip, what is shipped lies in `shipped/` beside
this file, and everything else is written to `data/` in the folder that a program is started in.
"""

from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).resolve().parent
_INSTALLED: Final = (_PACKAGE / "shipped").is_dir()

HOME: Final = Path.cwd() if _INSTALLED else _PACKAGE.parent
DATA: Final = HOME / "data"
SHIPPED: Final = _PACKAGE / "shipped" if _INSTALLED else DATA
DEFAULT_CHECKPOINT: Final = SHIPPED / "onenet.safetensors"
DEFAULT_INDEX: Final = DATA / "index.safetensors"
