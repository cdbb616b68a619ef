"""Mix: two photos of an album, or a photo that replies to another."""

import io
from typing import Any

import numpy as np
from PIL import Image

from bot.features.mix import texts as replies
from tests.bot.conftest import Bot, is_photo, is_text, jpeg
from tests.bot.local_chat import GROUP

LINES = "From the first photo to the second\n\n1. a red wall\n2. a {} wall\n3. a green wall\n\n"


async def colours(bot: Bot, message: dict[str, Any]) -> dict[str, int]:
    """How many pixels of a picture are of each plain colour."""
    content = await bot.chat.file(message["photo"][-1]["file_id"])
    pixels = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"), int)
    plain = {"red": (254, 0, 0), "green": (0, 255, 1), "blue": (0, 0, 254), "violet": (200, 0, 255)}
    return {name: int((abs(pixels - colour).max(axis=2) < 8).sum()) for name, colour in plain.items()}


async def test_an_album_of_two_is_mixed(bot: Bot) -> None:
    sent = await bot.chat.send_photos([jpeg("red"), jpeg("green")], caption="/mix")
    found = await bot.chat.wait_for(is_photo, after=sent[-1])
    assert found["caption"] == LINES.format("red") + "The small photos are those nearest to each step."
    assert found["reply_to_message"]["message_id"] == sent[0]["message_id"]
    assert await bot.chat.messages(after=found["message_id"]) == []


async def test_each_step_shows_the_photo_nearest_to_it_and_none_twice(bot: Bot) -> None:
    await bot.fill_gallery("blue", "violet", "red")
    sent = await bot.chat.send_photos([jpeg("red"), jpeg("green")], caption="/mix")
    found = await bot.chat.wait_for(is_photo, after=sent[-1])
    seen = await colours(bot, found)
    assert seen["red"] > 150_000  # the first photo, and the nearest to its end
    assert seen["green"] > 100_000  # the second
    assert 20_000 < seen["blue"] < 200_000
    assert 20_000 < seen["violet"] < 200_000


async def test_a_photo_that_replies_to_another_comes_second(bot: Bot) -> None:
    [first] = await bot.chat.send_photos([jpeg("red")], chat_id=GROUP)
    [second] = await bot.chat.send_photos([jpeg("green")], caption="/mix", reply_to=first, chat_id=GROUP)
    found = await bot.chat.wait_for(is_photo, after=second)
    assert found["caption"].startswith(LINES.format("red"))
    assert found["reply_to_message"]["message_id"] == second["message_id"]


async def test_one_photo_or_three_or_none_get_told_how(bot: Bot) -> None:
    sent = await bot.chat.send_text("/mix")
    assert (await bot.chat.wait_for(is_text, after=sent))["text"] == replies.how_to_mix()
    [photo] = await bot.chat.send_photos([jpeg("red")], caption="/mix")
    assert (await bot.chat.wait_for(is_text, after=photo))["text"] == replies.how_to_mix()
    sent = await bot.chat.send_text("/mix", reply_to=photo)
    assert (await bot.chat.wait_for(is_text, after=sent))["text"] == replies.how_to_mix()
    three = await bot.chat.send_photos([jpeg("red")] * 3, caption="/mix")
    assert (await bot.chat.wait_for(is_text, after=three[-1]))["text"] == replies.how_to_mix()
    assert bot.requests("getFile") == []


async def test_what_cannot_be_read_is_told_once(bot: Bot) -> None:
    sent = await bot.chat.send_photos([jpeg("red"), jpeg("red", (13, 13))], caption="/mix")
    assert (await bot.chat.wait_for(is_text, after=sent[-1]))["text"].startswith("Thirteen brings bad luck.")
    assert bot.requests("sendPhoto") == []
