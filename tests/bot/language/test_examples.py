"""Examples of commands are in the language of whoever sees them, if the network reads it."""

from pathlib import Path
from typing import cast

import pytest
from telegram.constants import InlineKeyboardButtonLimit

from bot.app import build_parts
from bot.features.inline import texts as inline_texts
from bot.features.membership import texts as membership_texts
from bot.language import LANGUAGES, speaking, translations_for
from bot.language.network import examples_here
from bot.language.phrases import RUN, examples_of, how_to
from bot.routing.feature import Command
from bot.routing.menus import examples_by_language
from bot.settings import Settings
from onenet.engine import Engine
from onenet.words import examples_in
from tests.bot.fake_engine import FakeEngine


class Reader(FakeEngine):
    """One that reads all languages of the data, and writes some."""

    languages = ("en", "zh", "de", "pt", "ar", "fr", "cs", "es", "uk")
    written = ("en", "zh", "de", "pt", "ar")


def commands_of(engine: FakeEngine) -> list[Command]:
    settings = Settings.from_env({"DATA_DIR": str(Path("never_made"))})
    return [*build_parts(settings, cast(Engine, engine)).features.commands.values()]


READERS, OTHERS = commands_of(Reader()), commands_of(FakeEngine())
READ = [language for language in LANGUAGES if language in Reader.languages and language != "en"]


def typed(commands: list[Command], language: str) -> list[str]:
    with speaking(translations_for(language)):
        return [example.typed for command in commands for example in examples_of(command)]


@pytest.mark.parametrize("language", READ)
def test_examples_are_in_a_language_that_is_read(language: str) -> None:
    own = typed(READERS, language)
    same = [example for example in own if example in typed(READERS, "en")]
    assert same == ["/map words", "/map photos"]  # words of the command itself
    assert f"/similar {examples_in(language).animal}" in own
    for example in own:
        assert len(f"{RUN}{example}".encode()) <= InlineKeyboardButtonLimit.MAX_CALLBACK_DATA, example


@pytest.mark.parametrize("language", LANGUAGES)
def test_examples_are_english_where_the_language_is_not_read(language: str) -> None:
    assert typed(OTHERS, language) == typed(OTHERS, "en")
    if language not in Reader.languages:
        assert typed(READERS, language) == typed(READERS, "en")


def test_a_command_that_lacks_its_words_is_explained_in_the_language() -> None:
    [odd] = [command for command in READERS if command.name == "odd"]
    for language, words in (("ar", "/odd كلب جرو قطة شاحنة"), ("ru", "/odd dog puppy cat truck")):
        with speaking(translations_for(language)):
            assert how_to(odd).endswith(words)


def test_the_page_is_given_examples_in_each_of_its_languages() -> None:
    found = examples_by_language({command.name: command for command in READERS})
    assert list(found) == list(LANGUAGES)
    assert found["en"] == ["/similar dog", "/analogy man men woman", "/find a dog in the snow", "/help"]
    assert found["zh"] == ["/similar 狗", "/analogy 男人 男孩 女人", "/find 雪地里的一只狗", "/help"]
    assert found["ru"] == found["en"]
    english = examples_by_language({command.name: command for command in OTHERS})
    assert all(examples == found["en"] for examples in english.values())


def test_inline_mode_and_groups_are_told_examples_in_the_language() -> None:
    with speaking(translations_for("de")):
        assert "„ein Hund am Strand“" in inline_texts.describe(Reader()).text
        assert "„a dog on the beach“" in inline_texts.describe(FakeEngine()).text
        rows = inline_texts.examples_keyboard(Reader()).inline_keyboard
        offered = [row[0].switch_inline_query_current_chat for row in rows]
        assert offered == ["ein Hund am Strand", "Kinder spielen Fußball", None]
        assert "/find ein Hund im Schnee" in membership_texts.send_commands(examples_here(Reader()).photo)
