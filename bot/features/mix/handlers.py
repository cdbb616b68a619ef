"""The way from one photo to another."""

from collections.abc import Sequence

from telegram.constants import ChatAction

from bot.delivery.quoting import is_to_be_quoted
from bot.delivery.showing import showing
from bot.features.mix import texts
from bot.features.mix.service import Mixes
from bot.memory.reading import PhotoReader
from bot.memory.remembering import names_of
from bot.messages.incoming import Incoming
from bot.photos.album_in import Album
from bot.photos.sending import reply_picture, shown_as


class Mix:
    """Answers /mix.

    Args:
        reader: Reads the two photos.
        mixes: Draw the way between them.
    """

    def __init__(self, reader: PhotoReader, mixes: Mixes) -> None:
        self._reader = reader
        self._mixes = mixes

    async def mix(self, asked: Incoming) -> None:
        """Answer /mix under a photo that replies to another."""
        await self._mix(asked, [asked.replied, asked] if asked.replied is not None else [asked])

    async def mix_album(self, asked: Incoming, album: Album) -> None:
        """Answer /mix under an album of two photos."""
        await self._mix(asked, album.parts)

    async def _mix(self, asked: Incoming, holders: Sequence[Incoming]) -> None:
        photos = [each.photo for each in holders if each.photo is not None]
        if len(photos) != 2 or len(holders) != 2:
            await asked.message.reply_text(texts.how_to_mix(), do_quote=is_to_be_quoted(asked.message))
            return
        async with showing(asked.message, ChatAction.UPLOAD_PHOTO):
            images, readings, kept = await self._reader.open_all(holders, photos)
            besides = [name for each in kept for name in names_of(each)]
            mixed = await self._mixes.make(asked, images, readings, besides)
            await reply_picture(asked, mixed.picture, texts.mix(mixed.steps), **shown_as(photos))
        await self._reader.tell_of(asked, *kept)
