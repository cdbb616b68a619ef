"""Finder: the photos for an answer, a chat's own before those of the gallery."""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from bot.gallery.gallery import Gallery
from bot.memory.memory import Memory
from bot.store.answers import Answer
from bot.store.keys import ChatKey
from onenet.search import Match, RefinedQuery, SearchResult, WordsQuery


class Finder:
    """Searches what a chat may see: its own photos and the gallery.

    Args:
        memory: Has the chats' own photos.
        gallery: Has those that all chats see.
    """

    def __init__(self, memory: Memory, gallery: Gallery) -> None:
        self._memory = memory
        self._gallery = gallery

    async def has_photos(self, chat: ChatKey, *, besides: Collection[str] = ()) -> bool:
        """Tell whether there is any photo to be found for a chat just now, but for some of its own."""
        if self._gallery.is_away:
            return False
        own = len(besides) < await self._memory.photos.count(chat)
        return own or self._gallery.state().photos > 0

    async def fits(self, chat: ChatKey, query: WordsQuery | RefinedQuery) -> bool | None:
        """Tell whether any photo fits a description well; None if there is no photo at all."""
        own = await self._memory.find(chat, query, 1)
        found = await self._gallery.find(query, 1)
        return own.fits or found.fits if own.matches or found.matches else None

    async def matches(
        self, chat: ChatKey, answer: Answer, k: int, *, exclude: Collection[str] = ()
    ) -> list[Match]:
        """Find the next k photos for an answer.

        First the chat's own that fit well or are alike, then the gallery's, then the rest of the chat's own.

        Args:
            answer: With token ids, of a description, or of a search that went on; else photos like a photo
                are looked for.
            exclude: Photos that were sent before; the others come in the order that they have among all.

        Raises:
            BusyError: If too many questions wait already.
        """
        own = await self._own(chat, answer, k, exclude)
        matches = own.matches[: own.fitting]
        if len(matches) < k:
            matches += await self._of_gallery(answer, k - len(matches), exclude)
        return (matches + own.matches[own.fitting :])[:k]

    async def representations(self, chat: ChatKey, photos: Sequence[str]) -> NDArray[np.float32]:
        """Give the representations of photos that were found, shape (N, D); zeros for one that has gone.

        Raises:
            BusyError: If too many questions wait already.
        """
        own = await self._memory.representations(chat, photos)
        others = await self._gallery.representations([photo for photo in photos if photo not in own])
        known = own | others
        nothing = np.zeros_like(next(iter(known.values()), np.zeros(1, np.float32)))
        rows = [known.get(photo, nothing) for photo in photos]
        return np.array(rows, dtype=np.float32).reshape(len(photos), -1)

    async def _own(self, chat: ChatKey, answer: Answer, k: int, exclude: Collection[str]) -> SearchResult:
        if _is_of_photo(answer):
            return await self._memory.similar(chat, answer.representation, k, exclude=exclude)
        return await self._memory.find(chat, _query_of(answer), k, exclude=exclude)

    async def _of_gallery(self, answer: Answer, k: int, exclude: Collection[str]) -> list[Match]:
        if _is_of_photo(answer):
            return await self._gallery.search(answer.representation, k, exclude=exclude)
        return (await self._gallery.find(_query_of(answer), k, exclude=exclude)).matches


def _is_of_photo(answer: Answer) -> bool:
    search = answer.search
    is_said = search is not None and (bool(search.before) or any(wish.words for wish in search.wishes))
    return not answer.token_ids and not is_said


def _query_of(answer: Answer) -> WordsQuery | RefinedQuery:
    if not answer.token_ids and answer.search is not None:
        return RefinedQuery(answer.search, "", (), answer.representation, answer.language)
    # All that the order depends on; the rest says how well they fit, which has been said.
    return WordsQuery("", "", (), answer.representation, answer.token_ids, answer.language)
