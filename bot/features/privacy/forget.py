"""Forgetting: one photo, one's own, or everything of a chat."""

import contextlib
from collections.abc import Collection, Sequence

from telegram.error import BadRequest

from bot.chats.rights import may_manage
from bot.delivery.quoting import is_to_be_quoted
from bot.features.privacy import texts
from bot.memory.memory import Memory
from bot.memory.table import RememberedPhoto
from bot.memory.texts import FORGET_EVERYTHING
from bot.messages.incoming import Incoming, Press
from bot.routing.feature import Features
from bot.search.answers import Answers
from bot.store.answers import Answer
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
            await asked.message.reply_text(text, do_quote=is_to_be_quoted(asked.message))
        elif asked.replied is not None and not what:
            await self._forget_photo(asked, asked.replied)
        else:
            await asked.message.reply_text(
                texts.which(is_private=asked.is_private),
                reply_markup=texts.which_keyboard(asked.sender),
            )

    async def press(self, press: Press) -> None:
        """Do what the button says: for whoever asked, or for an admin where it is about everything.

        An admin who hides asks in the name of the group, and presses in their own.
        """
        assert press.on is not None
        wish, colon, number = press.data.rpartition(":")
        is_about_asker, asker = wish + colon == texts.FORGET_MINE, _number(number)
        is_asker = is_about_asker and asker == press.person.id
        may_be_admin = not is_about_asker or asker < 0
        if not (is_asker or (may_be_admin and await may_manage(press.on.message.chat, press.person.id))):
            refusal = texts.only_asker() if is_about_asker else texts.only_admins()
            await press.answer(refusal, show_alert=True)
            return
        if is_about_asker:
            text = await self._forget_all_of(asker, press.on.chat)
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
        answers = await self._memory.photos.forget_answers_to(chat, user_id)
        others = await self._features.forget_person(chat, user_id)  # while it is there to be told of
        photos = await self._memory.forget_of(chat, user_id)
        if answers and not photos:
            others.insert(0, texts.answers_forgotten())
        return "\n".join([texts.forgotten(photos), *others] if photos or not others else others)

    async def _ask_for_everything(self, asked: Incoming) -> None:
        if not await may_manage(asked.message.chat, asked.sender):
            await asked.message.reply_text(texts.only_admins(), do_quote=is_to_be_quoted(asked.message))
            return
        photos = await self._memory.photos.count(asked.chat)
        keyboard = texts.sure_keyboard(asked.sender)
        await asked.message.reply_text(
            texts.sure(photos), reply_markup=keyboard, do_quote=is_to_be_quoted(asked.message)
        )

    async def _forget_photo(self, asked: Incoming, replied: Incoming) -> None:
        """Forget the photo of a message, or those that an answer of ours shows or is about.

        Where others have sent the same photo, each may have forgotten what they sent.
        """
        answers = await self._answers.behind_parts(replied.key)
        photos = await self._photos_at(replied, answers)
        own = [photo for photo in photos if photo.message.user_id == asked.sender]
        is_own = asked.sender in (replied.sender, *(answer.asker for answer in answers))
        is_all_own = len(own) == len(photos) and (is_own or bool(own))
        if not is_all_own and await may_manage(asked.message.chat, asked.sender):
            own, is_own = photos, True
        if not own and not is_own:
            await asked.message.reply_text(texts.not_yours(), do_quote=is_to_be_quoted(asked.message))
            return
        messages = {replied.message.message_id, *(answer.about for answer in answers)} if is_own else {0}
        await self._forget(asked, own, messages - {0})

    async def _forget(
        self, asked: Incoming, photos: Collection[RememberedPhoto], messages: Collection[int]
    ) -> None:
        """Forget photos, and what answers say that are these messages or about them."""
        known = self._memory.photos
        answers = [await known.forget_answers_about(asked.chat, message_id) for message_id in messages]
        count = await self._memory.forget(asked.chat, photos)
        answered = texts.answers_forgotten() if any(answers) else texts.not_remembered()
        await asked.message.reply_text(
            texts.forgotten(count) if count else answered, do_quote=is_to_be_quoted(asked.message)
        )

    async def _photos_at(self, replied: Incoming, answers: Sequence[Answer]) -> list[RememberedPhoto]:
        photo, known = replied.photo, self._memory.photos
        file = photo.file.file_unique_id if photo is not None and photo.file is not None else ""
        photos = await known.at(replied.chat, replied.message.message_id, file)
        if photos:
            return photos
        abouts = [answer.about for answer in answers if answer.about]
        return [photo for about in abouts for photo in await known.at(replied.chat, about)]


def _number(text: str) -> int:
    return int(text) if text.removeprefix("-").isdecimal() else 0
