"""The guessing game: which of four captions did the network write for a photo?"""

import logging
import time
from functools import partial

from telegram import Bot, ReplyParameters
from telegram.constants import ChatAction
from telegram.error import TelegramError

from bot.chats.chats import Chats
from bot.delivery.quoting import is_to_be_quoted
from bot.delivery.showing import showing
from bot.features.game import texts
from bot.features.game.rounds import Guess, Outcome, Round
from bot.features.game.service import Games
from bot.gallery.gallery import Gallery
from bot.gallery.notes import GalleryNotes
from bot.language import speaking, spoken, translations_for
from bot.messages.incoming import Incoming, Press
from bot.routing.feature import Features, explain
from bot.store.keys import ChatKey

logger = logging.getLogger(__name__)

GROUP_S = 60.0
PRIVATE_S = 600.0


class Game:
    """Answers /game, and takes guesses.

    Args:
        games: Make riddles, and end rounds.
        gallery: Whose photos are guessed at.
        gallery_notes: Says why there can be no game.
        chats: Note where one is played.
        features: Know how /game is explained.
    """

    def __init__(
        self,
        games: Games,
        gallery: Gallery,
        gallery_notes: GalleryNotes,
        chats: Chats,
        features: Features,
    ) -> None:
        self._games = games
        self._gallery = gallery
        self._gallery_notes = gallery_notes
        self._chats = chats
        self._features = features

    async def start(self, bot: Bot) -> None:
        """Begin to end rounds whose time is up."""
        self._games.start(bot.id, partial(_reveal, bot))

    async def game(self, asked: Incoming) -> None:
        """Answer /game with a new round, /game scores with who is ahead."""
        if [word.lower() for word in asked.words] == ["scores"]:
            await asked.message.reply_text(texts.scores(await self._games.rounds.scores(asked.chat)))
        elif asked.words:
            await explain(asked, self._features.commands["game"])
        elif not self._gallery.state().photos:
            await asked.message.reply_text(
                self._gallery_notes.note(), do_quote=is_to_be_quoted(asked.message)
            )
        else:
            with self._games.beginning(asked.chat) as is_first:
                if is_first:
                    await self._begin(asked)

    async def press(self, press: Press) -> None:
        """Take a guess, or solve the round."""
        assert press.on is not None
        choice = press.data.removeprefix(texts.GUESS)
        opened = await self._games.rounds.open_in(press.on.chat)
        if opened is None or opened.message_id != press.key.message_id:
            await press.answer(texts.over())
        elif choice == texts.SOLVE:
            await self._solve(press, press.on, opened)
        elif choice in map(str, range(len(opened.captions))):
            await self._guess(press, press.on, opened, int(choice))
        else:
            await press.answer()

    async def forget_person(self, chat: ChatKey, user_id: int) -> str:
        """Forget a person's score in a chat, and say so; "" if they had none."""
        return texts.score_forgotten() if await self._games.rounds.forget_of(chat, user_id) else ""

    async def _begin(self, asked: Incoming) -> None:
        rounds, chat = self._games.rounds, asked.chat
        opened = await rounds.open_in(chat)
        if opened is not None and opened.ends_at > time.time():
            to_round = ReplyParameters(opened.message_id, allow_sending_without_reply=True)
            await asked.message.reply_text(texts.still_open(), reply_parameters=to_round)
            return
        if opened is not None:  # its time is up, and it has not been ended yet
            await self._games.end(opened)
        async with showing(asked.message, ChatAction.UPLOAD_PHOTO):
            riddle = await self._games.riddle()
        text = texts.question(riddle.captions, is_private=asked.is_private)
        keyboard = texts.question_keyboard(len(riddle.captions))
        sent = await asked.message.reply_photo(riddle.image, caption=text, reply_markup=keyboard)
        ends_at = time.time() + (PRIVATE_S if asked.is_private else GROUP_S)
        await self._chats.meet(*chat, asked.message.chat.type)
        await rounds.begin(Round(chat, sent.message_id, riddle.captions, riddle.answer, spoken(), ends_at))
        self._games.wake()

    async def _guess(self, press: Press, shown_in: Incoming, opened: Round, choice: int) -> None:
        """Take a person's first guess; alone with the bot there is nobody to wait for."""
        guess = Guess(press.person.id, press.person.first_name, choice)
        counted = await self._games.rounds.guess(opened.chat, opened.message_id, guess)
        if counted is None:
            await press.answer(texts.over())
            return
        letter = texts.letter_of(counted)
        is_new = counted.choice == choice
        await press.answer(texts.chosen(letter) if is_new else texts.chosen_before(letter))
        if shown_in.is_private:
            await self._end(opened, shown_in.bot)

    async def _solve(self, press: Press, shown_in: Incoming, opened: Round) -> None:
        """Show the answer, in a group only for those who have guessed: everyone else sees it too."""
        guess = await self._games.rounds.guess_of(opened.chat, opened.message_id, press.person.id)
        if guess is None and not shown_in.is_private:
            await press.answer(texts.guess_first())
            return
        await press.answer()
        await self._end(opened, shown_in.bot)

    async def _end(self, opened: Round, bot: Bot) -> None:
        outcome = await self._games.rounds.finish(opened)
        if outcome is not None:
            await _reveal(bot, outcome)


async def _reveal(bot: Bot, outcome: Outcome) -> None:
    """Show how a round ended in its message, in the language that it was asked in."""
    ended = outcome.round
    with speaking(translations_for(ended.language)):
        text = texts.outcome(outcome, is_private=ended.chat.chat_id > 0)
        keyboard = texts.again_keyboard()
    try:
        await bot.edit_message_caption(
            ended.chat.chat_id, ended.message_id, caption=text, reply_markup=keyboard
        )
    except TelegramError as error:  # deleted meanwhile, or the bot was removed
        logger.info("The end of a round could not be shown: %s", error)
