"""Captions of photos, asked for or not."""

import contextlib
from datetime import UTC, datetime

from telegram.constants import ChatAction
from telegram.error import BadRequest

from bot.chats.chats import Chats
from bot.delivery.answered import Answered
from bot.delivery.showing import showing
from bot.features.caption.overhearing import should_caption
from bot.language import notes, phrases
from bot.memory.reading import PhotoReader
from bot.memory.remembering import Remembering, names_of
from bot.memory.taught import tag_of
from bot.messages.incoming import Incoming, Press
from bot.messages.photo import Photo
from bot.photos.fetching import NOT_AN_IMAGE, photo_near
from bot.photos.texts import preview_note, what_it_shows
from bot.routing.feature import Features, explain
from bot.search.answers import Answers
from bot.search.finder import Finder
from bot.search.texts import with_note
from bot.store.answers import Answer
from onenet.asking import asks_more
from onenet.errors import PhotoError


class Captions:
    """Answers photos with a caption, and with photos like them where they were sent to be looked at.

    Args:
        reader: Reads photos.
        remembering: Remembers those that nobody asked about.
        finder: Knows whether there are photos to be found.
        answers: Posts the captions and the photos found.
        chats: Know which photos each chat wants captioned.
        answered: Knows which messages were answered.
        features: Know how /caption is explained.
    """

    def __init__(
        self,
        reader: PhotoReader,
        remembering: Remembering,
        finder: Finder,
        answers: Answers,
        chats: Chats,
        answered: Answered,
        features: Features,
    ) -> None:
        self._reader = reader
        self._remembering = remembering
        self._finder = finder
        self._answers = answers
        self._chats = chats
        self._answered = answered
        self._features = features

    async def photo(self, sent: Incoming) -> None:
        """Caption a photo and show photos like it."""
        assert sent.photo is not None
        with _silent_if_none(sent):
            await self._caption(sent, sent.photo, with_photos=sent.photo.kind != "sticker")

    async def caption(self, asked: Incoming) -> None:
        """Answer /caption: under a photo, or in reply to one."""
        photo = photo_near(asked)
        if photo is None:
            await explain(asked, self._features.commands["caption"])
            return
        await self._caption(asked, photo, with_photos=False)

    async def overheard(self, seen: Incoming) -> None:
        """Caption a photo that nobody asked about, or only remember it, as the chat wants."""
        settings = await self._chats.settings(*seen.chat)
        if not should_caption(seen, settings, datetime.now(UTC)):
            await self._remembering.remember_quietly(seen)
            return
        async with self._answered.answering(seen) as fresh:
            if fresh:
                async with showing(seen.message, ChatAction.TYPING):
                    with _silent_if_none(seen):
                        await self.caption(seen)

    async def not_a_photo(self, sent: Incoming) -> None:
        """Say so when a file is no image."""
        raise PhotoError(NOT_AN_IMAGE)

    async def wants(self, seen: Incoming) -> bool:
        """Tell whether a photo of which nobody asked is captioned or remembered."""
        settings = await self._chats.settings(*seen.chat)
        return settings.remembers or should_caption(seen, settings, datetime.now(UTC))

    async def another(self, press: Press) -> None:
        """Show the next-best caption; after the last comes the first. What stands below it stays."""
        assert press.on is not None
        message = press.on.message
        answer = await self._answers.behind(press.key)
        if answer is None:
            await press.answer(notes.forgotten())
            return
        if len(answer.captions) < 2:
            await press.answer(notes.only_caption())
            return
        number = (answer.caption_shown + 1) % len(answer.captions)
        await self._answers.show_caption(press.key, number)
        await press.answer()
        html = (message.text_html if message.text else message.caption_html) or ""
        text = phrases.with_caption(html, answer.captions[number])
        edit = message.edit_text if message.text else message.edit_caption
        with contextlib.suppress(BadRequest):  # the message reads like that already
            await edit(text, reply_markup=message.reply_markup)

    async def _caption(self, asked: Incoming, photo: Photo, *, with_photos: bool) -> None:
        reading, remembered = await self._reader.read(asked, photo)
        captions = tuple(caption.text for caption in reading.captions)
        shown = names_of(remembered)
        has_photos = await self._finder.has_photos(asked.chat, besides=shown)
        note = preview_note(photo.kind) if photo.is_preview else ""
        await self._answers.post(
            asked,
            with_note(what_it_shows(reading), note),
            phrases.caption_keyboard(
                captions=len(captions),
                has_photos=has_photos,
                has_reasons=asked.photo is not None or remembered is not None,
                taught={tag_of(name): name for name in reading.taught},
            ),
            Answer(reading.representation, captions, photos_shown=shown, language=reading.caption.language),
            with_photos=with_photos and has_photos,
        )
        await self._reader.tell_of(asked, remembered)


def _silent_if_none(sent: Incoming) -> contextlib.AbstractContextManager[None]:
    """Let a file pass, in a group, that did not say it was an image and is none: it was not meant for us."""
    is_certain = sent.photo is not None and sent.photo.is_certain
    return contextlib.nullcontext() if is_certain or sent.is_private else contextlib.suppress(PhotoError)


def is_remark(sent: Incoming) -> bool:
    """Tell whether a picture is but a remark: a sticker or GIF among people, in reply to the bot."""
    assert sent.photo is not None
    return sent.photo.kind in ("sticker", "animation") and not sent.is_asked


def asks_what_a_photo_shows(said: Incoming) -> bool:
    """Tell whether a text asks what the photo that it replies to shows: “what is this?”, or just our name.

    What asks for more than that is answered by /ask.
    """
    is_text = said.message.text is not None
    return (
        said.is_addressed
        and is_text
        and said.quoted_photo is not None
        and (not said.text or said.is_question)
        and not asks_more(said.text)
    )
