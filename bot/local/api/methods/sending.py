"""The Bot API methods that send something."""

import secrets

from bot.local.api.chats import Chats
from bot.local.api.clips import CLIPS, sticker_kind
from bot.local.api.contents import (
    caption_content,
    find_upload,
    input_media,
    media_content,
    media_flags,
    read_chat_id,
    read_reply,
    text_content,
)
from bot.local.api.keyboards import read_inline_keyboard
from bot.local.api.parameters import Parameters
from bot.local.errors import ApiError, bad_request
from bot.local.limits import MAX_ALBUM
from bot.local.store.records import Json

_MIN_ALBUM = 2
_ACTIONS = frozenset(
    {
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    }
)


async def send_message(chats: Chats, parameters: Parameters) -> Json:
    """`sendMessage`."""
    return await _send(chats, parameters, text_content(parameters))


async def send_photo(chats: Chats, parameters: Parameters) -> Json:
    """`sendPhoto`."""
    return await _send(chats, parameters, await _single(chats, "photo", parameters))


async def send_document(chats: Chats, parameters: Parameters) -> Json:
    """`sendDocument`."""
    return await _send(chats, parameters, await _single(chats, "document", parameters))


async def send_sticker(chats: Chats, parameters: Parameters) -> Json:
    """`sendSticker`."""
    return await _send(chats, parameters, await _clip(chats, "sticker", parameters))


async def send_video(chats: Chats, parameters: Parameters) -> Json:
    """`sendVideo`."""
    return await _send(chats, parameters, await _clip(chats, "video", parameters))


async def send_animation(chats: Chats, parameters: Parameters) -> Json:
    """`sendAnimation`."""
    return await _send(chats, parameters, await _clip(chats, "animation", parameters))


async def send_media_group(chats: Chats, parameters: Parameters) -> list[Json]:
    """`sendMediaGroup`: 2 to 10 photos, or as many documents."""
    chat_id = read_chat_id(chats, parameters)
    items = parameters.array("media", "media") or []
    if not all(isinstance(item, dict) for item in items):
        raise bad_request("can't parse media: expected an Array of InputMedia")
    if len(items) < _MIN_ALBUM:
        raise bad_request("too few messages to send as an album")
    if len(items) > MAX_ALBUM:
        raise bad_request("too many messages to send as an album")
    if len({str(item.get("type")) for item in items}) > 1:
        raise bad_request("document can't be mixed with other media types")
    reply = await read_reply(chats, chat_id, parameters)
    group = {**reply, "media_group_id": str(secrets.randbits(53))}
    contents = [{**group, **await _album_item(chats, n, item, parameters)} for n, item in enumerate(items, 1)]
    return await chats.post_as_bot(chat_id, contents)


async def send_chat_action(chats: Chats, parameters: Parameters) -> bool:
    """`sendChatAction`."""
    chat_id = read_chat_id(chats, parameters)
    action = parameters.text("action")
    if action not in _ACTIONS:
        raise bad_request("wrong parameter action in request")
    chats.events.publish("action", chat_id=chat_id, action=action)
    return True


async def _album_item(chats: Chats, number: int, item: Json, parameters: Parameters) -> Json:
    try:
        return await input_media(chats, item, parameters)
    except ApiError as error:
        reason = error.description.removeprefix("Bad Request: ")
        raise bad_request(f'failed to send message #{number} with the error message "{reason}"') from None


async def _single(chats: Chats, kind: str, parameters: Parameters) -> Json:
    read_chat_id(chats, parameters)
    entities = parameters.array("caption_entities", "caption entities")
    caption = caption_content(parameters.fields, entities)
    content = await media_content(chats, kind, parameters.text(kind), parameters.files)
    return {**content, **caption, **media_flags(parameters.fields)}


async def _clip(chats: Chats, kind: str, parameters: Parameters) -> Json:
    read_chat_id(chats, parameters)
    media = parameters.text(kind)
    if (upload := find_upload(kind, media, parameters.files)) is not None:
        thumbnail = find_upload("thumbnail", parameters.text("thumbnail"), parameters.files)
        fields = {**parameters.fields, "sticker_kind": sticker_kind(upload.name)}
        content = await CLIPS[kind](chats.files, upload, thumbnail, fields)
    elif media is not None:
        content = {kind: await chats.files.clip(media, kind)}
    else:
        raise bad_request(f"there is no {kind} in the request")
    if kind == "sticker":
        return content
    return {**content, **caption_content(parameters.fields), **media_flags(parameters.fields)}


async def _send(chats: Chats, parameters: Parameters, content: Json) -> Json:
    chat_id = read_chat_id(chats, parameters)
    keyboard = read_inline_keyboard(parameters)
    reply = await read_reply(chats, chat_id, parameters)
    buttons = {"reply_markup": keyboard} if keyboard else {}
    (message,) = await chats.post_as_bot(chat_id, [{**reply, **content, **buttons}])
    return message
