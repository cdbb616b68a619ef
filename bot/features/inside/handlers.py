"""The 300 numbers of a photo, and what turns the strongest of them on."""

from bot.features.inside import texts
from bot.features.inside.service import Insides
from bot.gallery.gallery import Gallery
from bot.memory.behind import photo_behind
from bot.memory.memory import Memory
from bot.memory.reading import PhotoReader
from bot.messages.incoming import Incoming
from bot.messages.photo import Photo
from bot.photos.fetching import photo_near
from bot.photos.sending import reply_picture, shown_as
from bot.routing.feature import Features, explain
from bot.search.answers import Answers


class InsideHandler:
    """Answers /inside.

    Args:
        reader: Reads the photo.
        insides: Draws its numbers.
        gallery: May have photos that turn a number on.
        answers: Know which photo an answer is about.
        memory: Knows that photo, if its chat remembers it.
        features: Know how /inside is explained.
    """

    def __init__(
        self,
        reader: PhotoReader,
        insides: Insides,
        gallery: Gallery,
        answers: Answers,
        memory: Memory,
        features: Features,
    ) -> None:
        self._reader = reader
        self._insides = insides
        self._gallery = gallery
        self._answers = answers
        self._memory = memory
        self._features = features

    async def inside(self, asked: Incoming) -> None:
        """Answer /inside: under a photo, or in reply to one or to its caption."""
        photo = await self._photo_of(asked)
        if photo is None:
            await explain(asked, self._features.commands["inside"])
            return
        image, reading, remembered = await self._reader.open(asked, photo)
        picture = await self._insides.draw(image, reading.representation)
        has_gallery = self._gallery.state().photos > 0
        text = texts.inside(reading, photo, has_gallery)
        await reply_picture(asked, picture, text, **shown_as([photo]))
        await self._reader.tell_of(asked, remembered)

    async def _photo_of(self, asked: Incoming) -> Photo | None:
        answer = await self._answers.behind_reply(asked) if asked.photo is None else None
        if answer is None or asked.replied is None or not answer.about:
            return photo_near(asked)
        return await photo_behind(asked.replied, answer, self._memory)
