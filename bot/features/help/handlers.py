"""General: greeting, help, the network's card, and whatever is not a command."""

from telegram import InlineKeyboardMarkup, Message, Update

from bot.features.caption.handlers import caption_photo
from bot.features.find.handlers import gallery_note
from bot.features.inline.handlers import explain
from bot.features.inline.texts import START as START_INLINE
from bot.features.privacy import texts as memory
from bot.language import notes
from bot.language import phrases as replies
from bot.messages.addressee import is_private, text_without_name
from bot.photos.fetching import photo_replied_to
from bot.routing.context import BotContext, message_of


async def start(update: Update, context: BotContext) -> None:
    """Answer /start; a bot without photos to search says how to add some."""
    if context.words == [START_INLINE]:
        await explain(update, context)
        return
    message = message_of(update)
    remembers = memory.start_note() if is_private(message) else ""
    text = "\n\n".join(filter(None, (replies.start(), remembers, gallery_note(context))))
    await message.reply_text(text, reply_markup=_all_examples(context))


async def show_help(update: Update, context: BotContext) -> None:
    """Answer /help."""
    text = replies.help_text(context.services.commands.values())
    await message_of(update).reply_text(text, reply_markup=_all_examples(context))


async def about(update: Update, context: BotContext) -> None:
    """Answer /about."""
    services = context.services
    await message_of(update).reply_text(replies.about(services.engine.card, services.gallery.state().photos))


async def unknown_command(update: Update, context: BotContext) -> None:
    """Point to /help."""
    await message_of(update).reply_text(notes.unknown_command())


async def plain_text(update: Update, context: BotContext) -> None:
    """Offer what can be done with a text; a name alone in reply to a photo asks for its caption."""
    message = message_of(update)
    text = text_without_name(message)
    photo = photo_replied_to(message)
    if photo is not None and (not text or "?" in text):  # “what is this?”
        await caption_photo(message, photo, context, with_photos=False)
    elif not text:
        await start(update, context)
    else:
        await message.reply_text(
            replies.plain_text(text), reply_markup=replies.plain_text_keyboard(text), do_quote=True
        )


async def anything_else(update: Update, context: BotContext) -> None:
    """Say what can be sent; in a group, a sticker in reply to the bot needs no answer."""
    message = message_of(update)
    if is_private(message):
        await message.reply_text(notes.send_a_photo_or_text())


async def run_example(update: Update, context: BotContext) -> None:
    """Do what the command on the button does."""
    query = update.callback_query
    assert query is not None
    name, *words = (query.data or "").removeprefix(replies.RUN).removeprefix("/").split() or [""]
    command = context.services.commands.get(name)
    if command is None or not isinstance(query.message, Message):
        await query.answer(notes.forgotten())
        return
    await query.answer()
    context.args = words
    await command.handler(update, context)


async def use_text(update: Update, context: BotContext) -> None:
    """Do what was offered with the text of the message that the button's message replies to."""
    query = update.callback_query
    assert query is not None
    original = query.message.reply_to_message if isinstance(query.message, Message) else None
    text = text_without_name(original) if original is not None else ""
    if not text:
        await query.answer(notes.lost_text())
        return
    await query.answer()
    context.args = text.split()
    command = {replies.FIND_TEXT: "find", replies.SIMILAR_TEXT: "similar"}[query.data or ""]
    await context.services.commands[command].handler(update, context)


async def unknown_button(update: Update, context: BotContext) -> None:
    """Say so when a button comes from another version of the bot."""
    assert update.callback_query is not None
    await update.callback_query.answer(notes.forgotten())


def _all_examples(context: BotContext) -> InlineKeyboardMarkup | None:
    commands = context.services.commands.values()
    return replies.examples_keyboard(example for command in commands for example in command.examples)
