"""The Bot API methods that change or delete a message, or answer a button."""

from bot.local.api.chats import Chats
from bot.local.api.contents import CONTENT, MEDIA, caption_content, input_media, read_chat_id, text_content
from bot.local.api.keyboards import read_inline_keyboard
from bot.local.api.parameters import Parameters
from bot.local.errors import bad_request
from bot.local.store.records import Json

MAX_CALLBACK_TEXT = 200
_NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)


async def edit_message_text(chats: Chats, parameters: Parameters) -> Json:
    """`editMessageText`."""
    message = await _own_message(chats, parameters)
    content = text_content(parameters)
    if "text" not in message:
        raise bad_request("there is no text in the message to edit")
    return await _edit(chats, message, content, parameters)


async def edit_message_caption(chats: Chats, parameters: Parameters) -> Json:
    """`editMessageCaption`."""
    message = await _own_message(chats, parameters)
    if "text" in message:
        raise bad_request("there is no caption in the message to edit")
    entities = parameters.array("caption_entities", "caption entities")
    caption = caption_content(parameters.fields, entities)
    media = {key: message[key] for key in MEDIA if key in message}
    return await _edit(chats, message, {**media, **caption}, parameters)


async def edit_message_media(chats: Chats, parameters: Parameters) -> Json:
    """`editMessageMedia`."""
    message = await _own_message(chats, parameters)
    media = parameters.mapping("media", "media")
    if media is None:
        raise bad_request("media not found in the request")
    return await _edit(chats, message, await input_media(chats, media, parameters), parameters)


async def edit_message_reply_markup(chats: Chats, parameters: Parameters) -> Json:
    """`editMessageReplyMarkup`."""
    message = await _own_message(chats, parameters)
    content = {key: message[key] for key in CONTENT if key in message and key != "reply_markup"}
    return await _edit(chats, message, content, parameters)


async def delete_message(chats: Chats, parameters: Parameters) -> bool:
    """`deleteMessage`: the bot's own, and any in a private chat or where the bot is an administrator."""
    chat_id = read_chat_id(chats, parameters)
    message = await chats.message(chat_id, parameters.integer("message_id"))
    if message is None:
        raise bad_request("message to delete not found")
    room = chats.people.rooms[chat_id]
    if message["from"]["id"] != chats.bot["id"] and not room.is_private and room.bot != "administrator":
        raise bad_request("message can't be deleted")
    return await chats.delete(chat_id, message["message_id"])


async def answer_callback_query(chats: Chats, parameters: Parameters) -> bool:
    """`answerCallbackQuery`."""
    text = parameters.text("text")
    if len(text or "") > MAX_CALLBACK_TEXT:
        raise bad_request("MESSAGE_TOO_LONG")
    query_id = parameters.text("callback_query_id") or ""
    await chats.answer_press(query_id, text=text, show_alert=parameters.flag("show_alert"))
    return True


async def _own_message(chats: Chats, parameters: Parameters) -> Json:
    chat_id = read_chat_id(chats, parameters)
    message_id = parameters.integer("message_id")
    if message_id is None:
        raise bad_request("message identifier is not specified")
    message = await chats.message(chat_id, message_id)
    if message is None:
        raise bad_request("message to edit not found")
    if message["from"]["id"] != chats.bot["id"]:
        raise bad_request("message can't be edited")
    return message


async def _edit(chats: Chats, message: Json, content: Json, parameters: Parameters) -> Json:
    """Put new content in; buttons that are not sent again disappear, as on Telegram."""
    keyboard = read_inline_keyboard(parameters)
    if keyboard:
        content = {**content, "reply_markup": keyboard}
    if content == {key: message[key] for key in CONTENT if key in message}:
        raise bad_request(_NOT_MODIFIED)
    kept = {key: value for key, value in message.items() if key not in CONTENT}
    return await chats.replace({**kept, **content})
