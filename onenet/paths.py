"""Where the project's own files lie."""

from pathlib import Path
from typing import Final

DATA: Final = Path(__file__).resolve().parent.parent / "data"
DEFAULT_CHECKPOINT: Final = DATA / "onenet.safetensors"
DEFAULT_INDEX: Final = DATA / "index.safetensors"
