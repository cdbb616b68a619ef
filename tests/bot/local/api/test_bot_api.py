"""The Bot API over real HTTP; every result is checked against Telegram's own description."""

import asyncio
import io
import json
from typing import Any

import httpx
import pytest
from PIL import Image

from bot.local import LocalServer
from bot.local.api.methods.registry import METHODS
from tests.bot.conftest import until
from tests.bot.local import schema
from tests.bot.local.conftest import Api, picture
from tests.bot.local_chat import GROUP, PRIVATE, LocalChat


def keyboard(**button: str) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": "More", **button}]]}


KEYBOARD = keyboard(callback_data="more")
TOO_BIG = "file of size 10485761 bytes is too big for a photo"


async def test_the_bot_learns_who_it_is(api: Api) -> None:
    me = await api("getMe")
    assert (me["id"], me["is_bot"], me["username"]) == (42, True, "onenet_local_bot")


async def test_a_wrong_token_and_an_unknown_method(http: httpx.AsyncClient, api: Api) -> None:
    answer = await http.post("/bot42:wrong/getMe")
    assert answer.status_code == 401
    assert answer.json() == {"ok": False, "error_code": 401, "description": "Unauthorized"}
    assert (await api.post("flyToTheMoon")) == {"ok": False, "error_code": 404, "description": "Not Found"}
    assert (await http.get("/file/bot42:wrong/photos/x.jpg")).status_code == 401


async def test_fields_come_urlencoded_as_multipart_as_json_or_in_the_address(
    http: httpx.AsyncClient, server: LocalServer
) -> None:
    address = f"/bot{server.token}/sendMessage"
    fields = {"chat_id": str(PRIVATE), "text": "hi"}
    answers = [
        await http.post(address, data=fields),
        await http.post(address, data=fields, files={"unused": b"x"}),
        await http.post(address, json={"chat_id": PRIVATE, "text": "hi"}),
        await http.get(address.lower().replace("bot42:secret", f"bot{server.token}"), params=fields),
    ]
    assert [answer.json()["result"]["text"] for answer in answers] == ["hi"] * 4
    wrong = await http.post(address, content=b"[1", headers={"content-type": "application/json"})
    assert wrong.json()["error_code"] == 400


async def test_a_message_has_text_entities_buttons_and_a_reply(api: Api, chat: LocalChat) -> None:
    question = await chat.send_text("hello")
    message = await api(
        "sendMessage",
        text="<b>bold 🐶</b> /help",
        parse_mode="HTML",
        reply_markup=KEYBOARD,
        reply_parameters={"message_id": question["message_id"]},
        link_preview_options={"is_disabled": True},
    )
    assert message["text"] == "bold 🐶 /help"
    assert message["entities"] == [
        {"type": "bold", "offset": 0, "length": 7},
        {"type": "bot_command", "offset": 8, "length": 5},
    ]
    assert message["reply_markup"] == KEYBOARD
    assert message["reply_to_message"]["text"] == "hello"
    assert (await chat.messages())[-1] == message
    assert (await chat.wait_for_event("message", lambda e: e["message"] == message))["kind"] == "message"


async def test_half_a_character_breaks_nothing(
    http: httpx.AsyncClient, server: LocalServer, chat: LocalChat
) -> None:
    body = b'{"chat_id": 1001, "text": "half \\ud83d of a dog"}'
    headers = {"content-type": "application/json"}
    answer = await http.post(f"/bot{server.token}/sendMessage", content=body, headers=headers)
    assert answer.json()["result"]["text"] == "half \ufffd of a dog"
    assert len(await chat.messages()) == 1


async def test_entities_given_by_the_bot_are_kept(api: Api) -> None:
    entities = [{"type": "italic", "offset": 0, "length": 2}]
    assert (await api("sendMessage", text="hi <b>", entities=entities))["entities"] == entities


@pytest.mark.parametrize(
    ("fields", "description"),
    [
        ({"text": ""}, "message text is empty"),
        ({"text": " \n "}, "text must be non-empty"),
        ({"text": "x" * 4097}, "message is too long"),
        ({"text": "hi", "chat_id": 5}, "chat not found"),
        ({"text": "hi", "chat_id": ""}, "chat_id is empty"),
        (
            {"text": "x</b>", "parse_mode": "HTML"},
            "can't parse entities: Unexpected end tag at byte offset 1",
        ),
        ({"text": "hi", "reply_parameters": {"message_id": 999}}, "message to be replied not found"),
        ({"text": "hi", "reply_to_message_id": 999}, "message to be replied not found"),
        ({"text": "hi", "reply_markup": "{"}, "can't parse reply keyboard markup JSON object"),
        ({"text": "hi", "reply_markup": keyboard(callback_data="é" * 33)}, "BUTTON_DATA_INVALID"),
        ({"text": "hi", "reply_markup": keyboard()}, "text buttons are unallowed in the inline keyboard"),
    ],
)
async def test_messages_that_telegram_refuses(api: Api, fields: dict[str, Any], description: str) -> None:
    assert await api.error("sendMessage", **fields) == f"Bad Request: {description}"


async def test_limits_hold_exactly(api: Api) -> None:
    assert len((await api("sendMessage", text="🐶" * 4096))["text"]) == 4096
    assert len((await api("sendMessage", text=f"<b>{'x' * 4096}</b>", parse_mode="HTML"))["text"]) == 4096
    data = {"inline_keyboard": [[{"text": "x", "callback_data": "é" * 32}]]}
    assert (await api("sendMessage", text="hi", reply_markup=data))["reply_markup"] == data
    photo = {"photo": ("a.jpg", picture())}
    assert len((await api("sendPhoto", photo, caption="x" * 1024))["caption"]) == 1024
    assert (
        await api.error("sendPhoto", photo, caption="x" * 1025) == "Bad Request: message caption is too long"
    )


async def test_a_reply_to_nothing_may_be_sent_all_the_same(api: Api) -> None:
    lenient = {"message_id": 999, "allow_sending_without_reply": True}
    assert "reply_to_message" not in await api("sendMessage", text="hi", reply_parameters=lenient)


async def test_a_photo_has_sizes_and_can_be_downloaded_and_sent_again(
    api: Api, http: httpx.AsyncClient
) -> None:
    message = await api(
        "sendPhoto", {"photo": ("a.png", picture(2000, 1000, "PNG"))}, caption="<i>x</i>", parse_mode="HTML"
    )
    assert [(s["width"], s["height"]) for s in message["photo"]] == [
        (90, 45),
        (320, 160),
        (800, 400),
        (1280, 640),
    ]
    assert message["caption_entities"] == [{"type": "italic", "offset": 0, "length": 1}]
    again = await api("sendPhoto", photo=message["photo"][0]["file_id"])
    assert again["photo"] == message["photo"]
    file = await api("getFile", file_id=message["photo"][-1]["file_id"])
    answer = await http.get(f"/file/bot{api.token}/{file['file_path']}")
    assert (answer.headers["content-type"], len(answer.content)) == ("image/jpeg", file["file_size"])


async def test_a_document_keeps_its_bytes_and_name(api: Api, http: httpx.AsyncClient) -> None:
    message = await api("sendDocument", {"document": ("../täst.txt", b"words", "text/plain")})
    document = message["document"]
    assert (document["file_name"], document["mime_type"], document["file_size"]) == (
        "täst.txt",
        "text/plain",
        5,
    )
    file = await api("getFile", file_id=document["file_id"])
    assert (await http.get(f"/file/bot{api.token}/{file['file_path']}")).content == b"words"
    assert (await api("sendDocument", document=document["file_id"]))["document"] == document


@pytest.mark.parametrize(
    ("content", "description"),
    [
        (b"", "file must be non-empty"),
        (b"no picture", "IMAGE_PROCESS_FAILED"),
        (picture()[:300], "IMAGE_PROCESS_FAILED"),
        (picture(9000, 1001, "PNG"), "PHOTO_INVALID_DIMENSIONS"),
        (picture(210, 10), "PHOTO_INVALID_DIMENSIONS"),
        (bytes(10485761), f"{TOO_BIG}; the maximum size is 10485760 bytes"),
    ],
)
async def test_photos_that_telegram_refuses(api: Api, content: bytes, description: str) -> None:
    assert await api.error("sendPhoto", {"photo": ("a.jpg", content)}) == f"Bad Request: {description}"


@pytest.mark.parametrize(
    ("method", "field", "value", "description"),
    [
        ("sendPhoto", "photo", "", "there is no photo in the request"),
        ("sendDocument", "document", "", "there is no document in the request"),
        ("sendPhoto", "photo", "nonsense", "wrong file identifier/HTTP URL specified"),
        ("sendPhoto", "photo", "https://example.org/a.jpg", "failed to get HTTP URL content"),
        ("getFile", "file_id", "nonsense", "invalid file_id"),
        ("getFile", "file_id", "", "file_id not specified"),
    ],
)
async def test_files_that_are_not_there(
    api: Api, method: str, field: str, value: str, description: str
) -> None:
    assert await api.error(method, **{field: value}) == f"Bad Request: {description}"


async def test_a_photo_is_no_document(api: Api) -> None:
    photo = (await api("sendPhoto", {"photo": ("a.jpg", picture())}))["photo"][0]["file_id"]
    assert (
        await api.error("sendDocument", document=photo)
        == "Bad Request: can't use file of type Photo as Document"
    )


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF", "BMP", "TIFF"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "1", "CMYK", "I;16"])
async def test_every_kind_of_picture_becomes_a_jpeg(api: Api, chat: LocalChat, kind: str, mode: str) -> None:
    color: Any = {"RGBA": (200, 0, 0, 128), "CMYK": (0, 200, 200, 0), "RGB": "red"}.get(mode, 1)
    try:
        content = picture(40, 30, kind, color, mode)
        Image.open(io.BytesIO(content)).load()  # older Pillows write a BMP that nobody can read
    except (OSError, ValueError):
        pytest.skip(f"{kind} has no {mode}")
    message = await api("sendPhoto", {"photo": ("a", content)})
    jpeg = await chat.file(message["photo"][-1]["file_id"])
    assert jpeg[:2] == b"\xff\xd8"


async def test_an_album_mixes_uploads_and_file_ids(api: Api, chat: LocalChat) -> None:
    known = (await api("sendPhoto", {"photo": ("a.jpg", picture())}))["photo"]
    media = [
        {"type": "photo", "media": "attach://first", "caption": "<b>1</b>", "parse_mode": "HTML"},
        {"type": "photo", "media": known[0]["file_id"], "caption": "2"},
    ]
    messages = await api("sendMediaGroup", {"first": ("b.jpg", picture(color="red"))}, media=media)
    assert [message["caption"] for message in messages] == ["1", "2"]
    assert messages[1]["photo"] == known
    assert len({message["media_group_id"] for message in messages}) == 1
    assert (await chat.messages())[-2:] == messages


@pytest.mark.parametrize(
    ("count", "kinds", "description"),
    [
        (1, ("photo",), "too few messages to send as an album"),
        (11, ("photo",), "too many messages to send as an album"),
        (2, ("photo", "document"), "document can't be mixed with other media types"),
        (
            2,
            ("photo",),
            'failed to send message #1 with the error message "wrong file identifier/HTTP URL specified"',
        ),
    ],
)
async def test_albums_that_telegram_refuses(
    api: Api, count: int, kinds: tuple[str, ...], description: str
) -> None:
    media = [{"type": kinds[n % len(kinds)], "media": "nonsense"} for n in range(count)]
    assert await api.error("sendMediaGroup", media=media) == f"Bad Request: {description}"


async def test_editing_text_buttons_caption_and_media(api: Api, chat: LocalChat) -> None:
    message = await api("sendMessage", text="one", reply_markup=KEYBOARD)
    ids = {"message_id": message["message_id"]}
    edited = await api("editMessageText", text="two", reply_markup=KEYBOARD, **ids)
    assert (edited["text"], edited["reply_markup"], edited["edit_date"] > 0) == ("two", KEYBOARD, True)
    assert "reply_markup" not in await api("editMessageReplyMarkup", **ids)
    assert (await chat.message(message))["text"] == "two"
    photo = await api("sendPhoto", {"photo": ("a.jpg", picture())}, caption="one")
    ids = {"message_id": photo["message_id"]}
    assert (await api("editMessageCaption", caption="two", **ids))["photo"] == photo["photo"]
    media = {"type": "photo", "media": "attach://new", "caption": "three"}
    changed = await api("editMessageMedia", {"new": ("b.jpg", picture(color="red"))}, media=media, **ids)
    assert changed["caption"] == "three"
    assert changed["photo"] != photo["photo"]
    assert (await chat.wait_for_event("edited", lambda e: e["message"] == changed))["seq"]


async def test_edits_that_telegram_refuses(api: Api, chat: LocalChat) -> None:
    mine = await chat.send_text("mine")
    text = await api("sendMessage", text="one", reply_markup=KEYBOARD)
    photo = await api("sendPhoto", {"photo": ("a.jpg", picture())})
    same = {"message_id": text["message_id"], "text": "one", "reply_markup": KEYBOARD}
    not_modified = (
        "Bad Request: message is not modified: specified new message content and reply markup are exactly "
        "the same as a current content and reply markup of the message"
    )
    assert await api.error("editMessageText", **same) == not_modified
    assert await api.error("editMessageReplyMarkup", message_id=photo["message_id"]) == not_modified
    refused = {
        "message to edit not found": {"message_id": 999, "text": "x"},
        "message identifier is not specified": {"text": "x"},
        "message can't be edited": {"message_id": mine["message_id"], "text": "x"},
        "there is no text in the message to edit": {"message_id": photo["message_id"], "text": "x"},
    }
    for description, fields in refused.items():
        assert await api.error("editMessageText", **fields) == f"Bad Request: {description}"
    no_caption = await api.error("editMessageCaption", message_id=text["message_id"], caption="x")
    assert no_caption == "Bad Request: there is no caption in the message to edit"


async def test_deleting(api: Api, chat: LocalChat) -> None:
    message = await api("sendMessage", text="gone soon")
    ids = {"message_id": message["message_id"]}
    assert await api("deleteMessage", **ids) is True
    assert message not in await chat.messages()
    assert (await chat.wait_for_event("deleted"))["message_id"] == message["message_id"]
    assert await api.error("deleteMessage", **ids) == "Bad Request: message to delete not found"
    later = await api("sendMessage", text="next")
    assert later["message_id"] > message["message_id"], "a number is never given twice"
    mine = await chat.send_text("mine", chat_id=GROUP)
    group = {"chat_id": GROUP, "message_id": mine["message_id"]}
    assert await api.error("deleteMessage", **group) == "Bad Request: message can't be deleted"


async def test_pressing_a_button(api: Api, chat: LocalChat) -> None:
    message = await api("sendMessage", text="choose", reply_markup=KEYBOARD)
    query_id = await chat.press(message, "More")
    (update,) = await api("getUpdates")
    query = update["callback_query"]
    assert (query["id"], query["data"], query["message"]) == (query_id, "more", message)
    assert await api("answerCallbackQuery", callback_query_id=query_id, text="Here", show_alert=True) is True
    event = await chat.wait_for_event("callback_answer")
    assert (event["callback_query_id"], event["text"], event["show_alert"]) == (query_id, "Here", True)
    too_old = "Bad Request: query is too old and response timeout expired or query ID is invalid"
    assert await api.error("answerCallbackQuery", callback_query_id="7") == too_old
    long = await api.error("answerCallbackQuery", callback_query_id=query_id, text="x" * 201)
    assert long == "Bad Request: MESSAGE_TOO_LONG"


async def test_chat_actions(api: Api, chat: LocalChat) -> None:
    assert await api("sendChatAction", action="upload_photo") is True
    event = await chat.wait_for_event("action")
    assert (event["chat_id"], event["action"]) == (PRIVATE, "upload_photo")
    assert (
        await api.error("sendChatAction", action="dance") == "Bad Request: wrong parameter action in request"
    )


async def test_chats_and_members(api: Api) -> None:
    assert (await api("getChat", chat_id=PRIVATE))["type"] == "private"
    assert (await api("getChat", chat_id=GROUP))["type"] == "supergroup"
    assert (await api("getChatMember", chat_id=GROUP, user_id=1001))["status"] == "creator"
    assert (await api("getChatMember", chat_id=GROUP, user_id=42))["status"] == "member"
    assert await api("logOut")
    assert await api("close")


async def test_updates_stay_until_they_are_confirmed(api: Api, chat: LocalChat) -> None:
    for text in ("one", "two", "three"):
        await chat.send_text(text)
    updates = await api("getUpdates")
    assert [update["message"]["text"] for update in updates] == ["one", "two", "three"]
    assert await api("getUpdates", limit=1) == updates[:1]
    assert await api("getUpdates", offset=updates[1]["update_id"]) == updates[1:]
    assert await api("getUpdates", offset=-1) == updates[2:]
    assert (await api("getWebhookInfo"))["pending_update_count"] == 1
    assert await api("getUpdates", offset=updates[2]["update_id"] + 1) == []


async def test_a_long_poll_ends_with_the_first_message(api: Api, chat: LocalChat) -> None:
    poll = asyncio.create_task(api("getUpdates", timeout=20))
    await asyncio.sleep(0.05)
    await chat.send_text("wake up")
    (update,) = await asyncio.wait_for(poll, 5)
    assert update["message"]["text"] == "wake up"


async def test_a_second_poll_ends_the_first(api: Api, server: LocalServer) -> None:
    first = asyncio.create_task(api.post("getUpdates", timeout=20))
    await until(lambda: any(method == "getUpdates" for method, _ in list(server.requests)))
    assert await api("getUpdates") == []
    assert (await asyncio.wait_for(first, 5))["error_code"] == 409


async def test_only_wanted_kinds_of_updates_come(api: Api, chat: LocalChat) -> None:
    message = await api("sendMessage", text="choose", reply_markup=KEYBOARD)
    await api("getUpdates", allowed_updates=["callback_query"])
    await chat.send_text("unheard")
    await chat.press(message, "More")
    (update,) = await api("getUpdates")
    assert "callback_query" in update
    await api("getUpdates", allowed_updates=[], offset=-1)
    await chat.send_text("heard")
    assert "message" in (await api("getUpdates"))[-1]


async def test_every_picture_a_person_sends_reaches_the_bot_as_described(api: Api, chat: LocalChat) -> None:
    await chat.send_photos([picture(), picture(color="red")], caption="two @onenet_local_bot", chat_id=GROUP)
    await chat.send_document(b"words", "a.txt", caption="#file")
    updates = await api("getUpdates")
    assert [sorted(update["message"].keys() & {"photo", "document", "caption"}) for update in updates] == [
        ["caption", "photo"],
        ["photo"],
        ["caption", "document"],
    ]
    assert updates[0]["message"]["caption_entities"][0]["type"] == "mention"


async def test_requests_are_seen_with_their_fields(api: Api, server: LocalServer) -> None:
    media = [{"type": "photo", "media": "attach://a"}, {"type": "photo", "media": "attach://b"}]
    await api("sendMediaGroup", {"a": picture(), "b": picture(color="red")}, media=media)
    await api("sendMessage", text="hi", reply_markup=KEYBOARD)
    assert [request.method for request in server.requests] == ["sendMediaGroup", "sendMessage"]
    assert json.loads(server.requests[1].fields["reply_markup"]) == KEYBOARD
    if schema.is_available():
        schema.check_requests(server.requests)


@schema.needs_bot_api
@pytest.mark.parametrize("method", sorted(set(METHODS) - {"getUpdates", "close", "logOut"}))
async def test_nonsense_in_any_field_is_refused_and_breaks_nothing(
    api: Api, chat: LocalChat, method: str
) -> None:
    message = await api("sendMessage", text="here", reply_markup=KEYBOARD)
    sound = {"chat_id": PRIVATE, "message_id": message["message_id"], "text": "x", "action": "typing"}
    fields = {field["name"] for field in schema.bot_api()["methods"][method].get("fields", [])}
    for name in sorted(fields):
        for nonsense in ("-1", "[1]", "{}", '{"inline_keyboard": [[1]]}', '[{"type": 1}]'):
            answer = await api.post(
                method, **{**{k: v for k, v in sound.items() if k in fields}, name: nonsense}
            )
            assert answer["ok"] or answer["error_code"] == 400, f"{name}={nonsense}: {answer}"
    assert await chat.messages() is not None


@pytest.mark.parametrize(
    ("method", "name", "kind"),
    [
        ("sendSticker", "a.webp", "sticker"),
        ("sendVideo", "a.mp4", "video"),
        ("sendAnimation", "a.gif", "animation"),
    ],
)
async def test_clips_are_uploaded_and_sent_again(
    api: Api, chat: LocalChat, method: str, name: str, kind: str
) -> None:
    content = picture(512, 512, "WEBP")
    files = {
        kind: (name, content, "application/octet-stream"),
        "thumbnail": ("t.jpg", picture(), "image/jpeg"),
    }
    sent = await api(method, files)
    assert await chat.file(sent[kind]["file_id"]) == content
    assert sent[kind]["thumbnail"]["width"] <= 320
    assert (await api(method, **{kind: sent[kind]["file_id"]}))[kind] == sent[kind]
    assert await api.error(method) == f"Bad Request: there is no {kind} in the request"
    assert await api.error(method, {kind: (name, b"", "x/y")}) == "Bad Request: file must be non-empty"


async def test_an_uploaded_sticker_is_of_the_kind_that_its_name_tells(api: Api) -> None:
    animated = await api("sendSticker", {"sticker": ("a.tgs", b"x", "application/x-tgsticker")})
    assert (animated["sticker"]["is_animated"], animated["sticker"]["is_video"]) == (True, False)
    video = await api("sendSticker", {"file": ("a.webm", b"x", "video/webm")}, sticker="attach://file")
    assert (video["sticker"]["is_animated"], video["sticker"]["is_video"]) == (False, True)
