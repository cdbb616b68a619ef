"""Why: where in a photo the network saw each word of its caption; by command and by button."""

from telegram import Message, Update
from telegram.constants import ChatAction

from bot.features.caption.handlers import photo_near
from bot.features.why import texts as replies
from bot.features.why.service import explain
from bot.language import notes
from bot.memory.table import chat_of
from bot.photos.fetching import Photo, file_by_id, photo_of, photo_replied_to
from bot.routing.context import BotContext, key_of, message_of
from bot.store.database import Answer

_PRESSED = -1  # instead of a part of an answer: other buttons of the answer may be pressed meanwhile


async def why(update: Update, context: BotContext) -> None:
    """Answer /why under a photo, or as a reply to one or to its caption; words behind it replace it."""
    message = message_of(update)
    answered = message.reply_to_message
    answer = await context.services.database.answer(key_of(answered)) if answered is not None else None
    if photo_of(message) is None and answered is not None and answer is not None:
        photo, caption = await _photo_behind(answered, answer, context), answer.caption
        refusal = replies.photo_out_of_reach()
    else:
        photo, caption, refusal = photo_near(message), "", replies.no_photo()
    if photo is None:
        await message.reply_text(refusal, do_quote=True)
        return
    await _explain(message, photo, " ".join(context.words) or caption, context)


async def press(update: Update, context: BotContext) -> None:
    """Explain the caption that a message shows, when its button is pressed."""
    query = update.callback_query
    assert query is not None
    message = query.message if isinstance(query.message, Message) else None
    answer = await context.services.database.answer(key_of(message)) if message is not None else None
    if message is None or answer is None:
        await query.answer(notes.forgotten())
        return
    photo = await _photo_behind(message, answer, context)
    if photo is None:
        await query.answer(replies.photo_out_of_reach(), show_alert=True)
        return
    with context.services.pressing(key_of(message, _PRESSED)) as is_first:
        await query.answer(None if is_first else notes.already_on_it())
        if is_first:
            await _explain(message, photo, answer.caption, context)


async def _explain(message: Message, photo: Photo, caption: str, context: BotContext) -> None:
    services = context.services
    async with context.showing(message, ChatAction.UPLOAD_PHOTO):
        found = await explain(photo, caption, services.worker, services.engine)
        await message.reply_photo(found.picture, caption=replies.reasons(found.reasons), do_quote=True)


async def _photo_behind(message: Message, answer: Answer, context: BotContext) -> Photo | None:
    """Find the photo that an answer of ours is about: what it replies to, or what the chat remembers."""
    replied = photo_replied_to(message)
    if replied is not None or not answer.about:
        return replied
    photos = await context.services.memory.photos.at(chat_of(message), answer.about)
    kept = photos[0].message if photos else None
    return Photo(file_by_id(kept.read_file_id, kept.file_unique_id, message.get_bot())) if kept else None
