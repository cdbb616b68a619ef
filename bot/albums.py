"""Albums: gallery photos into a chat, each uploaded once and sent by its file id from then on."""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from telegram import InputMediaPhoto, Message
from telegram.error import BadRequest, InvalidToken

from bot import replies
from bot.database import Answer, Database, PhotoFile
from bot.finder import Finder
from bot.gallery import Gallery
from bot.memory import Memory, OwnMatch
from bot.own_photos import send_own
from bot.photos import encode_for_chat
from bot.remembered import ChatKey
from bot.worker import Worker
from onenet.engine import Match
from onenet.errors import PhotoError

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Picture:
    """A gallery photo ready to be sent: its file id, or its bytes."""

    match: Match
    file: PhotoFile
    media: str | bytes


class Albums:
    """Sends the photos most like a photo, or that fit a description best: a chat's own, then the gallery's.

    Args:
        gallery: Where the gallery's photos are.
        finder: Finds them.
        memory: Knows the chats' own.
        database: Keeps their file ids.
        worker: Encodes those that have to be uploaded.
        size: Photos in one album at most.
    """

    def __init__(
        self, gallery: Gallery, finder: Finder, memory: Memory, database: Database, worker: Worker, size: int
    ) -> None:
        self._gallery = gallery
        self._finder = finder
        self._memory = memory
        self._database = database
        self._worker = worker
        self._size = size
        self._uploading = asyncio.Lock()
        self._server_knows_albums = True

    async def send(self, message: Message, answer: Answer) -> list[str]:
        """Answer a message with the next photos for what it is about, those of the gallery as one album.

        Photos that have gone or cannot be read are left out, and the next best take their places.

        Args:
            message: What is answered.
            answer: What it is about, and which photos were sent for it before.

        Returns:
            The photos that need not be sent again: those sent, and those left out.
        """
        seen: set[str] = set()
        found = await self._collect(message, answer, seen, may_encode=False)
        if found is not None:
            await self._send_all(message, found)
            return sorted(seen)
        async with self._uploading:  # what another answer has just uploaded need not go up again
            seen.clear()
            found = await self._collect(message, answer, seen, may_encode=True)
            await self._send_all(message, found or [])
        return sorted(seen)

    async def _collect(
        self, message: Message, answer: Answer, seen: set[str], *, may_encode: bool
    ) -> list[OwnMatch | _Picture] | None:
        """Find enough photos and note them in `seen`; None if one has to be encoded and must not."""
        chat = ChatKey(message.get_bot().id, message.chat_id)
        photos: list[OwnMatch | _Picture] = []
        while missing := self._size - len(photos):
            exclude = {*answer.photos_shown, *seen}
            matches = await self._finder.matches(chat, answer, missing, exclude=exclude)
            if not matches:
                break
            seen.update(match.photo for match in matches)
            own = await self._memory.own(chat, [match.photo for match in matches])
            pictures = await self._pictures(chat.bot_id, matches, may_encode=may_encode)
            if pictures is None:
                return None
            for match in matches:
                if match.photo in own:
                    photos.append(OwnMatch(own[match.photo], match.score))
                elif match.photo in pictures:
                    photos.append(pictures[match.photo])
        return photos

    async def _pictures(
        self, bot_id: int, matches: Sequence[Match], *, may_encode: bool
    ) -> dict[str, _Picture] | None:
        files = {file: match for match in matches if (file := _file_of(match)) is not None}
        known = await self._database.file_ids(bot_id, files)
        if len(known) < len(files) and not may_encode:
            return None
        pictures = {}
        for file, match in files.items():
            media = known.get(file.photo) or await self._encode(file)
            if media is not None:
                pictures[match.photo] = _Picture(match, file, media)
        return pictures

    async def _send_all(self, message: Message, photos: Sequence[OwnMatch | _Picture]) -> None:
        """Send the chat's own photos and the gallery's, in the order in which they come."""
        for _, group in groupby(photos, type):
            together = list(group)
            own = [photo for photo in together if isinstance(photo, OwnMatch)]
            if own:
                await send_own(message, own)
            else:
                await self._send(message, [photo for photo in together if isinstance(photo, _Picture)])

    async def _encode(self, file: PhotoFile) -> bytes | None:
        try:
            return await self._worker.decode(encode_for_chat, file.photo)
        except PhotoError as error:
            logger.info("A gallery photo is left out: %s", error)
            return None

    async def _send(self, message: Message, pictures: Sequence[_Picture]) -> None:
        try:
            return await self._post(message, pictures)
        except BadRequest as error:
            logger.info("The server refused gallery photos (%s): sending them afresh", error)
        if any(isinstance(picture.media, str) for picture in pictures):  # a file id may be out of date
            pictures = await self._uploads(pictures, message.get_bot().id)
            with contextlib.suppress(BadRequest):
                return await self._post(message, pictures)
        refused = await self._post_each(message, pictures)
        if len(pictures) > 1 and not refused:  # one by one they all went: it is albums it does not take
            self._server_knows_albums = False

    async def _uploads(self, pictures: Sequence[_Picture], bot_id: int) -> list[_Picture]:
        await self._database.forget_file_ids(bot_id, [picture.file.photo for picture in pictures])
        contents = [await self._encode(picture.file) for picture in pictures]
        return [
            replace(picture, media=content)
            for picture, content in zip(pictures, contents, strict=True)
            if content is not None
        ]

    async def _post(self, message: Message, pictures: Sequence[_Picture]) -> None:
        """Send photos as an album where the server knows albums, and keep their file ids."""
        if len(pictures) < 2 or not self._server_knows_albums:
            await self._post_each(message, pictures)
            return
        media = [InputMediaPhoto(picture.media, caption=self._caption(picture)) for picture in pictures]
        try:
            sent = await message.reply_media_group(media, do_quote=True)
        except InvalidToken:  # what the library makes of 404
            logger.warning("The server does not know sendMediaGroup: photos are sent one by one")
            self._server_knows_albums = False
            await self._post_each(message, pictures)
            return
        await self._keep(pictures, sent)

    async def _post_each(self, message: Message, pictures: Sequence[_Picture]) -> int:
        """Send photos one by one; one that is refused does not stop the others. Returns how many were."""
        refusals = []
        for picture in pictures:
            try:
                sent = await message.reply_photo(picture.media, caption=self._caption(picture), do_quote=True)
            except BadRequest as error:
                refusals.append(error)
            else:
                await self._keep([picture], [sent])
        if refusals and len(refusals) == len(pictures):
            raise refusals[0]
        return len(refusals)

    async def _keep(self, pictures: Sequence[_Picture], sent: Sequence[Message]) -> None:
        file_ids = {
            picture.file: answer.photo[-1].file_id
            for picture, answer in zip(pictures, sent, strict=False)
            if answer.photo and isinstance(picture.media, bytes)
        }
        if file_ids:
            await self._database.keep_file_ids(sent[0].get_bot().id, file_ids)

    def _caption(self, picture: _Picture) -> str:
        return replies.match_caption(picture.match.photo, picture.match.score, self._gallery.folder)


def _file_of(match: Match) -> PhotoFile | None:
    try:
        return PhotoFile.of(match.photo)
    except OSError:
        return None
