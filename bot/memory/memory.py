"""Memory: a chat's own photos, found again and forgotten; never the pictures, only what was made of them."""

import contextlib
import logging
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from functools import partial
from typing import ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from bot.chats.chats import Chats
from bot.chats.clock import day_of
from bot.inference.reading import Reading
from bot.inference.worker import Worker
from bot.language import spoken
from bot.language.network import written_here
from bot.memory.index import MemoryIndex
from bot.memory.names import own_id, own_name
from bot.memory.served import Sender, ServedMemoryIndex
from bot.memory.table import NetworkReading, PhotoMessage, RememberedPhoto, RememberedPhotos
from bot.store.database import Database
from bot.store.keys import ChatKey
from onenet.asking import Recollection
from onenet.captions import Caption
from onenet.engine import Engine
from onenet.errors import IndexAwayError, OneNetError
from onenet.search import (
    ALIKE,
    SAME_PHOTO,
    RefinedQuery,
    Searchable,
    SearchResult,
    WordsQuery,
    nearest_different,
)
from onenet.teaching import Lexicon

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

ERASE_AFTER_S = 30 * 24 * 3600
LOADED_AT_ONCE = 2000


@dataclass(frozen=True)
class Remembered:
    """A photo that was just remembered.

    Attributes:
        is_new: Whether it was not remembered before.
        is_first: Whether it is the only one of its chat.
    """

    photo: RememberedPhoto
    is_new: bool
    is_first: bool

    @property
    def name(self) -> str:
        """What `Answer.photos_shown` knows it by."""
        return own_name(self.photo.photo_id)


@dataclass(frozen=True)
class OwnPhoto:
    """A photo of a person's private chat, to be offered to that person elsewhere.

    Attributes:
        file_id: Of a photo, not of a file or a sticker.
        caption: What the network said of it.
        score: Cosine to the description.
    """

    file_id: str
    caption: str
    score: float


class Memory:
    """Remembers the photos of chats, each for its chat alone.

    The database is the truth and is written first; the index follows it, and is made from it at the start.

    Args:
        database: Where the photos are kept.
        worker: The index is touched on its thread alone.
        engine: Made the representations, and ranks them for a description.
        chats: Whose photos they are.
        served: The index, if it is on a server; None: in memory.
        sender: Sends it what has changed.
    """

    def __init__(
        self,
        database: Database,
        worker: Worker,
        engine: Engine,
        chats: Chats,
        served: ServedMemoryIndex | None = None,
        sender: Sender | None = None,
    ) -> None:
        self.photos = RememberedPhotos(database)
        self._database = database
        self._worker = worker
        self._engine = engine
        self._chats = chats
        self._index = MemoryIndex() if served is None else served
        self._sender = sender

    async def load(self) -> int:
        """Make the index from the database, and give the number of photos in it.

        One on a server has them already; `bot.memory.comparing` looks whether it has.
        """
        after, count = 0, 0
        if not isinstance(self._index, MemoryIndex):
            return 0
        while True:
            network = self._engine.fingerprint
            ids, vectors = await self.photos.representations(network, after, LOADED_AT_ONCE)
            if not ids:
                return count
            self._index.add(None, ids, vectors)
            count = await self._worker.background(self._index.catch_up)
            after = ids[-1]

    async def remember(
        self, chat: ChatKey, message: PhotoMessage, reading: Reading | None
    ) -> Remembered | None:
        """Remember a photo of a chat; when this returns, no crash can lose it any more.

        None: it was to be forgotten since it came.

        Args:
            reading: What the network made of it; None: it will be read later, see bot.memory.keeper.
        """
        read = None if reading is None else self._reading(reading.representation, reading.caption)
        language = read.language if read is not None else spoken()
        added = await self.photos.add(chat, message, read, language)
        if added is None:
            return None
        photo_id, count = added
        if read is not None:
            self._add(chat, photo_id, read.representation)
        caption = read.caption if read is not None else ""
        photo = RememberedPhoto(photo_id, chat, chat.chat_id, message, caption, language)
        return Remembered(photo, is_new=count > 0, is_first=count == 1)

    async def set_reading(
        self, photo: RememberedPhoto, representation: NDArray[np.float32], caption: Caption
    ) -> bool:
        """Remember what the network made of a photo later; False if it was forgotten meanwhile."""
        reading = self._reading(representation, caption)
        is_there = await self.photos.set_reading(photo, reading)
        if is_there:
            self._add(photo.chat, photo.photo_id, representation)
        return is_there

    async def seen_before(self, photo: RememberedPhoto) -> RememberedPhoto | None:
        """Give the earlier photo of the same chat that this one is a copy of; None if there is none.

        Raises:
            BusyError: If too many questions wait already.
        """
        same = await self.photos.same_file_before(photo)
        if same is not None:
            return same
        earlier = await self.photos.ids_before(photo, self._engine.fingerprint)
        matches = await self._call(self._index.nearest_to, photo.chat, photo.photo_id, earlier)
        found = [match.photo for match in matches if match.score >= SAME_PHOTO]
        photos = await self.own(photo.chat, found)
        return photos[found[0]] if found and found[0] in photos else None

    async def similar(
        self, chat: ChatKey, representation: NDArray[np.float32], k: int, *, exclude: Collection[str] = ()
    ) -> SearchResult:
        """Find the k photos of a chat most like a representation (D,), best first; none unlike it.

        Args:
            exclude: Names of photos that were sent before.

        Raises:
            BusyError: If too many questions wait already.
        """
        return await self._search(chat, partial(_most_alike, representation), k, exclude)

    async def find(
        self, chat: ChatKey, query: WordsQuery | RefinedQuery, k: int, *, exclude: Collection[str] = ()
    ) -> SearchResult:
        """Find the k photos of a chat that fit a description best, ranked as the gallery's are.

        Raises:
            BusyError: If too many questions wait already.
        """
        return await self._search(chat, partial(self._engine.find, query), k, exclude)

    async def find_own(self, bot_id: int, user_id: int, query: WordsQuery, k: int) -> list[OwnPhoto]:
        """Find the k photos of the private chat with a person nearest to a description; never a group's.

        What was sent otherwise than as a photo is left out: it could not be offered beside photos. So is what
        is covered, for it would be offered uncovered, and what must not be sent on.
        """
        assert user_id > 0, "a group's photos are for the group alone"
        chat = ChatKey(bot_id, user_id)
        found = await self.similar(chat, query.representation, k)  # as the gallery is searched there
        photos = await self.told(chat, [match.photo for match in found.matches])
        return [
            OwnPhoto(photo.message.file_id, photo.caption, match.score)
            for match in found.matches
            if (photo := photos.get(match.photo)) is not None
            and photo.message.kind == "photo"
            and not photo.message.is_spoiler
            and not photo.message.is_protected
        ]

    async def representations(self, chat: ChatKey, names: Collection[str]) -> dict[str, NDArray[np.float32]]:
        """Give the representations (D,) of a chat's own photos, by their names; others are left out.

        Raises:
            BusyError: If too many questions wait already.
        """
        ids = [photo.photo_id for photo in (await self.own(chat, names)).values()]

        def look_up() -> dict[str, NDArray[np.float32]]:
            known, rows = self._index.known(chat, ids)
            return {own_name(photo_id): row for photo_id, row in zip(known, rows, strict=True)}

        return await self._call(look_up) if ids else {}

    async def recall(
        self,
        chat: ChatKey,
        asked: Recollection,
        sender: int = 0,
        lexicon: Lexicon | None = None,
    ) -> list[tuple[RememberedPhoto, float]]:
        """Give the photos of a chat that are asked for, those attended to most first, each with its weight.

        Args:
            sender: Who sent them; 0: anybody.
            lexicon: What the chat has taught.

        Raises:
            BusyError: If too many questions wait already.
        """
        photos = await self.photos.photos(chat, await self.photos.ids(chat, self._engine.fingerprint))
        chosen = {
            photo_id: photo
            for photo_id, photo in photos.items()
            if sender in (0, photo.message.user_id)
            and asked.month in (0, day_of(photo.message.sent_at).month)
        }
        if not asked.words or not chosen:
            newest = sorted(chosen.values(), key=lambda photo: -photo.message.sent_at)
            return [(photo, 1.0) for photo in newest]
        weights = await self._call(self._attend, asked, chat, [*chosen], lexicon)
        ranked = sorted(weights, key=lambda photo_id: -weights[photo_id])
        return [(chosen[photo_id], weights[photo_id]) for photo_id in ranked]

    async def own(self, chat: ChatKey, names: Collection[str]) -> dict[str, RememberedPhoto]:
        """Give those of a chat's own photos that are named, by their names; others are left out."""
        ids = [photo_id for name in names if (photo_id := own_id(name)) is not None]
        photos = await self.photos.photos(chat, ids) if ids else {}
        return {own_name(photo_id): photo for photo_id, photo in photos.items()}

    async def told(self, chat: ChatKey, names: Collection[str]) -> dict[str, RememberedPhoto]:
        """Give photos as `own` does, with captions in the language of the answer if the network writes it.

        What was captioned in another one, before the chat's was changed or the network learnt it, is
        captioned once more.

        Raises:
            BusyError: If too many questions wait already.
        """
        photos = await self.own(chat, names)
        language = written_here(self._engine)
        others = {name: photo for name, photo in photos.items() if photo.language != language}
        if others:
            ids = [photo.photo_id for photo in others.values() if photo.caption]
            captions: dict[int, str] = {}
            with contextlib.suppress(IndexAwayError):  # what was said of them will do
                captions = await self._call(self._say, chat, ids, language)
            for name, photo in others.items():
                if (caption := captions.get(photo.photo_id)) is not None:
                    photos[name] = replace(photo, caption=caption, language=language)
                    await self.photos.set_caption(photo.photo_id, caption, language)
        return photos

    async def forget(self, chat: ChatKey, photos: Collection[RememberedPhoto]) -> int:
        """Forget photos of a chat at once, and give their number."""
        return await self._forgotten(await self.photos.forget(chat, [photo.photo_id for photo in photos]))

    async def forget_of(self, chat: ChatKey, user_id: int) -> int:
        """Forget all photos that a person sent to a chat."""
        return await self._forgotten(await self.photos.forget_of(chat, user_id))

    async def forget_chat(self, chat: ChatKey) -> int:
        """Forget all photos of a chat and all its answers."""
        return await self._forgotten(await self.photos.forget_chat(chat))

    async def clock_of(self, chat: ChatKey) -> tzinfo | None:
        """Give the time zone that a chat chose; None: this computer's."""
        return (await self._chats.settings(*chat)).clock

    async def migrate(self, bot_id: int, old: int, new: int) -> None:
        """Let a group's photos and all else that is known of it go on under the number of the supergroup."""
        before = await self.photos.all_ids(ChatKey(bot_id, old))
        if await self._chats.migrate(bot_id, old, new):
            kept = await self.photos.photos(ChatKey(bot_id, new), before)
            self._index.remove([photo_id for photo_id in before if photo_id not in kept])  # were there twice
            if self._sender is not None:
                self._sender.compare()

    async def erase_left(self) -> int:
        """Erase the chats that the bot left 30 days ago or earlier, and give the number of their photos."""
        ids = await self.photos.forget_left(time.time() - ERASE_AFTER_S)
        if ids:
            logger.info("Erased %d photos of chats that were left", len(ids))
            await self._forgotten(ids)
        return len(ids)

    async def _forgotten(self, ids: Sequence[int]) -> int:
        self._index.remove(ids)
        await self._database.scrub()
        if self._sender is not None:
            await self._sender.send()
            return len(ids)
        try:
            await self._worker.call(self._index.catch_up)
        except OneNetError as error:  # many questions wait: the next search begins with it
            logger.debug("The index of the memory catches up later: %s", error)
        return len(ids)

    def _reading(self, representation: NDArray[np.float32], caption: Caption) -> NetworkReading:
        return NetworkReading(representation, caption.text, self._engine.fingerprint, caption.language)

    def _add(self, chat: ChatKey, photo_id: int, representation: NDArray[np.float32]) -> None:
        self._index.add(chat, [photo_id], representation[np.newaxis])
        if self._sender is not None:
            self._sender.wake()

    async def _call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function that asks the index, on the network's thread."""
        await self._index.reach()
        return await self._worker.call(function, *args, **kwargs)

    def _attend(
        self, asked: Recollection, chat: ChatKey, ids: Sequence[int], lexicon: Lexicon | None
    ) -> dict[int, float]:
        """Weigh those photos of the index that fit a question; on the worker's thread alone."""
        known, rows = self._index.known(chat, ids)
        if not known:
            return {}
        found = self._engine.recall(asked, rows, lexicon)
        return {each: float(found.weights[row]) for row, each in enumerate(known) if found.fits[row]}

    def _say(self, chat: ChatKey, ids: Sequence[int], language: str) -> dict[int, str]:
        """Caption photos of the index in a language; on the worker's thread alone."""
        known, rows = self._index.known(chat, ids)
        captions = self._engine.caption(rows, language=language) if known else []
        return {photo_id: best.text for photo_id, (best, *_) in zip(known, captions, strict=True)}

    async def _search(
        self,
        chat: ChatKey,
        search: Callable[[Searchable, int], SearchResult],
        k: int,
        exclude: Collection[str],
    ) -> SearchResult:
        ids = await self.photos.ids(chat, self._engine.fingerprint)
        if not ids:
            return SearchResult([], False)
        shown = {name for name in exclude if own_id(name) is not None}
        found = await self._call(search, self._index.among(chat, ids), k + len(shown))
        fitting = [match for match in found.matches[: found.fitting] if match.photo not in shown]
        others = [match for match in found.matches[found.fitting :] if match.photo not in shown]
        return replace(found, matches=(fitting + others)[:k], fitting=min(len(fitting), k))


def _most_alike(representation: NDArray[np.float32], photos: Searchable, k: int) -> SearchResult:
    matches = [match for match in nearest_different(photos, representation, k) if match.score > 0]
    alike = sum(match.score >= ALIKE for match in matches)
    return SearchResult(matches, alike > 0, alike)
