"""Stickers, videos, GIFs, forwards, edits and the parts of albums, as the bot gets them."""

import io
from typing import Any

import pytest
from PIL import Image

from tests.bot.local.conftest import Api, picture
from tests.bot.local_chat import GROUP, PRIVATE, LocalChat

Json = dict[str, Any]
MIB = 1024 * 1024


async def heard(api: Api, kind: str = "message") -> list[Json]:
    """The messages that the bot has heard of."""
    return [update[kind] for update in await api("getUpdates") if kind in update]


async def opened(chat: LocalChat, photo: Json) -> Image.Image:
    return Image.open(io.BytesIO(await chat.file(photo["file_id"])))


async def test_a_static_sticker_is_its_own_thumbnail(api: Api, chat: LocalChat) -> None:
    content = picture(512, 300, "WEBP")
    sent = await chat.send_sticker(content)
    (message,) = await heard(api)
    assert message == sent
    sticker = message["sticker"]
    assert (sticker["width"], sticker["height"]) == (512, 300)
    assert (sticker["is_animated"], sticker["is_video"]) == (False, False)
    with await opened(chat, sticker["thumbnail"]) as thumbnail:
        assert (thumbnail.size, thumbnail.format) == ((128, 75), "JPEG")
    path = (await api("getFile", file_id=sticker["file_id"]))["file_path"]
    assert path.startswith("stickers/")
    assert path.endswith(".webp")
    assert await chat.file(sticker["file_id"]) == content


@pytest.mark.parametrize(("kind", "flags"), [("animated", (True, False)), ("video", (False, True))])
async def test_moving_stickers_have_the_thumbnail_that_they_are_given(
    api: Api, chat: LocalChat, kind: Any, flags: tuple[bool, bool]
) -> None:
    await chat.send_sticker(b"moves", kind=kind, thumbnail=picture(100, 100))
    await chat.send_sticker(b"moves", kind=kind)
    given, bare = [message["sticker"] for message in await heard(api)]
    assert (given["is_animated"], given["is_video"]) == flags
    assert (given["thumbnail"]["width"], given["width"]) == (100, 512)
    assert "thumbnail" not in bare


async def test_a_video_has_a_thumbnail_and_a_caption(api: Api, chat: LocalChat) -> None:
    sent = await chat.send_video(b"film", thumbnail=picture(1280, 720), caption="/caption")
    (message,) = await heard(api)
    assert message == sent
    video = message["video"]
    assert (video["file_name"], video["mime_type"], video["file_size"]) == ("video.mp4", "video/mp4", 4)
    assert (video["thumbnail"]["width"], video["thumbnail"]["height"]) == (320, 180)
    assert message["caption_entities"][0]["type"] == "bot_command"
    path = (await api("getFile", file_id=video["thumbnail"]["file_id"]))["file_path"]
    answer = await chat._client.get(f"/file/bot{api.token}/{path}")
    with Image.open(io.BytesIO(answer.content)) as thumbnail:
        assert thumbnail.size == (320, 180)


async def test_a_heavy_video_cannot_be_fetched_but_its_thumbnail_can(api: Api, chat: LocalChat) -> None:
    video = (await chat.send_video(bytes(21 * MIB), thumbnail=picture()))["video"]
    assert await api.error("getFile", file_id=video["file_id"]) == "Bad Request: file is too big"
    assert await api("getFile", file_id=video["thumbnail"]["file_id"])


async def test_an_animation_is_also_a_document(api: Api, chat: LocalChat) -> None:
    await chat.send_animation(b"waves", thumbnail=picture(), reply_to=await chat.send_text("hm"))
    message = (await heard(api))[-1]
    assert message["document"]["file_id"] == message["animation"]["file_id"]
    assert message["document"]["thumbnail"] == message["animation"]["thumbnail"]
    assert message["reply_to_message"]["text"] == "hm"
    assert "media_group_id" not in message


@pytest.mark.parametrize(
    ("kind", "name"), [("sticker", "Sticker"), ("video", "Video"), ("animation", "Animation")]
)
async def test_none_of_them_can_be_sent_as_a_photo(api: Api, chat: LocalChat, kind: str, name: str) -> None:
    message = await getattr(chat, f"send_{kind}")(b"x", thumbnail=picture())
    refused = await api.error("sendPhoto", photo=message[kind]["file_id"])
    assert refused == f"Bad Request: can't use file of type {name} as Photo"
    refused = await api.error("sendPhoto", photo=message[kind]["thumbnail"]["file_id"])
    assert refused == "Bad Request: can't use file of type Thumbnail as Photo"


async def test_a_photo_sent_before_is_sent_by_its_id(api: Api, chat: LocalChat) -> None:
    (first,) = await chat.send_photos([picture()])
    person = await chat.new_person()
    again = await chat.send_photos([first["photo"][-1]["file_id"], picture(color="red")], chat_id=person)
    assert again[0]["photo"] == first["photo"]
    assert again[1]["photo"] != first["photo"]
    assert again[0]["media_group_id"] == again[1]["media_group_id"]
    assert [message["chat"]["id"] for message in await heard(api)] == [PRIVATE, person, person]
    with pytest.raises(AssertionError, match="There is no photo with this id"):
        await chat.send_photos(["nonsense"])
    document = await chat.send_document(b"x")
    with pytest.raises(AssertionError, match="There is no photo with this id"):
        await chat.send_photos([document["document"]["file_id"]])


async def test_parts_of_an_album_can_come_apart(api: Api, chat: LocalChat) -> None:
    await chat.send_photos([picture()], caption="one", album="77")
    await chat.send_text("in between")
    await chat.send_photos([picture()], album="77")
    first, _, second = await heard(api)
    assert first["media_group_id"] == second["media_group_id"] == "77"


async def test_a_forwarded_message_tells_whose_it_was(api: Api, chat: LocalChat) -> None:
    person = await chat.new_person("Bo")
    (photo,) = await chat.send_photos([picture()], caption="#look", chat_id=GROUP, sender=person)
    (once,) = await chat.forward(photo)
    (twice,) = await chat.forward(once, chat_id=GROUP)
    (nameless,) = await chat.forward(photo, hidden=True)
    assert [message["message_id"] for message in await heard(api)][1:] == [1, 2, 2]
    for message in (once, twice):
        assert message["photo"] == photo["photo"]
        assert (message["caption"], message["caption_entities"][0]["type"]) == ("#look", "hashtag")
        origin = message["forward_origin"]
        assert (origin["type"], origin["sender_user"]["id"], origin["date"]) == (
            "user",
            person,
            photo["date"],
        )
    assert (once["from"]["id"], once["chat"]["id"]) == (PRIVATE, PRIVATE)
    assert nameless["forward_origin"]["sender_user_name"] == "Bo"


async def test_a_forwarded_album_stays_one(chat: LocalChat) -> None:
    album = await chat.send_photos([picture(), picture(color="red")])
    forwarded = await chat.forward(*album, chat_id=GROUP)
    ids = {message["media_group_id"] for message in forwarded}
    assert len(ids) == 1
    assert ids != {album[0]["media_group_id"]}
    (single,) = await chat.forward(album[0])
    assert "media_group_id" not in single


async def test_an_answer_of_the_bot_is_forwarded_without_its_buttons(api: Api, chat: LocalChat) -> None:
    buttons = {"inline_keyboard": [[{"text": "a", "callback_data": "a"}]]}
    answer = await api("sendMessage", text="answer", reply_markup=buttons)
    (message,) = await chat.forward(answer, chat_id=GROUP)
    assert message["forward_origin"]["sender_user"]["is_bot"]
    assert "reply_markup" not in message


async def test_edited_messages_come_as_such(api: Api, chat: LocalChat) -> None:
    text = await chat.send_text("/fnd a dog")
    (photo,) = await chat.send_photos([picture()], caption="one")
    await chat.edit(text, text="/find a dog")
    await chat.edit(photo, caption="two #dogs")
    bare = await chat.edit(photo, caption="")
    edits = await heard(api, "edited_message")
    assert [edit.get("text", edit.get("caption")) for edit in edits] == ["/find a dog", "two #dogs", None]
    assert [edit["message_id"] for edit in edits] == [1, 2, 2]
    assert all(edit["edit_date"] >= edit["date"] for edit in edits)
    assert edits[0]["entities"][0]["length"] == 5
    assert edits[1]["photo"] == photo["photo"]
    assert "caption_entities" not in bare
    assert await chat.message(photo) == bare
    assert (await chat.wait_for_event("edited", lambda event: event["message"] == bare))["seq"]


async def test_only_ones_own_messages_can_be_edited(api: Api, chat: LocalChat) -> None:
    answer = await api("sendMessage", text="mine")
    with pytest.raises(AssertionError, match="The bot acts by itself"):
        await chat.edit(answer, text="yours")
    text = await chat.send_text("x", chat_id=GROUP)
    person = await chat.new_person()
    ids = {"message_id": text["message_id"], "sender": person}
    with pytest.raises(AssertionError, match="Only the one who wrote"):
        await chat._post(f"/local/chats/{GROUP}/edit", **ids, text="y")
    with pytest.raises(AssertionError, match="needs the text, or the caption"):
        await chat.edit(text, caption="y")
    assert await heard(api, "edited_message") == []


async def test_a_deleted_message_is_gone_without_a_word_to_the_bot(api: Api, chat: LocalChat) -> None:
    message = await chat.send_text("oops", chat_id=GROUP)
    reply = await api("sendMessage", chat_id=GROUP, text="re", reply_to_message_id=message["message_id"])
    await chat.delete(message)
    assert await chat.messages(GROUP) == [reply], "the answer stays"
    assert len(await api("getUpdates")) == 1
    assert await api.error(
        "sendMessage", chat_id=GROUP, text="re", reply_to_message_id=message["message_id"]
    ) == ("Bad Request: message to be replied not found")
    with pytest.raises(AssertionError, match="This message is gone"):
        await chat.delete(message)


async def test_a_bot_that_is_an_administrator_deletes_what_others_wrote(api: Api, chat: LocalChat) -> None:
    message = await chat.send_text("spam", chat_id=GROUP)
    ids = {"chat_id": GROUP, "message_id": message["message_id"]}
    assert await api.error("deleteMessage", **ids) == "Bad Request: message can't be deleted"
    await chat.set_admin(GROUP, chat.bot_id)
    assert await api("deleteMessage", **ids)


async def test_another_person_presses_a_button(api: Api, chat: LocalChat) -> None:
    buttons = {"inline_keyboard": [[{"text": "More", "callback_data": "more"}]]}
    message = await api("sendMessage", chat_id=GROUP, text="choose", reply_markup=buttons)
    person = await chat.new_person(language="zh-hans")
    query_id = await chat.press(message, "More", sender=person)
    (query,) = await heard(api, "callback_query")
    assert (query["id"], query["from"]["language_code"]) == (query_id, "zh-hans")
    assert query["message"]["chat"]["id"] == GROUP


async def test_a_file_of_data_arrives_whole(api: Api, chat: LocalChat) -> None:
    content = b'{"photos": []}'
    message = await api("sendDocument", {"document": ("export.json", content, "application/json")})
    assert message["document"]["mime_type"] == "application/json"
    assert await chat.file(message["document"]["file_id"]) == content


async def test_a_picture_is_put_in_the_place_of_words(api: Api, chat: LocalChat) -> None:
    words = await api("sendMessage", chat_id=GROUP, text="soon")
    edited = await api(
        "editMessageMedia",
        {"picture": ("1.jpg", picture(900, 900))},
        chat_id=GROUP,
        message_id=words["message_id"],
        media={"type": "photo", "media": "attach://picture", "caption": "now"},
    )
    assert (edited["photo"][-1]["width"], edited["caption"]) == (900, "now")
    assert "text" not in edited
    assert await chat.message(words) == edited


async def test_a_picture_is_put_in_the_place_of_another(api: Api, chat: LocalChat) -> None:
    buttons = {"inline_keyboard": [[{"text": "Next", "callback_data": "next"}]]}
    sheet = await api("sendPhoto", {"photo": ("1.jpg", picture())}, chat_id=GROUP, reply_markup=buttons)
    media = {"type": "photo", "media": "attach://sheet", "caption": "<b>2</b>", "parse_mode": "HTML"}
    edited = await api(
        "editMessageMedia",
        {"sheet": ("2.jpg", picture(900, 900, color="red"))},
        chat_id=GROUP,
        message_id=sheet["message_id"],
        media=media,
        reply_markup=buttons,
    )
    assert (edited["photo"][-1]["width"], edited["caption"]) == (900, "2")
    assert edited["reply_markup"] == buttons
    assert await chat.message(sheet) == edited
