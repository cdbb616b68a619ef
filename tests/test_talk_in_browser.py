"""Talking with the network as a person does: `python bot.py`, the page in Chromium, the shipped network.

`python -m tests.test_talk_in_browser data/pictures/talk.jpg` makes the README's picture of it.

What the network sees in a photo differs between processors: of its answers only what holds on all is asked.
"""

import io
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.bot.local.page.browser import expect, send_photos, write
from tests.test_in_browser import ANSWER_MS, PHOTOS, answers, fill_gallery, opened_page, pytestmark

__all__ = ["pytestmark"]

DESKTOP = {"width": 1000, "height": 900}
PHONE = {"width": 360, "height": 740}
BARS = re.compile(r"([▇▁]{8}) +(\d+) % (.+)")


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Any]:
    with opened_page(tmp_path / "data", DESKTOP) as page:
        yield page


@pytest.fixture
def views(tmp_path: Path) -> list[str]:
    return views_of_the_cat(tmp_path)


def views_of_the_cat(folder: Path) -> list[str]:
    """The public-domain cat, cut out three times, once mirrored."""
    cat = Image.open(PHOTOS / "chelsea.png").convert("RGB")
    width, height = cat.size
    mirrored = cat.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    cut = (
        cat.crop((60, 0, width - 40, height)),
        mirrored.crop((60, 10, width, height - 10)),
        cat.crop((30, 10, width - 10, height - 10)),
    )
    paths = [folder / f"view{number}.jpg" for number in range(len(cut))]
    for picture, path in zip(cut, paths, strict=True):
        picture.save(path, quality=90)
    return [str(path) for path in paths]


def reply(page: Any, row: Any, text: str) -> None:
    """Reply to a message: a double click beside what can be pressed in it."""
    row.locator(".bubble").last.dispatch_event("dblclick")
    expect(page.locator("#reply-bar")).to_be_visible()
    write(page, text)


def saying(page: Any, words: str | re.Pattern[str]) -> Any:
    """The last answer that says something."""
    found = answers(page).filter(has_text=words).last
    expect(found).to_be_visible(timeout=ANSWER_MS)
    return found


def caption_of_photo(page: Any, number: int) -> Any:
    """The caption of the photo of this number, from 0, once it has come."""
    found = answers(page).filter(has=page.get_by_role("button", name="Another caption")).nth(number)
    expect(found).to_be_visible(timeout=ANSWER_MS)
    return found


def scores(text: str) -> list[int]:
    """The per cents of an answer's bars, which are as long as these say."""
    found = BARS.findall(text)
    for signs, percent, _ in found:
        assert abs(signs.count("▇") - 8 * int(percent) / 100) <= 0.55
    return [int(percent) for _, percent, _ in found]


def test_a_question_about_a_photo_and_why(page: Any) -> None:
    send_photos(page, [str(PHOTOS / "chelsea.png")])
    caption = caption_of_photo(page, 0)
    for replied, question in (
        (page.locator(".row.own").first, "what colour is the cat?"),
        (caption, "is it indoors or outdoors?"),
    ):
        reply(page, replied, question)
        expect(page.locator(".row.own .quote").last).to_be_visible()
        asked = page.locator(".row.own", has_text=question)
        expect(asked).to_be_visible()
        answer = page.locator(f".row.own:has-text('{question}') ~ .row.other", has_text="▁").first
        expect(answer).to_be_visible(timeout=ANSWER_MS)
        text = answer.locator(".text").inner_text()
        found = scores(text)
        assert len(found) == (3 if "colour" in question else 2)
        assert found == sorted(found, reverse=True)
        assert text.startswith("I cannot tell. Perhaps:") or text.casefold().startswith(
            BARS.findall(text)[0][2].casefold()
        )
    answer.get_by_role("button", name="Why?").click()
    why = saying(page, re.compile("In colour: where I saw each word|I see none of these words in this photo"))
    expect(why.locator("img").last).to_be_visible()
    assert why.locator(".quote").count() == 1, "it belongs to the answer"


def test_a_question_about_what_the_chat_remembers(page: Any) -> None:
    write(page, "/ask how many photos with a cat?")
    saying(page, "I remember no photos of this chat yet")
    for number, name in enumerate(("chelsea.png", "coffee.png")):
        send_photos(page, [str(PHOTOS / name)])
        caption_of_photo(page, number)
    write(page, "/ask how many photos?")
    saying(page, "I remember 2 photos of that.")
    write(page, "/ask show the last cat")
    said = saying(page, re.compile("This is what I remember of it:|Nothing that I remember fits"))
    if "This is" in said.inner_text():
        shown = page.locator(".row.own:has-text('show the last cat') ~ .row.other", has=page.locator("img"))
        expect(shown.first).to_contain_text("From this chat", timeout=ANSWER_MS)
    write(page, "/ask what did Nobody send?")
    saying(page, "I remember no photo here by anybody called “nobody”.")


def test_a_search_that_goes_on(page: Any) -> None:
    fill_gallery(page)
    write(page, "/find a cup of coffee with a man")
    saying(page, "You wrote: a cup of coffee with a man")
    found = page.locator(".row.other .album")
    expect(found).to_have_count(1, timeout=ANSWER_MS)
    shown = "Looking for: a cup of coffee with a man"
    for number, (words, now) in enumerate(
        (
            ("on a table", f"{shown} · on a table"),
            ("without people", f"{shown} · on a table · without: people"),
            ("back", f"{shown} · on a table"),
        ),
        start=2,
    ):
        reply(page, answers(page).filter(has=page.get_by_role("button", name="More like the …")).last, words)
        said = saying(page, now)
        expect(said.locator(".text")).to_contain_text("I imagined: ")
        expect(found).to_have_count(number, timeout=ANSWER_MS)
        line = said.locator(".text").inner_text().splitlines()[0]
        assert line == now
    said.get_by_role("button", name="More like the …").click()
    for number in range(1, 5):
        expect(said.get_by_role("button", name=f"like {number}", exact=True)).to_be_visible()
    said.get_by_role("button", name="like 2", exact=True).click()
    like = saying(page, "like number 2")
    expect(found).to_have_count(5, timeout=ANSWER_MS)
    like.get_by_role("button", name="Back").click()
    expect(found).to_have_count(6, timeout=ANSWER_MS)  # what it said before, with its photos
    before = answers(page).filter(has=page.get_by_role("button", name="More like the …")).last
    expect(before.locator(".text")).to_contain_text(f"{shown} · on a table\n")
    reply(page, page.locator(".row.other:has(.album)").last, "red")
    saying(page, f"{shown} · on a table · red")


def test_a_word_is_taught_said_found_and_forgotten(page: Any, views: list[str]) -> None:
    write(page, "/words")
    saying(page, "Nobody has taught me a word here")
    send_photos(page, views[:2], "/teach Minka")
    saying(page, "I have learnt Minka, from 2 photos.")
    send_photos(page, views[2:])
    caption = caption_of_photo(page, 0)
    expect(caption.locator(".text")).to_contain_text("Minka")
    reply(page, page.locator(".row.own:has(img)").last, "/teach minka")
    saying(page, "I know Minka from 3 photos now.")
    write(page, "/words")
    expect(saying(page, "This chat has taught me:")).to_contain_text("Minka")
    expect(page.locator(".row.other", has=page.locator("img")).last).to_contain_text("Minka")
    write(page, "/find Minka on a table")
    saying(page, "Looking for: Minka · on a table")
    caption.get_by_role("button", name="Not Minka").click()
    expect(page.locator(".toast")).to_contain_text("I see, that is not Minka.")
    expect(caption.locator(".text")).not_to_contain_text("Minka", timeout=ANSWER_MS)
    expect(caption.get_by_role("button", name="Not Minka")).to_have_count(0)
    send_photos(page, [str(PHOTOS / "rocket.jpg")])
    assert "Minka" not in caption_of_photo(page, 1).locator(".text").inner_text()
    write(page, "/unteach minka")
    saying(page, "I have forgotten minka.")
    write(page, "/words")
    expect(answers(page).filter(has_text="Nobody has taught me a word here")).to_have_count(2)


def test_in_arabic_on_a_phone(tmp_path: Path, views: list[str]) -> None:
    with opened_page(tmp_path / "data", PHONE, locale="ar-EG") as page:
        page.locator("[data-chat]").first.click()
        send_photos(page, views[:2], "/teach ميشو")
        expect(saying(page, "تعلمت").locator(".text")).to_contain_text("ميشو")
        send_photos(page, views[2:])
        wrong = page.get_by_role("button", name="ليس ميشو")
        expect(wrong).to_be_visible()
        reply(page, page.locator(".row.own").last, "ما لون القطة؟")
        answer = saying(page, re.compile("[▇▁]{8}"))
        expect(answer.locator(".text")).to_have_css("direction", "rtl")
        answer.get_by_role("button", name="لماذا؟").click()
        saying(page, "بالألوان")
        wrong.click()
        expect(page.locator(".toast")).to_contain_text("ليس ميشو")
        expect(wrong).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def take_picture(path: Path, *, width: int = 460, columns: int = 3) -> None:
    """Talk in all four ways, and photograph the conversation, column beside column."""
    with tempfile.TemporaryDirectory() as folder:
        views = views_of_the_cat(Path(folder))
        with opened_page(Path(folder, "data"), {"width": width, "height": 900}, MATCHES="1") as page:
            page.locator("[data-chat]").first.click()
            fill_gallery(page)
            send_photos(page, [str(PHOTOS / "rocket.jpg")])
            saying(page, "I remember the photos of this chat")  # once, and not in the picture
            _settled(page)
            first = page.locator(".row").count()
            send_photos(page, views[:1], "/teach Chelsea")
            saying(page, "I have learnt Chelsea")
            _settled(page)
            reply(page, page.locator(".row.own").last, "what colour is the cat?")
            saying(page, BARS)
            _settled(page)
            send_photos(page, views[2:])
            expect(page.get_by_role("button", name="Not Chelsea")).to_be_visible()
            _settled(page)
            write(page, "/find a woman smiles")
            _settled(page)
            reply(page, saying(page, "You wrote: a woman smiles"), "no, a red cup on a table")
            saying(page, "Looking for: a red cup on a table")
            _settled(page)
            write(page, "/ask show the last cat")
            saying(page, "This is what I remember of it")
            _settled(page)
            height = page.locator("#scroller").evaluate("each => each.scrollHeight")
            page.set_viewport_size({"width": width, "height": height + 200})
            _settled(page)
            tops = [each.bounding_box() for each in page.locator(".row").all()[first:]]
            shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture = in_columns(shot, tops, columns)
    picture.thumbnail((1280, 1280))
    picture.save(path, quality=76, optimize=True)


def _settled(page: Any) -> None:
    """Wait until nothing has come for a while, and all photos are there."""
    count = -1
    while count != (count := page.locator(".row").count()):
        page.wait_for_timeout(2500)
    for image in page.locator("#messages img").all():
        expect(image).to_have_js_property("complete", True)
    page.mouse.move(0, 0)
    expect(page.locator(".toast")).to_have_count(0)


def in_columns(shot: Image.Image, rows: list[dict[str, float]], columns: int) -> Image.Image:
    """Lay a long conversation out in columns that are about as high as each other, cut between messages."""
    tops = [round(row["y"]) - 1 for row in rows]
    bottom = round(rows[-1]["y"] + rows[-1]["height"]) + 1
    share = (bottom - tops[0]) / columns
    cuts = [min(tops, key=lambda top: abs(top - tops[0] - share * place)) for place in range(columns)]
    parts = [shot.crop((0, top, shot.width, end)) for top, end in zip(cuts, [*cuts[1:], bottom], strict=True)]
    gap = 16
    size = (columns * (shot.width + gap) - gap, max(part.height for part in parts))
    picture = Image.new("RGB", size, shot.getpixel((2, tops[0])))
    for place, part in enumerate(parts):
        picture.paste(part, (place * (shot.width + gap), 0))
    return picture


if __name__ == "__main__":
    take_picture(Path(sys.argv[1]))
