"""Maps in the chat: the pictures, the message about their progress, and whose photos they show."""

import asyncio
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot.features.map import handlers
from bot.features.map.cache import MOST_FILES, MapCache
from bot.features.map.service import Maps
from tests.bot.conftest import (
    Bot,
    all_answered,
    buttons,
    is_photo,
    is_text,
    jpeg,
    offered,
    running_bot,
    until,
)
from tests.bot.local_chat import GROUP, LocalChat

COLOURS = ("red", "dark red", "pink", "violet", "green", "blue")


def is_file(message: dict[str, Any]) -> bool:
    return "document" in message


async def picture_in(bot: Bot, message: dict[str, Any]) -> Image.Image:
    file = message["photo"][-1] if is_photo(message) else message["document"]
    return Image.open(io.BytesIO(await bot.chat.file(file["file_id"]))).convert("RGB")


async def slow_maps(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Maps that go on until they are stopped, with a message at once."""
    bot.engine.map_steps = 1500
    monkeypatch.setattr(handlers, "FIRST_S", 0.0)
    monkeypatch.setattr(handlers, "EDIT_EVERY_S", 0.05)


async def test_words_come_as_a_photo_and_as_a_file(bot: Bot) -> None:
    sent = await bot.chat.send_text("/map words")
    answer = await bot.chat.wait_for(is_photo, after=sent, timeout_s=60)
    assert answer["caption"].startswith("The words that I read most")
    assert offered(answer)[0] == "/map dog"
    file = await bot.chat.wait_for(is_file, after=answer, timeout_s=60)
    assert file["document"]["file_name"] == "words.png"
    assert (await picture_in(bot, file)).size == (2048, 2560)


async def test_a_word_gets_its_surroundings_and_an_unknown_one_close_spellings(bot: Bot) -> None:
    sent = await bot.chat.send_text("/map dog")
    answer = await bot.chat.wait_for(is_photo, after=sent, timeout_s=60)
    assert answer["caption"].startswith("Around “dog”")
    sent = await bot.chat.send_text("/map pupy")
    answer = await bot.chat.wait_for(is_text, after=sent)
    assert answer["text"] == "I never read “pupy”. Did you mean puppy?"
    assert offered(answer) == ["/map puppy"]


async def test_a_map_is_made_once(bot: Bot) -> None:
    for _ in range(2):
        sent = await bot.chat.send_text("/map words")
        await bot.chat.wait_for(is_file, after=sent, timeout_s=60)
    assert bot.engine.map_calls == 1
    assert len(list((bot.services.settings.data_dir / "maps").iterdir())) == 1


async def test_without_words_it_is_explained(bot: Bot) -> None:
    sent = await bot.chat.send_text("/map")
    answer = await bot.chat.wait_for(after=sent)
    assert offered(answer) == ["/map words", "/map photos"]


async def test_the_gallery_is_drawn_and_a_changed_one_anew(bot: Bot) -> None:
    sent = await bot.chat.send_text("/map photos")
    assert "no photos" in (await bot.chat.wait_for(after=sent))["text"]
    await bot.fill_gallery(*COLOURS[:5])
    for count in (5, 6):
        sent = await bot.chat.send_text("/map photos")
        answer = await bot.chat.wait_for(is_photo, after=sent, timeout_s=60)
        assert answer["caption"].startswith(f"{count} photos of the gallery")
        await bot.chat.wait_for(is_file, after=answer, timeout_s=60)
        await bot.fill_gallery(*COLOURS)


async def test_progress_is_shown_and_goes_away(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    await slow_maps(bot, monkeypatch)
    sent = await bot.chat.send_text("/map words")
    progress = await bot.chat.wait_for(is_text, after=sent)
    assert progress["text"].startswith("I am drawing your map: ")
    assert buttons(progress) == ["Stop"]
    await until(lambda: bool(bot.requests("editMessageText")), timeout_s=30)
    bot.engine.map_steps = 1
    await bot.chat.wait_for(is_file, after=sent, timeout_s=60)
    ids = [message["message_id"] for message in await bot.chat.messages()]
    assert progress["message_id"] not in ids


async def test_a_map_can_be_stopped_and_keeps_nobody_waiting(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    await slow_maps(bot, monkeypatch)
    sent = await bot.chat.send_text("/map words")
    progress = await bot.chat.wait_for(is_text, after=sent)
    again = await bot.chat.send_text("/map words")
    assert "already" in (await bot.chat.wait_for(is_text, after=again))["text"]
    [photo] = await bot.chat.send_photos([jpeg("red")])
    assert (await bot.chat.wait_for(is_text, after=photo))["text"] == "A red wall"
    await bot.chat.press(progress, "Stop")
    stopped = await bot.chat.wait_for(lambda m: m.get("text", "").startswith("Stopped"), after=photo)
    assert stopped["reply_to_message"]["message_id"] == sent["message_id"]
    assert not (bot.services.settings.data_dir / "maps").exists()
    bot.engine.map_steps = 1
    sent = await bot.chat.send_text("/map words")
    await bot.chat.wait_for(is_file, after=sent, timeout_s=60)


async def test_a_chats_own_photos_are_drawn_for_it_alone_and_not_kept(
    chat: LocalChat, tmp_path: Path
) -> None:
    async with running_bot(chat, tmp_path / "data", remembers=True) as bot:
        await bot.fill_gallery("blue", "green")
        own = ("red", "dark red", "pink", "violet", "white", "red")
        photos = [jpeg(colour, (64 + number, 48)) for number, colour in enumerate(own)]
        last = (await bot.chat.send_photos(photos))[-1]
        await bot.chat.wait_for(is_text, after=last, timeout_s=30)
        await all_answered(bot)  # that photos are remembered is said after it
        sent = await bot.chat.send_text("/map photos")
        answer = await bot.chat.wait_for(is_photo, after=sent, timeout_s=60)
        assert answer["caption"].startswith("6 photos of this chat")
        assert offered(answer) == ["/map gallery"]
        red = (await picture_in(bot, answer)).resize((60, 75)).getcolors(10_000) or []
        assert any(colour[0] > 240 and max(colour[1:]) < 20 for _, colour in red)
        assert not any(colour[2] > 240 and max(colour[:2]) < 20 for _, colour in red)
        assert not (tmp_path / "data" / "maps").exists()
        sent = await bot.chat.send_text("/map photos", chat_id=GROUP)
        answer = await bot.chat.wait_for(is_photo, after=sent, chat_id=GROUP, timeout_s=60)
        assert answer["caption"].startswith("2 photos of the gallery")


@pytest.mark.parametrize("count", [2, 6])
async def test_photos_that_can_no_longer_be_fetched_are_said_to_be_gone_or_the_gallery_is_drawn(
    chat: LocalChat, tmp_path: Path, count: int
) -> None:
    async with running_bot(chat, tmp_path / "data", remembers=True) as bot:
        last = (await bot.chat.send_photos([jpeg(colour) for colour in COLOURS[:count]]))[-1]
        await bot.chat.wait_for(is_text, after=last, timeout_s=30)
        await all_answered(bot)  # that photos are remembered is said after it
        bot.chat.server.faults.add("getFile", status=400, times=2 * count)
        sent = await bot.chat.send_text("/map photos")
        answer = await bot.chat.wait_for(is_text, after=sent)
        assert answer["text"].startswith("None of the photos that I remember of this chat can be fetched")
        await bot.fill_gallery("blue", "green")
        sent = await bot.chat.send_text("/map photos")
        answer = await bot.chat.wait_for(is_photo, after=sent, timeout_s=60)
        assert answer["caption"].startswith("2 photos of the gallery")


async def test_a_map_in_the_making_does_not_keep_the_bot_from_ending(
    chat: LocalChat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.delivery.stopping.DRAIN_S", 0.5)
    async with asyncio.timeout(60):
        async with running_bot(chat, tmp_path / "data") as bot:
            await slow_maps(bot, monkeypatch)
            await bot.chat.send_text("/map words")
            await until(lambda: bot.engine.map_calls == 1)
    assert not bot.services.features.service(Maps).drawings


def test_only_the_maps_used_last_are_kept(tmp_path: Path) -> None:
    cache = MapCache(tmp_path)
    for number in range(MOST_FILES + 3):
        assert cache.get(b"%d" % number, lambda number=number: b"map %d" % number) == b"map %d" % number
    assert len(list(tmp_path.iterdir())) == MOST_FILES
    assert cache.get(b"%d" % MOST_FILES, lambda: b"made anew") == b"map %d" % MOST_FILES
