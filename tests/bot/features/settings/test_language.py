import asyncio
from pathlib import Path
from typing import Any

import pytest

from bot.language import LANGUAGES, notes
from tests.bot.conftest import Bot, buttons, greeted_group, running_bot, toast
from tests.bot.local_chat import LocalChat


async def asked(chat: LocalChat, chat_id: int, person: int) -> dict[str, Any]:
    sent = await chat.send_text("/language", chat_id=chat_id, sender=person)
    return await chat.wait_for(after=sent)


async def reads(chat: LocalChat, message: dict[str, Any], start: str) -> None:
    """Wait until a message was edited to begin like this."""
    await chat.wait_for(
        lambda m: m["message_id"] == message["message_id"] and m["text"].startswith(start),
        chat_id=message["chat"]["id"],
    )


async def start_of_help(chat: LocalChat, chat_id: int, person: int) -> str:
    sent = await chat.send_text("/help", chat_id=chat_id, sender=person)
    return " ".join((await chat.wait_for(after=sent))["text"].split()[:2])


async def menu_begins(chat: LocalChat, chat_id: int, person: int, start: str) -> None:
    """Wait until the menu that someone is shown is in a language."""
    async with asyncio.timeout(60):
        while True:
            commands = await chat.commands(chat_id, sender=person)
            if commands[0]["description"].startswith(start):
                return
            await asyncio.sleep(0.03)


@pytest.mark.usefixtures("menus")
async def test_a_person_chooses_a_language_and_it_lasts(chat: LocalChat, tmp_path: Path) -> None:
    person = await chat.new_person(language="de")
    async with running_bot(chat, tmp_path / "data"):
        question = await asked(chat, person, person)
        assert question["text"] == "Welche Sprache soll ich sprechen?"
        assert buttons(question) == list(LANGUAGES.values())
        await chat.press(question, "Español", sender=person)
        await reads(chat, question, "A partir de ahora hablo español aquí.\n\nLa red que llevo dentro")
        assert await start_of_help(chat, person, person) == "Envíame una"
        await menu_begins(chat, person, person, "palabras cercanas")
    async with running_bot(chat, tmp_path / "data"):
        assert await start_of_help(chat, person, person) == "Envíame una"
        question = await asked(chat, person, person)
        await chat.press(question, "English", sender=person)
        await reads(chat, question, "From now on I speak English here.")
        assert (await asked(chat, person, person))["text"] == "Which language shall I speak?"


async def test_a_choice_is_nobody_elses(bot: Bot) -> None:
    german, other = await bot.chat.new_person(language="de"), await bot.chat.new_person(language="de")
    question = await asked(bot.chat, german, german)
    await bot.chat.press(question, "Русский", sender=german)
    await reads(bot.chat, question, "Теперь я говорю здесь по-русски.")
    assert await start_of_help(bot.chat, german, german) == "Пришли мне"
    assert await start_of_help(bot.chat, other, other) == "Schick mir"


@pytest.mark.usefixtures("menus")
async def test_an_admin_chooses_for_the_group(bot: Bot) -> None:
    admin, member = await bot.chat.new_person(language="de"), await bot.chat.new_person(language="es")
    group = await greeted_group(bot, "Ours", admins=(admin,), members=(member,))
    question = await asked(bot.chat, group, admin)
    assert question["text"].endswith("Das entscheiden die Admins der Gruppe.")
    assert buttons(question) == [*LANGUAGES.values(), "Je nach Person"]
    await bot.chat.press(question, "中文", sender=admin)
    await reads(bot.chat, question, "从现在起")
    assert (await start_of_help(bot.chat, group, member)).startswith("发给我一张照片")
    assert await start_of_help(bot.chat, member, member) == "Envíame una"
    await menu_begins(bot.chat, group, member, "描述照片")
    question = await asked(bot.chat, group, admin)
    await bot.chat.press(question, "各用各的语言", sender=admin)
    await menu_begins(bot.chat, group, member, "describe una foto:")
    assert "Telegram" in (await bot.chat.message(question))["text"]
    assert await start_of_help(bot.chat, group, member) == "Envíame una"


async def test_nobody_else_chooses_for_the_group(bot: Bot) -> None:
    member = await bot.chat.new_person(language="de")
    group = await greeted_group(bot, "Ours", members=(member,))
    question = await asked(bot.chat, group, member)
    query = await bot.chat.press(question, "Русский", sender=member)
    assert await toast(bot.chat, query) == "Die Sprache dieser Gruppe können nur ihre Admins wählen."
    assert await start_of_help(bot.chat, group, member) == "Schick mir"
    assert (await bot.chat.message(question))["text"] == question["text"]


@pytest.mark.parametrize("data", ["language:tlh", "language:de:x", "language:; DROP"])
async def test_a_language_that_there_is_not_is_forgotten(bot: Bot, data: str) -> None:
    person = await bot.chat.new_person(language="en")
    keyboard = {"inline_keyboard": [[{"text": "go", "callback_data": data}]]}
    await bot.application.bot.send_message(person, "Which one?", reply_markup=keyboard)  # type: ignore[arg-type]
    message = await bot.chat.wait_for(chat_id=person)
    assert await toast(bot.chat, await bot.chat.press(message, "go", sender=person)) == notes.forgotten()
    assert await bot.services.chats.language_of(bot.application.bot.id, person) == ""
