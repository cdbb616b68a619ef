"""One small neural network with many uses: captions, likeness, search by description, word games.

    from onenet import Engine

    engine = Engine.load()

The packages hold what goes with it: `onenet.search` photos and their index, `onenet.pictures` what is drawn.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onenet.engine import Engine

__all__ = ["Engine"]


def __getattr__(name: str) -> object:
    if name == "Engine":  # only then torch is needed
        from onenet.engine import Engine

        return Engine
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
