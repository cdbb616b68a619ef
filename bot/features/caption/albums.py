"""Albums that people send: all their photos together are one question and get one answer."""

import functools
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from telegram import Message
from telegram.constants import ChatAction
from telegram.error import BadRequest

from bot.chats.chats import Chats
from bot.delivery.answered import Answered
from bot.delivery.quoting import is_to_be_quoted
from bot.delivery.showing import showing
from bot.delivery.turn import current_turn
from bot.features.caption.overhearing import should_caption
from bot.inference.reading import Reading
from bot.language import told
from bot.memory.reading import PhotoReader
from bot.memory.remembering import Remembering
from bot.messages.incoming import Incoming
from bot.messages.keys import key_of
from bot.photos.album_in import Album, AlbumBuffer
from bot.photos.fetching import NOT_AN_IMAGE
from bot.routing.feature import Command, Features, say_unknown
from bot.search import texts
from bot.search.answers import Answers
from bot.search.finder import Finder
from bot.store.answers import Answer
from onenet.errors import PhotoError


class AlbumCaptions:
    """Puts the parts of albums together and answers each album once.

    Args:
        reader: Reads photos.
        remembering: Remembers those that nobody asked about.
        finder: Knows whether there are photos to be found.
        answers: Remembers what was answered, for the buttons.
        chats: Know which photos each chat wants captioned.
        answered: Knows which messages were answered.
        buffer: Where parts wait for each other.
        features: Know the commands that may stand under an album.
    """

    def __init__(
        self,
        reader: PhotoReader,
        remembering: Remembering,
        finder: Finder,
        answers: Answers,
        chats: Chats,
        answered: Answered,
        buffer: AlbumBuffer,
        features: Features,
    ) -> None:
        self._reader = reader
        self._remembering = remembering
        self._finder = finder
        self._answers = answers
        self._chats = chats
        self._answered = answered
        self._buffer = buffer
        self._features = features

    async def wants(self, sent: Incoming) -> bool:
        """Tell whether a part is answered or remembered; it is too where another part is."""
        if sent.is_addressed or sent.command:
            return True
        settings = await self._chats.settings(*sent.chat)
        return settings.remembers or should_caption(sent, settings, datetime.now(UTC))

    async def part(self, sent: Incoming) -> None:
        """Put a part of an album with the others; they are answered together, once."""
        turn = current_turn()
        assert turn is not None, "every update has its turn"
        await self._buffer.join(sent, turn, self._answer)

    async def caption(self, asked: Incoming, album: Album) -> None:
        """Answer an album with a line a photo, or add the lines of photos that came late."""
        async with showing(asked.message, ChatAction.TYPING):
            remembered = await self._reader.read_fresh(album)
        parts = [each for each in album.parts if each.message.message_id in album.readings]
        readings = [album.readings[each.message.message_id] for each in parts]
        lines = [_line(each, reading) for each, reading in zip(parts, readings, strict=True)]
        read = {number: each for number, each in enumerate(readings, 1) if isinstance(each, Reading)}
        own = album.remembered.values() if len(album.remembered) == 1 else ()  # several are like each other
        can_be_tapped = bool(read) and await self._finder.has_photos(asked.chat, besides=[*own])
        text = texts.album(lines, can_be_tapped=can_be_tapped)
        keyboard = texts.album_keyboard(read) if can_be_tapped else None
        if album.answer is not None:
            try:
                await album.answer.edit_text(text, reply_markup=keyboard)
            except BadRequest:  # deleted meanwhile
                album.answer = None
        if album.answer is None:
            album.answer = await asked.message.reply_text(
                text, reply_markup=keyboard, do_quote=is_to_be_quoted(asked.message)
            )
        await self._keep(album.answer, parts, read, album)
        await self._reader.tell_of(asked, *remembered)

    async def _answer(self, album: Album) -> None:
        """Answer an album, or add the parts that came late; what nobody asked for stays without an answer."""
        handle = await self._handling(album)
        if handle is None:
            await self._remember(album)
            return
        async with self._answered.answering(*album.parts) as fresh:
            asked = _asking(album)
            is_new_command = bool(asked.command) and asked.is_edited and asked in fresh
            album.fresh = album.parts if is_new_command else fresh
            if fresh and (is_new_command or not album.is_answered):
                await handle()
            elif fresh and album.answer is not None:
                await self.caption(asked, album)
            album.is_answered = True

    async def _remember(self, album: Album) -> None:
        """Let the parts be remembered that have come since this was done before: others may be forgotten."""
        for each in album.parts:
            if each.message.message_id not in album.offered:
                await self._remembering.remember_quietly(each)
                album.offered.add(each.message.message_id)

    async def _handling(self, album: Album) -> Callable[[], Awaitable[None]] | None:
        """Choose what to do with an album: the command in its caption, captions, or nothing."""
        asked = _asking(album)
        has_pictures = any(each.photo is not None for each in album.parts)
        if asked.command:
            return self._obeying(asked, album, has_pictures=has_pictures)
        if asked.is_addressed and not has_pictures:
            return _not_photos if asked.is_private else None
        if asked.is_addressed or await self._is_overheard(album):
            return functools.partial(self.caption, asked, album)
        return None

    def _obeying(
        self, asked: Incoming, album: Album, *, has_pictures: bool
    ) -> Callable[[], Awaitable[None]] | None:
        """Do what a command in the caption says: with all photos, if it is about photos."""
        command = self._features.commands.get(asked.command)
        if command is None:
            is_for_us = asked.is_private or asked.names_bot
            return functools.partial(say_unknown, asked) if is_for_us else None
        if has_pictures and command.of_album is not None:
            return functools.partial(command.of_album, asked, album)
        return functools.partial(self._run, command, asked, album)

    async def _run(self, command: Command, asked: Incoming, album: Album) -> None:
        await self._features.run(command, asked)
        if command.keeps_photo:
            await self._remember(album)

    async def _is_overheard(self, album: Album) -> bool:
        first = album.parts[0]
        photos = [each.photo for each in album.parts if each.photo is not None]
        if not any(photo.kind in ("photo", "file") and photo.is_certain for photo in photos):
            return False
        settings = await self._chats.settings(*first.chat)
        return all(should_caption(each, settings, datetime.now(UTC)) for each in album.parts)

    async def _keep(
        self, sent: Message, parts: Sequence[Incoming], readings: dict[int, Reading], album: Album
    ) -> None:
        for number, reading in readings.items():
            part = parts[number - 1]
            about = part.message.message_id
            shown = (album.remembered[about],) if about in album.remembered else ()
            captions = tuple(caption.text for caption in reading.captions[:1])
            answer = Answer(
                reading.representation,
                captions,
                photos_shown=shown,
                about=about,
                asker=part.sender,
                language=reading.caption.language,
            )
            await self._answers.keep(key_of(sent, number), answer)


async def _not_photos() -> None:
    raise PhotoError(NOT_AN_IMAGE)


def _asking(album: Album) -> Incoming:
    """Return the part that says what is wanted: with a command, else said to the bot, else the first."""
    commands = (each for each in album.parts if each.command)
    addressed = (each for each in album.parts if each.is_addressed)
    return next(commands, None) or next(addressed, None) or album.parts[0]


def _line(part: Incoming, reading: Reading | PhotoError) -> str:
    if isinstance(reading, PhotoError):
        return texts.unread_line(told(reading))
    is_preview = part.photo is not None and part.photo.is_preview
    return texts.album_line(reading.caption.text, is_preview=is_preview, is_sure=reading.is_sure)
