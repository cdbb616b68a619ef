"""Around the messages: who types, the connection, the gallery, colours, phones, the keyboard."""

import re
from pathlib import Path

from bot.local import LocalServer
from onenet.search.folder import find_photos
from tests.bot.local.page.browser import drop_script, expect, needs_chromium, send_photos, write
from tests.bot.local.page.conftest import PHONE, FolderGallery, OpenPage
from tests.bot.local.page.scripted_bot import ScriptedBot
from tests.bot.local_chat import PRIVATE
from tests.onenet.search.photo_files import encode, encode_heif, noise

pytestmark = needs_chromium


def test_typing_is_shown_until_the_answer(open_page: OpenPage, bot: ScriptedBot) -> None:
    page = open_page()
    bot("sendChatAction", chat_id=PRIVATE, action="upload_photo")
    expect(page.locator("#chat-status")).to_have_text("sending a photo…")
    expect(page.locator("#typing")).to_be_visible()
    bot.say("done")
    expect(page.locator("#chat-status")).to_have_text("bot")
    expect(page.locator("#typing")).to_be_hidden()


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


def test_a_photo_is_one_by_its_content_and_what_is_none_is_named(
    open_page: OpenPage, gallery: FolderGallery, tmp_path: Path
) -> None:
    """Whatever it is called: nothing is left out in silence."""
    folder = tmp_path / "card"
    (folder / "DCIM").mkdir(parents=True)
    kinds = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
    photos = {kind: encode(noise(), kind) for kind in kinds}
    photos["HEIF"] = encode_heif(noise())
    photos["DIB"] = photos["BMP"][14:]
    named = {f"{kind} without a suffix": content for kind, content in photos.items()}
    named |= {name: photos["JPEG"] for name in ("a.jpe", "b.jpg_large", "c.JFIF", "d.jpg!d", "e.unheard")}
    named |= {"f.HIF": photos["HEIF"], "DCIM/g.png": photos["JPEG"]}
    film = b"\0\0\0\x18ftypmp42" + bytes(20)
    others = {"notes.txt": b"words", "empty.jpg": b"", "film.jpg": film, "paper.pdf": photos["JPEG"]}
    for name, content in (named | others | {".hidden.jpg": photos["JPEG"]}).items():
        (folder / name).write_bytes(content)
    page = open_page()
    page.set_input_files("#folder-input", str(folder))
    expect(page.locator(".toast")).to_have_text(f"{len(named)} photos added to the gallery.")
    kept = {path.relative_to(gallery.folder / "card").as_posix() for path in find_photos(gallery.folder)}
    assert kept == set(named)
    expect(page.locator("#skipped-title")).to_have_text("4 files skipped")
    assert set(page.locator("#skipped-list b").all_text_contents()) == {f"card/{name}" for name in others}
    page.set_input_files("#gallery-input", [str(folder / "notes.txt")])
    expect(page.locator(".toast.error")).to_contain_text("There are no photos in this.")
    expect(page.locator("#skipped-list")).to_have_text("notes.txt: This file is not a photo.")


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
