"""The page in its person's language, in Chromium: the way it is read, and what the bot is told."""

import re
from typing import Any

import pytest

from tests.bot.local.page.browser import expect, needs_chromium, write
from tests.bot.local.page.conftest import PHONE, OpenPage
from tests.bot.local.page.scripted_bot import BUTTONS, ScriptedBot
from tests.bot.local_chat import PRIVATE

pytestmark = needs_chromium

ARABIC = "كلب يركض في الثلج"


def box(page: Any, selector: str) -> dict[str, float]:
    found: dict[str, float] = page.locator(selector).last.bounding_box()
    return found


@pytest.mark.parametrize(
    ("locale", "code", "send"),
    [
        ("de-AT", "de", "Senden"),
        ("pt-BR", "pt-br", "Enviar"),
        ("zh-CN", "zh-hans", "发送"),
        ("zh-TW", "zh-hant", "发送"),
        ("ar-EG", "ar", "إرسال"),
        ("it-IT", "en", "Send"),
    ],
)
def test_the_bot_is_told_the_browsers_language(
    open_page: OpenPage, bot: ScriptedBot, locale: str, code: str, send: str
) -> None:
    page = open_page(locale=locale)
    assert page.get_attribute("#send", "aria-label") == send
    write(page, "/start")
    expect(page.locator(".row.other .text")).to_contain_text("/start")
    assert bot.seen[-1]["message"]["from"]["language_code"] == code


def test_the_command_menu_is_in_the_browsers_language(open_page: OpenPage, bot: ScriptedBot) -> None:
    bot("setMyCommands", commands=[{"command": "start", "description": "Los"}], language_code="de")
    page = open_page(locale="de-DE")
    page.click("#menu-button")
    expect(page.locator(".command-description")).to_have_text("Los")


def test_arabic_is_read_from_the_right(open_page: OpenPage, bot: ScriptedBot) -> None:
    page = open_page(locale="ar-EG")
    assert page.eval_on_selector("html", "html => [html.lang, html.dir]") == ["ar-EG", "rtl"]
    assert box(page, "#sidebar")["x"] > box(page, "#chat")["x"]
    expect(page.locator("#input").last).to_have_css(
        "direction", "rtl"
    )  # empty: as the page, so is its placeholder
    page.fill("#input", "/find a dog")
    expect(page.locator("#input").last).to_have_css("direction", "ltr")
    page.fill("#input", f"/find {ARABIC}")
    expect(page.locator("#input").last).to_have_css("direction", "rtl")
    write(page, ARABIC)
    bot.say(f"{ARABIC}: \u200e/find", reply_markup=BUTTONS)
    expect(page.locator(".row.other .text")).to_have_count(1)
    for row in (".row.own", ".row.other"):
        expect(page.locator(f"{row} .text")).to_have_css("direction", "rtl")
        expect(page.locator(f"{row} .text")).to_have_css("text-align", re.compile("start|right"))
    own, other, column = (
        box(page, ".row.own .bubble"),
        box(page, ".row.other .bubble"),
        box(page, "#messages"),
    )
    assert own["x"] - column["x"] < 2  # one's own at the end of the line, the bot's at its beginning
    assert column["x"] + column["width"] - other["x"] - other["width"] < 2
    expect(page.locator(".row.other .command-link").last).to_have_css("direction", "ltr")
    assert box(page, ".key >> nth=0")["x"] > box(page, ".key >> nth=1")["x"]
    bot.say("a dog runs in the snow")
    expect(page.locator(".row.other .text")).to_have_count(2)
    assert page.locator(".row.other .text").last.evaluate("text => getComputedStyle(text).direction") == "ltr"
    expect(page.locator(".day")).to_have_text("اليوم")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_arabic_is_read_from_the_right_on_an_english_page(open_page: OpenPage, bot: ScriptedBot) -> None:
    page = open_page(locale="en-US")
    bot.say(f"/find {ARABIC}")
    expect(page.locator(".row.other .text")).to_have_count(1)
    expect(page.locator(".row.other .text").last).to_have_css("direction", "rtl")
    bubble, column = box(page, ".row.other .bubble"), box(page, "#messages")
    assert bubble["x"] - column["x"] < 2


def test_a_phone_in_arabic_swipes_the_other_way(open_page: OpenPage, bot: ScriptedBot) -> None:
    page = open_page(f"#chat/{PRIVATE}", locale="ar", viewport=PHONE, has_touch=True, is_mobile=True)
    bot.say(ARABIC)
    bubble = box(page, ".row .bubble")
    x, y = bubble["x"] + bubble["width"] / 2, bubble["y"] + bubble["height"] / 2
    fingers = page.context.new_cdp_session(page)
    fingers.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for moved in (20, 50, 80):
        point = {"x": x + moved, "y": y}
        fingers.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(page.locator("#reply-bar")).to_contain_text(ARABIC)


def test_numbers_and_times_are_the_languages_own(open_page: OpenPage) -> None:
    page = open_page(locale="de-DE", timezone_id="Europe/Berlin")
    said = page.evaluate("""async () => {
        const { number, plural, size } = await import("/page/words.js");
        return [number(12345), plural(1, "{number} photo", "{number} photos"), size(1.5 * 1024 ** 2)];
    }""")
    assert said == ["12.345", "1 Foto", "1,5 MB"]
    page = open_page(locale="ar-EG")
    said = page.evaluate("""async () => {
        const { number, plural } = await import("/page/words.js");
        const photos = (count) => plural(count, "{number} photo", "{number} photos");
        return [number(12345), ...[1, 2, 3, 11, 100].map(photos)];
    }""")
    assert said == ["12,345", "صورة واحدة", "صورتين", "3 صور", "11 صورة", "100 صورة"]


@pytest.mark.parametrize(("locale", "example"), [("ar-EG", "/similar كلب"), ("fr-FR", "/similar dog")])
def test_an_empty_chat_offers_examples_in_the_browsers_language(
    open_page: OpenPage, locale: str, example: str
) -> None:
    page = open_page(locale=locale)
    chip = page.locator("#examples button").first
    expect(chip).to_have_text(example)
    expect(chip).to_have_css("direction", "rtl" if locale == "ar-EG" else "ltr")
    chip.click()
    expect(page.locator(".row.own .text")).to_contain_text(example)
