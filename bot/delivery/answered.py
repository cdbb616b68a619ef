"""Answered: which messages were answered, so that edits, repeats and restarts bring no second answer."""

import hashlib
import logging
import sqlite3
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from bot.messages.incoming import Incoming
from bot.store.database import Database

logger = logging.getLogger(__name__)

KEEP_S = 3 * 24 * 3600  # a message can be edited for two days
ANSWERS_TO_ONE_MESSAGE = 10  # however often it is edited

_Key = tuple[int, int, int, bytes]


class Answered:
    """Knows the messages that were answered.

    A photo is captioned once, whatever the words below it become; any other command below it, and a text, is
    answered once for each wording. Only a fingerprint of the wording is kept.

    Args:
        database: Where they are kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._being_answered: set[_Key] = set()

    @asynccontextmanager
    async def answering(self, *messages: Incoming) -> AsyncIterator[list[Incoming]]:
        """Give those messages that want an answer still; after the block, if it went well, they had it."""
        keys = {_key(message): message for message in messages}
        claimed = {key: message for key, message in keys.items() if key not in self._being_answered}
        self._being_answered.update(claimed)
        try:
            fresh = {key: message for key, message in claimed.items() if not await self._is_answered(message)}
            yield list(fresh.values())
            await self._note(list(fresh))
        finally:
            self._being_answered.difference_update(claimed)

    async def _is_answered(self, incoming: Incoming) -> bool:
        """Tell whether it was answered, or might have been so long ago that this is forgotten."""
        message = incoming.message
        if message.edit_date is not None and time.time() - message.date.timestamp() > KEEP_S:
            return True
        *where, asked = _key(incoming)
        query = "SELECT asked FROM answered_messages WHERE bot_id = ? AND chat_id = ? AND message_id = ?"
        try:
            known = {bytes(row[0]) for row in await self._database.rows(query, where)}
        except sqlite3.Error as error:  # better one answer too many than none
            logger.error("Cannot look up what was answered: %s", error)
            return False
        return asked in known or len(known) >= ANSWERS_TO_ONE_MESSAGE

    async def _note(self, keys: Sequence[_Key]) -> None:
        if not keys:
            return
        now = time.time()
        try:
            async with self._database.transaction() as connection:
                await connection.execute(
                    "DELETE FROM answered_messages WHERE answered_at < ?", (now - KEEP_S,)
                )
                await connection.executemany(
                    "INSERT OR REPLACE INTO answered_messages VALUES (?, ?, ?, ?, ?)",
                    [(*key, now) for key in keys],
                )
        except sqlite3.Error as error:  # the answer is out all the same
            logger.error("Cannot note what was answered: %s", error)


def _key(incoming: Incoming) -> _Key:
    message = incoming.message
    # The date too, which no edit changes: a server that was set up anew begins its numbers again.
    wording = f"{message.date.timestamp():.0f} {_asked(incoming)}".encode(errors="surrogatepass")
    fingerprint = hashlib.blake2b(wording, digest_size=8).digest()
    return *incoming.chat, message.message_id, fingerprint


def _asked(incoming: Incoming) -> str:
    """Give what is asked: the wording; of a photo that is to be captioned, only which photo it is."""
    message, photo = incoming.message, incoming.photo
    if photo is None:
        return message.text or message.caption or ""
    seen = photo.file.file_unique_id if photo.file is not None else ""
    # What /caption asks for is what a photo gets without a command, too.
    return seen if incoming.command in ("", "caption") else f"{seen} /{incoming.command} {incoming.wording}"
