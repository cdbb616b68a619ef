import asyncio

import pytest

from bot.inference.errors import BusyError
from bot.language import (
    LANGUAGES,
    _,
    known_language,
    ngettext,
    notes,
    number,
    quoted,
    speaking,
    spoken,
    told,
    translations_for,
)
from bot.language import phrases as replies
from bot.language.network import note_on
from onenet.errors import DescriptionError, LanguageError, OneNetError, PhotoError, UnknownWordError
from tests.bot.commands import COMMANDS
from tests.bot.fake_engine import FakeEngine


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("de", "de"),
        ("de-AT", "de"),
        ("DE_ch", "de"),
        ("zh-hans", "zh"),
        ("zh-CN", "zh"),
        ("es-419", "es"),
        ("en-GB", "en"),
        ("pt-br", "pt"),
        ("fr-CA", "fr"),
        ("ar", "ar"),
        ("ar-EG", "ar"),
        ("it", ""),
        ("deutsch", ""),
        ("", ""),
    ],
)
def test_codes_of_telegram_mean_languages_of_ours(code: str, language: str) -> None:
    assert known_language(code) == language
    with speaking(translations_for(code)):
        assert spoken() == (language or "en")


def test_every_language_says_something_else() -> None:
    def said(language: str) -> str:
        with speaking(translations_for(language)):
            return notes.already_on_it()

    assert said("en") == "I am on it already."
    assert said("de") == "Ich bin schon dabei."
    assert len({said(language) for language in LANGUAGES}) == len(LANGUAGES)


@pytest.mark.parametrize(
    ("total", "expected"),
    [
        (1, "0 из 1 нового фото"),
        (2, "0 из 2 новых фото"),
        (5, "0 из 5 новых фото"),
        (11, "0 из 11 новых фото"),
        (21, "0 из 21 нового фото"),
        (1234, "0 из 1\xa0234 новых фото"),
    ],
)
def test_russian_has_plural_forms_of_its_own(total: int, expected: str) -> None:
    with speaking(translations_for("ru")):
        assert expected in replies.gallery_progress(0, total)


@pytest.mark.parametrize(
    ("total", "expected"),
    [
        (0, "لا أعرف أي صورة حتى الآن."),
        (1, "أعرف حتى الآن صورة واحدة."),
        (2, "أعرف حتى الآن صورتين."),
        (3, "أعرف حتى الآن 3 صور."),
        (11, "أعرف حتى الآن 11 صورة."),
        (100, "أعرف حتى الآن 100 صورة."),
        (103, "أعرف حتى الآن 103 صور."),
    ],
)
def test_arabic_has_six_forms(total: int, expected: str) -> None:
    with speaking(translations_for("ar")):
        said = ngettext("So far I know {count} photo.", "So far I know {count} photos.", total)
        assert said.format(count=number(total)) == expected


@pytest.mark.parametrize(("code", "none"), [("pt-br", "0 de 0 foto nova"), ("fr", "0 nouvelle photo")])
def test_none_is_singular_where_the_language_says_so(code: str, none: str) -> None:
    with speaking(translations_for(code)):
        assert none in replies.gallery_progress(0, 0)


def test_lines_of_help_begin_from_the_right_where_one_reads_so() -> None:
    with speaking(translations_for("ar")):
        lines = [line for line in replies.help_text(FakeEngine(), COMMANDS).splitlines() if " — " in line]
    assert len(lines) == len(COMMANDS)
    assert all(line.startswith("\u200f\u200e/") for line in lines)


def test_english_has_two_forms() -> None:
    assert "0 of 1 new photo of" in replies.gallery_progress(0, 1)
    assert "1,000 of 1,234 new photos of" in replies.gallery_progress(1000, 1234)


def test_numbers_are_written_as_the_language_does() -> None:
    assert (number(1234), number(0.876, 2), number(-0.1, 2)) == ("1,234", "0.88", "-0.10")
    with speaking(translations_for("de")):
        assert (number(1234), number(0.876, 2), number(48.04, 1)) == ("1.234", "0,88", "48,0")
    with speaking(translations_for("pt")):
        assert (number(1234), number(0.876, 2)) == ("1.234", "0,88")
    with speaking(translations_for("fr")):
        assert (number(1234), number(0.876, 2)) == ("1\u202f234", "0,88")
    with speaking(translations_for("ar")):  # the digits of the addresses, times and figures beside them
        assert (number(1234), number(0.876, 2)) == ("1,234", "0.88")


def test_words_are_listed_with_the_languages_quotation_marks() -> None:
    assert quoted(["a", "b"]) == "“a”, “b”"
    with speaking(translations_for("de")):
        assert quoted(["a", "b"]) == "„a“, „b“"
    with speaking(translations_for("zh")):
        assert quoted(["a", "b"]) == "“a”、“b”"


@pytest.mark.parametrize(
    ("error", "german"),
    [
        (
            UnknownWordError("x"),
            "Das Wort „x“ kenne ich nicht. Versuch es mit einem einfacheren englischen Wort.",
        ),
        (UnknownWordError("dgo", ("dog",)), "Das Wort „dgo“ kenne ich nicht. Meinst du dog?"),
        (
            UnknownWordError("{word}", ("dog", "dot", "do")),
            "Das Wort „{word}“ kenne ich nicht. Meinst du dog, dot oder do?",
        ),
        (
            LanguageError(
                "The network knows {languages}, not “{code}”.",
                code="xx",
                names={"en": "English", "de": "German"},
            ),
            "Das Netz kennt Englisch (en), Deutsch (de), nicht „xx“.",
        ),
        (
            UnknownWordError("x", only_english=False),
            "Das Wort „x“ kenne ich nicht. Versuch es mit einem einfacheren Wort.",
        ),
        (
            DescriptionError("Describe a photo in a few words, for example: {example}.", example="ein Hund"),
            "Beschreib ein Foto mit ein paar Wörtern, zum Beispiel: ein Hund.",
        ),
        (BusyError(7), "Gerade fragen mich viele auf einmal. Versuch es bitte in 7 s noch einmal."),
        (OneNetError("A sentence of {somebody} else."), "A sentence of {somebody} else."),
        (DescriptionError(), ""),
        # A user's word may read like a sentence of ours: it is left alone.
        (
            UnknownWordError("More like this", ("Similar words",)),
            "Das Wort „More like this“ kenne ich nicht. Meinst du Similar words?",
        ),
    ],
)
def test_errors_are_told_in_the_language(error: OneNetError, german: str) -> None:
    assert told(error) == str(error)
    with speaking(translations_for("de")):
        assert told(error) == german


def test_an_error_lists_words_with_the_languages_quotation_marks() -> None:
    error = DescriptionError("Only {words}.", words=("a", "{b}"))
    assert str(error) == "Only “a”, “{b}”."
    with speaking(translations_for("de")):
        assert told(error) == "Only „a“, „{b}“."


def test_an_error_without_values_may_hold_braces() -> None:
    assert str(PhotoError("{a}.jpg could not be opened")) == "{a}.jpg could not be opened"


async def test_every_task_speaks_its_own_language() -> None:
    async def answer(language: str) -> str:
        with speaking(translations_for(language)):
            await asyncio.sleep(0)
            return _("I am on it already.")

    answers = await asyncio.gather(*(answer(language) for language in LANGUAGES))
    assert len(set(answers)) == len(LANGUAGES)
    assert spoken() == "en"


def test_what_stays_english_is_said_in_the_other_languages_alone() -> None:
    for language in LANGUAGES:
        with speaking(translations_for(language)):
            note = note_on(FakeEngine())
            assert bool(note) == (language != "en")
            assert note in replies.start(FakeEngine())
            assert note in replies.help_text(FakeEngine(), [])
