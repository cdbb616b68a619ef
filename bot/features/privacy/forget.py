"""Forgetting: one photo, one's own, or everything of a chat."""

import contextlib

from telegram.error import BadRequest

from bot.chats.rights import may_manage
from bot.features.privacy import texts
from bot.memory.memory import Memory
from bot.memory.table import RememberedPhoto
from bot.memory.texts import FORGET_EVERYTHING
from bot.messages.incoming import Incoming, Press
from bot.routing.feature import Features
from bot.search.answers import Answers
from bot.store.keys import ChatKey


class Forget:
    """Answers /forget.

    Args:
        memory: Forgets photos.
        answers: Know which photo an answer is about.
        features: Forget what else they keep of a person.
    """

    def __init__(self, memory: Memory, answers: Answers, features: Features) -> None:
        self._memory = memory
        self._answers = answers
        self._features = features

    async def forget(self, asked: Incoming) -> None:
        """Answer /forget: as a reply the photo, else what the words behind it say."""
        what = asked.wording.lower()
        if what == "everything":
            await self._ask_for_everything(asked)
        elif what == "mine":
            text = await self._forget_all_of(asked.sender, asked.chat)
            await asked.message.reply_text(text, do_quote=True)
        elif asked.replied is not None and not what:
            await self._forget_photo(asked, asked.replied)
        else:
            await asked.message.reply_text(
                texts.which(is_private=asked.is_private),
                reply_markup=texts.which_keyboard(asked.sender),
            )

    async def press(self, press: Press) -> None:
        """Do what the button says: for whoever asked, or for an admin where it is about everything."""
        assert press.on is not None
        wish, colon, asker = press.data.rpartition(":")
        is_asker = asker == str(press.person.id)
        is_about_asker = wish + colon == texts.FORGET_MINE
        if not (is_asker if is_about_asker else await may_manage(press.on.message.chat, press.person.id)):
            refusal = texts.only_asker() if is_about_asker else texts.only_admins()
            await press.answer(refusal, show_alert=True)
            return
        if is_about_asker:
            text = await self._forget_all_of(press.person.id, press.on.chat)
        elif wish + colon == FORGET_EVERYTHING:
            await self._memory.forget_chat(press.on.chat)
            text = texts.forgotten_everything()
        else:
            text = texts.kept()
        with contextlib.suppress(BadRequest):  # the message reads like that already
            await press.on.message.edit_text(text)
        await press.answer()

    async def _forget_all_of(self, user_id: int, chat: ChatKey) -> str:
        """Forget a person's photos, and what else is kept of them in a chat, and say so."""
        photos = await self._memory.forget_of(chat, user_id)
        others = await self._features.forget_person(chat, user_id)
        return "\n".join([texts.forgotten(photos), *others] if photos or not others else others)

    async def _ask_for_everything(self, asked: Incoming) -> None:
        if not await may_manage(asked.message.chat, asked.sender):
            await asked.message.reply_text(texts.only_admins(), do_quote=True)
            return
        photos = await self._memory.photos.count(asked.chat)
        keyboard = texts.sure_keyboard(asked.sender)
        await asked.message.reply_text(texts.sure(photos), reply_markup=keyboard, do_quote=True)

    async def _forget_photo(self, asked: Incoming, replied: Incoming) -> None:
        """Forget the photo of a message, or the one that an answer of ours shows or is about."""
        photos = await self._photos_at(replied)
        senders = {photo.message.user_id for photo in photos} or {replied.sender}
        if senders != {asked.sender} and not await may_manage(asked.message.chat, asked.sender):
            await asked.message.reply_text(texts.not_yours(), do_quote=True)
            return
        await self._memory.photos.forget_answers_about(asked.chat, replied.message.message_id)
        count = await self._memory.forget(asked.chat, photos)
        text = texts.forgotten(count) if count else texts.not_remembered()
        await asked.message.reply_text(text, do_quote=True)

    async def _photos_at(self, replied: Incoming) -> list[RememberedPhoto]:
        photo, known = replied.photo, self._memory.photos
        file = photo.file.file_unique_id if photo is not None and photo.file is not None else ""
        photos = await known.at(replied.chat, replied.message.message_id, file)
        if photos:
            return photos
        answer = await self._answers.behind(replied.key)
        return await known.at(replied.chat, answer.about) if answer is not None and answer.about else []
