"""The language of an answer: every sentence for a person goes through `_` or `ngettext`."""

import functools
import gettext
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from babel import Locale
from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from onenet.errors import LanguageError, OneNetError

DEFAULT_LANGUAGE = "en"
# By code, each by its own name. One more needs a line here and a catalogue, see `python -m bot.language`.
LANGUAGES = {
    "en": "English",
    "es": "Español",
    "pt": "Português",
    "fr": "Français",
    "de": "Deutsch",
    "ru": "Русский",
    "ar": "العربية",
    "zh": "中文",
}

FOLDER = Path(__file__).resolve().parent / "locales"

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


def speak(translations: gettext.NullTranslations) -> None:
    """Answer in a language from here to the end of the task."""
    _translations.set(translations)


def spoken() -> str:
    """Give the code of the language that answers are in."""
    return _translations.get().info().get("language", DEFAULT_LANGUAGE)


def known_language(code: str) -> str:
    """Give the language of ours that a code such as “de-AT” or “zh-hans” means, "" if it is none of them."""
    language = code.lower().replace("_", "-").partition("-")[0]
    return language if language in LANGUAGES else ""


def translations_for(code: str) -> gettext.NullTranslations:
    """Give the translations into the language that a code such as “de-AT” means; English if it is unknown."""
    return _load(known_language(code) or DEFAULT_LANGUAGE)


def told(error: OneNetError) -> str:
    """Say what went wrong, as plain text."""
    if not error.values:
        return _(error.template) if error.template else ""  # gettext keeps its own notes under ""
    values = {
        name: quoted(value) if isinstance(value, tuple) else value for name, value in error.values.items()
    }
    if isinstance(error, LanguageError):
        values["languages"] = listed(error.languages)
    return _(error.template).format(**values)


def listed(languages: Iterable[str]) -> str:
    """List languages by name, each with its code, by which it can be asked for."""
    # Translators: goes between two names of languages in a list, each with its code.
    comma = _(", ")
    return comma.join(
        _("{language} ({code})").format(language=name_of(each), code=each) for each in languages
    )


def name_of(language: str, in_language: str = "") -> str:
    """Name a language, by default in the language that answers are in; some write such names small."""
    name = Locale.parse(in_language or spoken()).languages.get(language)
    return name or language


def quoted(words: Iterable[str]) -> str:
    """List a user's words, each in quotation marks."""
    # Translators: goes between two words of a list, each in quotation marks.
    comma = _(", ")
    return comma.join(_("“{word}”").format(word=word) for word in words)


def number(value: float, decimals: int = 0) -> str:
    """Write a number with so many decimals."""
    return format_decimal(value, f"#,##0.{'0' * decimals}", locale=spoken())


def path_of(language: str) -> Path:
    """Tell where the catalogue of a language is."""
    return FOLDER / language / "LC_MESSAGES" / "onenet.po"


def read_catalogue(language: str) -> Catalog:
    """Read the catalogue of a language.

    Raises:
        OSError: If there is none.
    """
    with path_of(language).open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


@functools.cache
def _load(language: str) -> gettext.NullTranslations:
    return _ENGLISH if language == DEFAULT_LANGUAGE else read_translations(language)


def read_translations(language: str) -> gettext.GNUTranslations:
    """Give the translations of a catalogue; what it lacks, or is not sure of, remains English."""
    compiled = io.BytesIO()
    write_mo(compiled, read_catalogue(language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
