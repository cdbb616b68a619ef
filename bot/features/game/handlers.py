"""The guessing game: which of four captions did the network write for a photo?"""

import logging
import time

from telegram import Bot, CallbackQuery, Message, ReplyParameters, Update
from telegram.constants import ChatAction
from telegram.error import TelegramError

from bot.features.find.handlers import gallery_note
from bot.features.game import texts as replies
from bot.features.game.rounds import Guess, Outcome, Round
from bot.features.words.handlers import how_to
from bot.language import speaking, spoken, translations_for
from bot.memory.table import chat_of
from bot.messages.addressee import is_private
from bot.routing.context import BotContext, message_of

logger = logging.getLogger(__name__)

GROUP_S = 60.0
PRIVATE_S = 600.0


async def game(update: Update, context: BotContext) -> None:
    """Answer /game with a new round, /game scores with who is ahead."""
    message, services = message_of(update), context.services
    if [word.lower() for word in context.words] == ["scores"]:
        await message.reply_text(replies.scores(await services.games.rounds.scores(chat_of(message))))
    elif context.words:
        await how_to(update, context, "game")
    elif not services.gallery.state().photos:
        await message.reply_text(gallery_note(context), do_quote=True)
    else:
        with services.games.beginning(chat_of(message)) as is_first:
            if is_first:
                await _begin(message, context)


async def _begin(message: Message, context: BotContext) -> None:
    services, chat = context.services, chat_of(message)
    opened = await services.games.rounds.open_in(chat)
    if opened is not None and opened.ends_at > time.time():
        to_round = ReplyParameters(opened.message_id, allow_sending_without_reply=True)
        await message.reply_text(replies.still_open(), reply_parameters=to_round)
        return
    async with context.showing(message, ChatAction.UPLOAD_PHOTO):
        riddle = await services.games.riddle()
    text = replies.question(riddle.captions, is_private=is_private(message))
    keyboard = replies.question_keyboard(len(riddle.captions))
    sent = await message.reply_photo(riddle.image, caption=text, reply_markup=keyboard)
    ends_at = time.time() + (PRIVATE_S if is_private(message) else GROUP_S)
    await services.chats.meet(*chat, message.chat.type)
    begun = Round(chat, sent.message_id, riddle.captions, riddle.answer, spoken(), ends_at)
    await services.games.rounds.begin(begun)
    services.games.wake()


async def press(update: Update, context: BotContext) -> None:
    """Take a guess, or solve the round."""
    query = update.callback_query
    assert query is not None
    choice = (query.data or "").removeprefix(replies.GUESS)
    message = query.message if isinstance(query.message, Message) else None
    opened = await context.services.games.rounds.open_in(chat_of(message)) if message is not None else None
    if message is None or opened is None or opened.message_id != message.message_id:
        await query.answer(replies.over())
    elif choice == replies.SOLVE:
        await _solve(query, message, opened, context)
    elif choice in map(str, range(len(opened.captions))):
        await _guess(query, message, opened, int(choice), context)
    else:
        await query.answer()


async def _guess(
    query: CallbackQuery, message: Message, opened: Round, choice: int, context: BotContext
) -> None:
    """Take a person's first guess; alone with the bot there is nobody to wait for."""
    guess = Guess(query.from_user.id, query.from_user.first_name, choice)
    counted = await context.services.games.rounds.guess(opened.chat, opened.message_id, guess)
    if counted is None:
        await query.answer(replies.over())
        return
    letter = replies.letter_of(counted)
    await query.answer(replies.chosen(letter) if counted.choice == choice else replies.chosen_before(letter))
    if is_private(message):
        await _end(opened, context)


async def _solve(query: CallbackQuery, message: Message, opened: Round, context: BotContext) -> None:
    """Show the answer, in a group only for those who have guessed: everyone else sees it too."""
    guess = await context.services.games.rounds.guess_of(opened.chat, opened.message_id, query.from_user.id)
    if guess is None and not is_private(message):
        await query.answer(replies.guess_first())
        return
    await query.answer()
    await _end(opened, context)


async def _end(opened: Round, context: BotContext) -> None:
    outcome = await context.services.games.rounds.finish(opened)
    if outcome is not None:
        await reveal(context.bot, outcome)


async def reveal(bot: Bot, outcome: Outcome) -> None:
    """Show how a round ended in its message, in the language that it was asked in."""
    ended = outcome.round
    with speaking(translations_for(ended.language)):
        text = replies.outcome(outcome, is_private=ended.chat.chat_id > 0)
        keyboard = replies.again_keyboard()
    try:
        await bot.edit_message_caption(
            ended.chat.chat_id, ended.message_id, caption=text, reply_markup=keyboard
        )
    except TelegramError as error:  # deleted meanwhile, or the bot was removed
        logger.info("The end of a round could not be shown: %s", error)
