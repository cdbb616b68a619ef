"""The 300 numbers of a photo, and what turns the strongest of them on."""

from bot.features.inside import texts
from bot.features.inside.service import Insides
from bot.gallery.gallery import Gallery
from bot.memory.reading import PhotoReader
from bot.messages.incoming import Incoming
from bot.photos.fetching import photo_near
from bot.photos.sending import reply_picture, shown_as
from bot.routing.feature import Features, explain


class InsideHandler:
    """Answers /inside.

    Args:
        reader: Reads the photo.
        insides: Draws its numbers.
        gallery: May have photos that turn a number on.
        features: Know how /inside is explained.
    """

    def __init__(self, reader: PhotoReader, insides: Insides, gallery: Gallery, features: Features) -> None:
        self._reader = reader
        self._insides = insides
        self._gallery = gallery
        self._features = features

    async def inside(self, asked: Incoming) -> None:
        """Answer /inside: under a photo, or in reply to one."""
        photo = photo_near(asked)
        if photo is None:
            await explain(asked, self._features.commands["inside"])
            return
        image, reading, remembered = await self._reader.open(asked, photo)
        picture = await self._insides.draw(image, reading.representation)
        has_gallery = self._gallery.state().photos > 0
        text = texts.inside(reading, photo, has_gallery)
        await reply_picture(asked, picture, text, **shown_as([photo]))
        await self._reader.tell_of(asked, remembered)
