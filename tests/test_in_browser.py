"""The whole product as a person meets it: `python bot.py`, the page in Chromium, the shipped network."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from onenet.paths import DEFAULT_CHECKPOINT
from tests.bot.local.page.browser import CHROMIUM, FLAGS, expect, send_photos, sync_api, write
from tests.processes import process

skimage_data = pytest.importorskip("skimage.data")

PHOTOS = Path(skimage_data.__file__).parent
GALLERY = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg")
ANSWER_MS = 60_000

pytestmark = [
    pytest.mark.browser,
    pytest.mark.shipped,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: put chromium on the PATH"),
    pytest.mark.skipif(
        not DEFAULT_CHECKPOINT.is_file(), reason="the trained network, data/onenet.safetensors, is not here"
    ),
]


@contextmanager
def opened_page(
    data: Path, viewport: dict[str, int], *, locale: str = "en-US", **settings: str
) -> Iterator[Any]:
    """Start the bot and open its page as a newcomer would; errors on the page fail."""
    complaints: list[str] = []
    with process(forked=False, DATA_DIR=data, **settings) as bot, sync_api.sync_playwright() as playwright:
        url = bot.wait_for(r"The chat is at (http://127\.0\.0\.1:\d+)")[1]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport=viewport, locale=locale, reduced_motion="reduce")
        page.set_default_timeout(ANSWER_MS)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(url)
        page.wait_for_selector("body[data-ready]")
        yield page
        browser.close()
    assert complaints == []


def fill_gallery(page: Any) -> None:
    """Drop photos into the gallery panel and wait until all can be searched."""
    page.click("#gallery-button")
    page.set_input_files("#gallery-input", [str(PHOTOS / name) for name in GALLERY])
    expect(page.locator("#gallery-count")).to_contain_text(str(len(GALLERY)), timeout=ANSWER_MS)
    page.keyboard.press("Escape")


def answers(page: Any) -> Any:
    return page.locator(".row.other")


def test_a_newcomer_sends_a_photo_presses_a_button_and_finds(tmp_path: Path) -> None:
    with opened_page(tmp_path / "data", {"width": 1100, "height": 800}) as page:
        fill_gallery(page)
        send_photos(page, [str(PHOTOS / "chelsea.png")])
        caption = answers(page).filter(has=page.get_by_role("button", name="Another caption"))
        expect(caption).to_be_visible(timeout=ANSWER_MS)
        first = caption.locator(".text").inner_text()
        assert len(first.split()) >= 3
        found = answers(page).locator(".album .photo")
        # All of the gallery, without the photo itself where the network knows it again.
        expect(found.nth(len(GALLERY) - 2)).to_be_visible(timeout=ANSWER_MS)
        caption.get_by_role("button", name="Another caption").click()
        expect(caption.locator(".text")).not_to_have_text(first, timeout=ANSWER_MS)

        write(page, "/find a man in an orange suit")
        expect(answers(page).filter(has_text="I imagined")).to_be_visible(timeout=ANSWER_MS)
        expect(found.nth(2 * len(GALLERY) - 2)).to_be_visible(timeout=ANSWER_MS)
        write(page, "/similar dog")
        expect(answers(page).filter(has_text="Closest to dog")).to_contain_text("dogs", timeout=ANSWER_MS)
        write(page, "/similar xylophnoe")
        expect(answers(page).filter(has_text="I never read")).to_be_visible(timeout=ANSWER_MS)
