import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bot.photos.fetching import NOT_AN_IMAGE
from tests.bot.conftest import COLOURS, Bot, is_photo, is_text, jpeg
from tests.bot.local_chat import GROUP

TEXT = (
    "A red wall\nThis photo is 300 numbers to me: orange is above the average photo, blue below. Each letter "
    "marks one that stands out, with the words that push it most the same way."
)
GALLERY = "\nBeside them: the gallery's photos in which it stands out most."


async def picture_of(bot: Bot, message: dict[str, Any]) -> np.ndarray:
    largest = max(message["photo"], key=lambda size: int(size["width"]))
    image = Image.open(io.BytesIO(await bot.chat.file(largest["file_id"])))
    return np.asarray(image.convert("RGB"), dtype=int)


def has(picture: np.ndarray, colour: str) -> bool:
    """Whether a good part of the picture's right half is as good as this colour."""
    right = picture[picture.shape[0] // 3 :, picture.shape[1] // 2 :]
    return bool((np.abs(right - COLOURS[colour]).max(axis=2) < 12).mean() > 0.02)


async def test_inside_under_a_photo_shows_its_numbers_and_the_gallerys_photos(bot: Bot) -> None:
    await bot.fill_gallery("red", "green", "blue")
    [sent] = await bot.chat.send_photos([jpeg("red")], caption="/inside")
    answer = await bot.chat.wait_for(is_photo, after=sent)
    assert answer["caption"] == TEXT + GALLERY
    assert "reply_to_message" not in answer
    picture = await picture_of(bot, answer)
    height_px, width_px = picture.shape[:2]
    assert width_px >= 800
    assert height_px < 2 * width_px  # as much as a phone shows
    assert all(has(picture, colour) for colour in ("green", "blue"))
    assert not has(picture, "red")  # the photo itself would be in each row


async def test_inside_in_reply_to_a_photo_in_a_group_without_a_gallery(bot: Bot) -> None:
    [photo] = await bot.chat.send_photos([jpeg("red")], chat_id=GROUP)
    sent = await bot.chat.send_text("/inside", chat_id=GROUP, reply_to=photo)
    answer = await bot.chat.wait_for(is_photo, after=sent)
    assert answer["caption"] == TEXT
    picture = await picture_of(bot, answer)
    assert not any(has(picture, colour) for colour in ("red", "green", "blue"))


async def test_a_photo_that_left_the_gallery_is_left_out(bot: Bot) -> None:
    await bot.fill_gallery("blue", "green")
    (bot.gallery / "green.jpg").write_text("no longer a photo")
    [sent] = await bot.chat.send_photos([jpeg("red")], caption="/inside")
    picture = await picture_of(bot, await bot.chat.wait_for(is_photo, after=sent))
    assert has(picture, "blue")
    assert not has(picture, "green")


async def test_what_has_only_a_preview_is_told_so(bot: Bot) -> None:
    sent = await bot.chat.send_animation(b"played", thumbnail=jpeg("red"), caption="/inside")
    answer = await bot.chat.wait_for(is_photo, after=sent)
    assert answer["caption"] == f"{TEXT}\nI looked at the preview of the GIF, one picture of it."


async def test_inside_in_reply_to_the_caption_where_the_photo_can_be_reached(bot: Bot) -> None:
    [photo] = await bot.chat.send_photos([jpeg("red")])
    caption = await bot.chat.wait_for(is_text, after=photo)
    sent = await bot.chat.send_text("/inside", reply_to=caption)
    assert (await bot.chat.wait_for(is_photo, after=sent))["caption"] == TEXT
    [photo] = await bot.chat.send_photos([jpeg("red")], chat_id=GROUP, caption="/caption")
    caption = await bot.chat.wait_for(is_text, after=photo)
    sent = await bot.chat.send_text("/inside", chat_id=GROUP, reply_to=caption)
    answer = await bot.chat.wait_for(is_text, after=sent)
    assert answer["text"].startswith("/inside: the 300 numbers of a photo"), "nothing leads to it"


@pytest.mark.parametrize("remembers", [True])
async def test_inside_in_reply_to_the_caption_of_a_remembered_photo(bot: Bot) -> None:
    [photo] = await bot.chat.send_photos([jpeg("red")])
    caption = await bot.chat.wait_for(is_text, after=photo)
    sent = await bot.chat.send_text("/inside", reply_to=caption)
    assert (await bot.chat.wait_for(is_photo, after=sent))["caption"] == TEXT


async def test_without_a_photo_it_explains_itself(bot: Bot) -> None:
    sent = await bot.chat.send_text("/inside")
    answer = await bot.chat.wait_for(is_text, after=sent)
    assert answer["text"].startswith("/inside: the 300 numbers of a photo")


async def test_a_file_that_is_no_image_gets_a_sentence(bot: Bot) -> None:
    document = await bot.chat.send_document(b"%PDF-1.4", "paper.pdf", chat_id=GROUP)
    sent = await bot.chat.send_text("/inside", chat_id=GROUP, reply_to=document)
    assert (await bot.chat.wait_for(is_text, after=sent))["text"] == NOT_AN_IMAGE


@pytest.mark.parametrize("remembers", [True])
async def test_the_photo_is_remembered_as_with_any_question_about_it(bot: Bot) -> None:
    [sent] = await bot.chat.send_photos([jpeg("red")], caption="/inside")
    await bot.chat.wait_for(is_photo, after=sent)
    again = await bot.chat.send_text("/find a red wall")
    found = await bot.chat.wait_for(is_photo, after=again)
    assert found["photo"]
