"""The Bot API methods by name, and those that neither send nor edit."""

from bot.local.api.bot_api import Method
from bot.local.api.chats import Chats
from bot.local.api.contents import read_chat_id
from bot.local.api.methods import commands, editing, inline, membership, profile, sending, webhook
from bot.local.api.parameters import Parameters
from bot.local.errors import bad_request
from bot.local.store.records import Json

_MAX_POLL_S = 50
_NO_GIFTS = dict.fromkeys(
    ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"), False
)


async def get_me(chats: Chats, parameters: Parameters) -> Json:
    """`getMe`: the bot's User, with what only this method tells."""
    reads_all = not chats.privacy_mode
    told = {
        "can_join_groups": True,
        "can_read_all_group_messages": reads_all,
        "supports_inline_queries": True,
    }
    return {**chats.bot, **told}


async def get_updates(chats: Chats, parameters: Parameters) -> list[Json]:
    """`getUpdates`, a long poll."""
    await chats.updates.allow(parameters.array("allowed_updates", "allowed updates"))
    limit = min(max(parameters.integer("limit") or 100, 1), 100)
    timeout_s = min(max(parameters.integer("timeout") or 0, 0), _MAX_POLL_S)
    return await chats.updates.poll(offset=parameters.integer("offset"), limit=limit, timeout_s=timeout_s)


async def get_file(chats: Chats, parameters: Parameters) -> Json:
    """`getFile`: where to download it."""
    file_id = parameters.text("file_id")
    if file_id is None:
        raise bad_request("file_id not specified")
    return await chats.files.file(file_id)


async def get_chat(chats: Chats, parameters: Parameters) -> Json:
    """`getChat`: the ChatFullInfo."""
    chat = chats.people.rooms[read_chat_id(chats, parameters)].chat
    return {**chat, "accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": _NO_GIFTS}


async def confirm(chats: Chats, parameters: Parameters) -> bool:
    """Methods that have nothing to do here."""
    return True


METHODS: dict[str, Method] = {
    "getMe": get_me,
    "getUpdates": get_updates,
    "setWebhook": webhook.set_webhook,
    "deleteWebhook": webhook.delete_webhook,
    "getWebhookInfo": webhook.get_webhook_info,
    "setMyCommands": commands.set_my_commands,
    "getMyCommands": commands.get_my_commands,
    "deleteMyCommands": commands.delete_my_commands,
    "setMyName": profile.set_my_name,
    "getMyName": profile.get_my_name,
    "setMyDescription": profile.set_my_description,
    "getMyDescription": profile.get_my_description,
    "setMyShortDescription": profile.set_my_short_description,
    "getMyShortDescription": profile.get_my_short_description,
    "sendMessage": sending.send_message,
    "sendPhoto": sending.send_photo,
    "sendDocument": sending.send_document,
    "sendSticker": sending.send_sticker,
    "sendVideo": sending.send_video,
    "sendAnimation": sending.send_animation,
    "sendMediaGroup": sending.send_media_group,
    "sendChatAction": sending.send_chat_action,
    "editMessageText": editing.edit_message_text,
    "editMessageCaption": editing.edit_message_caption,
    "editMessageMedia": editing.edit_message_media,
    "editMessageReplyMarkup": editing.edit_message_reply_markup,
    "deleteMessage": editing.delete_message,
    "answerCallbackQuery": editing.answer_callback_query,
    "answerInlineQuery": inline.answer_inline_query,
    "getFile": get_file,
    "getChat": get_chat,
    "getChatMember": membership.get_chat_member,
    "getChatAdministrators": membership.get_chat_administrators,
    "getChatMemberCount": membership.get_chat_member_count,
    "leaveChat": membership.leave_chat,
    "logOut": confirm,
    "close": confirm,
}
