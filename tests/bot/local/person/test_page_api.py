"""What a person at the page can do, and what nobody else can."""

import asyncio
import io
import json
from typing import Any

import httpx
import pytest
from PIL import Image

from bot.local import LocalServer
from bot.local.person.page_api import PAGE_FOLDER
from tests.bot.local.conftest import Api, picture
from tests.bot.local_chat import GROUP, PRIVATE, LocalChat

MIB = 1024 * 1024
MESSAGES = f"/local/chats/{PRIVATE}/messages"


def heavy(size_bytes: int) -> bytes:
    """A readable JPEG of at least this size."""
    return picture() + bytes(size_bytes)


async def refusal(http: httpx.AsyncClient, path: str, **request: Any) -> tuple[int, str]:
    answer = await http.post(path, **request)
    return answer.status_code, answer.json()["error"]


async def test_the_first_state(chat: LocalChat) -> None:
    state = await chat.state()
    assert state["bot"]["username"] == "onenet_local_bot"
    assert [each["id"] for each in state["chats"]] == [PRIVATE, GROUP]
    assert (state["me"]["first_name"], state["commands"], state["gallery"]) == ("You", [], None)


async def test_the_bot_is_told_the_language_of_the_page(
    chat: LocalChat, api: Api, http: httpx.AsyncClient
) -> None:
    for language, description in (("de", "Los geht’s"), ("", "Start")):
        command = {"command": "start", "description": description}
        await api("setMyCommands", commands=[command], language_code=language)
    assert (await chat.state())["commands"][0]["description"] == "Start"
    before = await chat.send_text("hello")
    assert (await http.post("/local/me", json={"language": "de"})).json()["me"]["language_code"] == "de"
    state = await chat.state()
    assert (state["me"]["language_code"], state["commands"][0]["description"]) == ("de", "Los geht’s")
    after = await chat.send_text("hallo")
    assert [message["from"]["language_code"] for message in (before, after)] == ["en", "de"]
    told = [update["message"]["from"]["language_code"] for update in await api("getUpdates")]
    assert told == ["en", "de"]


@pytest.mark.parametrize("language", [None, 7, "", "de_AT", "Deutsch bitte", "x" * 80, ["de"]])
async def test_what_is_no_language_is_refused(
    chat: LocalChat, http: httpx.AsyncClient, language: Any
) -> None:
    status, error = await refusal(http, "/local/me", json={"language": language})
    assert (status, error) == (400, "A language is a code such as de or pt-br.")
    assert (await chat.state())["me"]["language_code"] == "en"


async def test_a_text_is_shown_and_delivered(chat: LocalChat, api: Api) -> None:
    first = await chat.send_text("  /find a dog\r\n🐶 @onenet_local_bot  ")
    assert first["text"] == "/find a dog\n🐶 @onenet_local_bot"
    assert [(e["type"], e["offset"], e["length"]) for e in first["entities"]] == [
        ("bot_command", 0, 5),
        ("mention", 15, 17),
    ]
    second = await chat.send_text("this one", reply_to=first)
    assert second["reply_to_message"] == first
    third = await chat.send_text("and that", reply_to=second)
    assert "reply_to_message" not in third["reply_to_message"], "only one level, as on Telegram"
    assert [update["message"] for update in await api("getUpdates")] == [first, second, third]


async def test_private_chat_and_group_are_apart(chat: LocalChat) -> None:
    await chat.send_text("to all", chat_id=GROUP)
    await chat.send_text("to you")
    assert [message["text"] for message in await chat.messages(GROUP)] == ["to all"]
    assert [message["text"] for message in await chat.messages()] == ["to you"]
    assert (await chat.messages(GROUP))[0]["chat"] == {"id": GROUP, "type": "supergroup", "title": "Friends"}


async def test_history_comes_in_pages(chat: LocalChat, http: httpx.AsyncClient) -> None:
    for number in range(5):
        await chat.send_text(str(number))
    last = (await http.get(MESSAGES, params={"limit": 2})).json()["messages"]
    assert [message["text"] for message in last] == ["3", "4"]
    earlier = {"limit": 2, "before": last[0]["message_id"]}
    assert [m["text"] for m in (await http.get(MESSAGES, params=earlier)).json()["messages"]] == ["1", "2"]


async def test_a_text_too_long_for_one_message_becomes_several(chat: LocalChat) -> None:
    await chat.send_text("x" * 5000)
    assert [len(message["text"]) for message in await chat.messages()] == [4096, 904]


async def test_several_photos_are_an_album_with_the_caption_on_the_first(chat: LocalChat) -> None:
    messages = await chat.send_photos([picture()] * 12, caption="look")
    assert messages[0]["caption"] == "look"
    assert "caption" not in messages[1]
    assert len({message["media_group_id"] for message in messages[:10]}) == 1
    assert messages[10]["media_group_id"] == messages[11]["media_group_id"] != messages[0]["media_group_id"]
    (single,) = await chat.send_photos([picture()])
    assert "media_group_id" not in single


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (picture(kind="PNG"), "photo"),
        (picture(kind="WEBP"), "photo"),
        (picture(1, 1), "photo"),
        (heavy(11 * MIB), "photo"),
        (picture(12_000, 300), "document"),
        (picture(500, 20), "document"),
        (picture(kind="TIFF"), "document"),
        (picture(kind="GIF", mode="P", color=1), "document"),
        (picture()[:400], "document"),
        (b"words", "document"),
        (heavy(21 * MIB), "document"),
    ],
)
async def test_what_goes_as_a_photo_and_what_as_a_file(chat: LocalChat, content: bytes, kind: str) -> None:
    (message,) = await chat.send_photos([content])
    assert [key for key in ("photo", "document") if key in message] == [kind]


async def test_a_photo_is_turned_upright_and_scaled_down(chat: LocalChat) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    buffer = io.BytesIO()
    Image.new("RGB", (3000, 1500)).save(buffer, "JPEG", exif=exif)
    (message,) = await chat.send_photos([buffer.getvalue()])
    with Image.open(io.BytesIO(await chat.file(message["photo"][-1]["file_id"]))) as image:
        assert (image.size, image.format) == ((640, 1280), "JPEG")


async def test_a_file_over_20_mb_arrives_but_the_bot_cannot_fetch_it(chat: LocalChat, api: Api) -> None:
    message = await chat.send_document(heavy(21 * MIB))
    file_id = message["document"]["file_id"]
    assert await api.error("getFile", file_id=file_id) == "Bad Request: file is too big"


async def test_a_file_over_50_mb_is_refused_with_a_sentence(http: httpx.AsyncClient, chat: LocalChat) -> None:
    files = {"document": ("big.bin", bytes(50 * MIB + 1))}
    status, sentence = await refusal(http, MESSAGES, files=files)
    assert (status, sentence) == (413, "This file is over 50 MB: choose a smaller one.")
    assert await chat.messages() == []


@pytest.mark.parametrize(
    ("request_", "status", "sentence"),
    [
        ({"data": {"text": "  "}}, 400, "There is nothing to send: write something or choose a file."),
        ({}, 400, "There is nothing to send: write something or choose a file."),
        ({"files": {"photo": ("a.jpg", b"")}}, 400, "“a.jpg” is empty, so there is nothing to send."),
        ({"data": {"text": "x", "reply_to_message_id": "99"}}, 404, "The message you reply to is gone."),
        (
            {"data": {"caption": "x" * 1025}, "files": {"photo": ("a.jpg", picture())}},
            400,
            "A caption has at most 1024 characters; this one has 1025.",
        ),
        (
            {"content": b"--x\r\nbroken", "headers": {"content-type": "multipart/form-data"}},
            400,
            "The page sent something that cannot be read.",
        ),
    ],
)
async def test_what_cannot_be_sent(
    http: httpx.AsyncClient, request_: dict[str, Any], status: int, sentence: str
) -> None:
    assert await refusal(http, MESSAGES, **request_) == (status, sentence)


async def test_wrong_addresses(http: httpx.AsyncClient) -> None:
    for chat_id in ("5", "x"):
        assert await refusal(http, f"/local/chats/{chat_id}/messages") == (404, "There is no such chat.")
    assert await refusal(http, f"/local/chats/{PRIVATE}/callback", json={"data": "x"}) == (
        400,
        "A pressed button needs a message_id and data.",
    )
    pressed = {"message_id": 1, "data": "x"}
    assert (await refusal(http, f"/local/chats/{PRIVATE}/callback", json=pressed))[
        1
    ] == "This button is gone."
    assert (await http.get("/local/files/nonsense")).status_code == 404
    assert (await refusal(http, "/local/gallery/flickr8k")) == (404, "There is no gallery here.")


async def test_a_button_can_only_be_pressed_as_it_is_shown(
    api: Api, chat: LocalChat, http: httpx.AsyncClient
) -> None:
    buttons = {"inline_keyboard": [[{"text": "a", "callback_data": "a"}]]}
    message = await api("sendMessage", text="choose", reply_markup=buttons)
    other = {"message_id": message["message_id"], "data": "b"}
    assert (await refusal(http, f"/local/chats/{PRIVATE}/callback", json=other))[0] == 404
    assert await chat.press(message, "a")


async def test_events_are_replayed_to_a_page_that_lost_its_connection(
    http: httpx.AsyncClient, chat: LocalChat
) -> None:
    seq = (await chat.state())["seq"]
    await chat.send_text("one")
    await chat.send_text("two")
    events = await read_events(http, {"after": str(seq)}, 3)
    assert [event["kind"] for event in events] == ["hello", "message", "message"]
    assert [event["seq"] for event in events] == [seq, seq + 1, seq + 2]
    assert events[0]["reset"] is False
    (missed,) = await read_events(http, {"after": "5"}, 1)
    assert (missed["reset"], missed["seq"]) == (True, seq + 2)


async def read_events(http: httpx.AsyncClient, params: dict[str, str], count: int) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    async with asyncio.timeout(5), http.stream("GET", "/local/events", params=params) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        async for line in stream.aiter_lines():
            if line.startswith("data: "):
                events.append(json.loads(line[6:]))
            if len(events) == count:
                break
    return events


async def test_pictures_are_shown_and_other_files_are_saved(chat: LocalChat, http: httpx.AsyncClient) -> None:
    html = (await chat.send_document(b"<script>alert(1)</script>", "page.html"))["document"]
    svg = (await chat.send_document(b"<svg onload='alert(1)'/>", "a.svg"))["document"]
    image = (await chat.send_document(picture(kind="PNG"), "a.png"))["document"]
    for document in (html, svg):
        answer = await http.get(f"/local/files/{document['file_id']}")
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"].startswith("attachment")
    answer = await http.get(f"/local/files/{image['file_id']}")
    assert answer.headers["content-type"] == "image/png"
    assert "content-disposition" not in answer.headers
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "127.0.0.1.evil.example:80"},
        {"host": "evil.example:8300"},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
async def test_other_sites_are_kept_out(
    http: httpx.AsyncClient, chat: LocalChat, headers: dict[str, str]
) -> None:
    answer = await http.post(MESSAGES, data={"text": "hi"}, headers=headers)
    assert answer.status_code == 403
    assert (await http.get("/local/state", headers=headers)).status_code == 403
    assert await chat.messages() == []


async def test_the_page_itself_is_let_in(http: httpx.AsyncClient, server: LocalServer) -> None:
    headers = {"origin": server.url, "sec-fetch-site": "same-origin"}
    assert (await http.post(MESSAGES, data={"text": "hi"}, headers=headers)).is_success
    host = server.url.removeprefix("http://").replace("127.0.0.1", "localhost")
    local = {"host": host, "origin": f"http://{host}"}
    assert (await http.post(MESSAGES, data={"text": "hi"}, headers=local)).is_success
    assert (await http.get("/", headers={"sec-fetch-site": "cross-site"})).status_code in (200, 404)


async def test_another_site_cannot_act_as_the_bot(http: httpx.AsyncClient, server: LocalServer) -> None:
    address = f"/bot{server.token}/sendMessage"
    fields = {"chat_id": str(PRIVATE), "text": "hi"}
    assert (
        await http.post(address, data=fields, headers={"origin": "http://evil.example"})
    ).status_code == 403


@pytest.mark.parametrize(
    "path", ["/page/../store.py", "/page/%2e%2e/store.py", "/page/..%2fstore.py", "/page//etc/passwd"]
)
async def test_no_way_out_of_the_page_folder(http: httpx.AsyncClient, path: str) -> None:
    assert (
        await http.get(httpx.URL(str(http.base_url)).copy_with(raw_path=path.encode()))
    ).status_code == 404


async def test_no_way_out_of_the_folder_of_files(
    http: httpx.AsyncClient, server: LocalServer, chat: LocalChat
) -> None:
    await chat.send_photos([picture()])
    for path in ("../chat.sqlite3", "photos/../../chat.sqlite3", "%2e%2e/chat.sqlite3"):
        raw = f"/file/bot{server.token}/{path}".encode()
        assert (await http.get(httpx.URL(server.url).copy_with(raw_path=raw))).status_code == 404


@pytest.mark.skipif(not (PAGE_FOLDER / "index.html").is_file(), reason="the page is not written yet")
async def test_the_page_is_served_under_a_strict_policy(http: httpx.AsyncClient) -> None:
    answer = await http.get("/")
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "<script>" not in answer.text


async def test_a_photo_that_cannot_be_converted_goes_as_a_file_and_the_others_as_photos(
    chat: LocalChat,
) -> None:
    sent = await chat.send_photos([picture(), b"not a picture at all"])
    assert sorted(kind for message in sent for kind in ("photo", "document") if kind in message) == [
        "document",
        "photo",
    ]


async def test_history_before_a_number_too_large_for_the_database(http: httpx.AsyncClient) -> None:
    answer = await http.get(f"/local/chats/{PRIVATE}/messages", params={"before": str(10**23)})
    assert answer.status_code == 200
