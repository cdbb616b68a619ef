"""The language of an answer, over HTTP: whose it is, and that all parts of the answer are in it."""

import asyncio
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.gallery.gallery import GalleryState
from bot.language import LANGUAGES
from tests.bot.commands import COMMANDS
from tests.bot.conftest import Bot, buttons, greeted_group, jpeg, running_bot, toast
from tests.bot.fake_engine import FakeEngine
from tests.bot.local_chat import LocalChat


class BrokenEngine(FakeEngine):
    @property
    def words(self) -> Any:
        raise ZeroDivisionError


async def test_a_photo_is_answered_in_the_persons_language_with_an_english_caption(bot: Bot) -> None:
    person = await bot.chat.new_person(language="de")
    await bot.fill_gallery("red")
    [sent] = await bot.chat.send_photos([jpeg("red")], chat_id=person, sender=person)
    answer = await bot.chat.wait_for(after=sent)
    assert answer["text"] == "A red wall"
    assert buttons(answer) == ["Andere Bildunterschrift", "Mehr davon", "Warum?"]
    photo = await bot.chat.wait_for(lambda message: "photo" in message, after=answer)
    assert photo["caption"] == "1,00 red.jpg"
    await bot.chat.press(answer, "Andere Bildunterschrift", sender=person)
    query = await bot.chat.press(answer, "Mehr davon", sender=person)
    assert await toast(bot.chat, query) == "Mehr solche Fotos gibt es nicht."
    changed = await bot.chat.message(answer)
    assert changed["text"] == "A red wall in the sun"
    assert buttons(changed) == ["Andere Bildunterschrift", "Mehr davon", "Warum?"]


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("/start", "One Network: ein kleines neuronales Netz"),
        ("/help", "Schick mir ein Foto oder ein Bild als Datei"),
        ("/about", "One Network\nEin einziges Netz"),
        ("/similar", "/similar: Wörter, die einem Wort nahestehen"),
        ("/similar dog", "Die nächsten Nachbarn von dog:\n 0,67  dogs"),
        ("/similar dgo", "Das Wort „dgo“ kenne ich nicht. Versuch es"),
        ("/similar do", "Das Wort „do“ kenne ich nicht. Meinst du dog oder dogs?"),
        ("/analogy man men woman", "man verhält sich zu men wie woman zu women"),
        ("/analogy man men xyz", "Das Wort „xyz“ kenne ich nicht."),
        ("/find red zeppelin", "Du hast geschrieben: red zeppelin\nIch habe mir vorgestellt: a red"),
        ("/dance", "Diesen Befehl kenne ich nicht."),
        ("hallo", "Was soll ich mit „hallo“ machen?"),
        ("/language", "Welche Sprache soll ich sprechen?"),
    ],
)  # fmt: skip
async def test_a_german_person_is_answered_in_german(bot: Bot, text: str, start: str) -> None:
    person = await bot.chat.new_person(language="de-AT")
    sent = await bot.chat.send_text(text, chat_id=person, sender=person)
    assert (await bot.chat.wait_for(after=sent))["text"].startswith(start)


async def test_help_in_another_language_says_what_stays_english_and_lists_the_commands(bot: Bot) -> None:
    person = await bot.chat.new_person(language="de")
    sent = await bot.chat.send_text("/help", chat_id=person, sender=person)
    answer = await bot.chat.wait_for(after=sent)
    assert "kann nur Englisch: Seine Bildunterschriften bleiben englisch" in answer["text"]
    assert "/find — Fotos, die zu einer Beschreibung passen" in answer["text"].splitlines()
    assert "Wörter wie dog" in buttons(answer)  # words for the network stay English


async def test_errors_are_told_in_the_persons_language(chat: LocalChat, tmp_path: Path) -> None:
    async with running_bot(chat, tmp_path / "data", BrokenEngine()):
        person = await chat.new_person(language="de")
        sent = await chat.send_text("/similar dog", chat_id=person, sender=person)
        assert (await chat.wait_for(after=sent))["text"].startswith("Hier ist etwas schiefgegangen")
        sent = await chat.send_document(b"text", "a.txt", chat_id=person, sender=person)
        assert (await chat.wait_for(after=sent))["text"].startswith("Diese Datei ist kein Bild.")
        sent = await chat.send_document(jpeg("red")[:400], "a.jpg", chat_id=person, sender=person)
        assert (await chat.wait_for(after=sent))["text"].startswith("Diese Datei ist beschädigt")
        sent = await chat.send_document(b"no image", "a.jpg", chat_id=person, sender=person)
        assert (await chat.wait_for(after=sent))["text"].startswith("Diese Datei ist kein Bild, das")


async def test_people_who_write_at_once_are_each_answered_in_their_own_language(bot: Bot) -> None:
    async def help_for(language: str) -> str:
        person = await bot.chat.new_person(language=language)
        sent = await bot.chat.send_text("/help", chat_id=person, sender=person)
        return str((await bot.chat.wait_for(after=sent))["text"])[:6]

    starts = await asyncio.gather(*(help_for(language) for language in (*LANGUAGES, *LANGUAGES)))
    assert (
        starts == ["Send m", "Envíam", "Envie ", "Envoie", "Schick", "Пришли", "أرسل إ", "发给我一张照"] * 2
    )


async def test_the_page_is_answered_in_its_browsers_language_until_another_is_chosen(bot: Bot) -> None:
    async def start_of_help() -> str:
        return str((await bot.chat.wait_for(after=await bot.chat.send_text("/help")))["text"])[:10]

    assert await start_of_help() == "Send me a "
    await bot.chat.change_language("de-AT")
    assert await start_of_help() == "Schick mir"
    question = await bot.chat.wait_for(after=await bot.chat.send_text("/language"))
    assert question["text"] == "Welche Sprache soll ich sprechen?"
    await bot.chat.press(question, "العربية")
    await bot.chat.wait_for(lambda m: m["text"].startswith("من الآن فصاعدًا أتكلّم العربية هنا."))
    await bot.chat.change_language("fr")
    assert await start_of_help() == "أرسل إليّ "


async def test_an_unknown_language_gets_english(bot: Bot) -> None:
    person = await bot.chat.new_person(language="tlh")
    sent = await bot.chat.send_text("/help", chat_id=person, sender=person)
    text = (await bot.chat.wait_for(after=sent))["text"]
    assert text.startswith("Send me a photo")
    assert "English" not in text


async def test_russian_plurals_reach_the_chat(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    person = await bot.chat.new_person(language="ru")
    for total, words in ((21, "из 21 нового фото"), (22, "из 22 новых фото"), (25, "из 25 новых фото")):
        state = replace(GalleryState(photos=3, phase="indexing"), total=total)
        monkeypatch.setattr(bot.services.gallery, "state", lambda state=state: state)
        sent = await bot.chat.send_text("/start", chat_id=person, sender=person)
        assert words in (await bot.chat.wait_for(after=sent))["text"]


async def test_in_a_group_each_person_is_answered_in_their_own_language(bot: Bot) -> None:
    german, russian = await bot.chat.new_person(language="de"), await bot.chat.new_person(language="ru")
    group = await greeted_group(bot, "Mixed", members=(german, russian))
    for person, start in ((german, "Schick mir"), (russian, "Пришли мне")):
        sent = await bot.chat.send_text("/help", chat_id=group, sender=person)
        assert (await bot.chat.wait_for(after=sent))["text"].startswith(start)


async def test_the_language_of_a_group_comes_before_its_peoples(bot: Bot) -> None:
    german = await bot.chat.new_person(language="de")
    group = await greeted_group(bot, "Ours", members=(german,))
    await bot.services.chats.meet(bot.application.bot.id, group, "supergroup")
    await bot.services.chats.set(bot.application.bot.id, group, language="ru")
    await bot.services.chats.set_language(bot.application.bot.id, german, "es")
    sent = await bot.chat.send_text("/similar dgo", chat_id=group, sender=german)
    assert (await bot.chat.wait_for(after=sent))["text"].startswith("Слово «dgo» мне незнакомо.")
    sent = await bot.chat.send_text("/similar dgo", chat_id=german, sender=german)  # in private it is theirs
    assert (await bot.chat.wait_for(after=sent))["text"].startswith("No conozco «dgo».")


async def test_without_its_database_the_bot_goes_on_in_the_language_of_the_app(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(*_: object) -> str:
        raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr(bot.services.chats, "language_of", fail)
    person = await bot.chat.new_person(language="de")
    sent = await bot.chat.send_text("/help", chat_id=person, sender=person)
    assert (await bot.chat.wait_for(after=sent))["text"].startswith("Schick mir")
    assert "The language that was chosen could not be read" in caplog.text


@pytest.mark.usefixtures("menus")
async def test_the_menu_is_set_in_every_language(bot: Bot) -> None:
    requests = bot.requests("setMyCommands")
    menus = {request.get("language_code", "en"): request["commands"] for request in requests}
    assert set(menus) == set(LANGUAGES)
    person = await bot.chat.new_person(language="de")
    assert "was ich kann, mit Beispielen" in [
        command["description"] for command in await bot.chat.commands(person, sender=person)
    ]
    assert all(
        f'"{command.name}"' in menu
        for menu in menus.values()
        for command in COMMANDS
        if "private" in command.menus
    )
