"""From the fields of a call to the content of a message: text, caption, photo, document."""

from typing import Any

from bot.local.api import formatting
from bot.local.api.chats import Chats
from bot.local.api.parameters import Parameters
from bot.local.errors import ApiError, bad_request
from bot.local.limits import MAX_CAPTION, MAX_TEXT
from bot.local.store.files import Upload
from bot.local.store.pictures import check_photo_bytes
from bot.local.store.records import Json, Room

MEDIA = ("photo", "document", "sticker", "video", "animation")
CONTENT = (
    "text",
    "entities",
    "caption",
    "caption_entities",
    *MEDIA,
    "reply_markup",
    "has_media_spoiler",
    "show_caption_above_media",
)


def read_chat_id(chats: Chats, parameters: Parameters) -> int:
    """The chat a call is about.

    Raises:
        ApiError: If there is no such chat, it became another, or the bot is not in it.
    """
    if parameters.text("chat_id") is None:
        raise bad_request("chat_id is empty")
    room = chats.people.room(parameters.integer("chat_id"))
    if room is None:
        raise bad_request("chat not found")
    if room.migrated_to is not None:
        upgraded = "Bad Request: group chat was upgraded to a supergroup chat"
        raise ApiError(400, upgraded, migrate_to_chat_id=room.migrated_to)
    if not room.hears:
        raise ApiError(403, f"Forbidden: {_why_not_there(room)}")
    return room.id


def _why_not_there(room: Room) -> str:
    if room.is_private:
        return "bot was blocked by the user"
    left = "was kicked from" if room.bot == "kicked" else "is not a member of"
    return f"bot {left} the {room.chat['type']} chat"


async def read_reply(chats: Chats, chat_id: int, parameters: Parameters) -> Json:
    """The `reply_to_message` field of the new message, or nothing."""
    reply = parameters.mapping("reply_parameters", "reply parameters") or {}
    message_id = reply.get("message_id", parameters.integer("reply_to_message_id"))
    if message_id is None:
        return {}
    message = await chats.reply_to(chat_id, message_id) if isinstance(message_id, int) else None
    if message is not None:
        return {"reply_to_message": message}
    lenient = reply.get("allow_sending_without_reply") or parameters.flag("allow_sending_without_reply")
    if lenient:
        return {}
    raise bad_request("message to be replied not found")


def text_content(parameters: Parameters) -> Json:
    """`text` and `entities`."""
    entities = parameters.array("entities", "message entities")
    formatted = _formatted(parameters.text("text"), parameters.text("parse_mode"), entities)
    if parameters.text("text") is None:
        raise bad_request("message text is empty")
    if not formatted.text:
        raise bad_request("text must be non-empty")
    if len(formatted.text) > MAX_TEXT:
        raise bad_request("message is too long")
    return _with_entities("text", "entities", formatted)


def caption_content(fields: dict[str, Any], entities: Any = None) -> Json:
    """`caption` and `caption_entities`, or nothing."""
    formatted = _formatted(fields.get("caption"), fields.get("parse_mode"), entities)
    if len(formatted.text) > MAX_CAPTION:
        raise bad_request("message caption is too long")
    return _with_entities("caption", "caption_entities", formatted) if formatted.text else {}


async def media_content(chats: Chats, kind: str, media: Any, files: dict[str, Upload]) -> Json:
    """`photo` or `document`, from an upload or a file_id."""
    if (upload := find_upload(kind, media, files)) is not None:
        return {kind: await _keep(chats, kind, upload)}
    if not isinstance(media, str) or not media:
        raise bad_request(f"there is no {kind} in the request")
    known = chats.files.photo if kind == "photo" else chats.files.document
    return {kind: await known(media)}


def find_upload(kind: str, media: Any, files: dict[str, Upload]) -> Upload | None:
    """The uploaded file that a field means: by "attach://name" or by its own name; None for a file_id."""
    if isinstance(media, str) and media.startswith("attach://"):
        upload = files.get(media.removeprefix("attach://"))
        if upload is None:
            raise bad_request(f"can't parse {kind}: attached file not found")
    else:
        upload = files.get(kind) if media is None else None
    if upload is not None and not upload.content:
        raise bad_request("file must be non-empty")
    return upload


async def input_media(chats: Chats, media: Json, parameters: Parameters) -> Json:
    """The content that one InputMedia describes."""
    kind = media.get("type")
    if kind not in ("photo", "document"):
        raise bad_request("wrong type of the input media specified: only photo and document are known here")
    caption = caption_content(media, media.get("caption_entities"))
    content = await media_content(chats, kind, media.get("media", ""), parameters.files)
    return {**content, **caption, **media_flags(media)}


def media_flags(fields: dict[str, Any]) -> Json:
    """What a call says of how a photo or video is shown, as the message has it."""
    names = {"has_spoiler": "has_media_spoiler", "show_caption_above_media": "show_caption_above_media"}
    return {shown: True for name, shown in names.items() if str(fields.get(name)).lower() == "true"}


async def _keep(chats: Chats, kind: str, upload: Upload) -> Any:
    if kind == "document":
        return await chats.files.add_document(upload)
    check_photo_bytes(len(upload.content))
    return await chats.files.add_photo(upload.content)


def _formatted(text: Any, parse_mode: Any, entities: Any) -> formatting.Formatted:
    plain = str(text or "")
    if entities and not parse_mode:
        return formatting.finish(plain, formatting.checked_entities(plain, entities))
    return formatting.parse(plain, parse_mode)


def _with_entities(text: str, entities: str, formatted: formatting.Formatted) -> Json:
    content: Json = {text: formatted.text}
    return {**content, entities: formatted.entities} if formatted.entities else content
