"""Whatever carries a picture: stickers, videos, GIFs, forwarded photos, replies to any of them."""

import io
from typing import Any

import pytest
from PIL import Image
from telegram import Update

from bot.photos.fetching import NO_PREVIEW, NOT_AN_IMAGE, TOO_LARGE
from tests.bot.conftest import Bot, buttons, is_photo, is_silent_about, is_text, jpeg, shown
from tests.bot.local_chat import GROUP, PRIVATE

GIF = "A red wall\nI looked at the preview of the GIF, one picture of it."
VIDEO = "A red wall\nI looked at the preview of the video, one picture of it."
STICKER = "A red wall\nI looked at the preview of the sticker, one picture of it."


def webp(colour: str) -> bytes:
    """A sticker: the colour in the middle of nothing."""
    image = Image.new("RGBA", (512, 512), (0, 0, 0, 0))
    image.paste(Image.open(io.BytesIO(jpeg(colour, (400, 400)))), (56, 56))
    content = io.BytesIO()
    image.save(content, "WEBP", lossless=True)
    return content.getvalue()


async def send(bot: Bot, kind: str, **options: Any) -> dict[str, Any]:
    if kind in ("animated", "video sticker"):
        sticker = {"animated": "animated", "video sticker": "video"}[kind]
        return await bot.chat.send_sticker(b"played", kind=sticker, thumbnail=jpeg("red"), **options)  # type: ignore[arg-type]
    if kind == "video":
        return await bot.chat.send_video(b"played", thumbnail=jpeg("red"), **options)
    return await bot.chat.send_animation(b"played", thumbnail=jpeg("red"), **options)


MOVING = [("animated", STICKER), ("video sticker", STICKER), ("video", VIDEO), ("animation", GIF)]


async def test_a_sticker_is_captioned_as_it_is(bot: Bot) -> None:
    sent = await bot.chat.send_sticker(webp("green"))
    assert (await bot.chat.wait_for(after=sent))["text"] == "A green wall"


async def test_a_sticker_gets_a_caption_alone(bot: Bot) -> None:
    await bot.fill_gallery("red", "green")
    sent = await bot.chat.send_sticker(webp("green"))
    answer = await bot.chat.wait_for(after=sent)
    assert answer["text"] == "A green wall"
    assert "More like this" in buttons(answer)
    assert await is_silent_about(bot, answer)


@pytest.mark.parametrize(("kind", "text"), MOVING)
async def test_what_moves_is_captioned_by_its_preview_and_that_is_said(
    bot: Bot, kind: str, text: str
) -> None:
    sent = await send(bot, kind)
    answer = await bot.chat.wait_for(after=sent)
    assert answer["text"] == text
    await bot.chat.press(answer, "Another caption")
    await bot.chat.wait_for_event("edited")
    assert (await bot.chat.message(answer))["text"] == text.replace("wall", "wall in the sun")


@pytest.mark.parametrize(("kind", "text"), MOVING)
async def test_caption_and_similar_in_reply_to_what_moves(bot: Bot, kind: str, text: str) -> None:
    await bot.fill_gallery("red", "green")
    sent = await send(bot, kind, chat_id=GROUP)
    assert await is_silent_about(bot, sent)
    reply = await bot.chat.send_text("/caption", chat_id=GROUP, reply_to=sent)
    assert (await bot.chat.wait_for(after=reply))["text"] == text
    reply = await bot.chat.send_text("/similar", chat_id=GROUP, reply_to=sent)
    note = text.split("\n")[1]
    beginning = f"The most similar photos:\n\n{note}\n\n1. 1.00 red.jpg\n2. "
    assert (await bot.chat.wait_for(after=reply))["caption"].startswith(beginning)


async def test_stickers_in_reply_to_the_bot_are_remarks_in_a_group_and_captioned_when_asked(bot: Bot) -> None:
    asked = await bot.chat.send_text("/about", chat_id=GROUP)
    answer = await bot.chat.wait_for(after=asked)
    sent = await bot.chat.send_sticker(webp("blue"), chat_id=GROUP, reply_to=answer)
    assert await is_silent_about(bot, sent)
    command = await bot.chat.send_text("/caption", chat_id=GROUP, reply_to=sent)
    assert (await bot.chat.wait_for(after=command))["text"] == "A blue wall"


async def test_a_video_with_the_bots_name_or_a_command(bot: Bot) -> None:
    for caption in ("@onenet_local_bot", "/caption"):
        sent = await send(bot, "video", caption=caption, chat_id=GROUP)
        assert (await bot.chat.wait_for(after=sent))["text"] == VIDEO


async def test_what_has_no_preview_gets_a_sentence(bot: Bot) -> None:
    sent = await bot.chat.send_video(b"played")
    assert (await bot.chat.wait_for(after=sent))["text"] == NO_PREVIEW
    sent = await bot.chat.send_text("/caption", reply_to=sent)
    assert (await bot.chat.wait_for(after=sent))["text"] == NO_PREVIEW


async def test_a_forwarded_photo_is_a_photo(bot: Bot) -> None:
    [photo] = await bot.chat.send_photos([jpeg("blue")], chat_id=GROUP)
    [sent] = await bot.chat.forward(photo)
    assert (await bot.chat.wait_for(after=sent))["text"] == "A blue wall"


async def test_a_forwarded_album_is_one_question(bot: Bot) -> None:
    photos = await bot.chat.send_photos([jpeg("blue"), jpeg("red")], chat_id=GROUP)
    sent = await bot.chat.forward(*photos)
    assert (await bot.chat.wait_for(after=sent[-1]))["text"] == "1. A blue wall\n2. A red wall"


@pytest.mark.parametrize("size", [(12_000, 40), (40, 12_000)])
async def test_panoramas_as_files(bot: Bot, size: tuple[int, int]) -> None:
    sent = await bot.chat.send_document(jpeg("blue", size), "wide.jpg", chat_id=GROUP, caption="/caption")
    assert (await bot.chat.wait_for(after=sent))["text"] == "A blue wall"


@pytest.mark.parametrize("content", [b"", b"RIFF....WEBP broken"])
async def test_broken_stickers_and_previews_get_a_sentence(bot: Bot, content: bytes) -> None:
    [photo] = await bot.chat.send_photos([jpeg("red")], chat_id=GROUP)
    broken = await bot.chat.send_document(content or b" ", "sticker.webp", chat_id=GROUP)
    for kind in ("sticker", "video", "video_note", "animation"):
        file = {name: broken["document"][name] for name in ("file_id", "file_unique_id")}
        await said(bot, kind, file, after=photo, expected="not an image")


async def said(
    bot: Bot, kind: str, file: dict[str, Any], *, after: dict[str, Any], expected: str, **content: Any
) -> dict[str, Any]:
    """Let a message of a kind that the page cannot send reach the bot; its answer in the private chat."""
    before = [m["message_id"] for m in await bot.chat.messages() if m["from"]["is_bot"]]
    size = {"width": 64, "height": 48}
    medium = {
        "sticker": {**file, **size, "type": "regular", "is_animated": False, "is_video": False},
        "video": {
            "file_id": "v",
            "file_unique_id": "v",
            **size,
            "duration": 3,
            "thumbnail": {**file, **size},
        },
        "video_note": {**file, "length": 48, "duration": 3, "thumbnail": {**file, **size}},
        "animation": {**file, **size, "duration": 3, "thumbnail": {**file, **size}},
        "document": {**file, "mime_type": "video/mp4", "thumbnail": {**file, **size}},
        "live_photo": {**file, **size, "duration": 3, "photo": [{**file, **size}]},
    }
    chat = {"id": PRIVATE, "type": "private", "first_name": "You"}
    number = 900 + len(before) + len(bot.requests("getFile"))
    message = {"message_id": number, "date": 1, "chat": chat, "from": {**chat, "is_bot": False}}
    update = {"update_id": number, "message": {**message, kind: medium[kind], **content}}
    await bot.application.process_update(Update.de_json(update, bot.application.bot))
    answers = [m for m in await bot.chat.messages() if m["from"]["is_bot"] and m["message_id"] not in before]
    assert expected in answers[-1]["text"], answers
    return answers[-1]


@pytest.mark.parametrize(
    ("kind", "note"),
    [
        ("video_note", "\nI looked at the preview of the video message, one picture of it."),
        ("document", "\nI looked at the preview of the video, one picture of it."),
        ("live_photo", ""),
    ],
)
async def test_video_messages_videos_as_files_and_live_photos(bot: Bot, kind: str, note: str) -> None:
    [photo] = await bot.chat.send_photos([jpeg("red")], chat_id=GROUP)
    file = {name: photo["photo"][-1][name] for name in ("file_id", "file_unique_id")}
    answer = await said(bot, kind, file, after=photo, expected="A red wall")
    assert answer["text"] == f"A red wall{note}"


async def test_a_videos_cover_is_better_than_its_thumbnail(bot: Bot) -> None:
    thumbnail, cover = await bot.chat.send_photos([jpeg("red"), jpeg("blue")], chat_id=GROUP)
    sizes = [message["photo"][-1] for message in (thumbnail, cover)]
    video = {"file_id": "v", "file_unique_id": "v", "width": 9, "height": 9, "duration": 3}
    video |= {"thumbnail": sizes[0], "cover": [sizes[1]]}
    await said(bot, "video", {}, after=cover, expected="A blue wall", video=video)


@pytest.mark.parametrize("words", ["/caption", "what is this?", ""])
async def test_a_reply_to_a_photo_of_another_chat(bot: Bot, words: str) -> None:
    [photo] = await bot.chat.send_photos([jpeg("blue")], chat_id=GROUP)
    origin = {"type": "hidden_user", "sender_user_name": "Ann", "date": 1}
    external = {"external_reply": {"origin": origin, "photo": photo["photo"]}}
    chat = {"id": GROUP, "type": "supergroup", "title": "Friends"}
    person = {"id": PRIVATE, "is_bot": False, "first_name": "You"}
    text = words if words.startswith("/") else f"@onenet_local_bot {words}"
    message = {"message_id": 900, "date": 1, "chat": chat, "from": person, "text": text, **external}
    update = Update.de_json({"update_id": 900, "message": message}, bot.application.bot)
    await bot.application.process_update(update)
    assert (await bot.chat.wait_for(after=photo))["text"] == "A blue wall"


async def test_a_file_over_20_mb_is_refused_and_a_long_video_is_not(bot: Bot) -> None:
    file = {"file_id": "f", "file_unique_id": "f", "file_size": 21_000_000}
    await said(bot, "sticker", file, after={}, expected=TOO_LARGE)
    assert bot.requests("getFile") == []
    [photo] = await bot.chat.send_photos([jpeg("red")], chat_id=GROUP)
    video = {"file_id": "v", "file_unique_id": "v", "width": 9, "height": 9, "duration": 999}
    video |= {"file_size": 2_000_000_000, "thumbnail": photo["photo"][-1]}
    await said(bot, "video", {}, after=photo, expected="A red wall", video=video)


async def test_a_file_that_is_no_image_is_none_with_a_command_either(bot: Bot) -> None:
    sent = await bot.chat.send_document(b"text", "a.txt")
    assert (await bot.chat.wait_for(after=sent))["text"] == NOT_AN_IMAGE
    sent = await bot.chat.send_text("/similar", reply_to=sent)
    assert (await bot.chat.wait_for(after=sent))["text"] == NOT_AN_IMAGE


@pytest.mark.parametrize(
    ("caption", "beginning"),
    [
        ("/find a blue wall", "You wrote: a blue wall\nI imagined: a blue wall\n\nThis is about your words."),
        ("/similar dog", "Closest to dog:"),
        ("/analogy man men woman", "man is to men as woman is to women"),
    ],
)
async def test_a_command_with_words_under_a_photo_does_what_it_says(
    bot: Bot, caption: str, beginning: str
) -> None:
    await bot.fill_gallery("blue")
    [sent] = await bot.chat.send_photos([jpeg("red")], caption=caption)
    text = (await bot.chat.wait_for(is_text, after=sent))["text"]
    assert text.startswith(beginning)
    note = "This is about your words. For the photo itself, reply to it with /caption or /similar."
    assert note in text
    assert bot.requests("getFile") == []
    reply = await bot.chat.send_text(caption, reply_to=sent)
    assert note not in (await bot.chat.wait_for(is_text, after=reply))["text"]


async def test_find_without_words_is_about_the_photo(bot: Bot) -> None:
    await bot.fill_gallery("red", "green")
    [sent] = await bot.chat.send_photos([jpeg("green")], caption="/find")
    assert shown(await bot.chat.wait_for_all(is_photo, 2, after=sent))[0] == "green"
    reply = await bot.chat.send_text("/find", reply_to=sent)
    assert shown(await bot.chat.wait_for_all(is_photo, 2, after=reply))[0] == "green"


async def test_analogy_without_words_under_a_photo_explains_itself(bot: Bot) -> None:
    [sent] = await bot.chat.send_photos([jpeg("green")], caption="/analogy")
    assert "/analogy man men woman" in (await bot.chat.wait_for(after=sent))["text"]
