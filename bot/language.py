"""The language of an answer: every sentence for a person goes through `_` or `ngettext`."""

import gettext
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

DEFAULT_LANGUAGE = "en"

_ENGLISH = gettext.NullTranslations()
_translations: ContextVar[gettext.NullTranslations] = ContextVar("translations", default=_ENGLISH)


def _(message: str) -> str:
    """Translate a sentence into the language of the update that is being answered."""
    return _translations.get().gettext(message)


def ngettext(one: str, many: str, number: int) -> str:
    """Translate a sentence about a number of things."""
    return _translations.get().ngettext(one, many, number)


@contextmanager
def speaking(translations: gettext.NullTranslations) -> Iterator[None]:
    """Answer in a language for the block, and all that it awaits."""
    token = _translations.set(translations)
    try:
        yield
    finally:
        _translations.reset(token)
