"""The page of a server for any bot: it waits for the first, and lets one choose among several."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.local.bots import AnyBotServer
from tests.bot.local.page.browser import expect, needs_chromium, write
from tests.bot.local_chat import PRIVATE

pytestmark = needs_chromium

ONE, TWO = "111:one", "222:two"

Call = Callable[..., Any]


@pytest.fixture
def any_server(tmp_path: Path) -> Iterator[AnyBotServer]:
    with AnyBotServer(tmp_path / "bots") as server:
        yield server


@pytest.fixture
def call(any_server: AnyBotServer) -> Iterator[Call]:
    """Calls a method as the bot with a token."""
    with httpx.Client(base_url=any_server.url, timeout=30, verify=False) as client:

        def call(token: str, method: str, **fields: Any) -> Any:
            answer = client.post(f"/bot{token}/{method}", json=fields).json()
            assert answer["ok"], answer
            return answer["result"]

        yield call


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1200, "height": 800}, reduced_motion="reduce")
    context.set_default_timeout(10_000)
    page, complaints = context.new_page(), []
    page.on(
        "console", lambda line: complaints.append(line.text) if line.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def test_the_page_waits_for_the_first_bot(any_server: AnyBotServer, call: Call, page: Any) -> None:
    page.goto(any_server.url)
    expect(page.locator("#base")).to_have_text(f"{any_server.url}/bot")
    call(ONE, "getMe")
    page.wait_for_url(f"**/chat/{ONE}/")
    expect(page.locator("#sidebar h1")).to_have_text("Bot 111")
    expect(page.locator("#bots")).to_be_hidden()


def test_one_chooses_among_bots_whose_chats_are_apart(
    any_server: AnyBotServer, call: Call, page: Any
) -> None:
    call(ONE, "setMyName", name="First")
    page.goto(f"{any_server.url}/chat/{ONE}/")
    page.wait_for_selector("body[data-ready]")
    expect(page.locator("#empty h3")).to_have_text("This is the chat with First")
    expect(page.locator("#examples button")).to_have_count(0)
    call(ONE, "setMyCommands", commands=[{"command": "start", "description": "Begin"}])
    page.click("#examples >> text=/start")
    expect(page.locator(".row.own .text")).to_contain_text("/start")
    call(ONE, "setMyName", name="Renamed")
    expect(page.locator("#chat-title")).to_have_text("Renamed")
    expect(page).to_have_title("Renamed")
    page.fill("#input", "a draft for the first")

    call(TWO, "sendMessage", chat_id=PRIVATE, text="from the second")
    page.select_option("#bots", label="Bot 222 (222)")
    page.wait_for_url(f"**/chat/{TWO}/")
    expect(page.locator(".row.other .text")).to_contain_text("from the second")
    assert page.locator(".row").count() == 1
    expect(page.locator("#input")).to_have_value("")
    write(page, "to the second")
    expect(page.locator(".row.own:not(.pending)")).to_have_count(1)
    (update,) = call(TWO, "getUpdates")
    assert update["message"]["text"] == "to the second"
    page.select_option("#bots", label="Renamed (111)")
    expect(page.locator("#input")).to_have_value("a draft for the first")
