"""Languages as people name them in what they ask for."""

from collections.abc import Iterable, Sequence

from babel import Locale

from bot.language import DEFAULT_LANGUAGE, _, listed, name_of, spoken

INTO = ("to", "into")
_FLAGS = ("--to", "—to", "–to")  # noqa: RUF001 - the second and third are what phones make of the first


def code_named(name: str, languages: Iterable[str]) -> str:
    """Give the code of a language that is named by it, or in English, its own or the reader's; "": of none.

    Args:
        languages: Codes of those that may be named.
    """
    wanted = _bare(name)
    for code in languages:
        names = (code, *(name_of(code, each) for each in (DEFAULT_LANGUAGE, code, spoken())))
        if wanted in (each.casefold() for each in names):
            return code
    return ""


def code_of_any(name: str) -> str:
    """Give the code of any language of the world by its name, in English or the reader's; "": of none."""
    wanted = _bare(name)
    for each in (DEFAULT_LANGUAGE, spoken()):
        for code, known in Locale.parse(each).languages.items():
            if known.casefold() == wanted:
                return str(code)
    return ""


def without_target(words: Sequence[str]) -> tuple[list[str], str]:
    """Take “--to zh” from words, wherever it stands; "" if it stands nowhere."""
    for place, word in enumerate(words):
        flag, equals, value = word.partition("=")
        if flag.lower() in _FLAGS and (equals or words[place + 1 :]):
            rest = words[place + 1 :] if equals else words[place + 2 :]
            return [*words[:place], *rest], value if equals else words[place + 1]
    return [*words], ""


def unknown_language(name: str, languages: Iterable[str]) -> str:
    """Say that there is no such language, and which there are."""
    text = _("There is no language “{code}” here; choose one of {languages}.")
    return text.format(code=name[:50], languages=listed(languages))


def _bare(name: str) -> str:
    return name.strip(" :：,.").casefold()  # noqa: RUF001
