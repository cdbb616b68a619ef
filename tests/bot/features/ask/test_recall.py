"""Questions about what a chat remembers, for this chat alone."""

import time
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.chats.chats import ChatSettings
from bot.chats.clock import day_of, going_by
from tests.bot.conftest import Bot, all_answered, is_photo, is_text, jpeg
from tests.bot.features.privacy.test_memory import remembering_group, settled
from tests.bot.local_chat import GROUP, PRIVATE


@pytest.fixture
def remembers() -> bool:
    return True


async def _sent(bot: Bot, *colours: str, chat_id: int = PRIVATE) -> None:
    for colour in colours:
        [photo] = await bot.chat.send_photos([jpeg(colour)], caption="/caption", chat_id=chat_id)
        await bot.chat.wait_for(is_text, after=photo)
    await all_answered(bot)  # the first photo is told of once more


async def _answer(bot: Bot, question: str) -> str:
    asked = await bot.chat.send_text(f"/ask {question}")
    return str((await bot.chat.wait_for(is_text, after=asked))["text"])


async def test_when_who_and_how_many(bot: Bot) -> None:
    await _sent(bot, "red", "green")
    today = datetime.now().date()  # by this computer's clock
    assert f"{today:%B} {today.day}, {today.year}" in await _answer(bot, "when were we at the red wall?")
    assert (await _answer(bot, "who sent the red wall?")).startswith("Sent by ")
    assert await _answer(bot, "how many photos with green?") == "I remember 1 photo of that."
    assert await _answer(bot, "how many photos?") == "I remember 2 photos of that."


async def test_the_photo_itself_is_shown(bot: Bot) -> None:
    await _sent(bot, "red", "green")
    asked = await bot.chat.send_text("/ask show the last green wall")
    said = await bot.chat.wait_for(is_text, after=asked)
    assert said["text"] == "This is what I remember of it:"
    found = await bot.chat.wait_for(is_photo, after=asked)
    assert "a green wall" in found["caption"]


async def test_what_somebody_sent(bot: Bot) -> None:
    await _sent(bot, "red")
    month = f"{datetime.now():%B}"
    name = (await _answer(bot, "who sent red?")).removeprefix("Sent by ").split()[0].rstrip(".")
    assert (await _answer(bot, f"what did {name} send in {month}?")).endswith("sent 1 photo.")
    assert "nobody" not in await _answer(bot, f"what did {name} send?")
    assert await _answer(bot, "what did Nobody send?") == (
        "I remember no photo here by anybody called “nobody”."
    )


async def test_what_the_chat_taught_is_remembered_by_its_name(bot: Bot) -> None:
    await _sent(bot, "red", "green")
    assert await _answer(bot, "how many photos of Rex?") == "Nothing that I remember fits."
    [photo] = await bot.chat.send_photos([jpeg("red")], caption="/teach Rex")
    await bot.chat.wait_for(is_text, after=photo)
    await all_answered(bot)
    assert await _answer(bot, "how many photos of Rex?") == "I remember 2 photos of that."
    await bot.services.chats.set(bot.application.bot.id, PRIVATE, teaches=False)
    assert await _answer(bot, "how many photos of Rex?") == "Nothing that I remember fits."


async def test_nothing_fits_and_nothing_is_remembered(bot: Bot) -> None:
    assert (await _answer(bot, "how many photos with blue?")).startswith("I remember no photos of this chat")
    await _sent(bot, "red")
    assert await _answer(bot, "how many photos with blue?") == "Nothing that I remember fits."


async def test_another_chats_photos_are_no_business_of_this_one(bot: Bot) -> None:
    await _sent(bot, "red")
    await _sent(bot, "blue", chat_id=GROUP)
    assert await _answer(bot, "how many photos with blue?") == "Nothing that I remember fits."


NEW_YEAR_IN_TOKYO = datetime(2026, 12, 31, 15, 30, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("settings", "here", "day"),
    [
        (ChatSettings(zone="Asia/Tokyo"), "UTC", date(2027, 1, 1)),
        (ChatSettings(utc_offset=-5), "UTC", date(2026, 12, 31)),
        (ChatSettings(), "Asia/Tokyo", date(2027, 1, 1)),
        (ChatSettings(), "UTC", date(2026, 12, 31)),
    ],
)
def test_days_are_those_of_the_chats_clock_or_of_the_computers(
    monkeypatch: pytest.MonkeyPatch, settings: ChatSettings, here: str, day: date
) -> None:
    monkeypatch.setenv("TZ", here)
    time.tzset()
    try:
        with going_by(settings.clock):
            assert day_of(NEW_YEAR_IN_TOKYO) == day
    finally:
        monkeypatch.undo()
        time.tzset()


async def test_all_days_are_told_by_the_clock_that_the_chat_chose(bot: Bot) -> None:
    await _sent(bot, "red")
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):  # 25 hours apart: never the same day
        await bot.services.chats.set(bot.application.bot.id, PRIVATE, zone=zone, quiet_begin=0, quiet_end=1)
        today = datetime.now(ZoneInfo(zone)).date()
        for question in ("/ask when were we at the red wall?", "/find red"):
            asked = await bot.chat.send_text(question)
            said = await bot.chat.wait_for(is_text, after=asked)
            if question.startswith("/ask"):
                assert f"{today:%B} {today.day}, {today.year}" in said["text"]
            photo = await bot.chat.wait_for(is_photo, after=asked)
            assert f"From this chat, {today}: a red wall" in photo["caption"]
            await all_answered(bot)


@pytest.mark.parametrize("is_asked", [True, False])
async def test_the_day_of_an_earlier_copy_is_of_that_clock_too(bot: Bot, is_asked: bool) -> None:
    group = await remembering_group(bot)
    for count, zone in enumerate(("Pacific/Kiritimati", "Pacific/Pago_Pago"), start=1):
        await bot.services.chats.set(bot.application.bot.id, group, zone=zone)
        asking = {"caption": "/caption"} if is_asked else {}
        [photo] = await bot.chat.send_photos([jpeg("red")], chat_id=group, **asking)
        await settled(bot, group, count)
    said = await bot.chat.wait_for(lambda m: "Seen here before" in m.get("text", ""), after=photo)
    assert said["text"] == f"Seen here before, on {datetime.now(ZoneInfo(zone)).date()}"
