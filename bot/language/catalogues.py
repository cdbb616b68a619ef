"""The catalogues: what the bot says in other languages than English, a gettext file for each."""

import gettext
import io
from pathlib import Path

from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FOLDER = Path(__file__).resolve().parent / "locales"


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


def translations(language: str) -> gettext.GNUTranslations:
    """Translate as a catalogue says; what it lacks, or is not sure of, remains English."""
    compiled = io.BytesIO()
    write_mo(compiled, read_catalogue(language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
