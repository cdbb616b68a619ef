"""Inline mode: what is found for a description in any chat, over HTTP."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from telegram import InlineQueryResultsButton

from bot.features.inline import texts as replies
from bot.features.inline.handlers import InlineMode
from bot.features.inline.service import GALLERY_MOST, Inline, Latest
from bot.memory.memory import OwnPhoto
from bot.store.sent_photos import PhotoFile
from onenet.search import WordsQuery
from tests.bot.conftest import Bot, is_photo, jpeg, running_bot, until
from tests.bot.fake_engine import FakeEngine
from tests.bot.local_chat import GROUP, PRIVATE, Json, LocalChat

RED = np.eye(300, dtype=np.float32)[0]


@dataclass
class FakeMemory:
    """Photos by chat; only those of the chat whose number is the person's own may be found."""

    photos: dict[int, list[tuple[str, str, NDArray[np.float32]]]] = field(default_factory=dict)
    asked: list[tuple[int, int]] = field(default_factory=list)

    async def find_own(self, bot_id: int, user_id: int, imagined: WordsQuery, k: int) -> Sequence[OwnPhoto]:
        self.asked.append((bot_id, user_id))
        found = self.photos.get(user_id, [])[:k]
        return [
            OwnPhoto(file_id, caption, float(row @ imagined.representation))
            for file_id, caption, row in found
        ]


def give_memory(bot: Bot, memory: FakeMemory) -> None:
    services = bot.services
    inline = Inline(
        services.engine, services.worker, services.gallery, services.sent_photos, services.uploads, memory
    )
    services.features.service(InlineMode).inline = inline


async def send_once(bot: Bot, *colours: str) -> None:
    """Let Telegram have these gallery photos: they were sent before."""
    sent = await bot.application.bot.send_photo(GROUP, jpeg("white"))
    files = {PhotoFile.of(str(bot.gallery / f"{colour}.jpg")): sent.photo[-1].file_id for colour in colours}
    await bot.services.sent_photos.keep(bot.application.bot.id, files)


def titles(results: Sequence[Json]) -> list[str]:
    return [str(result["title"]) for result in results]


def last_answer(bot: Bot) -> Json:
    return bot.requests("answerInlineQuery")[-1]


async def test_gallery_photos_that_were_sent_before_are_offered_best_first(bot: Bot) -> None:
    await bot.fill_gallery("red", "pink", "green", "blue")
    await send_once(bot, "red", "pink", "blue")
    results = await bot.chat.inline("a red wall")
    assert titles(results)[:2] == ["red.jpg", "pink.jpg"]
    assert "green.jpg" not in titles(results)
    assert results[0]["description"] == "1.00"
    chosen = await bot.chat.choose(results[0], chat_id=GROUP)
    assert is_photo(chosen)
    assert last_answer(bot)["is_personal"] == "true"
    assert int(last_answer(bot)["cache_time"]) <= 60


async def test_what_was_chosen_needs_no_caption_of_ours(bot: Bot) -> None:
    await bot.fill_gallery("red")
    await send_once(bot, "red")
    [result] = await bot.chat.inline("a red wall")
    chosen = await bot.chat.choose(result, chat_id=PRIVATE)
    sent = await bot.chat.send_text("/about")
    await bot.chat.wait_for(after=sent)
    answers = [m for m in await bot.chat.messages() if m["from"]["is_bot"]]
    assert [m for m in answers if chosen["message_id"] < m["message_id"] < sent["message_id"]] == []


async def test_a_persons_own_photos_are_offered_and_nobody_elses(bot: Bot) -> None:
    other = await bot.chat.new_person()
    own = await bot.application.bot.send_photo(PRIVATE, jpeg("red"))
    file_id = own.photo[-1].file_id
    memory = FakeMemory({PRIVATE: [(file_id, "a red wall", RED)], GROUP: [(file_id, "a secret", RED)]})
    give_memory(bot, memory)
    for chat_type in ("sender", "group", "supergroup"):
        assert titles(await bot.chat.inline("a red wall", chat_type=chat_type)) == ["a red wall"]
        assert await bot.chat.inline("a red wall", sender=other, chat_type=chat_type) == []
    assert {user_id for _, user_id in memory.asked} == {PRIVATE, other}


async def test_own_photos_and_the_gallerys_are_ordered_together(bot: Bot) -> None:
    await bot.fill_gallery("red", "pink")
    await send_once(bot, "red", "pink")
    own = await bot.application.bot.send_photo(PRIVATE, jpeg("red"))
    between = (RED + np.eye(300, dtype=np.float32)[1] / 3) / np.sqrt(1 + 1 / 9).astype(np.float32)
    give_memory(bot, FakeMemory({PRIVATE: [(own.photo[-1].file_id, "mine", between)]}))
    assert titles(await bot.chat.inline("red")) == ["red.jpg", "mine", "pink.jpg"]


async def test_more_are_offered_page_by_page(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onenet.search.likeness.SAME_PHOTO", 2.0)  # else they would be copies of one
    bot.gallery.mkdir(parents=True, exist_ok=True)
    for number in range(45):
        (bot.gallery / f"red{number}.jpg").write_bytes(jpeg("red", (20 + number, 20)))
    bot.services.gallery.wake()
    await until(lambda: bot.services.gallery.state().photos == 45, timeout_s=30)
    await send_once(bot, *(f"red{number}" for number in range(45)))
    seen: list[str] = []
    offsets = [""]
    for _ in range(3):
        results = await bot.chat.inline("red", offset=offsets[-1])
        assert len({result["id"] for result in results}) == len(results)
        seen += titles(results)
        offsets.append(str(last_answer(bot).get("next_offset") or ""))
    assert offsets == ["", "20", "40", ""]
    assert sorted(seen) == sorted(f"red{number}.jpg" for number in range(45))
    assert len(seen) <= GALLERY_MOST


@pytest.mark.parametrize("offset", ["-1", "x", "9" * 30, "²"])
async def test_a_made_up_offset_does_no_harm(bot: Bot, offset: str) -> None:
    await bot.fill_gallery("red")
    await send_once(bot, "red")
    assert titles(await bot.chat.inline("red", offset=offset)) in (["red.jpg"], [])


async def test_without_words_it_asks_for_some(bot: Bot) -> None:
    assert await bot.chat.inline("  ") == []
    assert json.loads(last_answer(bot)["button"]) == replies.describe(FakeEngine()).to_dict()
    assert bot.engine.batches == [1]  # the start's; the network had nothing to do


@pytest.mark.parametrize(
    ("query", "button"),
    [("xyzzy", replies.unknown_words(FakeEngine())), ("red", replies.nothing_found())],
)
async def test_without_photos_it_says_why(bot: Bot, query: str, button: InlineQueryResultsButton) -> None:
    assert await bot.chat.inline(query) == []
    assert json.loads(last_answer(bot)["button"]) == button.to_dict()


async def test_a_busy_network_is_admitted(chat: LocalChat, tmp_path: Path) -> None:
    async with running_bot(chat, tmp_path / "data") as bot:
        bot.services.worker._queue_size = 0
        assert await bot.chat.inline("red") == []
        assert json.loads(last_answer(bot)["button"]) == replies.busy().to_dict()


async def test_of_what_a_person_types_only_the_end_is_worked_on(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    imagine = bot.engine.imagine

    def counting(description: str, **options: object) -> WordsQuery:
        asked.append(description)
        found: WordsQuery = imagine(description, **options)
        return found

    monkeypatch.setattr(bot.engine, "imagine", counting)
    monkeypatch.setattr("bot.features.inline.handlers.TYPING_PAUSE_S", 600.0)
    await bot.fill_gallery("red")
    await send_once(bot, "red")
    typed = [asyncio.create_task(bot.chat.inline("a red wall"[:length], timeout_s=1)) for length in (3, 5)]
    await until(lambda: sum(bot.services.metrics.counts().values()) == 1)  # the second replaced the first
    monkeypatch.setattr("bot.features.inline.handlers.TYPING_PAUSE_S", 0.0)
    results = await bot.chat.inline("a red wall")
    assert titles(results) == ["red.jpg"]
    assert asked == ["a red wall"]
    for earlier in await asyncio.gather(*typed, return_exceptions=True):
        assert isinstance(earlier, AssertionError | httpx.HTTPError)  # never answered
    assert len(bot.requests("answerInlineQuery")) == 1


async def test_two_people_do_not_stop_each_other(bot: Bot) -> None:
    other = await bot.chat.new_person()
    await bot.fill_gallery("red", "blue")
    await send_once(bot, "red", "blue")
    mine, others = await asyncio.gather(bot.chat.inline("red"), bot.chat.inline("blue", sender=other))
    assert (titles(mine)[0], titles(others)[0]) == ("red.jpg", "blue.jpg")


async def test_missing_photos_are_put_into_the_storage_chat(chat: LocalChat, tmp_path: Path) -> None:
    storage = await chat.new_group("Storage")
    async with running_bot(chat, tmp_path / "data", storage_chat=storage) as bot:
        await bot.fill_gallery("red", "pink", "blue")
        assert await bot.chat.inline("red") == []
        await bot.chat.wait_for_all(is_photo, 3, chat_id=storage, timeout_s=30)
        assert all(r["disable_notification"] == "true" for r in bot.requests("sendPhoto"))
        assert titles(await bot.chat.inline("red")) == ["red.jpg", "pink.jpg", "blue.jpg"]
        await bot.chat.inline("a red wall")
        assert len(bot.requests("sendPhoto")) == 3


async def test_without_a_storage_chat_nothing_is_sent_anywhere(bot: Bot) -> None:
    await bot.fill_gallery("red")
    assert await bot.chat.inline("red") == []
    await bot.chat.wait_for(after=await bot.chat.send_text("/help"))
    assert bot.requests("sendPhoto") == []


async def test_a_storage_chat_that_takes_nothing_is_named_once(
    chat: LocalChat, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running_bot(chat, tmp_path / "data", storage_chat=-1009) as bot:
        await bot.fill_gallery("red", "pink")
        for query in ("red", "a red", "a red wall"):
            assert await bot.chat.inline(query) == []
        await until(lambda: "STORAGE_CHAT -1009 takes no photos" in caplog.text)
        assert len(bot.requests("sendPhoto")) == 1


async def test_a_storage_chat_that_became_a_supergroup_is_followed_and_named(
    chat: LocalChat, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    storage = await chat.new_group("Storage", kind="group")
    async with running_bot(chat, tmp_path / "data", storage_chat=storage) as bot:
        new = await chat.migrate(storage)
        await bot.fill_gallery("red", "pink")
        assert await bot.chat.inline("red") == []
        await bot.chat.wait_for_all(is_photo, 2, chat_id=new, timeout_s=20)
        assert caplog.text.count(f"set STORAGE_CHAT to {new} in place of {storage}") == 1
        assert len(bot.requests("sendPhoto")) == 3


async def test_an_unreadable_photo_does_not_stop_the_others(chat: LocalChat, tmp_path: Path) -> None:
    storage = await chat.new_group("Storage")
    async with running_bot(chat, tmp_path / "data", storage_chat=storage) as bot:
        await bot.fill_gallery("red", "pink")
        (bot.gallery / "red.jpg").write_bytes(b"no photo any more")
        bot.services.uploads.want(
            [PhotoFile.of(str(bot.gallery / f"{name}.jpg")) for name in ("red", "pink")]
        )
        await bot.chat.wait_for(is_photo, chat_id=storage, timeout_s=20)
        assert len(bot.requests("sendPhoto")) == 1


async def test_a_photo_that_is_refused_does_not_stop_the_others(
    chat: LocalChat, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    storage = await chat.new_group("Storage")
    refusal = "Bad Request: PHOTO_INVALID_DIMENSIONS"
    chat.server.faults.add("sendPhoto", status=400, description=refusal, chat_id=storage)
    async with running_bot(chat, tmp_path / "data", storage_chat=storage) as bot:
        await bot.fill_gallery("red", "pink")
        files = [PhotoFile.of(str(bot.gallery / f"{name}.jpg")) for name in ("red", "pink")]
        bot.services.uploads.want(files)
        await bot.chat.wait_for(is_photo, chat_id=storage, timeout_s=20)
        assert "red.jpg was not taken" in caplog.text
        bot.services.uploads.want(files)
        await asyncio.sleep(0.1)
        assert len(bot.requests("sendPhoto")) == 2


async def test_start_from_inline_mode_explains_it(bot: Bot) -> None:
    sent = await bot.chat.send_text(f"/start {replies.START}")
    answer = await bot.chat.wait_for(after=sent)
    assert "@onenet_local_bot" in answer["text"]
    keyboard = answer["reply_markup"]["inline_keyboard"]
    assert [row[0].get("switch_inline_query_current_chat") for row in keyboard] == [
        "a dog on the beach",
        "children playing football",
        None,
    ]
    assert keyboard[-1][0]["switch_inline_query"] == "a dog on the beach"


async def test_another_payload_is_a_plain_start(bot: Bot) -> None:
    sent = await bot.chat.send_text("/start something")
    assert (await bot.chat.wait_for(after=sent))["text"].startswith("One Network: one small")


async def test_the_banned_and_the_refused_are_offered_nothing(chat: LocalChat, tmp_path: Path) -> None:
    person = await chat.new_person()
    async with running_bot(chat, tmp_path / "data", allowed_chats=frozenset({PRIVATE})) as bot:
        with pytest.raises(AssertionError, match="did not answer"):
            await bot.chat.inline("red", sender=person, timeout_s=1)
        assert await bot.chat.inline("red") == []


async def test_work_that_is_replaced_gives_nothing_and_what_fails_fails() -> None:
    latest = Latest()

    async def give(value: int, seconds: float) -> int:
        await asyncio.sleep(seconds)
        return value

    async def fail() -> int:
        raise ValueError("broken")

    first = asyncio.create_task(latest.only(1, give(1, 60)))
    await asyncio.sleep(0)
    assert await latest.only(2, give(2, 0)) == 2
    assert await latest.only(1, give(3, 0)) == 3
    assert await first is None
    with pytest.raises(ValueError, match="broken"):
        await latest.only(1, fail())
    assert latest._working == {}


async def test_work_ends_with_who_waits_for_it() -> None:
    latest, ended = Latest(), asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    waiting = asyncio.create_task(latest.only(1, work()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)  # by now it is being worked on
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await asyncio.wait_for(ended.wait(), 5)
