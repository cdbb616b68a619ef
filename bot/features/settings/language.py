"""Which language the bot speaks, chosen by buttons."""

import contextlib

from telegram.error import BadRequest

from bot.chats.chats import Chats
from bot.features.settings import language_texts as texts
from bot.language import LANGUAGES, known_language, notes, phrases
from bot.language.naming import code_named, unknown_language
from bot.language.network import Multilingual
from bot.messages.incoming import Incoming, Press
from bot.routing.feature import Features
from bot.routing.menus import set_menu_of


class LanguageChoice:
    """Answers /language.

    Args:
        chats: Keep the languages.
        features: Whose commands the menus show.
        owner_id: Whose menu has more commands, and stays as it is.
        network: May not write the language that is chosen.
    """

    def __init__(self, chats: Chats, features: Features, owner_id: int | None, network: Multilingual) -> None:
        self._chats = chats
        self._features = features
        self._owner_id = owner_id
        self._network = network

    async def ask(self, asked: Incoming) -> None:
        """Answer /language with the languages as buttons; one that is not among them is named."""
        named = asked.wording
        is_known = not named or code_named(named, LANGUAGES)
        question = texts.which_language(is_private=asked.is_private)
        await asked.message.reply_text(
            question if is_known else phrases.sentence(unknown_language(named, LANGUAGES)),
            reply_markup=texts.languages_keyboard(is_private=asked.is_private),
        )

    async def choose(self, press: Press) -> None:
        """Speak the language of the button from now on: to a person, or in a group to all."""
        assert press.on is not None
        language = known_language(press.data.removeprefix(texts.LANGUAGE))
        if not (language or press.data == texts.LANGUAGE):
            await press.answer(notes.forgotten())
            return
        bot_id, chat = press.key.bot_id, press.on.message.chat
        if press.on.is_private:
            await self._chats.set_language(bot_id, press.person.id, language)
        else:
            await self._chats.meet(bot_id, chat.id, chat.type)
            await self._chats.set(bot_id, chat.id, language=language)
        await press.answer()
        with contextlib.suppress(BadRequest):  # the message reads like that already
            await press.on.message.edit_text(texts.chosen(language, self._network))
        if chat.id != self._owner_id:
            await set_menu_of(chat, self._features.commands.values(), language)
