import asyncio
import io
from pathlib import Path

import pytest
from PIL import Image

from bot.search import album_out
from bot.search.album_out import NO_ALBUMS_S
from tests.bot.conftest import Bot, all_answered, is_photo, is_text, jpeg, running_bot, shown, until
from tests.bot.local_chat import PRIVATE, LocalChat


def uploads(bot: Bot) -> int:
    """How many photos went up to the server, in albums or alone."""
    return sum("Upload" in repr(fields) for _, fields in list(bot.chat.server.requests))


async def find(bot: Bot, description: str, count: int) -> list[dict[str, object]]:
    sent = await bot.chat.send_text(f"/find {description}")
    return await bot.chat.wait_for_all(is_photo, count, after=sent)


async def test_a_photo_is_uploaded_once_and_then_sent_by_its_file_id(chat: LocalChat, tmp_path: Path) -> None:
    async with running_bot(chat, tmp_path / "data") as bot:
        await bot.fill_gallery("red", "green")
        first = await find(bot, "red", 2)
        count = uploads(bot)
        assert count > 0
        second = await find(bot, "red", 2)
    async with running_bot(chat, tmp_path / "data") as bot:
        await until(lambda: bot.services.gallery.state().photos == 2)
        third = await find(bot, "green", 2)
        assert uploads(bot) == count
    ids = [{p["photo"][-1]["file_unique_id"] for p in photos} for photos in (first, second, third)]  # type: ignore[index]
    assert ids[0] == ids[1] == ids[2]


async def test_two_who_ask_at_once_upload_it_once(bot: Bot) -> None:
    await bot.fill_gallery("red", "green")
    await asyncio.gather(*(find(bot, "red", 2) for _ in range(3)))
    media = [fields["media"] for fields in bot.requests("sendMediaGroup")]
    assert sum("attach://" in str(each) for each in media) == 1


async def test_a_chat_that_has_to_wait_holds_up_no_other(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(album_out, "OTHERS_UPLOAD_S", 0.2)
    await bot.fill_gallery("red", "green")
    bot.chat.server.faults.add("sendMediaGroup", status=429, retry_after=8, chat_id=PRIVATE)
    held = await bot.chat.send_text("/find red")
    await until(lambda: bot.application.bot.failures.get("flood", 0) == 1)
    person = await bot.chat.new_person()
    sent = await bot.chat.send_text("/find red", chat_id=person)
    await bot.chat.wait_for_all(is_photo, 2, after=sent, chat_id=person)
    assert not [message for message in await bot.chat.messages(PRIVATE) if is_photo(message)]
    await bot.chat.wait_for_all(is_photo, 2, after=held)


async def test_a_changed_photo_is_uploaded_again(bot: Bot) -> None:
    await bot.fill_gallery("red")
    await find(bot, "red", 1)
    (bot.gallery / "red.jpg").write_bytes(jpeg("blue", (50, 50)))
    bot.services.gallery.wake()
    blue = bot.services.engine.imagine("blue").representation

    async def is_seen() -> bool:
        [match] = await bot.services.gallery.search(blue, 1)
        return match.score > 0.99

    await until(is_seen)
    [photo] = await find(bot, "blue", 1)
    assert photo["caption"] == "1.00 red.jpg"
    assert uploads(bot) == 2


async def test_an_outdated_file_id_is_uploaded_again(bot: Bot) -> None:
    await bot.fill_gallery("red", "green")
    await find(bot, "red", 2)
    count = uploads(bot)
    wrong = "Bad Request: wrong file identifier/HTTP URL specified"
    bot.chat.server.faults.add("sendMediaGroup", status=400, description=wrong)
    album = await find(bot, "red", 2)
    assert len({photo["media_group_id"] for photo in album}) == 1
    assert uploads(bot) == count + 1
    await find(bot, "red", 2)
    assert uploads(bot) == count + 1


async def test_a_single_photos_outdated_file_id_too(bot: Bot) -> None:
    await bot.fill_gallery("red")
    await find(bot, "red", 1)
    bot.chat.server.faults.add("sendPhoto", status=400, description="Bad Request: wrong file identifier")
    await find(bot, "red", 1)
    assert uploads(bot) == 2


@pytest.mark.parametrize("status", [400, 404])
async def test_a_server_without_albums_gets_the_photos_one_by_one(bot: Bot, status: int) -> None:
    await bot.fill_gallery("red", "green", "blue")
    if status == 404:
        bot.chat.server.faults.unknown("sendMediaGroup")
    else:
        bot.chat.server.faults.add("sendMediaGroup", status=400, times=99)
    for _ in range(2):
        assert len(await find(bot, "green", 3)) == 3
    assert len(bot.requests("sendPhoto")) == 6
    if status == 404:  # what one chat refuses, or refuses now, may go well elsewhere or the next time
        assert len(bot.requests("sendMediaGroup")) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_what_one_album_meets_does_no_harm_to_other_chats(bot: Bot, status: int) -> None:
    await bot.fill_gallery("red", "green", "blue")
    person = await bot.chat.new_person()
    bot.chat.server.faults.add("sendMediaGroup", status=status, times=3, chat_id=person)
    sent = await bot.chat.send_text("/find green", chat_id=person)
    await bot.chat.wait_for(is_text, after=sent)
    await until(lambda: bool(bot.requests("sendMediaGroup")))
    await all_answered(bot)
    bot.services.albums._no_albums_until -= NO_ALBUMS_S  # an hour passes
    album = await find(bot, "green", 3)
    assert len({photo.get("media_group_id") for photo in album}) == 1
    assert "media_group_id" in album[0]


async def test_one_refused_photo_does_not_stop_the_others(bot: Bot) -> None:
    await bot.fill_gallery("red", "green", "blue")
    bot.chat.server.faults.unknown("sendMediaGroup")
    bot.chat.server.faults.add("sendPhoto", status=400, description="Bad Request: IMAGE_PROCESS_FAILED")
    assert len(await find(bot, "green", 2)) == 2


async def test_a_photo_deleted_since_it_was_indexed_gives_way_to_the_next(bot: Bot) -> None:
    await bot.fill_gallery("red", "dark red", "pink", "violet", "green", "blue")
    await bot.services.gallery.stop()  # it must not notice
    (bot.gallery / "dark red.jpg").unlink()
    assert shown(await find(bot, "red", 4))[:3] == ["red", "pink", "violet"]


async def test_a_photo_that_became_unreadable_gives_way_to_the_next(bot: Bot) -> None:
    await bot.fill_gallery("red", "dark red", "pink", "violet", "green")
    await bot.services.gallery.stop()  # it must not notice
    (bot.gallery / "red.jpg").write_bytes(b"no longer a photo")
    photos = await find(bot, "red", 4)
    assert shown(photos) == ["dark red", "pink", "violet", "green"]


async def test_large_and_odd_photos_are_made_small_jpegs(bot: Bot) -> None:
    await bot.fill_gallery("red")
    Image.new("RGBA", (3000, 2000), (0, 255, 0, 255)).save(bot.gallery / "a.png")
    Image.new("CMYK", (1500, 1500), (255, 255, 0, 0)).save(bot.gallery / "b.tiff")
    Image.new("RGB", (12_000, 30), "violet").convert("P").save(bot.gallery / "c.png")
    bot.services.gallery.wake()
    await until(lambda: bot.services.gallery.state().photos == 4)
    for photo in await find(bot, "red", 4):
        sizes = photo["photo"]
        largest = Image.open(io.BytesIO(await bot.chat.file(sizes[-1]["file_id"])))  # type: ignore[index]
        assert largest.format == "JPEG"
        assert max(largest.size) <= 1280
        assert max(largest.size) <= 20 * min(largest.size)


async def test_the_action_shows_that_photos_are_coming(bot: Bot) -> None:
    await bot.fill_gallery("red")
    sent = await bot.chat.send_text("/find red")
    await bot.chat.wait_for(is_text, after=sent)
    await bot.chat.wait_for_event("action", lambda event: event["action"] == "upload_photo")
