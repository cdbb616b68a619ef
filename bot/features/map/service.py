"""Maps of words and photos, drawn for a chat beside all else, one at a time."""

import contextlib
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from telegram import Bot
from telegram.error import Forbidden

from bot.features.map.cache import MapCache
from bot.gallery.gallery import Gallery
from bot.inference.one_per_chat import OnePerChat
from bot.inference.worker import Worker
from bot.language import DEFAULT_LANGUAGE
from bot.language.network import read_here
from bot.memory.table import RememberedPhoto, RememberedPhotos
from bot.messages.photo import file_by_id
from bot.photos.fetching import fetch
from bot.photos.sending import as_jpeg, blurred
from bot.store.keys import ChatKey
from onenet.engine import Engine
from onenet.errors import N_, OneNetError, PhotoError
from onenet.maps import OnProgress, as_png, draw_photo_map, draw_word_map, map_photos, map_words
from onenet.search import read_photo

MOST_GALLERY = 396  # 18 by 22
MOST_OWN = 150  # each is fetched from the chat's server
FEWEST_OWN = 6  # fewer are no map, if there is a gallery
OWN_PX = 320
SHOWN_PX = 2560  # as large as a messenger shows a photo
NONE_LEFT = N_(
    "None of the photos that I remember of this chat can be fetched any more. Please send some once more."
)

Of = Literal["words", "around", "gallery", "own"]


class MapStoppedError(OneNetError):
    """Somebody stopped a map in the making."""

    def __init__(self) -> None:
        super().__init__(N_("Stopped; the map is not drawn."))


class Drawing:
    """A map in the making: how far it is, and whether it is still wanted; read and written by two threads."""

    def __init__(self) -> None:
        self.share = 0.0
        self.is_stopped = False

    def stop(self) -> None:
        """Let the work end at its next step."""
        self.is_stopped = True

    def part(self, start: float, end: float) -> OnProgress:
        """Report the progress of a part of the work; it raises a MapStoppedError when the map is unwanted."""

        def report(share: float) -> None:
            if self.is_stopped:
                raise MapStoppedError
            self.share = start + share * (end - start)

        return report


@dataclass(frozen=True)
class DrawnMap:
    """A map ready to be sent.

    Attributes:
        of: What is on it.
        shown: An image file that a messenger shows as a photo.
        file: A larger one, to be sent as a file.
        name: Of the file.
        photos: How many are on it; 0 on a map of words.
        language: Of the words on it.
    """

    of: Of
    shown: bytes
    file: bytes
    name: str
    photos: int = 0
    language: str = DEFAULT_LANGUAGE


class Maps:
    """Draws maps; those that are the same for all chats are kept.

    Args:
        engine: Knows the words and the network's name.
        worker: Draws.
        gallery: Photos that all chats see.
        photos: Those that each chat remembers, for that chat alone.
        folder: Where maps are kept, save those of a chat's own photos.

    Attributes:
        drawings: The maps in the making.
    """

    def __init__(
        self, engine: Engine, worker: Worker, gallery: Gallery, photos: RememberedPhotos, folder: Path
    ) -> None:
        self._engine = engine
        self._worker = worker
        self._gallery = gallery
        self._photos = photos
        self._cache = MapCache(folder)
        self.drawings: OnePerChat[Drawing] = OnePerChat()

    @contextlib.contextmanager
    def drawing(self, chat: ChatKey) -> Iterator[Drawing | None]:
        """Begin a map for a chat; None if there is one in the making for it already."""
        drawing = Drawing()
        with self.drawings.holding(chat, drawing) as is_first:
            yield drawing if is_first else None

    async def words(self, around: str, drawing: Drawing) -> DrawnMap:
        """Draw the most frequent words of the reader's language, or a word and those around it in its own.

        Raises:
            UnknownWordError: If the network never read the word.
            MapStoppedError: If the map is no longer wanted.
        """
        words, language = self._engine.words, read_here(self._engine)
        if around:
            language, *_ = await self._worker.call(words.language_of, [around], language)

        def draw() -> bytes:
            space = words.space_of(language)
            return as_png(draw_word_map(map_words(space, around, on_progress=drawing.part(0, 0.7))))

        made_of = f"words\0{self._engine.fingerprint}\0{language}\0{around}".encode()
        content = await self._worker.aside(self._cache.get, made_of, draw)
        name = "words.png" if not around else "words-around.png"
        return DrawnMap("around" if around else "words", content, content, name, language=language)

    async def photos(self, bot: Bot, chat: ChatKey, drawing: Drawing) -> DrawnMap | None:
        """Draw the photos that a chat remembers, else those of the gallery; None if there are none.

        Raises:
            MapStoppedError: If the map is no longer wanted.
            PhotoError: If there are only remembered ones, none of which can be fetched any more.
        """
        count = len(await self._photos.ids(chat, self._engine.fingerprint, with_protected=False))
        has_enough = count >= FEWEST_OWN
        drawn = await self._own(bot, chat, drawing) if has_enough else None
        drawn = drawn or await self.gallery(drawing)
        if drawn is None and count and not has_enough:
            drawn = await self._own(bot, chat, drawing)
        if drawn is None and count:
            raise PhotoError(NONE_LEFT)
        return drawn

    async def gallery(self, drawing: Drawing) -> DrawnMap | None:
        """Draw the photos of the gallery; None if there are none."""
        photos, representations = await self._gallery.sample(MOST_GALLERY)
        if not photos:
            return None

        def draw() -> bytes:
            return _draw(photos, representations, lambda photo: read_photo(Path(photo)), drawing, 0.0)

        made_of = "\0".join(["photos", *photos]).encode() + representations.tobytes()
        content = await self._worker.aside(self._cache.get, made_of, draw)
        return await self._drawn("gallery", content, len(photos))

    async def _own(self, bot: Bot, chat: ChatKey, drawing: Drawing) -> DrawnMap | None:
        """Draw a chat's own photos, None if none can be fetched any more; nothing of them is kept."""
        photos, representations = await self._photos.latest(chat, self._engine.fingerprint, MOST_OWN)
        images = await self._fetched(bot, photos, drawing.part(0.0, 0.6))
        rows = [row for row, photo in enumerate(photos) if photo.photo_id in images]
        if not rows:
            return None
        names = {str(photo_id): image for photo_id, image in images.items()}
        found = [str(photos[row].photo_id) for row in rows]
        content = await self._worker.aside(
            _draw, found, representations[rows], names.__getitem__, drawing, 0.6
        )
        return await self._drawn("own", content, len(rows))

    async def _fetched(
        self, bot: Bot, photos: Sequence[RememberedPhoto], on_progress: OnProgress
    ) -> dict[int, Image.Image]:
        """Fetch photos, small, by their numbers; those that can no longer be fetched are left out."""
        images: dict[int, Image.Image] = {}
        for number, photo in enumerate(photos):
            on_progress(number / len(photos))
            file = file_by_id(photo.message.read_file_id, photo.message.file_unique_id, bot)
            with contextlib.suppress(PhotoError, Forbidden):
                image = await fetch(file, self._worker)
                await self._worker.decode(image.thumbnail, (OWN_PX, OWN_PX))
                images[photo.photo_id] = blurred(image) if photo.message.is_spoiler else image
        return images

    async def _drawn(self, of: Of, content: bytes, photos: int) -> DrawnMap:
        shown = await self._worker.aside(_to_be_shown, content)
        return DrawnMap(of, shown, content, "photos.jpg", photos)


def _draw(
    photos: Sequence[str],
    representations: NDArray[np.float32],
    open_photo: Callable[[str], Image.Image],
    drawing: Drawing,
    begun: float,
) -> bytes:
    middle = (1 + begun) / 2
    photo_map = map_photos(photos, representations, on_progress=drawing.part(begun, middle))
    picture = draw_photo_map(photo_map, open_photo, on_progress=drawing.part(middle, 1.0))
    return as_jpeg(picture, max(picture.size))


def _to_be_shown(content: bytes) -> bytes:
    with Image.open(io.BytesIO(content)) as picture:
        return as_jpeg(picture, SHOWN_PX)
