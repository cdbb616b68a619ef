"""The catalogues are whole: every sentence of the source, in every language, with all that it holds."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel.messages import Catalog, Message
from telegram.constants import BotCommandLimit, CallbackQueryLimit

from bot import language as catalogues
from bot.features.settings import language_texts as language_replies
from bot.language import LANGUAGES, notes, read_catalogue, speaking, translations_for
from bot.language import __main__ as update
from bot.language.phrases import menu
from tests.bot.commands import COMMANDS

TRANSLATED = [language for language in LANGUAGES if language != "en"]
QUOTES = {"es": "«»", "pt": "“”", "fr": "«»", "de": "„“", "ru": "«»", "ar": "«»", "zh": "“”"}
# What gets a fixed number of forms from `ngettext` in these languages.
FORMS = {"es": 2, "pt": 3, "fr": 3, "de": 2, "ru": 3, "ar": 6, "zh": 1}
# Forms for no, one and two things, which say how many by the word itself, not by a number beside it.
NUMBERED_BY_WORD = {"ar": 3}
COUNTED = {"count", "chats", "photos", "total"}

TAG = re.compile(r'</?[a-z]+(?: [a-z]+="[^"<>]*")?>')
# How many of their arguments are sentences.
MARKS = {"_": 1, "N_": 1, "ngettext": 2}

KEPT, CHANGED = "I am on it already.", "There are no more photos quite like this."
GONE = "The gallery is closed today, come back tomorrow."


@pytest.fixture(scope="module")
def template() -> Catalog:
    return update.extracted()


def sentences(catalogue: Catalog) -> Iterator[tuple[str, str]]:
    """Every translation with the English that it has to hold as much as; plural forms one by one."""
    by_word = NUMBERED_BY_WORD.get(str(catalogue.locale), 0)
    for message in catalogue:
        english, forms = as_tuple(message.id), as_tuple(message.string)
        if english != ("",):
            free = by_word if len(english) > 1 else 0
            yield from (
                (without_count(english[-1], form) if n < free else english[-1], form)
                for n, form in enumerate(forms)
            )


def without_count(english: str, form: str) -> str:
    """The English without the number that a form leaves to its word."""
    left = COUNTED.intersection(placeholders(english)).difference(placeholders(form))
    return english.replace(f"{{{left.pop()}}}", "…") if len(left) == 1 else english


def as_tuple(text: object) -> tuple[str, ...]:
    return tuple(map(str, text)) if isinstance(text, tuple | list) else (str(text),)


def ids(catalogue: Catalog) -> list[tuple[str, ...]]:
    return [as_tuple(message.id) for message in catalogue if message.id]


def placeholders(text: str) -> list[str]:
    return sorted(str(name) for _, name, _, _ in Formatter().parse(text) if name is not None)


def tags(text: str) -> list[str]:
    return sorted(TAG.findall(text))


def commands(text: str) -> list[str]:
    return sorted(re.findall(r"(?<!\w)/[a-z]+", TAG.sub("", text)))


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_catalogues_are_in_step_with_the_source(language: str, template: Catalog) -> None:
    """If this fails: `python -m bot.language`, then translate what it lists."""
    assert len(ids(template)) > 50
    assert sorted(ids(read_catalogue(language))) == sorted(ids(template))


@pytest.mark.parametrize("language", TRANSLATED)
def test_everything_is_translated(language: str) -> None:
    catalogue = read_catalogue(language)
    assert [message.id for message in update.untranslated(catalogue)] == []
    assert catalogue.num_plurals == FORMS[language]
    plural = [message for message in catalogue if isinstance(message.id, tuple | list)]
    assert plural
    assert {len(message.string) for message in plural} == {FORMS[language]}


@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_hold_what_the_english_holds(language: str) -> None:
    for english, translation in sentences(read_catalogue(language)):
        for part in (placeholders, tags, commands):
            assert part(translation) == part(english), translation
        assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", TAG.sub("", translation)), translation
        assert (english[:1] == " ", english[-1:] == " ") == (
            translation[:1] == " ",
            translation[-1:] == " ",
        ) or english in (", ", "; ")


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_command_can_be_tapped_wherever_it_stands(language: str) -> None:
    """Telegram marks a command only where no letter stands before it."""
    for _, translation in sentences(read_catalogue(language)):
        assert not re.search(r"[^\W\d_]/[a-z]", TAG.sub("", translation)), translation


@pytest.mark.parametrize("language", TRANSLATED)
def test_quotation_marks_are_the_languages_own(language: str) -> None:
    text = "".join(TAG.sub("", translation) for _, translation in sentences(read_catalogue(language)))
    found = set(re.sub(r"[^“”„«»\"]", "", text))
    assert found == set(QUOTES[language])


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_telegram_limits_is_short_enough(language: str) -> None:
    toasts = (
        notes.forgotten,
        notes.lost_text,
        notes.only_caption,
        notes.already_on_it,
        notes.no_more_photos,
        notes.no_more_alike,
        language_replies.only_admins,
    )
    with speaking(translations_for(language)):
        for toast in toasts:
            assert len(toast()) <= CallbackQueryLimit.ANSWER_CALLBACK_QUERY_TEXT_LENGTH
        for command in menu(COMMANDS):
            assert 1 <= len(command.description) <= BotCommandLimit.MAX_DESCRIPTION


def test_every_sentence_of_the_source_can_be_extracted(template: Catalog) -> None:
    """Marked sentences are plain string constants; in an f-string none would be found."""
    known = {text for texts in ids(template) for text in texts}
    for path in sources():
        for call in calls(path):
            name = call.func.id if isinstance(call.func, ast.Name) else ""
            for argument in call.args[: MARKS.get(name, 0)]:
                assert not isinstance(argument, ast.JoinedStr | ast.BinOp), f"{path}:{call.lineno}"
                if isinstance(argument, ast.Constant):
                    assert argument.value in known, f"{path}:{call.lineno}"
    assert {command.description for command in COMMANDS} <= known


def sources() -> list[Path]:
    return [path for folder in update.SOURCES for path in (update.PROJECT / folder).rglob("*.py")]


def calls(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield node


def test_the_update_makes_a_catalogue_for_a_new_language_and_lists_its_sentences(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], template: Catalog
) -> None:
    monkeypatch.setattr(catalogues, "FOLDER", tmp_path)
    monkeypatch.setattr(update, "PROJECT", tmp_path)
    monkeypatch.setattr(update, "extracted", lambda: template)
    monkeypatch.setattr(update, "LANGUAGES", {"en": "English", "it": "Italiano"})
    assert update.main() == 1
    said = capsys.readouterr().out
    assert "it/LC_MESSAGES/onenet.po: 'I am on it already.'" in said
    assert f"{len(template)} sentences in 1 languages, {len(template)} left to translate" in said
    assert sorted(ids(read_catalogue("it"))) == sorted(ids(template))


def test_the_update_keeps_translations_and_marks_guesses(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(catalogues, "FOLDER", tmp_path)
    old, new = Catalog(), Catalog()
    for sentence in (KEPT, "There are no more photos like this.", GONE):
        old.add(sentence)
    for sentence in (KEPT, CHANGED, "New."):
        new.add(sentence)
    update.write("de", update.updated("de", old))
    translated = read_catalogue("de")
    translated[KEPT].string = "Ich bin schon dabei."
    translated["There are no more photos like this."].string = "Mehr solche Fotos gibt es nicht."
    translated[GONE].string = "Weg."
    update.write("de", translated)
    update.write("de", update.updated("de", new))
    catalogue = read_catalogue("de")
    assert [str(message.id) for message in update.untranslated(catalogue)] == [CHANGED, "New."]
    assert message_of(catalogue, CHANGED).fuzzy
    german = catalogues.read_translations("de")
    assert german.gettext(KEPT) == "Ich bin schon dabei."
    assert german.gettext(CHANGED) == CHANGED  # the guess is for the translator alone
    assert german.gettext("New.") == "New."
    assert "Weg." not in catalogues.path_of("de").read_text("utf-8")


def message_of(catalogue: Catalog, sentence: str) -> Message:
    message = catalogue[sentence]
    assert message is not None
    return message


def test_an_update_without_changes_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, template: Catalog
) -> None:
    for language in TRANSLATED:
        catalogue, before = (
            update.updated(language, template),
            catalogues.path_of(language).read_text("utf-8"),
        )
        with monkeypatch.context() as patched:
            patched.setattr(catalogues, "FOLDER", tmp_path)
            update.write(language, catalogue)
            written = catalogues.path_of(language).read_text("utf-8")
        assert without_tool(written) == without_tool(before)


def without_tool(text: str) -> list[str]:
    return [line for line in text.splitlines() if "Generated-By" not in line]
