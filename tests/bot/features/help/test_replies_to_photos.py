"""Replies to photos fit Telegram's limits, whatever names and captions they hold."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.constants import MessageLimit

from bot.language import phrases as replies
from bot.local.api.formatting import parse
from bot.photos.texts import name_of
from bot.search import texts as photo_replies
from bot.store.answers import SheetCell

LINK = "https://t.me/c/2000000001/123456789"

cells = st.lists(
    st.builds(SheetCell, st.text(), st.text(max_size=300), st.floats(-100, 100), st.sampled_from(["", LINK])),
    min_size=1,
    max_size=10,
)


def text_of(html: str) -> str:
    """What a server makes of it; it refuses what is not well-formed."""
    return parse(html, "HTML").text


def length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@given(cells, st.integers(0, 740))
@settings(max_examples=40, deadline=None)
def test_a_numbered_picture_has_a_caption_that_fits(found: list[SheetCell], head: int) -> None:
    html = photo_replies.sheet("<b>" + "🐕" * (head // 2) + "</b>" if head > 1 else "", found)
    assert length(text_of(html)) <= MessageLimit.CAPTION_LENGTH
    lines = html.rpartition("\n\n")[2].split("\n")
    assert [line.split(".")[0] for line in lines] == [str(number + 1) for number in range(len(found))]


def test_names_are_shortened_only_as_far_as_needed() -> None:
    found = [SheetCell("", "x" * 80, 0.5)]
    assert text_of(photo_replies.sheet("A dog", found)) == f"A dog\n\n1. 0.50 {'x' * 59}…"
    ten = found * 10
    assert "x" * 29 + "…" in photo_replies.sheet("y" * 600, ten)
    assert "x" * 15 + "…" in photo_replies.sheet("y" * 720, ten)


def test_a_linked_picture_leads_to_its_message() -> None:
    assert (
        photo_replies.found(SheetCell("", "a & b", 0.876, LINK))
        == f'<b>0.88</b> <a href="{LINK}">a &amp; b</a>'
    )


def test_the_answer_above_the_lines_is_found_again() -> None:
    html = photo_replies.sheet("<b>A dog</b>\nseen\n\nmore", [SheetCell("", "a", 1.0)])
    assert photo_replies.above_lines(html) == "<b>A dog</b>\nseen\n\nmore"
    assert photo_replies.above_lines(photo_replies.sheet("", [SheetCell("", "a", 1.0)])) == ""


def test_a_picture_is_named_within_its_folder() -> None:
    assert name_of("/g/beach/a.jpg", Path("/g")) == "beach/a.jpg"
    assert name_of("/elsewhere/a.jpg", Path("/g")) == "a.jpg"


@pytest.mark.parametrize(("count", "rows"), [(1, [1]), (4, [4]), (8, [8]), (9, [5, 4]), (10, [5, 5])])
def test_numbers_stand_in_even_rows(count: int, rows: list[int]) -> None:
    below = InlineKeyboardMarkup.from_button(InlineKeyboardButton("More", callback_data="more"))
    keyboard = photo_replies.sheet_keyboard([SheetCell("", "", 0.0)] * count, below)
    assert [len(row) for row in keyboard.inline_keyboard] == [*rows, 1]
    others = photo_replies.other_rows(keyboard)
    assert others is not None
    assert others.inline_keyboard == below.inline_keyboard
    assert photo_replies.other_rows(photo_replies.sheet_keyboard([SheetCell("", "", 0.0)], None)) is None
    assert photo_replies.other_rows(None) is None


@settings(max_examples=20, deadline=None)
@given(st.lists(st.text(max_size=1500), min_size=10, max_size=10))
def test_an_albums_answer_fits_into_a_message(texts: list[str]) -> None:
    lines = [photo_replies.album_line(text, is_preview=True) for text in texts]
    assert length(text_of(photo_replies.album(lines, can_be_tapped=True))) <= MessageLimit.MAX_TEXT_LENGTH
    unread = [photo_replies.unread_line(text) for text in texts[:3]]
    assert length(text_of(photo_replies.album(unread, can_be_tapped=False))) <= MessageLimit.MAX_TEXT_LENGTH


def test_a_note_stands_below() -> None:
    assert photo_replies.with_note("a", "") == "a"
    assert photo_replies.with_note(replies.caption("a"), "b") == "<b>A</b>\nb"
