"""Teaching: /teach under or in reply to a photo, /words, /unteach, and the button “not Rex”."""

import contextlib
from collections.abc import Sequence
from dataclasses import replace

from telegram import InputMediaPhoto
from telegram.error import BadRequest

from bot.delivery.quoting import is_to_be_quoted
from bot.features.teach import texts
from bot.inference.reading import Reading
from bot.language import notes
from bot.language.phrases import with_caption
from bot.memory.reading import PhotoReader
from bot.memory.taught import Example, TaughtWords
from bot.messages.incoming import Incoming, Press
from bot.messages.photo import Photo
from bot.photos.album_in import Album
from bot.photos.fetching import photo_near
from bot.routing.feature import Features, explain
from bot.search.answers import Answers
from bot.store.answers import Answer
from bot.store.keys import ChatKey

PICTURES = 10  # in one album


class Teaching:
    """Answers /teach, /words and /unteach.

    Args:
        taught: Keeps the words.
        reader: Reads the examples.
        answers: Know which photo a caption is of.
        features: Know how the commands are explained.
    """

    def __init__(
        self, taught: TaughtWords, reader: PhotoReader, answers: Answers, features: Features
    ) -> None:
        self._taught = taught
        self._reader = reader
        self._answers = answers
        self._features = features

    async def teach(self, asked: Incoming) -> None:
        """Learn a word from the photo that it stands under, or replies to."""
        photo = photo_near(asked)
        if photo is None or not asked.words:
            await explain(asked, self._features.commands["teach"])
        elif await self._is_on(asked):
            reading, remembered = await self._reader.read(asked, photo)
            holder = asked if asked.photo is not None else asked.replied
            await self._learn(asked, [_example(holder or asked, photo, reading)])
            await self._reader.tell_of(asked, remembered)

    async def of_album(self, asked: Incoming, album: Album) -> None:
        """Learn a word from all photos of an album."""
        if not asked.words:
            await explain(asked, self._features.commands["teach"])
        elif await self._is_on(asked):
            remembered = await self._reader.read_fresh(album)
            readings = album.readings
            shown = [
                _example(part, part.photo, reading)
                for part in album.parts
                if part.photo is not None
                and isinstance(reading := readings.get(part.message.message_id), Reading)
            ]
            await self._learn(asked, shown)
            await self._reader.tell_of(asked, *remembered)

    async def words(self, asked: Incoming) -> None:
        """List what was taught, with a picture each."""
        pictures = await self._taught.pictures(asked.chat)
        for part in texts.words([*pictures]):
            await asked.message.reply_text(part, do_quote=is_to_be_quoted(asked.message))
        media = [
            InputMediaPhoto(file_id, caption=texts.picture(name))
            for name, file_id in pictures.items()
            if file_id
        ]
        for start in range(0, len(media), PICTURES):
            await _send(asked, media[start : start + PICTURES])

    async def unteach(self, asked: Incoming) -> None:
        """Forget a word."""
        if not asked.words:
            await explain(asked, self._features.commands["unteach"])
            return
        is_gone = await self._taught.unteach(asked.chat, asked.wording)
        text = texts.untaught(asked.wording) if is_gone else texts.not_taught(asked.wording)
        await asked.message.reply_text(text, do_quote=is_to_be_quoted(asked.message))

    async def is_not(self, press: Press) -> None:
        """Learn that the photo of a caption is not what a word means."""
        answer = await self._answers.behind(press.key)
        if answer is None or press.on is None or not self._answers.is_of_this_network(answer):
            await press.answer(notes.forgotten())
            return
        shown = Example(answer.representation, press.person.id, answer.about)
        tag = press.data.removeprefix(texts.NOT_IT)
        name = await self._taught.refuse(press.on.chat, tag, shown)
        await press.answer(texts.noted(name) if name else notes.forgotten())
        if name:
            await self._correct(press, answer)

    async def _correct(self, press: Press, answer: Answer) -> None:
        """Caption the photo of an answer anew: a word that it is not must not stay there."""
        assert press.on is not None
        message = press.on.message
        reading = await self._taught.said_anew(press.on.chat, answer.representation, answer.language)
        captions = tuple(caption.text for caption in reading.captions)
        await self._answers.keep(press.key, replace(answer, captions=captions, caption_shown=0))
        html = (message.text_html if message.text else message.caption_html) or ""
        edit = message.edit_text if message.text else message.edit_caption
        keyboard = texts.without_button(message.reply_markup, press.data)
        with contextlib.suppress(BadRequest):  # the message reads like that already
            await edit(with_caption(html, captions[0]), reply_markup=keyboard)

    async def forget_person(self, chat: ChatKey, user_id: int) -> str:
        """Forget what a person showed."""
        return texts.examples_forgotten() if await self._taught.forget_of(chat, user_id) else ""

    async def _is_on(self, asked: Incoming) -> bool:
        if await self._taught.is_on(asked.chat):
            return True
        await asked.message.reply_text(texts.switched_off(), do_quote=is_to_be_quoted(asked.message))
        return False

    async def _learn(self, asked: Incoming, examples: Sequence[Example]) -> None:
        if not examples:
            await explain(asked, self._features.commands["teach"])
            return
        lesson = await self._taught.teach(asked.chat, asked.wording, examples)
        await asked.message.reply_text(texts.taught(lesson), do_quote=is_to_be_quoted(asked.message))


async def _send(asked: Incoming, media: Sequence[InputMediaPhoto]) -> None:
    with contextlib.suppress(BadRequest):  # one of them has gone, or none may be sent
        if len(media) > 1:
            await asked.message.reply_media_group(media)
        else:
            await asked.message.reply_photo(media[0].media, caption=media[0].caption)


def _example(holder: Incoming, photo: Photo, reading: Reading) -> Example:
    can_be_sent = photo.kind == "photo" and photo.file is not None
    is_open = can_be_sent and not photo.is_spoiler and not photo.is_protected
    file_id = photo.file.file_id if is_open and photo.file is not None else ""
    return Example(reading.representation, holder.sender, holder.message.message_id, file_id)
