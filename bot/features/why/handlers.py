"""Where in a photo the network saw each word of its caption; by command and by button."""

from PIL import Image
from telegram.constants import ChatAction

from bot.delivery.quoting import is_to_be_quoted
from bot.delivery.showing import showing
from bot.features.why import texts
from bot.inference.worker import Worker
from bot.language import notes
from bot.language.network import written_here
from bot.memory.behind import photo_behind
from bot.memory.memory import Memory
from bot.messages.incoming import Incoming, Press
from bot.messages.photo import Photo
from bot.photos.fetching import open_from_chat, photo_near
from bot.photos.sending import as_jpeg, reply_picture, shown_as
from bot.search.answers import Answers
from onenet.captions import Reasons
from onenet.engine import Engine
from onenet.pictures import Notes, draw_reasons

SIDE_PX = 1600


class Why:
    """Explains captions word by word, as a picture.

    Args:
        engine: Finds the reasons.
        worker: Lets it, and draws them.
        answers: Know which caption an answer shows, and of which photo.
        memory: Knows that photo, if its chat remembers it.
    """

    def __init__(self, engine: Engine, worker: Worker, answers: Answers, memory: Memory) -> None:
        self._engine = engine
        self._worker = worker
        self._answers = answers
        self._memory = memory

    async def why(self, asked: Incoming) -> None:
        """Answer /why under a photo, or as a reply to one or to its caption; words behind it replace it."""
        answer = await self._answers.behind_reply(asked)
        if asked.photo is None and asked.replied is not None and answer is not None:
            photo, caption = await photo_behind(asked.replied, answer, self._memory), answer.caption
            refusal = texts.photo_out_of_reach()
        else:
            photo, caption, refusal = photo_near(asked), "", texts.no_photo()
        if photo is None:
            await asked.message.reply_text(refusal, do_quote=is_to_be_quoted(asked.message))
            return
        await self._explain(asked, photo, asked.wording or caption)

    async def press(self, press: Press) -> None:
        """Explain the caption that a message shows, when its button is pressed."""
        assert press.on is not None
        answer = await self._answers.behind(press.key)
        if answer is None:
            await press.answer(notes.forgotten())
            return
        photo = await photo_behind(press.on, answer, self._memory)
        if photo is None:
            await press.answer(texts.photo_out_of_reach(), show_alert=True)
            return
        await press.answer()
        async with showing(press.on.message, ChatAction.UPLOAD_PHOTO):
            await self._explain(press.on, photo, answer.caption)

    async def _explain(self, asked: Incoming, photo: Photo, caption: str) -> None:
        """Answer with where each word of a caption comes from; "" stands for the network's own."""
        image = await open_from_chat(photo, self._worker)
        language = written_here(self._engine)
        reasons = await self._worker.call(self._engine.explain, image, caption, language=language)
        picture = await self._worker.decode(_draw, image, reasons, texts.notes())
        await reply_picture(asked, picture, texts.reasons(reasons), **shown_as([photo]))


def _draw(image: Image.Image, reasons: Reasons, notes: Notes) -> bytes:
    return as_jpeg(draw_reasons(image, reasons, notes), SIDE_PX)
