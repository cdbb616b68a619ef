"""The words of the page: for each language of the bot, whole, and all of them said."""

import json
import re
from html.parser import HTMLParser

import pytest

from bot.language import LANGUAGES, read_catalogue
from bot.local.person.page_api import PAGE_FOLDER

TABLES = {path.stem: json.loads(path.read_text("utf-8")) for path in (PAGE_FOLDER / "words").glob("*.json")}
NAMES = {"One Network", "Flickr8K", "0"}
# How many forms a number takes by Unicode's rules, where there are more than one and many.
CATEGORIES = {"ar": {"zero", "one", "two", "few", "many", "other"}, "ru": {"one", "few", "many", "other"}}


class Texts(HTMLParser):
    """What a page of HTML says, and what its elements are called."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {
            value for name, value in attrs if name in ("title", "aria-label", "placeholder") and value
        }

    def handle_data(self, data: str) -> None:
        self.found.add(data.strip())


def static_texts() -> set[str]:
    texts = Texts()
    for name in ("index.html", "waiting.html"):
        html = (PAGE_FOLDER / name).read_text("utf-8")
        texts.feed(html[html.index("<body") :])
    return texts.found - NAMES - {""}


def said_texts() -> set[str]:
    """The sentences of the scripts; of those about a number, the one of many."""
    found = set()
    for path in PAGE_FOLDER.glob("*.js"):
        source = path.read_text("utf-8")
        found |= set(re.findall(r'\bsay\(\s*"([^"]+)"', source))
        found |= set(re.findall(r'\bplural\([\w.]+, "[^"]+", "([^"]+)"', source))
        found |= set(re.findall(r'"(\{number\} [KMG]?B)"', source))
    return found


def placeholders(text: str) -> list[str]:
    return sorted(re.findall(r"\{\w+\}", text))


def test_there_are_words_for_each_language_of_the_bot() -> None:
    assert set(TABLES) == set(LANGUAGES) - {"en"}
    script = (PAGE_FOLDER / "language.js").read_text("utf-8")
    assert set(re.findall(r'"([a-z]{2})"', script)) == set(LANGUAGES)


@pytest.mark.parametrize("language", TABLES)
def test_all_that_the_page_says_is_translated(language: str) -> None:
    said = static_texts() | said_texts()
    assert len(said) > 100
    assert said - set(TABLES[language]) == set()


@pytest.mark.parametrize("language", TABLES)
def test_nothing_is_translated_that_is_not_said(language: str) -> None:
    """The rest are sentences of the server."""
    server = "".join(path.read_text("utf-8") for path in (PAGE_FOLDER.parent / "person").glob("*.py"))
    rest = set(TABLES[language]) - static_texts() - said_texts()
    assert [sentence for sentence in rest if f'"{sentence}"' not in server] == []


@pytest.mark.parametrize("language", TABLES)
def test_words_hold_what_the_english_holds(language: str) -> None:
    for english, translated in TABLES[language].items():
        if isinstance(translated, str):
            assert translated
            assert placeholders(translated) == placeholders(english), english
        else:
            assert set(translated) <= CATEGORIES.get(language, {"one", "other"}), english
            assert placeholders(translated["other"]) == placeholders(english), english


@pytest.mark.parametrize("language", TABLES)
def test_the_bot_calls_the_pages_buttons_as_the_page_does(language: str) -> None:
    sentence = next(m for m in read_catalogue(language) if "Add a folder of photos" in str(m.id))
    for button in ("Add a folder of photos", "Get Flickr8K"):
        assert TABLES[language][button] in str(sentence.string)
