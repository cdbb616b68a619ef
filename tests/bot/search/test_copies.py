"""Copies of one photo in the gallery are one photo in an answer, which says how many there are."""

import pytest

from bot.language import LANGUAGES, speaking, translations_for
from bot.photos.texts import found
from bot.store.answers import SheetCell
from tests.bot.conftest import Bot, is_photo, is_text, jpeg, until


async def fill(bot: Bot) -> None:
    await bot.fill_gallery("red", "pink", "violet", "green", "blue")
    for number in range(3):
        (bot.gallery / f"red copy {number}.jpg").write_bytes(jpeg("red"))
    bot.services.gallery.wake()
    await until(lambda: bot.services.gallery.state().photos == 8)


async def test_find_and_more_like_this_show_each_photo_once(bot: Bot) -> None:
    await fill(bot)
    sent = await bot.chat.send_text("/find red")
    answer = await bot.chat.wait_for(is_text, after=sent)
    photos = await bot.chat.wait_for_all(is_photo, 4, after=sent)
    assert photos[0]["caption"] in {
        f"1.00 {name}.jpg, and 3 copies" for name in ("red", *(f"red copy {number}" for number in range(3)))
    }
    assert [photo["caption"] for photo in photos[1:3]] == ["0.83 pink.jpg", "0.62 violet.jpg"]
    await until(lambda: not bot.services.pressing)
    await bot.chat.press(answer, "More like this")
    photos = await bot.chat.wait_for_all(is_photo, 5, after=sent)
    await until(lambda: not bot.services.pressing)
    assert not any("red" in photo["caption"] for photo in photos[1:])


async def test_similar_photos_are_different_ones(bot: Bot) -> None:
    await fill(bot)
    [sent] = await bot.chat.send_photos([jpeg("red", (60, 60))], caption="/similar")
    photos = await bot.chat.wait_for_all(is_photo, 3, after=sent)
    assert photos[0]["caption"].endswith(", and 3 copies")
    assert [photo["caption"].split()[1] for photo in photos[1:3]] == ["pink.jpg", "violet.jpg"]


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("en", ["and 1 copy", "and 2 copies", "and 5 copies"]),
        ("de", ["und 1 Kopie", "und 2 Kopien", "und 5 Kopien"]),
        ("es", ["y 1 copia", "y 2 copias", "y 5 copias"]),
        ("ru", ["и 1 копия", "и 2 копии", "и 5 копий"]),
        ("pt", ["e 1 cópia", "e 2 cópias", "e 5 cópias"]),
        ("fr", ["et 1 copie", "et 2 copies", "et 5 copies"]),
        ("ar", ["ونسخة واحدة", "ونسختان", "و5 نسخ"]),
        ("zh", ["另有 1 张相同的照片", "另有 2 张相同的照片", "另有 5 张相同的照片"]),
    ],
)
def test_their_number_is_said_in_every_language(language: str, lines: list[str]) -> None:
    assert language in LANGUAGES
    with speaking(translations_for(language)):
        shown = [found(SheetCell("/a.jpg", "a.jpg", 0.5, copies=count)) for count in (1, 2, 5)]
        assert [line.partition("a.jpg, ")[2] for line in shown] == lines
        assert found(SheetCell("/a.jpg", "a.jpg", 0.5)).endswith("a.jpg")
