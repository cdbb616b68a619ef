"""The page of a map in a browser: it needs nothing but itself, and finds what is looked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from onenet.maps.page import photo_page, word_page
from onenet.maps.photos import map_photos
from onenet.maps.words import MappedWord, WordMap
from tests.bot.local.page.browser import CHROMIUM, FLAGS, sync_api

WORDS = WordMap(
    (
        MappedWord("dog", 0.2, 0.2, 0, 1.0),
        MappedWord("man", 0.8, 0.3, 1, 0.5),
        MappedWord("</script>", 0.5, 0.8, 0, 0),
    ),
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: put chromium on the PATH"),
]


@contextmanager
def opened(page: str, folder: Path) -> Iterator[Any]:
    """Open a page from a file; errors and requests to anywhere fail."""
    complaints: list[str] = []
    file = folder / "map.html"
    file.write_text(page, encoding="utf-8")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        tab = browser.new_page(viewport={"width": 390, "height": 800}, reduced_motion="reduce")
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on(
            "request", lambda request: complaints.append(request.url) if "http" in request.url[:5] else None
        )
        tab.goto(file.as_uri())
        yield tab
        browser.close()
    assert complaints == []


def colours(tab: Any, folder: Path) -> int:
    """How many colours the map has now."""
    file = folder / "shot.png"
    tab.locator("canvas").screenshot(path=str(file))
    with Image.open(file) as shot:
        return len(shot.convert("RGB").getcolors(1_000_000) or [])


def test_words_are_shown_found_and_zoomed_into(tmp_path: Path) -> None:
    with opened(word_page(WORDS), tmp_path) as tab:
        assert tab.title() == "Words"
        assert colours(tab, tmp_path) > 20
        before = tab.evaluate("view.scale")
        tab.fill("#query", "do")
        assert tab.inner_text("#found") == "1 found; Enter shows it"
        tab.keyboard.press("Enter")
        assert tab.evaluate("chosen.text") == "dog"
        assert tab.evaluate("view.scale") > before
        tab.click("#whole")
        assert tab.evaluate("view.scale") == pytest.approx(before)
        tab.fill("#query", "zeppelin")
        assert tab.inner_text("#found") == "Nothing found"
        tab.mouse.move(200, 500)
        tab.mouse.wheel(0, -300)
        tab.wait_for_function(f"view.scale > {before}")


def test_photos_are_inside_the_page_and_found_by_their_captions(tmp_path: Path) -> None:
    names = ["/p/red.jpg", "/p/blue.jpg", "/p/gone.jpg"]

    def open_photo(photo: str) -> Image.Image:
        return Image.new("RGB", (30, 30), Path(photo).stem if "gone" not in photo else "white")

    photo_map = map_photos(names, np.eye(4, dtype=np.float32)[:3])
    page = photo_page(photo_map, {names[0]: "a <b>red</b> wall"}, open_photo)
    with opened(page, tmp_path) as tab:
        tab.wait_for_function("items.every(item => item.image.complete)")
        tab.fill("#query", "red wall")
        tab.keyboard.press("Enter")
        assert tab.inner_text("#card").split("\n") == ["a <b>red</b> wall", "red.jpg"]
