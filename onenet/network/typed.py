"""Text as people type it -> text as a keyboard would write it."""

import re
import unicodedata

# Signs that phones and word processors write for those of a keyboard, and those that nobody sees.
_APOSTROPHES = re.compile("[‘’‛ʼʹ´`′]")  # noqa: RUF001
_HYPHENS = re.compile(r"[‐‑⁃]|(?<=\w)[‒–−](?=\w)")  # noqa: RUF001
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)


def plain(text: str) -> str:
    """Give a text as a keyboard would write it: compatibility forms, hyphens, apostrophes, nothing invisible.

    Full-width letters and ligatures become letters, ’ becomes ', a non-breaking hyphen - (Unicode's NFKC, and
    what it leaves alone).
    """
    seen = unicodedata.normalize("NFKC", _INVISIBLE.sub("", _APOSTROPHES.sub("'", text)))
    return _HYPHENS.sub("-", _APOSTROPHES.sub("'", _INVISIBLE.sub("", seen)))  # NFKC makes some of these
