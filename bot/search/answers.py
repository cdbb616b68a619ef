"""Answers that show found photos: as albums or numbered pictures, whose buttons work after a restart too."""

from dataclasses import replace

from telegram import InlineKeyboardMarkup, InputMediaPhoto
from telegram.constants import ChatAction
from telegram.error import BadRequest

from bot.chats.chats import Chats
from bot.chats.rights import lacks_media
from bot.delivery.pressing import PressedButton, Pressing
from bot.delivery.quoting import is_to_be_quoted
from bot.delivery.showing import showing
from bot.gallery.notes import GalleryNotes
from bot.language import notes, phrases, told
from bot.messages.incoming import Incoming
from bot.messages.keys import key_of
from bot.search import texts
from bot.search.album_out import Albums, Shown
from bot.search.finder import Finder
from bot.search.sheets import Sheet, Sheets
from bot.store.answers import SHOWN, Answer, AnsweredPhoto, KeptAnswers, SheetCell
from bot.store.keys import AnswerKey
from onenet.engine import Engine
from onenet.errors import IndexAwayError


class Answers:
    """Posts answers with the best photos for them, and the next ones when a button asks for more.

    Args:
        finder: Finds photos.
        albums: Sends them as albums.
        sheets: Draws them as numbered pictures.
        gallery_notes: Says what hinders a search.
        kept: Remembers what was answered, for the buttons.
        chats: Know how each chat wants its photos.
        pressing: Knows which buttons are being worked on.
        engine: Whose representations the answers hold.
    """

    def __init__(
        self,
        finder: Finder,
        albums: Albums,
        sheets: Sheets,
        gallery_notes: GalleryNotes,
        kept: KeptAnswers,
        chats: Chats,
        pressing: Pressing,
        engine: Engine,
    ) -> None:
        self._finder = finder
        self._albums = albums
        self._sheets = sheets
        self._gallery_notes = gallery_notes
        self._kept = kept
        self._chats = chats
        self._pressing = pressing
        self._engine = engine

    async def behind(self, key: AnswerKey) -> Answer | None:
        """Give what was answered; None if that is unknown or forgotten."""
        return await self._kept.find(key)

    async def behind_parts(self, key: AnswerKey) -> list[Answer]:
        """Give all that a message answered: for an album, what is said of each of its photos."""
        return await self._kept.find_parts(key)

    async def behind_reply(self, asked: Incoming) -> Answer | None:
        """Give the answer of ours that a message replies to; None if it replies to none that is known."""
        return await self.behind(asked.replied.key) if asked.replied is not None else None

    async def behind_photos(self, shown_in: Incoming) -> Answer | None:
        """Give the answer whose photos a message of ours shows, or announces; None if it shows none."""
        answer = await self.behind(shown_in.key) or await self.behind(key_of(shown_in.message, SHOWN))
        is_known = answer is not None and answer.photos_meant and self.is_of_this_network(answer)
        return answer if is_known else None

    async def keep(self, key: AnswerKey, answer: Answer) -> None:
        """Remember an answer for its buttons."""
        await self._kept.keep(key, replace(answer, network=self._engine.fingerprint))

    async def show_caption(self, key: AnswerKey, number: int) -> None:
        """Remember which of its captions an answer shows now."""
        await self._kept.show_caption(key, number)

    def is_of_this_network(self, answer: Answer) -> bool:
        """Tell whether the numbers of an answer mean something to the network."""
        return answer.network in ("", self._engine.fingerprint)

    async def post(
        self,
        asked: Incoming,
        text: str,
        keyboard: InlineKeyboardMarkup | None,
        answer: Answer,
        *,
        with_photos: bool,
    ) -> None:
        """Answer a message, remember for the buttons what was answered, and send the best photos for it.

        Args:
            text: HTML.
            answer: What is found for token ids is ranked; what is found for a photo is only alike.
        """
        about = answer.about or _photo_message(asked)
        answer = replace(answer, network=self._engine.fingerprint, about=about, asker=asked.sender)
        if not with_photos or not await self._wants_sheet(asked):
            await self._post_text(asked, text, keyboard, answer, with_photos=with_photos)
        else:
            await self._post_sheet_or_text(asked, text, keyboard, answer)

    async def post_similar(self, asked: Incoming, announcement: str, note: str, answer: Answer) -> None:
        """Answer a message with the photos most like a representation, or say that there are none."""
        is_any_alike = bool(await self._finder.matches(asked.chat, answer, 1, exclude=answer.photos_shown))
        outcome = announcement if is_any_alike else notes.none_alike()
        gallery_note = self._gallery_notes.note(may_be_empty=is_any_alike)
        await self.post(
            asked,
            "\n\n".join(filter(None, (outcome, note, gallery_note))),
            phrases.more_keyboard() if is_any_alike else None,
            answer,
            with_photos=is_any_alike,
        )

    async def send_more(self, shown_in: Incoming, part: int, answer: Answer) -> bool:
        """Send the next photos for an answer as the chat wants them; False if there are no more.

        Args:
            shown_in: The answer's message. If it is a numbered picture, the next one takes its place.
            part: Number of the photo in an album, from 1; 0: the answer is about one photo or text.
        """
        if answer.sheet:
            return await self._turn_sheet(shown_in, answer)
        key = key_of(shown_in.message, part)
        if not await self._wants_sheet(shown_in):
            shown = await self._send_album(shown_in, key, answer)
            return shown is not None and bool(shown.seen)
        text = texts.like_part(part) if part else notes.most_alike()
        seen = await self._post_sheet(shown_in, text, phrases.more_keyboard(), answer)
        await self._kept.show_photos(key, (*answer.photos_shown, *(seen or ())))
        return bool(seen)

    async def send_one(self, shown_in: Incoming, cell: SheetCell) -> bool:
        """Send one of the photos of a numbered picture alone; False if it has gone."""
        return await self._albums.send_one(shown_in, cell)

    async def _post_sheet_or_text(
        self, asked: Incoming, text: str, keyboard: InlineKeyboardMarkup | None, answer: Answer
    ) -> None:
        is_allowed, seen = True, None
        try:
            seen = await self._post_sheet(asked, text, keyboard, answer)
        except BadRequest:
            is_allowed = False
        except IndexAwayError as error:
            text = f"{text}\n\n{phrases.sentence(told(error))}"
        if seen is None:
            await self._post_text(asked, text, keyboard, answer, with_photos=False)
        if not is_allowed:
            await self._tell_of_media(asked)

    async def _post_text(
        self,
        asked: Incoming,
        text: str,
        keyboard: InlineKeyboardMarkup | None,
        answer: Answer,
        *,
        with_photos: bool,
    ) -> None:
        is_quoted = is_to_be_quoted(asked.message)
        answer = _reaching(asked, answer, is_quoted=is_quoted)
        sent = await asked.message.reply_text(text, reply_markup=keyboard, do_quote=is_quoted)
        key = key_of(sent)
        if keyboard is not None:
            await self._kept.keep(key, answer)
        if with_photos:
            with self._pressing.holding(PressedButton(key, phrases.MORE_LIKE_THIS)):
                await self._send_album(asked, key, answer)

    async def _send_album(self, asked: Incoming, key: AnswerKey, answer: Answer) -> Shown | None:
        async with showing(asked.message, ChatAction.UPLOAD_PHOTO):
            try:
                shown = await self._albums.send(asked, answer)
            except BadRequest as error:
                if not lacks_media(error):
                    raise
                await self._tell_of_media(asked)
                return None
        await self._kept.show_photos(key, (*answer.photos_shown, *shown.seen), sent=shown.photos)
        await self._kept.keep_beside(key, shown.messages)
        return shown

    async def _wants_sheet(self, asked: Incoming) -> bool:
        return (await self._chats.settings(*asked.chat)).pictures == "sheet"

    async def _post_sheet(
        self, asked: Incoming, text: str, keyboard: InlineKeyboardMarkup | None, answer: Answer
    ) -> tuple[str, ...] | None:
        """Answer with a numbered picture of the next photos.

        Returns:
            The photos that need not be sent again; None if nothing was sent, for there are no more photos.

        Raises:
            BadRequest: If the bot may send no pictures here.
        """
        async with showing(asked.message, ChatAction.UPLOAD_PHOTO):
            sheet = await self._sheets.make(asked, answer)
            if sheet is None:
                return None
            try:
                await self._send_sheet(asked, text, keyboard, sheet, answer)
            except BadRequest as error:
                if lacks_media(error):
                    raise
                return None
            return sheet.seen

    async def _tell_of_media(self, asked: Incoming) -> None:
        """Say that no pictures may be sent here, once."""
        if self._chats.is_to_be_told_of_media(asked.chat.chat_id):
            await asked.message.reply_text(notes.no_pictures_here())

    async def _send_sheet(
        self,
        asked: Incoming,
        text: str,
        keyboard: InlineKeyboardMarkup | None,
        sheet: Sheet,
        answer: Answer,
    ) -> None:
        is_quoted = is_to_be_quoted(asked.message)
        answer = _reaching(asked, answer, is_quoted=is_quoted)
        sent = await asked.message.reply_photo(
            sheet.image,
            caption=texts.sheet(text, sheet.cells),
            reply_markup=texts.sheet_keyboard(sheet.cells, keyboard),
            do_quote=is_quoted,
        )
        shown = (*answer.photos_shown, *sheet.seen)
        kept = replace(answer, photos_shown=shown, sheet=sheet.cells, sent=_photos_of(sheet))
        await self._kept.keep(key_of(sent), kept)

    async def _turn_sheet(self, shown_in: Incoming, answer: Answer) -> bool:
        """Show the next photos in the place of those on a numbered picture; False if there are none."""
        message = shown_in.message
        sheet = await self._sheets.make(shown_in, answer)
        if sheet is None:
            return False
        text = texts.above_lines(message.caption_html or "")
        below = texts.other_rows(message.reply_markup)
        await message.edit_media(
            InputMediaPhoto(sheet.image, caption=texts.sheet(text, sheet.cells)),
            reply_markup=texts.sheet_keyboard(sheet.cells, below),
        )
        shown = (*answer.photos_shown, *sheet.seen)
        await self._kept.show_photos(shown_in.key, shown, sheet.cells, _photos_of(sheet))
        return True


def _photos_of(sheet: Sheet) -> tuple[str, ...]:
    return tuple(cell.photo for cell in sheet.cells)


def _reaching(asked: Incoming, answer: Answer, *, is_quoted: bool) -> Answer:
    """Let an answer reach its photo, for its buttons: by what it quotes, by the memory, else by itself."""
    photo = asked.photo
    if is_quoted or answer.photos_shown or photo is None or photo.file is None:
        return answer
    return replace(answer, photo=AnsweredPhoto(photo.file.file_id, photo.is_spoiler, photo.is_protected))


def _photo_message(asked: Incoming) -> int:
    """Give the message with the photo that a message is about: itself or what it replies to; 0: none."""
    holder = next(
        (each for each in (asked, asked.replied) if each is not None and each.photo is not None), None
    )
    return holder.message.message_id if holder is not None else 0
