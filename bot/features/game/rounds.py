"""Rounds of the guessing game and their scores, in the database; a chat has one round at a time."""

import json
import time
from dataclasses import dataclass
from typing import Any

from bot.store.database import Database
from bot.store.keys import ChatKey

BEST = 10

_IN_CHAT = "bot_id = ? AND chat_id = ?"


@dataclass(frozen=True)
class Round:
    """A photo that was shown and the captions to choose from.

    Attributes:
        message_id: Of the photo.
        captions: Those on offer.
        answer: Which of them is the photo's own.
        language: Code of the language that it was asked in, and will be solved in.
        ends_at: When it is solved by itself, in seconds since 1970.
    """

    chat: ChatKey
    message_id: int
    captions: tuple[str, ...]
    answer: int
    language: str
    ends_at: float


@dataclass(frozen=True)
class Guess:
    """What a person chose, and the name to call them by."""

    user_id: int
    name: str
    choice: int


@dataclass(frozen=True)
class Outcome:
    """A round that is over, with the guesses in the order in which they came."""

    round: Round
    guesses: tuple[Guess, ...]

    @property
    def winners(self) -> tuple[Guess, ...]:
        """Those who chose the photo's own caption."""
        return tuple(guess for guess in self.guesses if guess.choice == self.round.answer)


@dataclass(frozen=True)
class Score:
    """How often a person guessed in a chat, and how often right."""

    name: str
    won: int
    played: int


class Rounds:
    """The open rounds of all chats, the guesses, and the scores.

    Args:
        database: Where they are kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, opened: Round) -> None:
        """Keep a round; its chat must have been met, and have no other."""
        query = "INSERT INTO game_rounds VALUES (?, ?, ?, ?, ?, ?, ?)"
        values = (opened.message_id, json.dumps(opened.captions), opened.answer)
        await self._database.write(query, (*opened.chat, *values, opened.language, opened.ends_at))

    async def open_in(self, chat: ChatKey) -> Round | None:
        """Give the round that a chat is at."""
        row = await self._database.row(f"SELECT * FROM game_rounds WHERE {_IN_CHAT}", chat)
        return _round(row) if row is not None else None

    async def guess(self, chat: ChatKey, message_id: int, guess: Guess) -> Guess | None:
        """Take a person's guess, and give their first, which counts; None if the round is over."""
        query = f"""INSERT OR IGNORE INTO game_guesses
                    SELECT bot_id, chat_id, ?, ?, ?, ? FROM game_rounds WHERE {_IN_CHAT} AND message_id = ?"""
        values = (guess.user_id, guess.name, guess.choice, time.time())
        await self._database.write(query, (*values, *chat, message_id))
        return await self.guess_of(chat, message_id, guess.user_id)

    async def guess_of(self, chat: ChatKey, message_id: int, user_id: int) -> Guess | None:
        """Give what a person chose in an open round."""
        query = f"""SELECT user_id, name, choice FROM game_guesses JOIN game_rounds USING (bot_id, chat_id)
                    WHERE {_IN_CHAT} AND message_id = ? AND user_id = ?"""
        row = await self._database.row(query, (*chat, message_id, user_id))
        return Guess(*row) if row is not None else None

    async def finish(self, opened: Round) -> Outcome | None:
        """End a round and count its guesses; None if that was done before."""
        chat = opened.chat
        async with self._database.transaction() as connection:
            query = f"SELECT user_id, name, choice FROM game_guesses WHERE {_IN_CHAT} ORDER BY guessed_at"
            async with connection.execute(query, chat) as cursor:
                guesses = tuple(Guess(*row) for row in await cursor.fetchall())
            query = f"DELETE FROM game_rounds WHERE {_IN_CHAT} AND message_id = ?"  # its guesses go with it
            async with connection.execute(query, (*chat, opened.message_id)) as cursor:
                if not cursor.rowcount:
                    return None
            for guess in guesses:
                won = int(guess.choice == opened.answer)
                await connection.execute(_COUNT, (*chat, guess.user_id, guess.name, won))
        return Outcome(opened, guesses)

    async def due(self, bot_id: int, now: float) -> list[Round]:
        """Give the rounds whose time is up."""
        query = "SELECT * FROM game_rounds WHERE bot_id = ? AND ends_at <= ? ORDER BY ends_at"
        return [_round(row) for row in await self._database.rows(query, (bot_id, now))]

    async def next_end(self, bot_id: int) -> float | None:
        """Tell when the next round's time is up; None if there is none."""
        query = "SELECT MIN(ends_at) FROM game_rounds WHERE bot_id = ?"
        row = await self._database.row(query, (bot_id,))
        return float(row[0]) if row is not None and row[0] is not None else None

    async def scores(self, chat: ChatKey, limit: int = BEST) -> list[Score]:
        """Give the best of a chat; of those equally often right first who needed fewer guesses."""
        query = f"""SELECT name, won, played FROM game_scores WHERE {_IN_CHAT}
                    ORDER BY won DESC, played, user_id LIMIT ?"""
        return [Score(*row) for row in await self._database.rows(query, (*chat, limit))]

    async def forget_of(self, chat: ChatKey, user_id: int) -> bool:
        """Delete a person's guess and score in a chat; True if there were any."""
        forgotten = 0
        for table in ("game_guesses", "game_scores"):
            query = f"DELETE FROM {table} WHERE {_IN_CHAT} AND user_id = ?"
            forgotten += await self._database.forget(query, (*chat, user_id))
        return forgotten > 0


_COUNT = """
    INSERT INTO game_scores (bot_id, chat_id, user_id, name, played, won) VALUES (?, ?, ?, ?, 1, ?)
    ON CONFLICT (bot_id, chat_id, user_id) DO UPDATE SET
        name = excluded.name, played = played + 1, won = won + excluded.won
"""


def _round(row: Any) -> Round:
    bot_id, chat_id, message_id, captions, answer, language, ends_at = row
    return Round(ChatKey(bot_id, chat_id), message_id, tuple(json.loads(captions)), answer, language, ends_at)
