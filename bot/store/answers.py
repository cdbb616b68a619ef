"""Answers in the database: what stands behind their buttons, after a restart too."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.store.database import Database
from bot.store.keys import AnswerKey, ChatKey
from onenet.conversation import SearchState

KEEP_ANSWERS_S = 30 * 24 * 3600

SHOWN = -1  # the part of a message that shows photos of an answer: that answer

_OTHERS = """representation, captions, caption_shown, photos_shown, made_at, token_ids, network, about, asker,
    photo, language, search, sent"""
_WHAT = """representation, captions, caption_shown, photos_shown, token_ids, network, sheet, about, asker,
    photo, language, search, sent"""
_IS_KEY = "bot_id = ? AND chat_id = ? AND message_id = ? AND part = ?"
# Those that another answer has noted since this one was read stay.
_WITH_PHOTOS = """(SELECT json_group_array(value) FROM (
    SELECT value, 0 AS is_new, key FROM json_each(answers.photos_shown)
    UNION ALL
    SELECT value, 1, key FROM json_each(?)
        WHERE value NOT IN (SELECT value FROM json_each(answers.photos_shown))
    ORDER BY 2, 3))"""


@dataclass(frozen=True)
class SheetCell:
    """One of the pictures that were put together as a numbered one.

    Attributes:
        photo: What `Answer.photos_shown` knows it by.
        name: For a person.
        score: How well it fits.
        link: Of its message in the chat, if it has one.
        copies: How many photos are copies of it, and are not shown therefore.
    """

    photo: str
    name: str
    score: float
    link: str = ""
    copies: int = 0


class AnsweredPhoto(NamedTuple):
    """The photo that an answer is about, where nothing else leads to it.

    Attributes:
        file_id: Of what is fetched for it.
        is_spoiler: Whether the chat covers it.
        is_protected: Whether it must not be sent on.
    """

    file_id: str
    is_spoiler: bool
    is_protected: bool


@dataclass(frozen=True)
class Answer:
    """What stands behind the buttons of an answer.

    Attributes:
        representation: Shape (D,), float32: of the photo or the description.
        captions: Best first.
        caption_shown: Which of them the message shows.
        photos_shown: The gallery photos that were sent for it so far.
        token_ids: Of the description; a photo has none, nor have answers of before there was a ranking.
        network: Fingerprint of the network whose representation and token ids these are; "" if not known.
        sheet: The numbered pictures that the message shows.
        about: The message with the photo, to be forgotten with it; 0 if it is about none.
        asker: Who asked, to be forgotten with them; 0 if that is not known.
        photo: What it is about, if the message neither replies to that nor is it remembered.
        language: Of the captions, and of the description if it is about one.
        search: What is looked for, if it is a search that can go on; one that went on has no token ids.
        sent: The photos that were sent for it, in their order.
    """

    representation: NDArray[np.float32]
    captions: tuple[str, ...]
    caption_shown: int = 0
    photos_shown: tuple[str, ...] = ()
    token_ids: tuple[int, ...] = ()
    network: str = ""
    sheet: tuple[SheetCell, ...] = ()
    about: int = 0
    asker: int = 0
    photo: AnsweredPhoto | None = None
    language: str = "en"
    search: SearchState | None = None
    sent: tuple[str, ...] = ()

    @property
    def photos_meant(self) -> tuple[str, ...]:
        """The photos that a person counts: those on the numbered picture, or all that were sent."""
        return tuple(cell.photo for cell in self.sheet) or self.sent

    @property
    def caption(self) -> str:
        """The caption that the message shows; "" if it has none."""
        return self.captions[self.caption_shown] if self.captions else ""


class KeptAnswers:
    """The answers that have buttons.

    Args:
        database: Where they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def forget_old(self) -> None:
        """Forget the answers that are too old to be asked for more."""
        query = "DELETE FROM answers WHERE made_at < ?"
        await self._database.write_if_possible(query, (time.time() - KEEP_ANSWERS_S,))

    async def keep(self, key: AnswerKey, answer: Answer) -> None:
        """Remember an answer for its buttons, and forget the answers that are too old.

        What was to be forgotten while it was drawn is not kept. Neither is what it holds of other photos, if
        any of the chat's was.
        """
        await self.forget_old()
        chat, forgettings = ChatKey(key.bot_id, key.chat_id), self._database.forgettings
        if forgettings.came_since(chat):
            answer = _without_others(answer)
        await self._database.write_if_possible(
            "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *_values(key),
                answer.representation.astype("<f4").tobytes(),
                json.dumps(answer.captions),
                answer.caption_shown,
                json.dumps(answer.photos_shown),
                time.time(),
                json.dumps(answer.token_ids),
                answer.network,
                _dump(answer.sheet),
                answer.about,
                answer.asker,
                json.dumps(answer.photo) if answer.photo is not None else "",
                answer.language,
                answer.search.dump() if answer.search is not None else "",
                json.dumps(answer.sent),
            ),
            unless=lambda: forgettings.cover(chat, message_id=answer.about, user_id=answer.asker),
        )

    async def keep_beside(self, key: AnswerKey, messages: Sequence[int]) -> None:
        """Remember an answer once more for each of the messages that show its photos."""
        await self._database.write_if_possible(
            f"""INSERT OR REPLACE INTO answers (bot_id, chat_id, message_id, part, sheet, {_OTHERS})
                SELECT bot_id, chat_id, shown.value, {SHOWN}, '[]', {_OTHERS}
                FROM answers, json_each(?) AS shown WHERE {_IS_KEY}""",
            (json.dumps(messages), *_values(key)),
        )

    async def find(self, key: AnswerKey) -> Answer | None:
        """Return what was answered, or None when it is unknown or forgotten."""
        query = f"SELECT {_WHAT} FROM answers WHERE {_IS_KEY} AND made_at >= ?"
        row = await self._database.row(query, (*_values(key), time.time() - KEEP_ANSWERS_S))
        return _read(row) if row is not None else None

    async def find_parts(self, key: AnswerKey) -> list[Answer]:
        """Return all that a message answered, which is one answer for each photo of an album."""
        query = f"""SELECT {_WHAT} FROM answers WHERE bot_id = ? AND chat_id = ? AND message_id = ?
                    AND part >= 0 AND made_at >= ? ORDER BY part"""
        values = (key.bot_id, key.chat_id, key.message_id, time.time() - KEEP_ANSWERS_S)
        return [_read(row) for row in await self._database.rows(query, values)]

    async def show_caption(self, key: AnswerKey, number: int) -> None:
        """Remember which caption the message shows now."""
        await self._database.write_if_possible(
            f"UPDATE answers SET caption_shown = ? WHERE {_IS_KEY}",
            (number, *_values(key)),
        )

    async def show_photos(
        self,
        key: AnswerKey,
        photos: Sequence[str],
        sheet: Sequence[SheetCell] = (),
        sent: Sequence[str] = (),
    ) -> None:
        """Add to the photos that were sent for the answer, and remember those the message shows, numbered.

        Args:
            photos: That need not be sent again.
            sent: Those of them that were sent now, in their order.
        """
        if self._database.forgettings.came_since(ChatKey(key.bot_id, key.chat_id)):
            sheet = _without_names(sheet)
        await self._database.write_if_possible(
            f"""UPDATE answers SET photos_shown = {_WITH_PHOTOS}, sheet = ?, sent = (
                    SELECT json_group_array(value) FROM (
                        SELECT value FROM json_each(answers.sent) UNION ALL SELECT value FROM json_each(?)))
                WHERE {_IS_KEY}""",
            (json.dumps(photos), _dump(sheet), json.dumps(sent), *_values(key)),
        )


def _read(row: Sequence[Any]) -> Answer:
    representation = np.frombuffer(row[0], "<f4").astype(np.float32)
    captions, photos_shown, token_ids = (tuple(json.loads(row[column])) for column in (1, 3, 4))
    sheet = tuple(SheetCell(*cell) for cell in json.loads(row[6]))
    shown, network, about, asker = int(row[2]), str(row[5]), int(row[7]), int(row[8])
    photo = AnsweredPhoto(*json.loads(row[9])) if row[9] else None
    language = str(row[10])
    search = SearchState.load(row[11]) if row[11] else None
    return Answer(
        *(representation, captions, shown, photos_shown, token_ids),
        network,
        sheet,
        about,
        asker,
        photo,
        language,
        search,
        tuple(json.loads(row[12])),
    )


def _without_others(answer: Answer) -> Answer:
    holds_photos = answer.search is not None and answer.search.photos
    return replace(answer, sheet=_without_names(answer.sheet), search=None if holds_photos else answer.search)


def _without_names(sheet: Sequence[SheetCell]) -> tuple[SheetCell, ...]:
    """Let each photo keep its number and nothing else."""
    return tuple(SheetCell(cell.photo, "", cell.score) for cell in sheet)


def _values(key: AnswerKey) -> tuple[int, int, int, int]:
    return key.bot_id, key.chat_id, key.message_id, key.part


def _dump(sheet: Sequence[SheetCell]) -> str:
    return json.dumps([(cell.photo, cell.name, cell.score, cell.link, cell.copies) for cell in sheet])
