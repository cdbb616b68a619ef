import re
from collections.abc import Mapping
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import InlineKeyboardMarkup
from telegram.constants import InlineKeyboardButtonLimit, MessageLimit

from bot.features.analogy import completed
from bot.features.help.about import about
from bot.features.similar import texts as similar_texts
from bot.features.translate.texts import not_written
from bot.language import LANGUAGES, notes, speaking, translations_for
from bot.language import phrases as replies
from onenet.search import WordsQuery
from onenet.words import Neighbour
from tests.bot.commands import COMMANDS
from tests.bot.fake_engine import FakeEngine, PolyglotEngine

TAGS = {"b", "code"}
any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=300).map(lambda text: text * 20)
neighbours = st.lists(st.builds(Neighbour, any_text, st.floats(-1, 1)), max_size=10)


def with_card(card: dict[str, Any]) -> FakeEngine:
    engine = FakeEngine()
    engine.card = card
    return engine


class Checker(HTMLParser):
    """Collects the tags and the text of a message, as Telegram would read it."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def text_of(html: str) -> str:
    checker = Checker()
    checker.feed(html)
    checker.close()
    assert checker.open == []
    assert re.fullmatch(r"(?:[^<>&]|</?(?:b|code)>|&(?:lt|gt|amp);)*", html)
    assert len(html.encode("utf-16-le")) // 2 <= MessageLimit.MAX_TEXT_LENGTH
    return checker.text


def check_keyboard(keyboard: InlineKeyboardMarkup | None) -> None:
    for row in keyboard.inline_keyboard if keyboard else ():
        for button in row:
            assert isinstance(button.callback_data, str)
            assert 1 <= len(button.callback_data.encode()) <= InlineKeyboardButtonLimit.MAX_CALLBACK_DATA


@given(any_text)
def test_a_users_words_never_break_a_message(text: str) -> None:
    text_of(replies.sentence(text))
    text_of(replies.caption(text))
    text_of(replies.plain_text(text))
    check_keyboard(replies.plain_text_keyboard(text))
    text_of(replies.no_gallery(Path("/photos") / text.replace("\0", ""), local=True))
    text_of(about(with_card({"encoder": text, "dev": {"beam5": {"CIDEr": text}}}), 3))


@given(any_text, neighbours)
def test_neighbours_fit_into_a_message_and_its_buttons(word: str, found: list[Neighbour]) -> None:
    listed = similar_texts.Neighbours(found, "de", found)
    text_of(similar_texts.neighbours(word, listed))
    check_keyboard(similar_texts.neighbours_keyboard(listed))
    text_of(completed(word, word, word, found))


@given(any_text, any_text, st.lists(any_text, max_size=8))
def test_what_was_imagined_fits_into_a_message(description: str, imagined: str, unknown: list[str]) -> None:
    answer = WordsQuery(description, imagined, tuple(unknown), np.zeros(300, np.float32))
    text_of(replies.imagined(answer))


def test_a_caption_reads_as_a_sentence() -> None:
    assert replies.caption("a dog & a <cat>") == "<b>A dog &amp; a &lt;cat&gt;</b>"
    assert text_of(replies.caption("")) == notes.no_words()


def test_long_words_are_cut() -> None:
    assert replies.quote("x" * 300) == "x" * 199 + "…"
    assert replies.quote("a\n b") == "a b"


def test_buttons_offer_only_what_there_is() -> None:
    def offered(keyboard: InlineKeyboardMarkup | None) -> list[str]:
        return [button.text for row in (keyboard.inline_keyboard if keyboard else ()) for button in row]

    assert offered(replies.caption_keyboard(captions=5, has_photos=True)) == [
        "Another caption",
        "More like this",
    ]
    assert offered(replies.caption_keyboard(captions=5, has_photos=False)) == ["Another caption"]
    assert offered(replies.caption_keyboard(captions=1, has_photos=True)) == ["More like this"]
    assert replies.caption_keyboard(captions=1, has_photos=False) is None
    assert offered(replies.examples_keyboard(map(replies.example, ["/find " + "x" * 60, "/find x"]))) == [
        "/find x"
    ]
    assert replies.examples_keyboard([]) is None


def test_the_texts_about_commands_fit() -> None:
    assert "/find — " in text_of(replies.help_text(FakeEngine(), COMMANDS))
    text_of(replies.start(FakeEngine()))
    for command in COMMANDS:
        text_of(replies.how_to(command))
        check_keyboard(replies.examples_keyboard(replies.examples_of(command)))
        assert re.fullmatch(r"[a-z]{1,32}", command.name)
        assert 1 <= len(command.description) <= 256


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reply_is_well_formed_in_every_language(language: str) -> None:
    with speaking(translations_for(language)):
        answer = WordsQuery("a <b>", "c & d", ("<x>", "y"), np.zeros(300, np.float32))
        card = {"encoder": "<e>", "dev": {"find": {"R@10": 40.0}}}
        for text in (
            replies.start(FakeEngine()),
            replies.help_text(FakeEngine(), COMMANDS),
            about(with_card(card), 3),
        ):
            assert "One Network" in text or "/find — " in text_of(text)
            text_of(text)
        assert "<x>" in unescape(text_of(replies.imagined(answer)))
        assert "c & d" in unescape(text_of(replies.imagined(answer)))
        assert "<i>" in unescape(text_of(replies.plain_text("<i>")))
        assert "1" in text_of(replies.gallery_progress(1, 2))
        assert text_of(
            similar_texts.neighbours("dog", similar_texts.Neighbours([Neighbour("cat", -0.5)]))
        ).endswith("cat")
        assert "<y>" in unescape(text_of(completed("x", "<y>", "z", [])))
        assert "GALLERY_DIR" in text_of(replies.no_gallery(Path("/g"), local=False))
        for command in COMMANDS:
            assert f"/{command.name}" in text_of(replies.how_to(command))


def test_no_gallery_keeps_the_servers_folders_to_itself() -> None:
    assert "/home/me" not in replies.no_gallery(Path("/home/me"), local=False)
    assert "/home/me" in replies.no_gallery(Path("/home/me"), local=True)


def test_the_cards_figures_may_be_grouped() -> None:
    card = {"dev": {"loss": 2.823, "beam5": {"CIDEr": 48.04, "METEOR": "x"}, "find": {"R@10": 40}}}
    assert "CIDEr 48.0, right photo among the first ten of /find, per cent: 40.0\n" in text_of(
        about(with_card(card), 0)
    )


def test_an_empty_card_is_no_problem() -> None:
    assert "Photos in the gallery: 1,234" in unescape(text_of(about(with_card({}), 1234)))


class Learnt(FakeEngine):
    """A network of the sources of data/sources.toml."""

    languages = ("en", "zh", "de", "pt", "ar", "fr", "cs", "es", "uk")
    written = ("en", "zh", "de", "pt", "ar", "es")
    card: Mapping[str, Any] = {
        "data": "sources.toml",
        "training": {"names_weight": 0.3},
        "dev": {
            "languages": {
                code: {"CIDEr": 55.5, "R@10": 75.5, "into English, CIDEr": 45.5, "from English, CIDEr": 35.5}
                for code in languages
            },
            "find": {"served": {"R@10": 71.5}},
            "wild": {"CIDEr": 48.04, "R@10": 83.0},
        },
    }


def test_a_network_tells_what_it_learnt_from_and_what_it_is_not_for() -> None:
    text = text_of(about(Learnt(), 3))
    assert (
        "What it learnt from: Flickr8K: 6,000 everyday photos of people and dogs, five English sentences "
        "each, by people; five more sentences a photo, by people, in Chinese, German, Portuguese, Arabic; "
        "one translation a photo, by a person or a machine, in French, Czech, Spanish, Ukrainian; photos of "
    ) in text
    assert "what an ImageNet classifier says" in text
    assert "The photos of Flickr, COCO and ImageNet that it learnt from are for research alone." in text
    assert "right photo among the first ten of /find, per cent: 71.5" in text
    assert "On photos unlike those that it learnt from: CIDEr 48.0, right photo among" in text
    assert "Spanish: captions, CIDEr: 55.5; " in text


def test_a_network_of_flickr8k_alone_claims_no_more() -> None:
    for data in ("Flickr8K training split (flickr8k)", "flickr8k"):
        text = text_of(about(with_card({"data": data}), 3))
        assert "five English sentences each, by people." in text
        assert "The photos of Flickr8K that it learnt from are for research alone." in text
        assert not re.search("COCO|ImageNet|more sentences|translation|Languages", text)


def test_of_sources_of_ones_own_nothing_is_claimed() -> None:
    text = text_of(about(with_card({"data": "mine.toml"}), 3))
    assert "Trained on: mine.toml" in text
    assert not re.search("Flickr|COCO|What it learnt from|research", text)
    listed = text_of(about(with_card({"data": "mine.toml", "sources": ["flickr8k", "sentences"]}), 3))
    assert "by people; sentences of COCO without their photos." in listed


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_that_is_said_of_a_network_fits_into_a_message(language: str) -> None:
    with speaking(translations_for(language)):
        text_of(about(Learnt(), 3))
        assert "/translate" in text_of(about(Learnt(), 3))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("asked", ["ja", "x" * 60])
def test_the_languages_to_choose_from_are_all_listed(language: str, asked: str) -> None:
    class Reader(PolyglotEngine):
        written = ("en", "zh", "de", "pt", "ar", "fr", "cs", "es", "uk")

    with speaking(translations_for(language)):
        text = not_written(asked, Reader())
    assert all(f"({code})" in text or f"（{code}）" in text for code in Reader.written)  # noqa: RUF001
