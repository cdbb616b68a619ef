"""The chat page in Chromium, against the real server and a small scripted bot."""

import io
import json
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image, ImageDraw

from bot.local import LocalServer
from tests.bot.local_chat import GROUP, PRIVATE

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
DESKTOP = {"width": 1200, "height": 800}
PHONE = {"width": 360, "height": 740}
TOKEN = "42:secret"
BUTTONS = {
    "inline_keyboard": [
        [
            {"text": "Another caption", "callback_data": "another"},
            {"text": "Alert", "callback_data": "alert"},
        ],
        [{"text": "Article", "url": "https://example.org/article"}],
    ]
}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: put chromium on the PATH"),
]


class ScriptedBot:
    """Answers photos with buttons and an album, commands with an echo, presses with a toast or an alert."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=f"{url}/bot{TOKEN}/", timeout=30)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="scripted bot")
        self.failure: BaseException | None = None
        self.seen: list[dict[str, Any]] = []

    def __enter__(self) -> "ScriptedBot":
        commands = [
            ("start", "What this is"),
            ("similar", "Words used alike"),
            ("find", "Photos by description"),
        ]
        self("setMyCommands", commands=[{"command": name, "description": words} for name, words in commands])
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(20)
        self._client.close()
        if self.failure is not None:
            raise self.failure

    def __call__(self, method: str, files: dict[str, Any] | None = None, **fields: Any) -> Any:
        data = {name: v if isinstance(v, str) else json.dumps(v) for name, v in fields.items()}
        answer = self._client.post(method, data=data, files=files).json()
        assert answer["ok"], answer
        return answer["result"]

    def say(self, text: str, chat_id: int = PRIVATE, **fields: Any) -> Any:
        return self("sendMessage", chat_id=chat_id, text=text, **fields)

    def _run(self) -> None:
        offset = 0
        try:
            while not self._stopping.is_set():
                with suppress(httpx.TransportError):  # the server restarts in one test
                    for update in self("getUpdates", offset=offset, timeout=1):
                        offset = update["update_id"] + 1
                        self.seen.append(update)
                        self._answer(update)
        except BaseException as error:
            self.failure = error

    def _answer(self, update: dict[str, Any]) -> None:
        if query := update.get("callback_query"):
            message = query["message"]
            if query["data"] == "alert":
                self("answerCallbackQuery", callback_query_id=query["id"], text="Mind this", show_alert=True)
                return
            place = {"chat_id": message["chat"]["id"], "message_id": message["message_id"]}
            self("editMessageText", **place, text="a second caption", reply_markup=BUTTONS)
            self("answerCallbackQuery", callback_query_id=query["id"], text="Another one")
        elif message := update.get("message"):
            chat_id, text = message["chat"]["id"], message.get("text", "")
            if message.get("photo") and not message.get("media_group_id"):
                reply = {"message_id": message["message_id"]}
                self.say("a first caption", chat_id, reply_parameters=reply, reply_markup=BUTTONS)
                self._send_album(chat_id)
            elif text.startswith("/"):
                self.say(f"You wrote <b>{text}</b>", chat_id, parse_mode="HTML")

    def _send_album(self, chat_id: int) -> None:
        scores = ("0.91", "0.88", "0.85", "0.81")
        media = [{"type": "photo", "media": f"attach://p{n}", "caption": s} for n, s in enumerate(scores)]
        files = {f"p{n}": (f"p{n}.jpg", jpeg(500 + 90 * n, 400), "image/jpeg") for n in range(len(scores))}
        self("sendMediaGroup", files, chat_id=chat_id, media=media)


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


def jpeg(width: int = 600, height: int = 400) -> bytes:
    """A drawn picture; its shape makes it its own."""
    image = Image.new("RGB", (width, height), (40, 110 + height % 100, 140))
    ImageDraw.Draw(image).ellipse((width // 4, height // 4, width // 2, height // 2), fill=(250, 210, 90))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG")
    return buffer.getvalue()


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
    with LocalServer(tmp_path, token=TOKEN, gallery=gallery) as server:
        yield server


@pytest.fixture
def bot(server: LocalServer) -> Iterator[ScriptedBot]:
    with ScriptedBot(server.url) as bot:
        yield bot


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


OpenPage = Callable[..., Any]


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


def test_an_empty_chat_invites_and_its_examples_are_tappable(open_page: OpenPage) -> None:
    page = open_page()
    expect(page.locator("#empty")).to_contain_text("Drop a photo here")
    page.click("#examples >> text=/similar dog")
    expect(page.locator(".row.own .text")).to_contain_text("/similar dog")
    expect(page.locator(".row.other .text b")).to_have_text("/similar dog")
    expect(page.locator("#empty")).to_be_hidden()
    assert page.locator(".row").count() == 2


def test_text_is_shown_as_text(open_page: OpenPage) -> None:
    page = open_page()
    write(page, "<img src=x onerror=alert(1)> & <b>no</b>")
    expect(page.locator(".row.own .text")).to_contain_text("<img src=x onerror=alert(1)> & <b>no</b>")
    assert page.locator(".row .text img, .row .text b").count() == 0


def test_entities_count_utf16_units(open_page: OpenPage, bot: ScriptedBot) -> None:
    page = open_page()
    bot.say(
        "🐕‍🦺🙂 <b>bold <i>both</i></b> <u>u</u> <s>s</s> <code>x = 1</code> <tg-spoiler>hidden</tg-spoiler>"
        '<pre>block</pre><blockquote>said</blockquote><a href="https://example.org/">link</a> /find',
        parse_mode="HTML",
    )
    text = page.locator(".row.other .text")
    expect(text.locator("b")).to_have_text("bold both")
    expect(text.locator("b i")).to_have_text("both")
    for tag, words in {
        "u": "u",
        "s": "s",
        "code >> nth=0": "x = 1",
        "pre": "block",
        "blockquote": "said",
    }.items():
        expect(text.locator(tag)).to_have_text(words)
    expect(text.locator("a")).to_have_attribute("href", "https://example.org/")
    expect(text.locator(".spoiler > span")).to_have_css("visibility", "hidden")
    text.locator(".spoiler").click()
    expect(text.locator(".spoiler > span")).to_have_css("visibility", "visible")
    text.locator("button.command-link").click()
    expect(page.locator(".row.own .text")).to_contain_text("/find")


def test_a_photo_is_answered_and_its_buttons_work(open_page: OpenPage, photos: list[str]) -> None:
    page = open_page()
    send_photos(page, photos[:1], "what is this?")
    expect(page.locator(".row.own .photo img")).to_be_visible()
    expect(page.locator(".row.own .text")).to_contain_text("what is this?")

    answer = page.locator(".row.other", has_text="a first caption")
    expect(answer.locator(".quote")).to_contain_text("what is this?")
    expect(answer.locator("a.key")).to_have_attribute("href", "https://example.org/article")
    expect(page.locator(".row.other .album .photo")).to_have_count(4)
    expect(page.locator(".tile-caption").first).to_have_text("0.91")

    answer.get_by_role("button", name="Another caption").click()
    expect(page.locator(".row.other", has_text="a second caption")).to_contain_text("edited")
    expect(page.locator(".toast")).to_have_text("Another one")
    page.get_by_role("button", name="Alert").click()
    expect(page.locator("#alert-text")).to_have_text("Mind this")
    page.keyboard.press("Escape")
    expect(page.locator("#alert")).to_be_hidden()
    expect(page.locator(".key.waiting")).to_have_count(0)


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


def test_the_viewer_walks_through_the_photos(open_page: OpenPage, photos: list[str]) -> None:
    page = open_page()
    send_photos(page, photos, "mine")
    page.locator(".row.own:not(.pending) .photo").first.click()
    expect(page.locator("#viewer-count")).to_have_text("1 of 3")
    expect(page.locator("#viewer-caption")).to_have_text("mine")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#viewer-count")).to_have_text("2 of 3")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#viewer-count")).to_have_text("1 of 3")
    page.keyboard.press("Escape")
    expect(page.locator("#viewer")).to_be_hidden()


def test_a_reply_quotes_and_leads_to_the_original(open_page: OpenPage, bot: ScriptedBot) -> None:
    page = open_page()
    first = bot.say("the first of many")
    for n in range(70):
        bot.say(f"filler {n}")
    page.reload()  # the original is older than what is loaded at first
    expect(page.locator(".row", has_text="filler 69")).to_be_visible()
    bot.say("and the answer", reply_parameters={"message_id": first["message_id"]})
    page.locator(".quote", has_text="the first of many").click()
    expect(page.locator(f"[data-message='{first['message_id']}']")).to_be_in_viewport()
    expect(page.locator("#to-bottom")).to_be_visible()

    page.locator(f"[data-message='{first['message_id']}']").hover()
    page.locator(f"[data-message='{first['message_id']}'] .row-reply").click()
    expect(page.locator("#reply-bar")).to_contain_text("the first of many")
    write(page, "I reply")
    expect(page.locator(".row.own", has_text="I reply").locator(".quote")).to_contain_text(
        "the first of many"
    )
    expect(page.locator("#reply-bar")).to_be_hidden()


def test_history_is_deep_and_nothing_is_doubled(open_page: OpenPage, bot: ScriptedBot) -> None:
    for n in range(130):
        bot.say(f"message {n}")
    page = open_page()
    expect(page.locator(".row", has_text="message 129")).to_be_in_viewport()
    for _ in range(60):
        page.evaluate("document.querySelector('#scroller').scrollTop = 0")
        if page.locator(".row").count() == 130:
            break
        page.wait_for_timeout(30)
    texts = page.evaluate(
        "[...document.querySelectorAll('.row .text')].map((each) => each.firstChild.textContent)"
    )
    assert texts == [f"message {n}" for n in range(130)]

    bot.say("something new")
    expect(page.locator("#to-bottom-count")).to_have_text("1")
    page.click("#to-bottom")
    expect(page.locator(".row", has_text="something new")).to_be_in_viewport()
    expect(page.locator("#to-bottom")).to_be_hidden()


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


def test_typing_is_shown_until_the_answer(open_page: OpenPage, bot: ScriptedBot) -> None:
    page = open_page()
    bot("sendChatAction", chat_id=PRIVATE, action="upload_photo")
    expect(page.locator("#chat-status")).to_have_text("sending a photo…")
    expect(page.locator("#typing")).to_be_visible()
    bot.say("done")
    expect(page.locator("#chat-status")).to_have_text("bot")
    expect(page.locator("#typing")).to_be_hidden()


def test_edits_and_deletions_are_followed(open_page: OpenPage, bot: ScriptedBot) -> None:
    page = open_page()
    message = bot.say("before")
    expect(page.locator(".row .text")).to_contain_text("before")
    place = {"chat_id": PRIVATE, "message_id": message["message_id"]}
    bot("editMessageText", **place, text="after")
    expect(page.locator(".row .text")).to_contain_text("after")
    bot("deleteMessage", **place)
    expect(page.locator(".row")).to_have_count(0)


def test_a_picture_in_the_place_of_another_comes_in_over_it(open_page: OpenPage, bot: ScriptedBot) -> None:
    page = open_page()
    place = {"chat_id": PRIVATE, "message_id": bot.say("a picture soon")["message_id"]}
    expect(page.locator(".row .text")).to_contain_text("a picture soon")

    def show(width: int) -> None:
        media = {"type": "photo", "media": "attach://new", "caption": f"{width} wide"}
        bot("editMessageMedia", {"new": ("new.jpg", jpeg(width), "image/jpeg")}, **place, media=media)

    show(500)
    picture = page.locator(".row .single img")
    expect(picture).to_have_js_property("naturalWidth", 500)
    expect(page.locator(".row .text")).to_contain_text("500 wide")
    before, held = picture.get_attribute("src"), []
    page.route("**/local/files/*", lambda route: held.append(route))
    show(600)
    expect(page.locator(".row .text")).to_contain_text("600 wide")
    assert before in picture.get_attribute("style")
    while not held:
        page.wait_for_timeout(20)
    for route in held:
        route.continue_()
    expect(picture).to_have_js_property("naturalWidth", 600)
    expect(picture).to_have_attribute("style", "")


def test_a_server_that_was_away_is_caught_up_with(
    open_page: OpenPage, server: LocalServer, bot: ScriptedBot, tmp_path: Path
) -> None:
    page = open_page()
    kept, gone = bot.say("before the night"), bot.say("soon deleted")
    expect(page.locator(".row")).to_have_count(2)
    server.stop()
    expect(page.locator("#connection")).to_be_visible()
    write(page, "into the void")
    expect(page.locator(".row.failed")).to_contain_text("Not sent.")

    page.context.set_offline(True)  # so that the page comes back after all this has happened
    server.start()
    bot("deleteMessage", chat_id=PRIVATE, message_id=gone["message_id"])
    bot("editMessageText", chat_id=PRIVATE, message_id=kept["message_id"], text="before the day")
    bot.say("while you slept")
    page.context.set_offline(False)
    expect(page.locator("#connection")).to_be_hidden()
    expect(page.locator(".row.other .text")).to_contain_text(["before the day", "while you slept"])
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".row.own:not(.pending)")).to_have_count(1)
    expect(page.locator(".row")).to_have_count(3)

    complaints = open_page.complaints  # type: ignore[attr-defined]
    complaints[:] = [each for each in complaints if "ERR_" not in each]  # the browser names lost connections


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


def test_photos_go_to_the_gallery(open_page: OpenPage, gallery: FolderGallery, photos: list[str]) -> None:
    page = open_page()
    expect(page.locator("#gallery-card-words")).to_have_text("No photos yet")
    page.click("#gallery-card")
    expect(page.locator("#gallery-count")).to_have_text("0")
    page.set_input_files("#folder-input", str(Path(photos[0]).parent))
    expect(page.locator(".toast")).to_have_text("3 photos added to the gallery.")
    expect(page.locator("#gallery-count")).to_have_text("3")
    expect(page.locator("#gallery-folder")).to_have_text(str(gallery.folder))
    assert {path.name for path in gallery.folder.rglob("*.jpg")} == {Path(path).name for path in photos}

    broken = gallery.folder.parent / "broken.jpg"
    broken.write_bytes(b"no photo at all")
    page.set_input_files("#gallery-input", [str(broken)])
    expect(page.locator("#skipped-title")).to_have_text("1 file skipped")
    gallery.phase, gallery.done, gallery.total = "indexing", 1, 3
    expect(page.locator("#indexing-words")).to_have_text("Indexing: 1 of 3 photos")
    expect(page.locator("#indexing-bar")).to_have_attribute("value", "1")


def test_photos_dropped_on_the_gallery_panel_stay_out_of_the_chat(
    open_page: OpenPage, gallery: FolderGallery
) -> None:
    page = open_page()
    page.click("#gallery-button")
    transfer = page.evaluate_handle(drop_script(["one.png", "two.png"]))
    page.dispatch_event("#gallery-drop", "drop", {"dataTransfer": transfer})
    expect(page.locator(".toast")).to_have_text("2 photos added to the gallery.")
    assert gallery.photos == 2
    expect(page.locator("#sheet")).to_be_hidden()


def test_light_and_dark(open_page: OpenPage) -> None:
    page = open_page(color_scheme="dark")
    luminance = "getComputedStyle(document.body).backgroundColor"
    assert max(map(int, re.findall(r"\d+", page.evaluate(luminance))[:3])) < 60
    page.click("#theme")
    assert min(map(int, re.findall(r"\d+", page.evaluate(luminance))[:3])) > 200
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "light"


def test_a_phone_shows_the_list_or_the_chat(open_page: OpenPage, photos: list[str], bot: ScriptedBot) -> None:
    page = open_page(viewport=PHONE, has_touch=True, is_mobile=True)

    def fits() -> bool:
        return bool(page.evaluate("document.documentElement.scrollWidth <= 360 && innerWidth === 360"))

    expect(page.locator("#chat")).to_be_hidden()
    assert fits()
    page.tap(f"[data-chat='{PRIVATE}']")
    expect(page.locator("#sidebar")).to_be_hidden()
    bot.say("verylongwordwithoutanybreak" * 12 + " <pre>" + "wide " * 80 + "</pre>", parse_mode="HTML")
    page.set_input_files("#photo-input", photos)
    assert fits()
    page.tap("#sheet-send")
    send_photos(page, photos[:1])
    expect(page.locator(".row.other .album .photo")).to_have_count(4)
    assert fits()
    wide = page.evaluate(
        "[...document.querySelectorAll('#chat *')]"
        ".filter((e) => e.getBoundingClientRect().right > 361).length"
    )
    assert wide == 0
    page.tap("#gallery-button")
    assert fits()
    page.keyboard.press("Escape")
    page.tap("#back")
    expect(page.locator("#sidebar")).to_be_visible()
    expect(page.locator("#chat")).to_be_hidden()


def test_the_keyboard_reaches_everything_and_everything_is_named(
    open_page: OpenPage, photos: list[str]
) -> None:
    page = open_page()
    send_photos(page, photos[:1])
    expect(page.locator(".row.other .album")).to_be_visible()
    unnamed = page.evaluate(
        "[...document.querySelectorAll('button, a, input, textarea')]"
        ".filter((e) => !e.textContent.trim() && !e.getAttribute('aria-label') && !e.labels?.length)"
        ".map((e) => e.outerHTML)"
    )
    assert unnamed == []
    page.focus("#theme")
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.className"))
    assert {
        "chat-item open",
        "chat-item",
        "gallery-card",
        "scroller",
        "photo",
        "key",
        "input",
        "attach",
        "send",
    } <= reached


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
