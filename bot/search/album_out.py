"""Albums: found photos into a chat, each uploaded once and sent by its file id from then on."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from weakref import WeakValueDictionary

from telegram import InputMediaPhoto, Message
from telegram.error import BadRequest, InvalidToken

from bot.delivery.quoting import is_to_be_quoted
from bot.memory.resend import OwnPicture, send_own
from bot.messages.incoming import Incoming
from bot.photos.sending import SENT_PX
from bot.photos.texts import found
from bot.search.pictures import Picture, Pictures
from bot.store.answers import Answer, SheetCell
from bot.store.sent_photos import SentPhotos

logger = logging.getLogger(__name__)

NO_ALBUMS_S = 3600.0  # servers say 404 by mistake too
OTHERS_UPLOAD_S = 5.0  # that another answer is waited for that uploads the same photo


@dataclass(frozen=True)
class _Ready:
    """A picture ready to be sent: its file id, or its bytes."""

    picture: Picture
    media: str | bytes


@dataclass(frozen=True)
class Shown:
    """What was sent for an answer.

    Attributes:
        photos: That were sent, in their order.
        seen: That need not be sent again: those, and what was left out.
        messages: Numbers of the messages that show them.
    """

    photos: tuple[str, ...]
    seen: tuple[str, ...]
    messages: tuple[int, ...]


class Albums:
    """Sends the photos most like a photo, or that fit a description best.

    Args:
        pictures: Finds them.
        sent_photos: Keep their file ids.
    """

    def __init__(self, pictures: Pictures, sent_photos: SentPhotos) -> None:
        self._pictures = pictures
        self._sent_photos = sent_photos
        self._uploading: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # by photos
        self._no_albums_until = float("-inf")

    async def send(self, asked: Incoming, answer: Answer) -> Shown:
        """Answer with the next photos for what it is about, those of the gallery as one album.

        Photos that have gone or cannot be read are left out, and the next best take their places.

        Args:
            asked: What is answered.
            answer: What it is about, and which photos were sent for it before.
        """
        seen: set[str] = set()
        photos = await self._pictures.collect(asked, answer, seen, _as_known)
        unknown = [ready.picture.cell.photo for ready in photos if not ready.media]
        if not unknown:
            sent = await self._send(asked, photos)
        else:
            async with self._alone(unknown):
                seen.clear()
                photos = await self._pictures.collect(asked, answer, seen, self._as_sendable)
                sent = await self._send(asked, photos)
        messages = tuple(message.message_id for message in sent)
        return Shown(tuple(each.picture.cell.photo for each in photos), tuple(sorted(seen)), messages)

    async def send_one(self, asked: Incoming, cell: SheetCell) -> bool:
        """Answer a message with one of the photos that it shows, numbered; False if that has gone."""
        picture = await self._pictures.of_cell(asked, cell)
        async with self._alone([] if picture.file_id else [cell.photo]):
            if not picture.file_id:  # another answer may have uploaded it meanwhile
                picture = await self._pictures.of_cell(asked, cell)
            ready = await self._as_sendable(picture)
            if ready is not None:
                await self._send(asked, [ready])
        return ready is not None

    @contextlib.asynccontextmanager
    async def _alone(self, photos: Iterable[str]) -> AsyncIterator[None]:
        """Upload photos while no other answer does: what one has uploaded need not go up again.

        An answer whose chat the server lets wait does not hold up others with the same photos for long.
        """
        locks = [self._uploading.setdefault(photo, asyncio.Lock()) for photo in sorted({*photos})]
        async with contextlib.AsyncExitStack() as held:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(OTHERS_UPLOAD_S):
                    for lock in locks:
                        await held.enter_async_context(lock)
            yield

    async def _as_sendable(self, picture: Picture) -> _Ready | None:
        media = picture.file_id or await self._pictures.load(picture, SENT_PX)
        return None if media is None else _Ready(picture, media)

    async def _send(self, asked: Incoming, photos: Sequence[_Ready]) -> list[Message]:
        """Send a chat's own photos and the gallery's, in the order in which they come."""
        sent: list[Message] = []
        for _, group in groupby(photos, lambda ready: ready.picture.own is None):
            together = list(group)
            own = [
                OwnPicture(each.picture.own, each.picture.cell)
                for each in together
                if each.picture.own is not None
            ]
            sent += await (send_own(asked, own) if own else self._send_gallery(asked.message, together))
        return sent

    async def _send_gallery(self, message: Message, photos: Sequence[_Ready]) -> list[Message]:
        try:
            return await self._post(message, photos)
        except BadRequest as error:
            logger.info("The server refused found photos (%s): sending them afresh", error)
        if any(isinstance(photo.media, str) for photo in photos):  # a file id may be out of date
            photos = await self._uploads(photos, message.get_bot().id)
            with contextlib.suppress(BadRequest):
                return await self._post(message, photos)
        return await self._post_each(
            message, photos
        )  # why this chat takes no album is not known of any other

    async def _uploads(self, photos: Sequence[_Ready], bot_id: int) -> list[_Ready]:
        kept = [photo.picture.file.photo for photo in photos if photo.picture.file is not None]
        await self._sent_photos.forget(bot_id, kept)
        fresh = [await self._as_sendable(replace(photo.picture, file_id="")) for photo in photos]
        return [photo for photo in fresh if photo is not None]

    async def _post(self, message: Message, photos: Sequence[_Ready]) -> list[Message]:
        """Send photos as an album where the server knows albums, and keep their file ids."""
        if len(photos) < 2 or time.monotonic() < self._no_albums_until:
            return await self._post_each(message, photos)
        media = [InputMediaPhoto(photo.media, caption=_caption(photo)) for photo in photos]
        try:
            sent = await message.reply_media_group(media, do_quote=is_to_be_quoted(message))
        except InvalidToken as error:  # what the library makes of 401 and 404
            if "not found" not in error.message.lower():
                raise
            logger.warning("The server does not know sendMediaGroup: photos are sent one by one for a while")
            self._no_albums_until = time.monotonic() + NO_ALBUMS_S
            return await self._post_each(message, photos)
        await self._keep(photos, sent)
        return [*sent]

    async def _post_each(self, message: Message, photos: Sequence[_Ready]) -> list[Message]:
        """Send photos one by one; one that is refused does not stop the others."""
        refusals = []
        messages: list[Message] = []
        for photo in photos:
            try:
                sent = await message.reply_photo(
                    photo.media, caption=_caption(photo), do_quote=is_to_be_quoted(message)
                )
            except BadRequest as error:
                refusals.append(error)
            else:
                messages.append(sent)
                await self._keep([photo], [sent])
        if refusals and len(refusals) == len(photos):
            raise refusals[0]
        return messages

    async def _keep(self, photos: Sequence[_Ready], sent: Sequence[Message]) -> None:
        file_ids = {
            photo.picture.file: message.photo[-1].file_id
            for photo, message in zip(photos, sent, strict=False)
            if message.photo and isinstance(photo.media, bytes) and photo.picture.file is not None
        }
        if file_ids:
            await self._sent_photos.keep(sent[0].get_bot().id, file_ids)


async def _as_known(picture: Picture) -> _Ready | None:
    return _Ready(picture, picture.file_id) if picture.file_id or picture.file is not None else None


def _caption(photo: _Ready) -> str:
    return found(photo.picture.cell)
