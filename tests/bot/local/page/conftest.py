"""The chat page in Chromium, against the real server and a small scripted bot."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.local import LocalServer
from tests.bot.local.page.scripted_bot import TOKEN, ScriptedBot, jpeg

DESKTOP = {"width": 1200, "height": 800}
PHONE = {"width": 360, "height": 740}

EXAMPLES = {"en": ["/similar dog", "/help"], "ar": ["/similar كلب", "/help"]}

OpenPage = Callable[..., Any]


@dataclass
class FolderGallery:
    """What the server needs of a gallery: every file in the folder is searchable at once."""

    folder: Path
    phase: str = "ready"
    done: int = 0
    total: int = 0
    skipped: tuple[Any, ...] = ()

    @property
    def photos(self) -> int:
        return sum(path.is_file() for path in self.folder.rglob("*"))

    def state(self) -> "FolderGallery":
        return self

    def wake(self) -> None:
        pass


@pytest.fixture
def photos(tmp_path: Path) -> list[str]:
    folder = tmp_path / "mine"
    folder.mkdir()
    paths = []
    for n in range(3):
        path = folder / f"photo{n}.jpg"
        path.write_bytes(jpeg(600 + 50 * n, 400 + 150 * n))
        paths.append(str(path))
    return paths


@pytest.fixture
def gallery(tmp_path: Path) -> FolderGallery:
    folder = tmp_path / "gallery"
    folder.mkdir()
    return FolderGallery(folder)


@pytest.fixture
def server(tmp_path: Path, gallery: FolderGallery) -> Iterator[LocalServer]:
    with LocalServer(tmp_path, token=TOKEN, gallery=gallery, examples=EXAMPLES) as server:
        yield server


@pytest.fixture
def bot(server: LocalServer) -> Iterator[ScriptedBot]:
    with ScriptedBot(server.url) as bot:
        yield bot


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from tests.bot.local.page.browser import CHROMIUM, FLAGS, sync_api  # skips where there is none

    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Any, server: LocalServer, bot: ScriptedBot) -> Iterator[OpenPage]:
    """Opens the page; at the end the browser may have no complaint, for instance about the CSP."""
    contexts, complaints = [], []

    def open_page(address: str = "", *, viewport: dict[str, int] = DESKTOP, **options: Any) -> Any:
        context = browser.new_context(viewport=viewport, reduced_motion="reduce", **options)
        contexts.append(context)
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.on(
            "console",
            lambda line: complaints.append(line.text) if line.type in ("error", "warning") else None,
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{server.url}/{address}")
        page.wait_for_selector("body[data-ready]")
        return page

    open_page.complaints = complaints  # type: ignore[attr-defined]
    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
