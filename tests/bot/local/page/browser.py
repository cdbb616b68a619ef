"""Chromium, and what tests do at the chat page with it."""

import json
import shutil
from typing import Any

import pytest

sync_api = pytest.importorskip(
    "playwright.sync_api", reason="Playwright is not installed (requirements-dev.txt)"
)
expect = sync_api.expect

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

needs_chromium = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: put chromium on the PATH"),
]


def write(page: Any, text: str) -> None:
    page.fill("#input", text)
    page.press("#input", "Enter")


def send_photos(page: Any, paths: list[str], caption: str = "") -> None:
    page.set_input_files("#photo-input", paths)
    page.fill("#sheet-caption", caption)
    page.click("#sheet-send")


def drop_script(names: list[str]) -> str:
    """Makes a DataTransfer with small drawn photos."""
    return f"""async () => {{
        const transfer = new DataTransfer();
        for (const name of {json.dumps(names)}) {{
            const canvas = new OffscreenCanvas(300, 200);
            const context = canvas.getContext("2d");
            context.fillStyle = "#386";
            context.fillRect(0, 0, 300, 200);
            const type = "image/png";
            transfer.items.add(new File([await canvas.convertToBlob({{ type }})], name, {{ type }}));
        }}
        return transfer;
    }}"""
