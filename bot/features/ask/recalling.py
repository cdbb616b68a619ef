"""Questions about what a chat remembers: when, who, how many, show, what did somebody send."""

from telegram.error import TelegramError

from bot.delivery.quoting import is_to_be_quoted
from bot.features.ask import recall_texts as texts
from bot.memory.links import link_to
from bot.memory.memory import Memory
from bot.memory.resend import OwnPicture, send_own
from bot.memory.table import RememberedPhoto
from bot.memory.taught import TaughtWords
from bot.memory.texts import own_name
from bot.messages.incoming import Incoming
from bot.store.answers import SheetCell
from onenet.asking import Recollection

SENT = 3  # photos beside a sentence


class Recall:
    """Answers from the photos that a chat remembers, for this chat alone.

    Args:
        memory: Has them, with dates and senders.
        taught: Knows what words mean that the chat taught.
    """

    def __init__(self, memory: Memory, taught: TaughtWords) -> None:
        self._memory = memory
        self._taught = taught

    async def answer(self, asked: Incoming, question: Recollection) -> None:
        """Answer with a sentence and the photos that it is about."""
        if not await self._memory.photos.count(asked.chat):
            await self._say(asked, texts.empty())
            return
        sender = 0
        if question.person:
            sender = await self._sender_asked_for(asked, question)
            if not sender:
                await self._say(asked, texts.nobody(question.person))
                return
        lexicon = await self._taught.lexicon(asked.chat)
        found = await self._memory.recall(asked.chat, question, sender, lexicon)
        if question.newest_only and found:
            found = [max(found, key=lambda each: each[0].message.sent_at)]
        await self._tell(asked, question, found)

    async def _tell(
        self,
        asked: Incoming,
        question: Recollection,
        found: list[tuple[RememberedPhoto, float]],
    ) -> None:
        photos = [photo for photo, _ in found]
        people = await self._names(asked, photos) if question.kind in ("who", "what") else []
        await self._say(asked, texts.recalled(question, photos, people))
        username = asked.message.chat.username
        cells = [
            SheetCell("", own_name(photo.caption, photo.message.sent_at), weight, link_to(photo, username))
            for photo, weight in found[:SENT]
        ]
        if cells:
            await send_own(asked, [*map(OwnPicture, photos, cells)])

    async def _sender_asked_for(self, asked: Incoming, question: Recollection) -> int:
        for user_id in await self._memory.photos.senders(asked.chat):
            if question.is_of(await _name_of(asked, user_id)):
                return user_id
        return 0

    async def _names(self, asked: Incoming, photos: list[RememberedPhoto]) -> list[str]:
        senders = dict.fromkeys(photo.message.user_id for photo in photos)
        names = [await _name_of(asked, user_id) for user_id in [*senders][:SENT]]
        return [name for name in names if name]

    async def _say(self, asked: Incoming, text: str) -> None:
        await asked.message.reply_text(text, do_quote=is_to_be_quoted(asked.message))


async def _name_of(asked: Incoming, user_id: int) -> str:
    """Give what a member of the chat is called; "" of who is none any more."""
    try:
        member = await asked.bot.get_chat_member(asked.message.chat.id, user_id)
    except TelegramError:
        return ""
    return member.user.full_name
