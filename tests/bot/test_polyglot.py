"""A network of several languages: what it writes and reads in a chat is in the chat's language."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot.features.translate.request import Request, understand
from bot.inference.worker import Worker
from bot.language import speak, translations_for
from tests.bot.conftest import Bot, buttons, is_photo, is_text, jpeg, offered, running_bot, until
from tests.bot.fake_engine import FakeEngine, PolyglotEngine
from tests.bot.local_chat import LocalChat

RED, GREEN = Image.new("RGB", (4, 4), "red"), Image.new("RGB", (4, 4), "lime")


@pytest.fixture
async def polyglot(chat: LocalChat, tmp_path: Path) -> AsyncIterator[Bot]:
    async with running_bot(chat, tmp_path / "data", PolyglotEngine(), remembers=True) as bot:
        yield bot


async def said_to(bot: Bot, text: str, person: int) -> str:
    sent = await bot.chat.send_text(text, chat_id=person, sender=person)
    return str((await bot.chat.wait_for(is_text, after=sent))["text"])


async def is_now(chat: LocalChat, message: dict[str, Any], text: str) -> bool:
    return bool((await chat.message(message))["text"] == text)


async def has_changed(chat: LocalChat, message: dict[str, Any], before: str) -> bool:
    return not await is_now(chat, message, before)


async def test_photos_of_chats_of_several_languages_are_one_batch() -> None:
    engine = PolyglotEngine()
    worker = Worker(engine, batch_size=4, timeout_s=60)

    async def ask(language: str, photo: Image.Image) -> str:
        speak(translations_for(language))
        return (await worker.read(photo)).caption.text

    wishes = [("de", RED), ("en", RED), ("zh", GREEN), ("ru", GREEN)]
    tasks = [asyncio.create_task(ask(*wish)) for wish in wishes]
    await asyncio.sleep(0)
    worker.start()
    said = await asyncio.gather(*tasks)
    await worker.stop()
    assert said == ["eine rote Wand", "a red wall", "一面绿色的墙", "a green wall"]
    assert engine.batches == [4]
    assert engine.caption_calls == 3


async def test_a_photo_is_captioned_and_remembered_in_the_persons_language(polyglot: Bot) -> None:
    person = await polyglot.chat.new_person(language="de")
    [sent] = await polyglot.chat.send_photos([jpeg("red")], chat_id=person, sender=person)
    answer = await polyglot.chat.wait_for(is_text, after=sent)
    assert answer["text"] == "Eine rote Wand"
    rows = await polyglot.services.database.rows("SELECT caption, language FROM remembered_photos", ())
    assert [tuple(row) for row in rows] == [("eine rote Wand", "de")]
    rows = []
    while not rows:  # it is kept right after it was sent
        rows = await polyglot.services.database.rows("SELECT language FROM answers", ())
        await asyncio.sleep(0.01)
    assert [tuple(row) for row in rows] == [("de",)]
    found = await polyglot.chat.send_text("/find eine rote wand", chat_id=person, sender=person)
    shown = await polyglot.chat.wait_for(is_photo, after=found)
    assert shown["caption"].endswith("eine rote Wand")


async def test_after_a_change_of_language_captions_are_written_anew(polyglot: Bot) -> None:
    person = await polyglot.chat.new_person(language="en")
    [sent] = await polyglot.chat.send_photos([jpeg("red")], chat_id=person, sender=person)
    assert (await polyglot.chat.wait_for(is_text, after=sent))["text"] == "A red wall"
    question = await polyglot.chat.send_text("/language", chat_id=person, sender=person)
    offer = await polyglot.chat.wait_for(lambda message: "reply_markup" in message, after=question)
    await polyglot.chat.press(offer, "中文", sender=person)
    before = offer["text"]
    await until(lambda: has_changed(polyglot.chat, offer, before))
    found = await polyglot.chat.send_text("/find red", chat_id=person, sender=person)
    shown = await polyglot.chat.wait_for(is_photo, after=found)
    assert "一面红色的墙" in shown["caption"]
    rows = await polyglot.services.database.rows("SELECT caption, language FROM remembered_photos", ())
    assert [tuple(row) for row in rows] == [("一面红色的墙", "zh")]


async def test_words_are_taken_for_those_of_the_chats_language_first(polyglot: Bot) -> None:
    german = await polyglot.chat.new_person(language="de")
    english = await polyglot.chat.new_person(language="en")
    assert "welpe" in await said_to(polyglot, "/similar hund", german)
    both = await said_to(polyglot, "/similar hund", english)
    assert "welpe" in both
    assert "German" not in both
    assert both.index("English:") < both.index("dog")
    assert (await said_to(polyglot, "/analogy hund welpe katze", german)).startswith("hund verhält sich zu")
    assert "de" in polyglot.engine.preferred
    await said_to(polyglot, "/find rote wand", german)
    assert ("de",) in polyglot.engine.preferred


async def test_maps_and_numbers_are_in_words_of_the_chats_language(polyglot: Bot) -> None:
    person = await polyglot.chat.new_person(language="de")
    for wish in ("Wörter", "words"):
        sent = await polyglot.chat.send_text(f"/map {wish}", chat_id=person, sender=person)
        answer = await polyglot.chat.wait_for(is_photo, after=sent, timeout_s=60)
        assert offered(answer) == ["/map Hund", "/map Strand", "/map rennt"]
    assert polyglot.engine.map_calls == 1
    [photo] = await polyglot.chat.send_photos([jpeg("red")], caption="/inside", chat_id=person, sender=person)
    await polyglot.chat.wait_for(is_photo, after=photo)
    assert polyglot.engine.inside_in == ["de"]


async def test_a_text_is_translated_into_the_chats_language_or_the_one_named(polyglot: Bot) -> None:
    german = await polyglot.chat.new_person(language="de")
    assert await said_to(polyglot, "/translate a red wall", german) == (
        "Englisch: a red wall\nDeutsch: Eine rote Wand"
    )
    assert "Chinesisch: 一面红色的墙" in await said_to(polyglot, "/translate zh rote wand", german)
    assert "Tschechisch" in await said_to(polyglot, "/translate cs rote wand", german)
    sent = await polyglot.chat.send_text("/translate rotes", chat_id=german, sender=german)
    asks = await polyglot.chat.wait_for(is_text, after=sent)
    assert buttons(asks) == ["Englisch", "Chinesisch"]
    await polyglot.chat.press(asks, "Englisch", sender=german)
    answer = await polyglot.chat.wait_for(is_text, after=asks)
    assert answer["text"] == "Deutsch: rotes\nEnglisch: A red wall"


async def test_a_text_that_begins_with_a_code_is_a_text(polyglot: Bot) -> None:
    english = await polyglot.chat.new_person(language="en")
    said = await said_to(polyglot, "/translate es ist rot", english)
    assert said.startswith("German: es ist rot\nEnglish: A red wall")
    assert await said_to(polyglot, "/translate zh rot", english) == "German: rot\nChinese: 一面红色的墙"
    assert await said_to(polyglot, "/translate de: a red wall", english) == (
        "English: a red wall\nGerman: Eine rote Wand"
    )


async def test_an_unknown_language_is_one_sentence_with_the_list(polyglot: Bot) -> None:
    german = await polyglot.chat.new_person(language="de")
    written = "Englisch (en), Deutsch (de), Chinesisch (zh)"
    assert await said_to(polyglot, "/translate --to xx a red wall", german) == (
        f"Eine Sprache „xx“ gibt es hier nicht; nimm eine von diesen: {written}."
    )
    for asked in ("cs: a red wall", "--to cs a red wall", "to Czech"):
        said = await said_to(polyglot, f"/translate {asked}", german)
        assert said == f"Diese Sprache schreibe ich nicht: Tschechisch; nimm eine von diesen: {written}."
    for asked in ("hund to xx", "--to xx hund"):
        assert await said_to(polyglot, f"/similar {asked}", german) == (
            "Eine Sprache „xx“ gibt es hier nicht; nimm eine von diesen: "
            "Englisch (en), Deutsch (de), Chinesisch (zh), Tschechisch (cs)."
        )
    said = await said_to(polyglot, "/language klingonisch", german)
    assert said.startswith(
        "Eine Sprache „klingonisch“ gibt es hier nicht; nimm eine von diesen: Englisch (en), "
    )


async def test_similar_words_of_a_language_that_is_named(polyglot: Bot) -> None:
    german = await polyglot.chat.new_person(language="de")
    for asked in ("hund to en", "hund to English", "--to en hund", "hund into Englisch"):
        lines = (await said_to(polyglot, f"/similar {asked}", german)).splitlines()
        assert lines[0] == "Die nächsten Nachbarn von hund:"
        assert lines[1].split() == ["1,00", "dog"]


async def test_examples_are_in_the_language_of_the_chat(polyglot: Bot) -> None:
    for language, first, example in (
        ("de", "/similar Hund", "/translate en: ein Hund läuft durch den Schnee"),
        ("zh", "/similar 狗", "/translate en: 一只狗在雪地里奔跑"),
        ("fr", "/similar dog", "/translate de: a dog runs through the snow"),  # which it does not read
    ):
        person = await polyglot.chat.new_person(language=language)
        assert first in await said_to(polyglot, "/similar", person)
        assert example in await said_to(polyglot, "/translate", person)


async def test_a_caption_is_translated_by_a_reply(polyglot: Bot) -> None:
    english = await polyglot.chat.new_person(language="en")
    [sent] = await polyglot.chat.send_photos([jpeg("green")], chat_id=english, sender=english)
    caption = await polyglot.chat.wait_for(is_text, after=sent)
    asked = await polyglot.chat.send_text(
        "/translate German", chat_id=english, sender=english, reply_to=caption
    )
    answer = await polyglot.chat.wait_for(is_text, after=asked)
    while "German" not in answer["text"]:
        answer = await polyglot.chat.wait_for(is_text, after=answer)
    assert answer["text"] == "English: a green wall\nGerman: Eine grüne Wand"


def test_languages_are_named_in_several_ways() -> None:
    known = ("en", "de", "zh")
    for words in (
        "zh a dog",
        "zh: a dog",
        "Chinese a dog",
        "中文: a dog",
        "to chinese a dog",
        "a dog to Chinese",
    ):
        assert understand(words.split(), known) == Request("a dog", "zh")
    assert understand(["a", "dog"], known) == Request("a dog")
    assert understand(["German"], known) == Request("", "de")
    assert understand([], known) == Request("")


async def test_what_is_doubted_is_said_to_be(chat: LocalChat, tmp_path: Path) -> None:
    engine = FakeEngine()
    engine.sure = 0.2
    async with running_bot(chat, tmp_path / "data", engine):
        [sent] = await chat.send_photos([jpeg("red")])
        answer = await chat.wait_for(is_text, after=sent)
        unsure = "I am not sure, perhaps: A red wall\nOr is it one of these? “tomato”, “espresso & co”"
        assert answer["text"] == unsure
        await chat.press(answer, "Another caption")
        expected = unsure.replace("red wall", "red wall in the sun")
        await until(lambda: is_now(chat, answer, expected))
        album = await chat.send_photos([jpeg("red"), jpeg("green")])
        lines = await chat.wait_for(is_text, after=album[-1])
        assert lines["text"].splitlines() == ["1. A red wall (perhaps)", "2. A green wall (perhaps)"]
        engine.sure = 0.8
        [sent] = await chat.send_photos([jpeg("blue")])
        assert (await chat.wait_for(is_text, after=sent))["text"] == "A blue wall"


async def test_about_tells_of_the_languages(polyglot: Bot) -> None:
    english = await polyglot.chat.new_person(language="en")
    text = await said_to(polyglot, "/about", english)
    assert "Languages: I read English, German, Chinese, Czech. I write English, German, Chinese." in text
    assert "/translate has no dictionary" in text
    assert "German: captions, CIDEr: 41.0; right photo among the first ten, per cent: 63.5" in text
    assert "Czech: right photo among the first ten, per cent: 50.0" in text


async def test_help_says_what_stays_english_only_where_it_does(polyglot: Bot) -> None:
    german = await polyglot.chat.new_person(language="de")
    russian = await polyglot.chat.new_person(language="ru")
    assert "auf Englisch" not in (text := await said_to(polyglot, "/help", german))
    assert "/translate — " in text
    assert "по-английски" in await said_to(polyglot, "/help", russian)


def test_a_network_of_one_language_offers_no_translations(bot: Bot) -> None:
    assert "translate" not in bot.services.features.commands
