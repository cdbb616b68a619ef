"""How messages look: text, pictures, albums, edits, history."""

from tests.bot.local.page.browser import expect, needs_chromium, send_photos, write
from tests.bot.local.page.conftest import OpenPage
from tests.bot.local.page.scripted_bot import ScriptedBot, jpeg
from tests.bot.local_chat import PRIVATE

pytestmark = needs_chromium


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
    before, held, is_held = picture.get_attribute("src"), [], [True]
    page.route("**/local/files/*", lambda route: held.append(route) if is_held else route.continue_())
    show(600)
    expect(page.locator(".row .text")).to_contain_text("600 wide")
    assert before in picture.get_attribute("style")
    while not held:
        page.wait_for_timeout(20)
    is_held.clear()  # it may be asked for a second time
    for route in held:
        route.continue_()
    expect(picture).to_have_js_property("naturalWidth", 600)
    expect(picture).to_have_attribute("style", "")
