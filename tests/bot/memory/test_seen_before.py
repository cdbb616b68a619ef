"""Seen before: what cannot be looked up is not said, and the answer to the photo stays one."""

import pytest

from bot.inference.errors import BusyError, StoppedError, TooSlowError
from bot.inference.quotas import ChatBusyError, TooManyQuestionsError
from bot.memory.table import RememberedPhoto
from onenet.errors import IndexAwayError, OneNetError
from tests.bot.conftest import Bot, all_answered, is_text, jpeg
from tests.bot.features.privacy.test_memory import photo_answered, remembering_group, settled


@pytest.fixture
def remembers() -> bool:
    return True


@pytest.mark.parametrize(
    "error",
    [
        BusyError(3),
        ChatBusyError(3),
        IndexAwayError("milvus", "gone"),
        StoppedError(),
        TooManyQuestionsError(3),
        TooSlowError(),
    ],
)
async def test_a_photo_whose_copies_cannot_be_looked_for_is_answered_all_the_same(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, error: OneNetError
) -> None:
    async def fails(photo: RememberedPhoto) -> None:
        looked_for.append(photo)
        raise error

    looked_for: list[RememberedPhoto] = []
    await photo_answered(bot, "red")
    monkeypatch.setattr(bot.services.memory, "seen_before", fails)
    bot.services.left_out._gather_s = 0.0
    [copy] = await bot.chat.send_photos([jpeg("red", (80, 60))])
    await all_answered(bot)
    assert looked_for
    said = [
        m["text"] for m in await bot.chat.messages() if m["message_id"] > copy["message_id"] and "text" in m
    ]
    assert said == ["A red wall"]
    answered = await bot.services.database.rows("SELECT message_id FROM answered_messages", ())
    assert copy["message_id"] in [row[0] for row in answered]


@pytest.mark.parametrize(
    ("language", "chosen", "begins"),
    [
        ("de", "", "Hier schon gesehen, am "),
        ("ru", "", "Здесь это уже было, "),  # the network writes none
        ("de", "es", "Ya vista aquí, el "),
    ],
)
async def test_it_is_said_in_the_language_of_who_sent_the_copy_unless_the_group_chose_one(
    bot: Bot, language: str, chosen: str, begins: str
) -> None:
    person = await bot.chat.new_person(language=language)
    group = await remembering_group(bot, person)
    await bot.services.chats.set(bot.chat.bot_id, group, language=chosen)
    await bot.chat.send_photos([jpeg("red")], chat_id=group, sender=person)
    await settled(bot, group, 1)
    [copy] = await bot.chat.send_photos([jpeg("red", (80, 60))], chat_id=group, sender=person)
    assert (await bot.chat.wait_for(is_text, after=copy))["text"].startswith(begins)
