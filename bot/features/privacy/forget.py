"""Forgetting: one photo, one's own, or everything of a chat."""

import contextlib

from telegram import CallbackQuery, Message, Update
from telegram.error import BadRequest

from bot.chats.rights import may_manage
from bot.features.game.texts import score_forgotten
from bot.features.privacy import texts as replies
from bot.language import notes
from bot.memory.remembering import sender_of
from bot.memory.table import RememberedPhoto, chat_of
from bot.messages.addressee import is_private
from bot.photos.fetching import photo_of
from bot.routing.context import BotContext, message_of
from bot.store.database import AnswerKey


async def forget(update: Update, context: BotContext) -> None:
    """Answer /forget: as a reply the photo, else what the words behind it say."""
    message = message_of(update)
    what = " ".join(context.words).lower()
    if what == "everything":
        await _ask_for_everything(update, context)
    elif what == "mine":
        text = await _forget_all_of(sender_of(message), message, context)
        await message.reply_text(text, do_quote=True)
    elif message.reply_to_message is not None and not what:
        await _forget_photo(update, context, message.reply_to_message)
    else:
        await message.reply_text(
            replies.which(is_private=is_private(message)),
            reply_markup=replies.which_keyboard(sender_of(message)),
        )


async def press(update: Update, context: BotContext) -> None:
    """Do what the button says: for whoever asked, or for an admin where it is about everything."""
    query = update.callback_query
    assert query is not None
    if not isinstance(query.message, Message):
        await query.answer(notes.forgotten())
        return
    wish, colon, asker = (query.data or "").rpartition(":")
    is_asker = asker == str(query.from_user.id)
    is_about_asker = wish + colon == replies.FORGET_MINE
    if not (is_asker if is_about_asker else await may_manage(update)):
        refusal = replies.only_asker() if is_about_asker else replies.only_admins()
        await query.answer(refusal, show_alert=True)
        return
    if is_about_asker:
        text = await _forget_all_of(query.from_user.id, query.message, context)
    elif wish + colon == replies.FORGET_EVERYTHING:
        await context.services.memory.forget_chat(chat_of(query.message))
        text = replies.forgotten_everything()
    else:
        text = replies.kept()
    await _done(query, query.message, text)


async def _forget_all_of(user_id: int, message: Message, context: BotContext) -> str:
    """Forget a person's photos and score in the chat of a message, and say so."""
    services, chat = context.services, chat_of(message)
    photos = await services.memory.forget_of(chat, user_id)
    had_score = await services.games.rounds.forget_of(chat, user_id)
    if not had_score:
        return replies.forgotten(photos)
    return f"{replies.forgotten(photos)}\n{score_forgotten()}" if photos else score_forgotten()


async def _ask_for_everything(update: Update, context: BotContext) -> None:
    message = message_of(update)
    if not await may_manage(update):
        await message.reply_text(replies.only_admins(), do_quote=True)
        return
    photos = await context.services.memory.photos.count(chat_of(message))
    keyboard = replies.sure_keyboard(sender_of(message))
    await message.reply_text(replies.sure(photos), reply_markup=keyboard, do_quote=True)


async def _forget_photo(update: Update, context: BotContext, answered: Message) -> None:
    """Forget the photo of a message, or the one that an answer of ours shows or is about."""
    message, memory = message_of(update), context.services.memory
    photos = await _photos_at(answered, context)
    asker = sender_of(message)
    senders = {photo.message.user_id for photo in photos} or {sender_of(answered)}
    if senders != {asker} and not await may_manage(update):
        await message.reply_text(replies.not_yours(), do_quote=True)
        return
    await memory.photos.forget_answers_about(chat_of(message), answered.message_id)
    count = await memory.forget(chat_of(message), photos)
    await message.reply_text(replies.forgotten(count) if count else replies.not_remembered(), do_quote=True)


async def _photos_at(answered: Message, context: BotContext) -> list[RememberedPhoto]:
    photo, chat, known = photo_of(answered), chat_of(answered), context.services.memory.photos
    file = photo.file.file_unique_id if photo is not None and photo.file is not None else ""
    photos = await known.at(chat, answered.message_id, file)
    if photos:
        return photos
    answer = await context.services.database.answer(AnswerKey(*chat, answered.message_id))
    return await known.at(chat, answer.about) if answer is not None and answer.about else []


async def _done(query: CallbackQuery, message: Message, text: str) -> None:
    with contextlib.suppress(BadRequest):  # pressed twice at once: the message reads like that already
        await message.edit_text(text)
    await query.answer()
