"""Maps of walks between words, as pictures for the chat."""

import io
from collections.abc import Sequence

from onenet.engine import Stop, draw_walk


def draw_map(stops: Sequence[Stop]) -> bytes:
    """Draw a walk as a PNG: it has few colours, and letters that a JPEG would blur."""
    content = io.BytesIO()
    draw_walk(stops).save(content, "PNG")
    return content.getvalue()
