"""Seen before: what cannot be looked up is not said, and the answer to the photo stays one."""

import pytest

from bot.inference.errors import BusyError, StoppedError, TooSlowError
from bot.inference.quotas import ChatBusyError, TooManyQuestionsError
from bot.memory.table import RememberedPhoto
from onenet.errors import IndexAwayError, OneNetError
from tests.bot.conftest import Bot, all_answered, jpeg
from tests.bot.features.privacy.test_memory import photo_answered


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
