"""What a person writes and sends: albums, files, drops, commands, and what is refused."""

from pathlib import Path

import pytest

from tests.bot.local.page.browser import drop_script, expect, needs_chromium, write
from tests.bot.local.page.conftest import PHONE, OpenPage
from tests.bot.local.page.scripted_bot import ScriptedBot
from tests.bot.local_chat import GROUP, PRIVATE

pytestmark = needs_chromium


def test_an_album_is_previewed_and_sent_as_one(open_page: OpenPage, photos: list[str]) -> None:
    page = open_page()
    page.set_input_files("#photo-input", photos)
    expect(page.locator("#sheet-title")).to_have_text("Send 3 photos")
    page.get_by_role("button", name="Remove photo2.jpg").click()
    expect(page.locator("#sheet-title")).to_have_text("Send 2 photos")
    page.fill("#sheet-caption", "two of mine")
    page.keyboard.press("Enter")
    expect(page.locator(".row.own:not(.pending)")).to_have_count(1)
    expect(page.locator(".row.own .album .photo")).to_have_count(2)
    expect(page.locator(".row.own .text")).to_contain_text("two of mine")


def test_a_photo_can_go_as_a_file(open_page: OpenPage, photos: list[str]) -> None:
    page = open_page()
    page.set_input_files("#photo-input", photos[:1])
    page.get_by_label("Send as file").check()
    page.click("#sheet-send")
    expect(page.locator(".row.own:not(.pending) .file-name")).to_have_text("photo0.jpg")
    with page.expect_download() as download:
        page.click(".row.own .file")
    assert download.value.suggested_filename == "photo0.jpg"
    assert Path(download.value.path()).read_bytes() == Path(photos[0]).read_bytes()


@pytest.mark.parametrize("way", ["drop", "paste"])
def test_photos_come_by_drop_and_paste(open_page: OpenPage, way: str) -> None:
    page = open_page()
    transfer = page.evaluate_handle(drop_script(["a.png", "b.png"]))
    if way == "drop":
        page.dispatch_event("#scroller", "dragenter", {"dataTransfer": transfer})
        expect(page.locator("#drop")).to_be_visible()
        page.dispatch_event(".drop-zone[data-as=photo]", "drop", {"dataTransfer": transfer})
        expect(page.locator("#drop")).to_be_hidden()
    else:
        page.evaluate(
            "(clipboardData) => document.querySelector('#input')"
            ".dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))",
            transfer,
        )
    expect(page.locator("#sheet-title")).to_have_text("Send 2 photos")
    page.click("#sheet-send")
    expect(page.locator(".row.own:not(.pending) .album .photo")).to_have_count(2)


def test_the_group_is_a_chat_of_its_own_with_its_own_draft(open_page: OpenPage, bot: ScriptedBot) -> None:
    page = open_page()
    page.fill("#input", "half a thought")
    bot.say("hello group", GROUP)
    expect(page.locator(f"[data-chat='{GROUP}'] .badge")).to_have_text("1")
    page.click(f"[data-chat='{GROUP}']")
    expect(page.locator("#group-note")).to_have_text(
        "In a group the bot answers commands, replies to it and its name, @onenet_local_bot. "
        "Reply /caption to a photo."
    )
    expect(page.locator(".row.other .sender")).to_have_text("One Network")
    expect(page.locator("#input")).to_have_value("")
    expect(page.locator(f"[data-chat='{GROUP}'] .badge")).to_have_count(0)
    page.fill("#input", "/sim")
    page.keyboard.press("Enter")
    expect(page.locator(".row.own .text")).to_contain_text("/similar@onenet_local_bot")
    page.click(f"[data-chat='{PRIVATE}']")
    expect(page.locator("#input")).to_have_value("half a thought")
    assert page.locator(".row").count() == 0
    page.reload()
    expect(page.locator("#input")).to_have_value("half a thought")


def test_the_command_menu_filters_and_obeys_the_keyboard(open_page: OpenPage) -> None:
    page = open_page()
    options = page.locator("#command-menu li")
    page.click("#menu-button")
    expect(options).to_have_count(3)
    page.keyboard.press("Escape")
    expect(page.locator("#command-menu")).to_be_hidden()
    page.locator("#input").press_sequentially("/s")
    expect(options).to_have_count(2)
    page.keyboard.press("ArrowDown")
    expect(page.locator("#command-menu li.current .command-name")).to_have_text("/similar")
    page.keyboard.press("Tab")
    expect(page.locator("#input")).to_have_value("/similar ")
    page.fill("#input", "/st")
    page.keyboard.press("Enter")
    expect(page.locator(".row.own .text")).to_contain_text("/start")


def test_what_the_server_refuses_comes_back_as_a_sentence(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page()
    empty = tmp_path / "empty.jpg"
    empty.write_bytes(b"")
    page.set_input_files("#photo-input", str(empty))
    expect(page.locator(".toast.error")).to_have_text("empty.jpg is empty. Choose another file.")
    expect(page.locator("#sheet")).to_be_hidden()
    page.route(
        "**/local/chats/*/messages", lambda route: route.fulfill(status=400, json={"error": "Not today."})
    )
    write(page, "a long thought")
    expect(page.locator(".toast.error").last).to_have_text("Not today.")
    expect(page.locator("#input")).to_have_value("a long thought")
    expect(page.locator(".row")).to_have_count(0)

    complaints = open_page.complaints  # type: ignore[attr-defined]
    complaints[:] = [each for each in complaints if "status of 400" not in each]


def test_a_finger_swipes_to_reply(open_page: OpenPage, bot: ScriptedBot) -> None:
    page = open_page(f"#chat/{PRIVATE}", viewport=PHONE, has_touch=True, is_mobile=True)
    bot.say("swipe me")
    box = page.locator(".row .bubble").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    fingers = page.context.new_cdp_session(page)
    fingers.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for moved in (20, 50, 80):
        point = {"x": x - moved, "y": y}
        fingers.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(page.locator("#reply-bar")).to_contain_text("swipe me")
