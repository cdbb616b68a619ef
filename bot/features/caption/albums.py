"""Albums that people send: all their photos together are one question and get one answer."""

import functools
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

import numpy as np
from telegram import Message, Update
from telegram.constants import ChatAction
from telegram.error import BadRequest

from bot.delivery.turn import current_turn
from bot.features.find.handlers import gallery_note, post_similar
from bot.features.help.handlers import unknown_command
from bot.features.mix.handlers import mix_photos
from bot.inference.worker import Reading
from bot.language import told
from bot.memory.memory import Remembered
from bot.memory.remembering import names_of, remember, remember_quietly, tell_of
from bot.memory.table import chat_of
from bot.messages.addressee import (
    HoldsPhoto,
    IsUnknownCommand,
    command_in,
    is_addressed,
    is_private,
    should_caption,
)
from bot.photos.album_in import Album
from bot.photos.fetching import NOT_AN_IMAGE, photo_of, read_album
from bot.routing.context import BotContext, key_of, message_of
from bot.search import texts as photo_replies
from bot.store.database import Answer
from onenet.errors import PhotoError


async def part(update: Update, context: BotContext) -> None:
    """Put a part of an album with the others; they are answered together, once."""
    turn = current_turn()
    assert turn is not None, "every update has its turn"
    answer = functools.partial(_answer, update=update, context=context)
    await context.services.incoming.join(message_of(update), turn, answer)


async def _answer(album: Album, *, update: Update, context: BotContext) -> None:
    """Answer an album, or add the parts that came late to its answer; what nobody asked for stays without."""
    handle = await _handling(album, update, context)
    if handle is None:
        for each in album.parts:
            await remember_quietly(each, context)
        return
    async with context.services.answered.answering(*album.parts) as fresh:
        album.fresh = fresh
        if fresh and not album.is_answered:
            await handle()
        elif fresh and album.answer is not None:
            await caption_album(_asking(album), album, context)
        album.is_answered = True


async def _handling(
    album: Album, update: Update, context: BotContext
) -> Callable[[], Awaitable[None]] | None:
    """Choose what to do with an album: the command in its caption, captions, or nothing."""
    message = _asking(album)
    pictures = any(photo_of(each) is not None for each in album.parts)
    command = command_in(message)
    if command is not None:
        return _obeying(command, album, Update(update.update_id, message=message), context)
    if is_addressed(message) and not pictures:
        return _not_photos if is_private(message) else None
    if is_addressed(message) or await _is_overheard(album, context):
        return functools.partial(caption_album, message, album, context)
    return None


def _obeying(
    command: tuple[str, list[str]], album: Album, update: Update, context: BotContext
) -> Callable[[], Awaitable[None]] | None:
    """Do what a command in the caption says: with all photos, if it is about photos."""
    name, context.args = command
    message = message_of(update)
    if any(photo_of(each) is not None for each in album.parts):
        if name == "caption":
            return functools.partial(caption_album, message, album, context)
        if name == "mix":
            return functools.partial(mix_photos, message, album.parts, context)
        if name in ("similar", "find") and not context.args:
            return functools.partial(similar_album, message, album, context)
    known = context.services.commands.get(name)
    if known is not None:
        return functools.partial(known.handler, update, context)
    return functools.partial(unknown_command, update, context) if IsUnknownCommand().filter(message) else None


async def caption_album(message: Message, album: Album, context: BotContext) -> None:
    """Answer an album with a line a photo, or add the lines of photos that came late."""
    async with context.showing(message, ChatAction.TYPING):
        remembered = await _read(album, context)
    parts = [each for each in album.parts if each.message_id in album.readings]
    readings = [album.readings[each.message_id] for each in parts]
    lines = [_line(each, reading) for each, reading in zip(parts, readings, strict=True)]
    read = {number: each for number, each in enumerate(readings, 1) if isinstance(each, Reading)}
    own = album.remembered.values() if len(album.remembered) == 1 else ()  # several are like each other
    can_be_tapped = bool(read) and await context.services.finder.has_photos(chat_of(message), besides=[*own])
    text = photo_replies.album(lines, can_be_tapped=can_be_tapped)
    keyboard = photo_replies.album_keyboard(read) if can_be_tapped else None
    if album.answer is not None:
        try:
            await album.answer.edit_text(text, reply_markup=keyboard)
        except BadRequest:  # deleted meanwhile
            album.answer = None
    if album.answer is None:
        album.answer = await message.reply_text(text, reply_markup=keyboard, do_quote=True)
    await _keep(album.answer, parts, read, album, context)
    await tell_of(context, *remembered)


async def similar_album(message: Message, album: Album, context: BotContext) -> None:
    """Answer an album with the photos most like all its photos, taken together."""
    if not await context.services.finder.has_photos(chat_of(message)):
        await message.reply_text(gallery_note(context), do_quote=True)
        return
    async with context.showing(message, ChatAction.TYPING):
        remembered = await _read(album, context)
    readings = list(album.readings.values())
    read = [reading for reading in readings if isinstance(reading, Reading)]
    if not read:
        raise next(reading for reading in readings if isinstance(reading, PhotoError))
    together = np.sum([reading.representation for reading in read], axis=0)
    together = (together / (np.linalg.norm(together) or 1.0)).astype(np.float32)
    shown = tuple(album.remembered.values())
    answer = Answer(together, (read[0].captions[0].text,), photos_shown=shown)
    await post_similar(message, context, photo_replies.like_all(), "", answer)
    await tell_of(context, *remembered)


async def _not_photos() -> None:
    raise PhotoError(NOT_AN_IMAGE)


async def _is_overheard(album: Album, context: BotContext) -> bool:
    first = album.parts[0]
    if not any(HoldsPhoto().filter(each) for each in album.parts):
        return False
    settings = await context.services.chats.settings(first.get_bot().id, first.chat_id)
    return all(should_caption(each, settings, datetime.now(UTC)) for each in album.parts)


def _asking(album: Album) -> Message:
    """Return the part that says what is wanted: with a command, else said to the bot, else the first."""
    commands = (each for each in album.parts if command_in(each) is not None)
    addressed = (each for each in album.parts if is_addressed(each))
    return next(commands, None) or next(addressed, None) or album.parts[0]


async def _read(album: Album, context: BotContext) -> list[Remembered | None]:
    """Read the parts that wait for an answer, and remember them where the chat wants that."""
    readings = await read_album([photo_of(each) for each in album.fresh], context.services.worker)
    remembered = []
    for each, reading in zip(album.fresh, readings, strict=True):
        album.readings[each.message_id] = reading
        if isinstance(reading, Reading):
            remembered.append(await remember(each, reading, context))
            album.remembered.update((each.message_id, name) for name in names_of(remembered[-1]))
    return remembered


def _line(message: Message, reading: Reading | PhotoError) -> str:
    if isinstance(reading, PhotoError):
        return photo_replies.unread_line(told(reading))
    photo = photo_of(message)
    is_preview = photo is not None and photo.is_preview
    return photo_replies.album_line(reading.captions[0].text, is_preview=is_preview)


async def _keep(
    sent: Message, parts: Sequence[Message], readings: dict[int, Reading], album: Album, context: BotContext
) -> None:
    network = context.services.engine.fingerprint
    for number, reading in readings.items():
        about = parts[number - 1].message_id
        shown = (album.remembered[about],) if about in album.remembered else ()
        captions = tuple(caption.text for caption in reading.captions[:1])
        answer = Answer(reading.representation, captions, photos_shown=shown, network=network, about=about)
        await context.services.database.keep_answer(key_of(sent, number), answer)
