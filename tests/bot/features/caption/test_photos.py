import asyncio
import io

import pytest
from PIL import Image

from bot.photos.fetching import NO_LONGER_THERE, NOT_AN_IMAGE, TOO_LARGE
from tests.bot.conftest import Bot, buttons, is_photo, is_text, jpeg, shown, until
from tests.bot.inference.test_worker import occupy
from tests.onenet.search.photo_files import encode_heif


async def test_a_photo_is_captioned_and_answered_with_the_most_similar_photos(bot: Bot) -> None:
    await bot.fill_gallery("red", "dark red", "pink", "violet", "green", "blue")
    [sent] = await bot.chat.send_photos([jpeg("red")])
    answer = await bot.chat.wait_for(is_text, after=sent)
    assert answer["text"] == "A red wall"
    assert "reply_to_message" not in answer  # it is the only message there
    assert buttons(answer) == ["Another caption", "More like this", "Why?"]
    album = await bot.chat.wait_for_all(is_photo, 4, after=sent)
    assert shown(album) == ["red", "dark red", "pink", "violet"]
    assert album[0]["caption"] == "1.00 red.jpg"
    assert len({photo["media_group_id"] for photo in album}) == 1


async def test_one_similar_photo_comes_as_a_picture(bot: Bot) -> None:
    await bot.fill_gallery("red")
    [sent] = await bot.chat.send_photos([jpeg("blue")])
    photo = await bot.chat.wait_for(is_photo, after=sent)
    assert "media_group_id" not in photo
    assert len(bot.requests("sendPhoto")) == 1


async def test_without_a_gallery_it_still_captions(bot: Bot) -> None:
    [sent] = await bot.chat.send_photos([jpeg("blue")])
    answer = await bot.chat.wait_for(after=sent)
    assert answer["text"] == "A blue wall"
    assert buttons(answer) == ["Another caption", "Why?"]


async def test_an_image_sent_as_a_file_is_a_photo(bot: Bot) -> None:
    sent = await bot.chat.send_document(jpeg("green", image_format="PNG"), "picture.PNG")
    assert (await bot.chat.wait_for(after=sent))["text"] == "A green wall"


@pytest.mark.parametrize("name", ["a.jpe", "b.jpg_large", "c.JFIF", "noext", "d.jpg!d", "e.bin", "f.png"])
async def test_a_file_is_a_photo_by_its_content(bot: Bot, name: str) -> None:
    """Whatever it is called, as long as the name says nothing else; Telegram's type may be octet-stream."""
    for kind in ("JPEG", "PNG", "WEBP"):
        sent = await bot.chat.send_document(jpeg("green", image_format=kind), name)
        assert (await bot.chat.wait_for(after=sent))["text"] == "A green wall"


async def test_a_heic_file_is_a_photo_whatever_its_suffix(bot: Bot) -> None:
    heic = encode_heif(Image.new("RGB", (64, 48), (0, 255, 0)))
    for name in ("IMG_1.HIF", "IMG_2", "IMG_3.heic"):
        sent = await bot.chat.send_document(heic, name)
        assert (await bot.chat.wait_for(after=sent))["text"] == "A green wall"


@pytest.mark.parametrize("name", ["noext", "a.bin", "b.jpg_large"])
async def test_a_file_that_might_have_been_one_gets_a_sentence(bot: Bot, name: str) -> None:
    sent = await bot.chat.send_document(b"anything else", name)
    answer = await bot.chat.wait_for(after=sent)
    assert answer["text"].startswith("This file is not an image that can be read here.")


async def test_typing_is_shown_meanwhile(bot: Bot) -> None:
    await bot.chat.send_photos([jpeg("green")])
    await bot.chat.wait_for()
    assert bot.requests("sendChatAction")[0]["action"] == "typing"
    await bot.chat.wait_for_event("action", lambda event: event["action"] == "typing")


async def test_caption_answers_in_reply_to_a_photo_and_sends_no_album(bot: Bot) -> None:
    await bot.fill_gallery("red", "green")
    [photo] = await bot.chat.send_photos([jpeg("red")])
    await bot.chat.wait_for_all(is_photo, 2, after=photo)
    sent = await bot.chat.send_text("/caption", reply_to=photo)
    answer = await bot.chat.wait_for(after=sent)
    assert (answer["text"], buttons(answer)) == ("A red wall", ["Another caption", "More like this"])
    sent = await bot.chat.send_text("/help")
    await bot.chat.wait_for(is_text, after=sent)
    assert [
        m for m in await bot.chat.messages() if m["message_id"] > answer["message_id"] and is_photo(m)
    ] == []


async def test_caption_works_under_a_photo_and_on_the_bots_own_photos(bot: Bot) -> None:
    await bot.fill_gallery("green")
    [sent] = await bot.chat.send_photos([jpeg("blue")], caption="/caption")
    assert (await bot.chat.wait_for(is_text, after=sent))["text"] == "A blue wall"
    sent = await bot.chat.send_text("/find green wall")
    ours = await bot.chat.wait_for(is_photo, after=sent)
    sent = await bot.chat.send_text("/caption", reply_to=ours)
    assert (await bot.chat.wait_for(is_text, after=sent))["text"] == "A green wall"


async def test_similar_in_reply_to_a_photo_sends_photos_like_it(bot: Bot) -> None:
    await bot.fill_gallery("red", "green", "blue")
    [photo] = await bot.chat.send_photos([jpeg("pink")], caption="/similar")
    first = await bot.chat.wait_for_all(is_photo, 3, after=photo)
    assert shown(first)[0] == "red"
    sent = await bot.chat.send_text("/similar", reply_to=photo)
    assert buttons(await bot.chat.wait_for(is_text, after=sent)) == ["More like this"]
    assert shown(await bot.chat.wait_for_all(is_photo, 3, after=sent)) == shown(first)


async def test_similar_to_a_photo_without_a_gallery_says_how_to_add_one(bot: Bot) -> None:
    [sent] = await bot.chat.send_photos([jpeg("pink")], caption="/similar")
    assert "Add a folder of photos" in (await bot.chat.wait_for(after=sent))["text"]


async def test_caption_without_a_photo_explains_itself(bot: Bot) -> None:
    sent = await bot.chat.send_text("/caption")
    assert "/caption" in (await bot.chat.wait_for(after=sent))["text"]


async def test_a_file_that_is_no_image_gets_a_sentence(bot: Bot) -> None:
    sent = await bot.chat.send_document(b"some text", "notes.txt")
    assert (await bot.chat.wait_for(after=sent))["text"] == NOT_AN_IMAGE
    sent = await bot.chat.send_text("/caption", reply_to=sent)
    assert (await bot.chat.wait_for(after=sent))["text"] == NOT_AN_IMAGE


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        (b"this is text", "not an image"),
        (jpeg("red", (500, 500))[:900], "breaks off"),
    ],
)
async def test_a_bad_image_file_gets_a_sentence(bot: Bot, content: bytes, hint: str) -> None:
    sent = await bot.chat.send_document(content, "photo.jpg")
    answer = await bot.chat.wait_for(after=sent)
    assert hint in answer["text"]


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "CMYK", "I;16"])
async def test_unusual_images_are_read(bot: Bot, mode: str) -> None:
    image = Image.new(mode, (40, 30))
    content = io.BytesIO()
    image.save(content, "TIFF")
    sent = await bot.chat.send_document(content.getvalue(), "scan.tiff")
    assert "wall" in (await bot.chat.wait_for(after=sent))["text"]


@pytest.mark.parametrize("size", [(1, 1), (12_000, 40)])
async def test_tiny_and_very_wide_images_are_read(bot: Bot, size: tuple[int, int]) -> None:
    sent = await bot.chat.send_document(jpeg("blue", size), "wide.jpg")
    assert (await bot.chat.wait_for(after=sent))["text"] == "A blue wall"


async def test_a_file_over_20_mb_is_refused_without_fetching_it(bot: Bot) -> None:
    sent = await bot.chat.send_document(jpeg("red") + b"\0" * 20_000_001, "large.jpg")
    assert (await bot.chat.wait_for(after=sent, timeout_s=20))["text"] == TOO_LARGE
    assert bot.requests("getFile") == []


async def test_a_photo_the_network_cannot_take_gets_its_sentence(bot: Bot) -> None:
    [sent] = await bot.chat.send_photos([jpeg("red", (13, 13))])
    assert "bad luck" in (await bot.chat.wait_for(after=sent))["text"]


async def test_a_full_queue_says_when_to_come_back_and_fetches_nothing(bot: Bot) -> None:
    worker = bot.services.worker
    gate, busy = await occupy(worker)
    waiting = [asyncio.create_task(worker.call(max, 1, 2)) for _ in range(worker._queue_size)]
    await until(lambda: len(worker._jobs) == worker._queue_size)
    [sent] = await bot.chat.send_photos([jpeg("red")])
    assert "try again in" in (await bot.chat.wait_for(after=sent))["text"]
    assert bot.requests("getFile") == []
    gate.opened.set()
    await asyncio.gather(busy, *waiting)


async def test_a_broken_connection_while_fetching_is_tried_again(bot: Bot) -> None:
    bot.chat.server.faults.drop("getFile")
    [sent] = await bot.chat.send_photos([jpeg("red")])
    assert (await bot.chat.wait_for(after=sent))["text"] == "A red wall"


@pytest.mark.parametrize(
    ("status", "description", "sentence"),
    [
        (400, "Bad Request: wrong file_id", NO_LONGER_THERE),
        (404, "Not Found", NO_LONGER_THERE),
        (400, "Bad Request: file is too big", TOO_LARGE),
    ],
)
async def test_a_photo_that_cannot_be_fetched_gets_a_sentence(
    bot: Bot, status: int, description: str, sentence: str
) -> None:
    bot.chat.server.faults.add("getFile", status=status, description=description)
    [sent] = await bot.chat.send_photos([jpeg("red")])
    assert (await bot.chat.wait_for(after=sent))["text"] == sentence
