"""Dreams in the chat: the picture that comes on, how it ends, who may stop it, and what goes wrong."""

import io
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot.features.dream import handlers
from bot.features.dream import service as dreams
from bot.features.dream.service import Dreams
from bot.inference import progress_texts as progress
from tests.bot.conftest import (
    Bot,
    all_answered,
    buttons,
    is_photo,
    is_text,
    jpeg,
    offered,
    running_bot,
    toast,
    until,
)
from tests.bot.fake_engine import FakeEngine
from tests.bot.local_chat import GROUP, LocalChat


def is_in_the_making(message: dict[str, Any]) -> bool:
    return is_photo(message) and message.get("caption", "").startswith("I am dreaming: ")


def is_dream(message: dict[str, Any]) -> bool:
    return is_photo(message) and message.get("caption", "").startswith("You wrote: ")


async def colour_of(bot: Bot, message: dict[str, Any]) -> tuple[int, int, int]:
    content = await bot.chat.file(message["photo"][-1]["file_id"])
    with Image.open(io.BytesIO(content)) as picture:
        assert picture.size == (dreams.SENT_PX, dreams.SENT_PX)
        red, green, blue = picture.convert("RGB").resize((1, 1)).getpixel((0, 0))  # type: ignore[misc]
        return int(red), int(green), int(blue)


@pytest.fixture
def slow_engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    """Dreams that go on for a minute unless a test ends them, shown from the beginning."""
    monkeypatch.setattr(handlers, "FIRST_S", 0.0)
    monkeypatch.setattr(handlers, "EDIT_EVERY_S", 0.1)
    engine = FakeEngine()
    engine.dream_steps, engine.dream_step_s = 3000, 0.02
    return engine


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


async def ends(bot: Bot, sent: dict[str, Any]) -> dict[str, Any]:
    """Let a slow dream end at its next step; the message that shows it."""
    bot.engine.dream_steps = 1
    return await bot.chat.wait_for(is_dream, after=sent, timeout_s=30)


def messages_sent(bot: Bot) -> int:
    """How many messages the bot sent, or tried to."""
    return len(bot.requests("sendMessage")) + len(bot.requests("sendPhoto"))


async def test_a_dream_is_a_picture_with_what_the_network_sees_in_it(bot: Bot) -> None:
    sent = await bot.chat.send_text("/dream a red wall")
    answer = await bot.chat.wait_for(is_photo, after=sent, timeout_s=30)
    assert answer["caption"].splitlines() == [
        "You wrote: a red wall",
        "When I look at my dream, I see: a red wall",
        "Its likeness to what I imagined: 1.00",
    ]
    assert offered(answer) == ["/find a red wall"]
    assert "reply_to_message" not in answer  # it is plain which message it is for
    red, green, blue = await colour_of(bot, answer)
    assert red > 240
    assert max(green, blue) < 15


async def test_it_comes_on_in_one_message(chat: LocalChat, tmp_path: Path, slow_engine: FakeEngine) -> None:
    async with running_bot(chat, tmp_path / "data", slow_engine) as bot:
        sent = await chat.send_text("/dream blue")
        shown = await chat.wait_for(is_in_the_making, after=sent)
        assert buttons(shown) == ["Stop"]
        assert "reply_to_message" not in shown
        states = "SELECT state FROM inbox WHERE state <> 'answered'"
        assert await bot.services.database.rows(states, ()) == [("waiting",)], "no answer yet"
        slow_engine.dream_steps = 300
        await until(lambda: len(bot.requests("editMessageMedia")) >= 3, timeout_s=30)
        answer = await ends(bot, sent)
        assert answer["message_id"] == shown["message_id"]
        await until(lambda: bot.services.inbox.open_updates == 0)
        edits = [event["message"] for event in chat.events if event["kind"] == "edited"]
        pictures = {edit["photo"][-1]["file_unique_id"] for edit in edits}
        assert len(pictures) > 2
        assert (await colour_of(bot, answer))[2] > 240
        assert [m["message_id"] for m in await chat.messages(after=sent["message_id"])] == [
            answer["message_id"]
        ]


async def test_anyone_may_stop_it(chat: LocalChat, tmp_path: Path, slow_engine: FakeEngine) -> None:
    async with running_bot(chat, tmp_path / "data", slow_engine) as bot:
        sent = await chat.send_text("/dream blue", chat_id=GROUP)
        shown = await chat.wait_for(is_in_the_making, after=sent)
        again = await chat.send_text("/dream red", chat_id=GROUP)
        assert "already" in (await chat.wait_for(is_text, after=again))["text"]
        pressed = await chat.press(shown, "Stop", sender=await chat.new_person())
        assert await toast(chat, pressed) == progress.stopping()
        stopped = await chat.wait_for(is_dream, after=sent)
        assert stopped["caption"].startswith("You wrote: blue\nStopped at ")
        assert stopped["message_id"] == shown["message_id"]
        assert buttons(stopped) == []
        slow_engine.dream_steps = 1
        sent = await chat.send_text("/dream red", chat_id=GROUP)
        await chat.wait_for(is_dream, after=sent)
        await until(lambda: not bot.services.features.service(Dreams).open)


async def test_a_stop_that_comes_too_late_is_a_toast(
    chat: LocalChat, tmp_path: Path, slow_engine: FakeEngine
) -> None:
    """As on a message that a killed bot left behind."""
    async with running_bot(chat, tmp_path / "data", slow_engine) as bot:
        sent = await chat.send_text("/dream blue")
        shown = await chat.wait_for(is_in_the_making, after=sent)
        await ends(bot, sent)
        await bot.application.bot.edit_message_reply_markup(
            shown["chat"]["id"], shown["message_id"], reply_markup=progress.stop_keyboard("dream:stop")
        )
        assert await toast(chat, await chat.press(shown, "Stop")) == progress.nothing_to_stop()
        await chat.wait_for_event("edited", lambda event: "reply_markup" not in event["message"])


async def test_nobody_waits_for_a_dream(chat: LocalChat, tmp_path: Path, slow_engine: FakeEngine) -> None:
    async with running_bot(chat, tmp_path / "data", slow_engine) as bot:
        sent = await chat.send_text("/dream blue")
        await chat.wait_for(is_in_the_making, after=sent)
        [photo] = await chat.send_photos([jpeg("red")])
        assert (await chat.wait_for(is_text, after=photo))["text"] == "A red wall"
        assert len(bot.services.features.service(Dreams).open) == 1
        await ends(bot, sent)


async def test_chats_wait_in_line_and_only_few_of_them(
    chat: LocalChat, tmp_path: Path, slow_engine: FakeEngine
) -> None:
    async with running_bot(chat, tmp_path / "data", slow_engine) as bot:
        first = await chat.send_text("/dream blue", chat_id=GROUP)
        await chat.wait_for(is_in_the_making, after=first)
        second = await chat.send_text("/dream red")
        waiting = await chat.wait_for(is_text, after=second)
        assert waiting["text"] == "1 dream comes before yours; it takes up to a minute."
        await chat.press(waiting, "Stop")
        stopped = await chat.wait_for(lambda m: "Stopped at 0 %." in m.get("text", ""), after=second)
        assert (stopped["message_id"], buttons(stopped)) == (waiting["message_id"], [])
        people = [await chat.new_person() for _ in range(dreams.MOST_WAITING + 1)]
        asked = [
            await chat.send_text("/dream red", chat_id=person) for person in people[: dreams.MOST_WAITING]
        ]
        waiting = await chat.wait_for(is_text, after=asked[-1])
        await until(lambda: len(bot.services.features.service(Dreams).open) == 1 + dreams.MOST_WAITING)
        one_more = await chat.send_text("/dream red", chat_id=people[-1])
        assert "ask again in a few minutes" in (await chat.wait_for(is_text, after=one_more))["text"]
        await ends(bot, first)
        answers = [await chat.wait_for(is_dream, after=each, timeout_s=30) for each in asked]
        assert answers[-1]["message_id"] == waiting["message_id"]
        assert "text" not in answers[-1]


async def test_when_the_time_is_up_it_shows_what_there_is(
    chat: LocalChat, tmp_path: Path, slow_engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dreams, "MOST_S", 1.0)
    async with running_bot(chat, tmp_path / "data", slow_engine):
        sent = await chat.send_text("/dream blue")
        answer = await chat.wait_for(is_dream, after=sent, timeout_s=30)
        assert "I see: a blue wall" in answer["caption"]
        assert "Its time was up" in answer["caption"]


async def test_a_message_that_was_deleted_comes_anew(
    chat: LocalChat, tmp_path: Path, slow_engine: FakeEngine
) -> None:
    async with running_bot(chat, tmp_path / "data", slow_engine) as bot:
        sent = await chat.send_text("/dream blue")
        shown = await chat.wait_for(is_in_the_making, after=sent)
        await chat.delete(shown)
        tried = len(bot.requests("editMessageMedia"))
        await until(lambda: len(bot.requests("editMessageMedia")) > tried, timeout_s=30)
        answer = await ends(bot, sent)
        assert answer["message_id"] > shown["message_id"]
        assert offered(answer) == ["/find blue"]


async def test_flood_control_is_heeded_and_ends_no_dream(
    chat: LocalChat, tmp_path: Path, slow_engine: FakeEngine
) -> None:
    async with running_bot(chat, tmp_path / "data", slow_engine) as bot:
        sent = await chat.send_text("/dream blue")
        await chat.wait_for(is_in_the_making, after=sent)
        chat.server.faults.add("editMessageMedia", status=429, retry_after=1)
        await until(lambda: bot.application.bot.failures["flood"] == 1, timeout_s=30)  # type: ignore[attr-defined]
        told, tried = time.monotonic(), len(bot.requests("editMessageMedia"))
        (dream,) = bot.services.features.service(Dreams).open
        share = dream.share
        await until(lambda: dream.share > share)
        assert len(bot.requests("editMessageMedia")) == tried
        await ends(bot, sent)
        assert time.monotonic() - told > 0.9
        assert bot.application.bot.failures["flood"] == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize("status", [400, 502])
async def test_edits_that_fail_end_no_dream(
    chat: LocalChat, tmp_path: Path, slow_engine: FakeEngine, status: int
) -> None:
    async with running_bot(chat, tmp_path / "data", slow_engine) as bot:
        sent = await chat.send_text("/dream blue")
        shown = await chat.wait_for(is_in_the_making, after=sent)
        chat.server.faults.add("editMessageMedia", status=status, times=2)
        tried = len(bot.requests("editMessageMedia"))
        await until(lambda: len(bot.requests("editMessageMedia")) > tried + 3, timeout_s=30)
        assert (await ends(bot, sent))["message_id"] == shown["message_id"]


async def test_where_progress_cannot_be_shown_there_is_still_the_dream(
    chat: LocalChat, tmp_path: Path, slow_engine: FakeEngine
) -> None:
    async with running_bot(chat, tmp_path / "data", slow_engine) as bot:
        for method in ("sendMessage", "sendPhoto"):
            chat.server.faults.add(method, status=400)
        sent = await chat.send_text("/dream blue")
        await until(lambda: messages_sent(bot) == 1)
        chat.server.faults.clear()
        (dream,) = bot.services.features.service(Dreams).open
        share = dream.share
        await until(lambda: dream.share > share + 20 / slow_engine.dream_steps)
        assert await chat.messages(after=sent["message_id"]) == []
        assert offered(await ends(bot, sent)) == ["/find blue"]
        assert messages_sent(bot) == 2


async def test_words_it_never_read_are_left_out(bot: Bot) -> None:
    sent = await bot.chat.send_text("/dream a green zeppelin <b>")
    answer = await bot.chat.wait_for(is_dream, after=sent)
    assert answer["caption"].startswith("You wrote: a green zeppelin <b>\n")
    assert answer["caption"].endswith("I never read “zeppelin”, “<b>”, so I left that out.")


async def test_what_cannot_be_imagined_gets_a_sentence(bot: Bot) -> None:
    sent = await bot.chat.send_text("/dream zeppelin")
    assert "never read any of these words" in (await bot.chat.wait_for(after=sent))["text"]
    await until(lambda: not bot.services.features.service(Dreams).open)
    sent = await bot.chat.send_text("/dream")
    answer = await bot.chat.wait_for(after=sent)
    assert offered(answer) == ["/dream a dog runs through the snow"]


async def test_a_caption_is_dreamt_when_it_is_replied_to(bot: Bot) -> None:
    [photo] = await bot.chat.send_photos([jpeg("green")])
    caption = await bot.chat.wait_for(is_text, after=photo)
    sent = await bot.chat.send_text("/dream", reply_to=caption)
    answer = await bot.chat.wait_for(is_dream, after=sent)
    assert answer["caption"].startswith("You wrote: a green wall\n")


async def test_a_long_description_fits_and_has_no_button(bot: Bot) -> None:
    sent = await bot.chat.send_text(f"/dream red {'& ' * 300}")
    answer = await bot.chat.wait_for(is_dream, after=sent)
    assert buttons(answer) == []


async def test_a_dream_is_a_photo_like_any_other(bot: Bot) -> None:
    await bot.fill_gallery("red", "blue")
    sent = await bot.chat.send_text("/dream red")
    answer = await bot.chat.wait_for(is_dream, after=sent)
    for command in ("/why", "/inside"):
        asked = await bot.chat.send_text(command, reply_to=answer)
        shown = await bot.chat.wait_for(is_photo, after=asked, timeout_s=30)
        assert "red" in shown["caption"]
    asked = await bot.chat.send_text("/find blue", reply_to=answer)
    assert "blue" in (await bot.chat.wait_for(is_text, after=asked))["text"]
    [asked] = await bot.chat.send_photos([jpeg("blue")], caption="/mix", reply_to=answer)
    await bot.chat.wait_for(lambda m: "1. a red wall" in m.get("caption", ""), after=asked, timeout_s=30)


async def test_the_button_finds_photos_of_the_same(bot: Bot) -> None:
    await bot.fill_gallery("red")
    sent = await bot.chat.send_text("/dream red")
    answer = await bot.chat.wait_for(is_dream, after=sent)
    await bot.chat.press(answer, "Find photos of this")
    assert (await bot.chat.wait_for(is_text, after=answer))["text"].startswith("You wrote: red")


async def test_a_dream_is_a_question_of_its_minute(chat: LocalChat, tmp_path: Path) -> None:
    async with running_bot(chat, tmp_path / "data", questions_per_minute=1):
        sent = await chat.send_text("/dream red")
        await chat.wait_for(is_dream, after=sent)
        sent = await chat.send_text("/dream blue")
        assert "I left out 1 question" in (await chat.wait_for(after=sent))["text"]


async def test_a_dream_that_breaks_leaves_only_an_apology(chat: LocalChat, tmp_path: Path) -> None:
    class BrokenEngine(FakeEngine):
        def caption(self, *args: Any, **kwargs: Any) -> Any:
            raise RuntimeError("broken")

    async with running_bot(chat, tmp_path / "data", BrokenEngine()) as bot:
        sent = await chat.send_text("/dream red")
        assert "Something went wrong" in (await chat.wait_for(is_text, after=sent))["text"]
        await until(lambda: not bot.services.features.service(Dreams).open)


async def test_a_dream_that_the_bots_end_broke_off_is_dreamt_after_its_next_start(
    chat: LocalChat, tmp_path: Path, slow_engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.delivery.stopping.DRAIN_S", 0.5)
    async with running_bot(chat, tmp_path / "data", slow_engine):
        sent = await chat.send_text("/dream blue")
        shown = await chat.wait_for(is_in_the_making, after=sent)
        ends_at = time.monotonic() + 10
    assert time.monotonic() < ends_at
    assert await chat.messages(after=sent["message_id"]) == [], "nothing is left half done"
    async with running_bot(chat, tmp_path / "data", FakeEngine()) as bot:
        answer = await chat.wait_for(is_dream, after=sent, timeout_s=30)
        assert answer["message_id"] > shown["message_id"]
        await all_answered(bot)
        assert [m["message_id"] for m in await chat.messages(after=sent["message_id"])] == [
            answer["message_id"]
        ]
