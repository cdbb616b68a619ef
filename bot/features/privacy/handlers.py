"""Whether a chat's photos are remembered, what is kept of the chat, and all of it as a file."""

from bot.chats.chats import Chats
from bot.chats.rights import may_manage
from bot.delivery.quoting import is_to_be_quoted
from bot.features.privacy import texts
from bot.features.privacy.export import export
from bot.memory.memory import Memory
from bot.memory.remembering import Remembering
from bot.messages.incoming import Incoming
from bot.store.database import Database


class Privacy:
    """Answers /memory, /privacy and /export.

    Args:
        memory: Knows how many photos are remembered.
        remembering: Says what becomes of them.
        chats: Know whether they are to be.
        database: Has all that is kept.
    """

    def __init__(self, memory: Memory, remembering: Remembering, chats: Chats, database: Database) -> None:
        self._memory = memory
        self._remembering = remembering
        self._chats = chats
        self._database = database

    async def memory(self, asked: Incoming) -> None:
        """Answer /memory: the state; on and off change it, for a group's admins."""
        wish = "".join(asked.words).lower()
        if wish not in ("on", "off"):
            await asked.message.reply_text(texts.state(await self._state(asked)))
        elif not await may_manage(asked.message.chat, asked.sender):
            await asked.message.reply_text(texts.only_admins(), do_quote=is_to_be_quoted(asked.message))
        else:
            await self._chats.meet(*asked.chat, asked.message.chat.type)
            await self._chats.set(*asked.chat, remembers=wish == "on")
            await self._remembering.announce(asked, asked.sender, remembers=wish == "on")

    async def privacy(self, asked: Incoming) -> None:
        """Answer /privacy."""
        await asked.message.reply_text(texts.privacy(await self._state(asked)))

    async def export(self, asked: Incoming) -> None:
        """Answer /export with all that is kept of the chat."""
        async for part in export(self._database, asked.chat):
            await asked.message.reply_document(
                part.content,
                filename=f"chat-{part.number}.json",
                caption=texts.exported(part.number, part.photos),
                do_quote=is_to_be_quoted(asked.message),
            )

    async def _state(self, asked: Incoming) -> texts.MemoryState:
        return texts.MemoryState(
            is_on=(await self._chats.settings(*asked.chat)).remembers,
            photos=await self._memory.photos.count(asked.chat),
            is_private=asked.is_private,
        )
