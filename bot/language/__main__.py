"""Bring the catalogues in step with the source and list what is left to translate: python -m bot.language.

Afterwards every sentence of the source is in every catalogue, new ones without a translation, changed ones
with a guess marked “fuzzy”: the bot says both in English until someone translates them and takes the mark
away. A language that is new in `bot.language.LANGUAGES` gets its catalogue.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po

from bot.language import DEFAULT_LANGUAGE, LANGUAGES, path_of, read_catalogue

PROJECT = Path(__file__).resolve().parents[2]
SOURCES = ("bot", "onenet")
# What is called with sentences to translate, and which of its arguments they are.
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2), "Command": (2,)}
LINE_LENGTH = 100


def main() -> int:
    """Write all catalogues; the exit code is 1 while something is left to translate."""
    template = extracted()
    left = 0
    for language in LANGUAGES:
        if language == DEFAULT_LANGUAGE:
            continue
        catalogue = updated(language, template)
        write(language, catalogue)
        for message in untranslated(catalogue):
            left += 1
            print(f"{path_of(language).relative_to(PROJECT)}: {_english(message)!r}")
    print(f"{len(template)} sentences in {len(LANGUAGES) - 1} languages, {left} left to translate")
    return 1 if left else 0


def extracted() -> Catalog:
    """Collect the sentences of the source."""
    template = Catalog()
    for folder in SOURCES:
        found = extract_from_dir(
            PROJECT / folder,
            method_map=[("**.py", "python")],
            keywords=KEYWORDS,
            comment_tags=("Translators:",),
            strip_comment_tags=True,
        )
        for name, _line, message, comments, _context in found:
            # Without line numbers, which would change all the time.
            template.add(message, locations=[(f"{folder}/{name}", 0)], auto_comments=comments)
    return template


def updated(language: str, template: Catalog) -> Catalog:
    """Give the catalogue of a language with just the sentences of the template."""
    if path_of(language).exists():
        catalogue = read_catalogue(language)
    else:
        catalogue = Catalog(language, project="One Network", header_comment="", fuzzy=False)
    catalogue.update(template, update_creation_date=False)
    return catalogue


def write(language: str, catalogue: Catalog) -> None:
    """Write the catalogue of a language."""
    path = path_of(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(
            file,
            catalogue,
            width=LINE_LENGTH,
            include_lineno=False,
            ignore_obsolete=True,
        )


def untranslated(catalogue: Catalog) -> Iterator[Message]:
    """Find what a catalogue lacks or is not sure of."""
    for message in catalogue:
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.id and (message.fuzzy or not all(forms)):
            yield message


def _english(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


if __name__ == "__main__":
    sys.exit(main())
