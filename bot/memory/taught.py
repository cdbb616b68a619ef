"""Taught words: what a chat was shown examples of, in the database, and said in its captions."""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from bot.chats.chats import Chats
from bot.inference.reading import Reading
from bot.inference.worker import Worker
from bot.store.database import Database
from bot.store.keys import ChatKey
from onenet.engine import Engine
from onenet.teaching import MAX_EXAMPLES, Lexicon, folded

_IN_CHAT = "bot_id = ? AND chat_id = ?"
_KNOW_CHAT = "INSERT OR IGNORE INTO chats (bot_id, chat_id, kind, joined_at) VALUES (?, ?, ?, ?)"
_INSERT = """INSERT INTO taught_examples
    (bot_id, chat_id, word, name, is_it, user_id, message_id, file_id, representation, network, taught_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""

_FORGET_OLDEST = f"""DELETE FROM taught_examples WHERE example_id IN (
    SELECT example_id FROM taught_examples WHERE {_IN_CHAT} AND word = ? AND is_it = ?
    ORDER BY example_id DESC LIMIT -1 OFFSET ?)"""


@dataclass(frozen=True)
class Example:
    """A photo that shows what a word means.

    Attributes:
        representation: Shape (D,), float32, unit length.
        user_id: Who showed it.
        message_id: The message that holds it.
        file_id: Of a photo that can be sent once more; "" of what is none, or must not be.
    """

    representation: NDArray[np.float32]
    user_id: int = 0
    message_id: int = 0
    file_id: str = ""


@dataclass(frozen=True)
class Lesson:
    """What became of a word that was taught.

    Attributes:
        name: As it is said from now on.
        examples: How many photos it is known from.
        was_taught: Whether it was taught before: then these photos were added.
        was_read: Whether the network knew the word without being taught.
        has_copies: Whether some of the photos were copies, which count once.
    """

    name: str
    examples: int
    was_taught: bool = False
    was_read: bool = False
    has_copies: bool = False


class TaughtWords:
    """Keeps what each chat was taught, for that chat alone, and says it in captions.

    Args:
        database: Where the examples are.
        chats: Know where nothing shall be taught.
        worker: Lets the engine look.
        engine: Recognises what was taught.
    """

    def __init__(self, database: Database, chats: Chats, worker: Worker, engine: Engine) -> None:
        self._database = database
        self._chats = chats
        self._worker = worker
        self._engine = engine

    async def is_on(self, chat: ChatKey) -> bool:
        """Tell whether a chat wants to teach words."""
        return (await self._chats.settings(*chat)).teaches

    async def lexicon(self, chat: ChatKey) -> Lexicon:
        """Give the words of a chat; none where it does not want any."""
        is_on = await self.is_on(chat)
        return await self._all(chat) if is_on else Lexicon(self._engine.fingerprint)

    async def _all(self, chat: ChatKey) -> Lexicon:
        lexicon = Lexicon(self._engine.fingerprint)
        rows = await self._database.rows(
            f"""SELECT name, is_it, representation FROM taught_examples
                WHERE {_IN_CHAT} AND network = ? ORDER BY example_id""",
            (*chat, self._engine.fingerprint),
        )
        found = [(str(row[0]), bool(row[1]), np.frombuffer(row[2], "<f4").astype(np.float32)) for row in rows]
        for name, is_it, photo in found:  # as it was said, the last thing last
            if is_it:
                lexicon.teach(name, photo[np.newaxis])
            else:
                lexicon.refuse(name, photo)
        return lexicon

    async def teach(self, chat: ChatKey, name: str, examples: Sequence[Example]) -> Lesson:
        """Teach a word, or add examples to one that was taught before.

        Raises:
            LexiconError: If they only show people, it is no name, or there are too many words.
        """
        lexicon = await self.lexicon(chat)
        was_taught = name in lexicon
        rows = np.array([each.representation for each in examples])
        is_new = lexicon.new_examples(name, rows).tolist()
        word = await self._worker.call(self._engine.teach, lexicon, name, rows)
        await self._keep(chat, word.name, [*compress(examples, is_new)], is_it=True)
        was_read = self._engine.has_read(word.name)
        return Lesson(word.name, len(word.examples), was_taught, was_read, has_copies=not all(is_new))

    async def refuse(self, chat: ChatKey, tag: str, example: Example) -> str:
        """Learn that a photo is not what a word means, and give the word; "": it is not taught any more."""
        lexicon = await self.lexicon(chat)
        name = next((word.name for word in lexicon.words.values() if tag_of(word.name) == tag), "")
        if name:
            await self._keep(chat, name, [example], is_it=False)
        return name

    async def unteach(self, chat: ChatKey, name: str) -> bool:
        """Forget a word; False if it was not taught."""
        query = f"DELETE FROM taught_examples WHERE {_IN_CHAT} AND word = ?"
        return await self._database.forget(query, (*chat, folded(name))) > 0

    async def forget_of(self, chat: ChatKey, user_id: int) -> int:
        """Forget the examples that a person showed, and give their number."""
        await self._database.note_forgetting(chat, user_id=user_id)
        query = f"DELETE FROM taught_examples WHERE {_IN_CHAT} AND user_id = ?"
        return await self._database.forget(query, (*chat, user_id))

    async def pictures(self, chat: ChatKey) -> dict[str, str]:
        """Give the latest picture of each word, its file id, by the word; "" of one that has none."""
        rows = await self._database.rows(
            f"SELECT name, file_id FROM taught_examples WHERE {_IN_CHAT} AND is_it ORDER BY example_id", chat
        )
        lexicon, found = await self._all(chat), dict[str, str]()
        for name, file_id in rows:
            if str(name) in lexicon:  # else all that showed it was said not to
                found[str(name)] = str(file_id) or found.get(str(name), "")
        return found

    async def said(self, chat: ChatKey, reading: Reading) -> Reading:
        """Give what was read of a photo with the taught words in its captions."""
        lexicon = await self.lexicon(chat)
        recognised = self._engine.recognise_taught(lexicon, reading.representation) if lexicon else ()
        names = tuple(found.word.name for found in recognised)
        if not names:
            return reading
        row = reading.representation[np.newaxis]
        [captions] = await self._worker.call(self._engine.with_taught, [reading.captions], row, lexicon)
        return replace(reading, captions=captions, taught=names)

    async def said_anew(self, chat: ChatKey, representation: NDArray[np.float32], language: str) -> Reading:
        """Read a photo once more, given its representation, as it is with what is taught now."""
        captions = await self._worker.caption_again(representation, language)
        return await self.said(chat, Reading(representation, captions))

    async def _keep(self, chat: ChatKey, name: str, examples: Sequence[Example], *, is_it: bool) -> None:
        kind = "private" if chat.chat_id > 0 else "group"
        now, network = time.time(), self._engine.fingerprint
        async with self._database.transaction() as connection:
            await connection.execute(_KNOW_CHAT, (*chat, kind, now))
            for each in examples:
                if self._database.forgettings.cover(chat, message_id=each.message_id, user_id=each.user_id):
                    continue  # while it was looked at
                photo = each.representation.astype("<f4").tobytes()
                shown = (each.user_id, each.message_id, each.file_id)
                values = (*chat, folded(name), name, is_it, *shown, photo, network, now)
                await connection.execute(_INSERT, values)
            await connection.execute(_FORGET_OLDEST, (*chat, folded(name), is_it, MAX_EXAMPLES))


def tag_of(name: str) -> str:
    """Give what a button that names a word sends: a few letters, however long the word is."""
    return hashlib.sha256(folded(name).encode()).hexdigest()[:12]
