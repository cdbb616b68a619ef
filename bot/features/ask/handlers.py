"""Questions about a photo: by command, or just written as a reply to it or to what was said of it."""

from contextlib import suppress
from dataclasses import replace
from functools import partial

from PIL import Image

from bot.delivery.quoting import is_to_be_quoted
from bot.features.ask import texts
from bot.features.ask.recalling import Recall
from bot.inference.worker import Worker
from bot.language.network import read_here
from bot.memory.behind import photo_behind
from bot.memory.memory import Memory
from bot.memory.reading import PhotoReader
from bot.memory.remembering import names_of
from bot.memory.taught import TaughtWords
from bot.messages.incoming import Incoming
from bot.messages.keys import key_of
from bot.messages.photo import Photo
from bot.photos.fetching import open_from_chat, photo_near
from bot.routing.feature import Features, explain
from bot.search.answers import Answers
from bot.store.answers import Answer, AnsweredPhoto
from onenet.asking import asks_more, needs_photo, read_recollection
from onenet.engine import Engine
from onenet.errors import PhotoError


class Ask:
    """Answers questions about photos.

    Args:
        engine: Knows the answers.
        worker: Lets it.
        reader: Reads the photos.
        answers: Know which photo an answer is about, and keep what stands behind a button.
        memory: Knows whether such a photo can be looked at again.
        taught: Knows what words mean that the chat taught.
        features: Know how /ask is explained, and have /caption.
    """

    def __init__(
        self,
        engine: Engine,
        worker: Worker,
        reader: PhotoReader,
        answers: Answers,
        memory: Memory,
        taught: TaughtWords,
        features: Features,
    ) -> None:
        self._engine = engine
        self._worker = worker
        self._reader = reader
        self._answers = answers
        self._memory = memory
        self._taught = taught
        self._features = features
        self._recall = Recall(memory, taught)

    async def ask(self, asked: Incoming) -> None:
        """Answer /ask under a photo, or as a reply to one or to its caption."""
        await self._answer(asked, asked.wording)

    async def question(self, asked: Incoming) -> None:
        """Answer a question that was written as a reply, without any command."""
        await self._answer(asked, asked.text)

    async def _answer(self, asked: Incoming, question: str) -> None:
        photo = photo_near(asked)
        if photo is not None:
            await self._answer_about(asked, question, photo)
            return
        earlier = await self._answers.behind_reply(asked)
        recalled = read_recollection(question, (read_here(self._engine),))
        if recalled is not None:
            await self._recall.answer(asked, recalled)
            return
        if earlier is None or not earlier.about or not self._answers.is_of_this_network(earlier):
            await explain(asked, self._features.commands["ask"])
            return
        await self._answer_once_more(asked, question, earlier)

    async def _answer_once_more(self, asked: Incoming, question: str, earlier: Answer) -> None:
        """Answer about the photo of an answer of ours; it is fetched again if that helps."""
        shown_in = asked.replied
        behind = None if shown_in is None else await photo_behind(shown_in, earlier, self._memory)
        picture = None
        if behind is not None and needs_photo(question):
            with suppress(PhotoError):  # it may be gone; then its representation has to do
                picture = await open_from_chat(behind, self._worker)
        await self._say(asked, question, earlier, behind, picture)

    async def _answer_about(self, asked: Incoming, question: str, photo: Photo) -> None:
        picture, reading, remembered = await self._reader.open(asked, photo)
        holder = asked if asked.photo is not None else asked.replied
        about = holder.message.message_id if holder is not None and holder.photo is not None else 0
        behind = Answer(
            reading.representation,
            (),
            photos_shown=names_of(remembered),
            about=about or asked.message.message_id,
        )
        await self._say(asked, question, behind, photo, picture)
        await self._reader.tell_of(asked, remembered)

    async def _say(
        self, asked: Incoming, question: str, about: Answer, photo: Photo | None, picture: Image.Image | None
    ) -> None:
        """Answer a question about the photo of an answer, and keep for the button what it shows.

        Args:
            photo: To be fetched for the button; None: it cannot be.
            picture: The same, if it was fetched for the question.

        Raises:
            DescriptionError: If it is no question that is understood.
        """
        lexicon, here = await self._taught.lexicon(asked.chat), (read_here(self._engine),)
        ask = partial(self._engine.ask, photo=picture, preferred=here, lexicon=lexicon)
        found = await self._worker.call(ask, about.representation, question)
        about, has_reasons = await self._reaching(asked, about, photo)
        sent = await asked.message.reply_text(
            texts.answer(found),
            reply_markup=texts.why_keyboard() if has_reasons and found.says else None,
            do_quote=is_to_be_quoted(asked.message),
        )
        said, language = (found.says,) if found.says else (), found.question.language
        about = replace(about, captions=said, caption_shown=0, sheet=(), asker=asked.sender)
        await self._answers.keep(key_of(sent), replace(about, language=language))

    async def _reaching(self, asked: Incoming, about: Answer, photo: Photo | None) -> tuple[Answer, bool]:
        """Keep with an answer how its photo can be fetched once more, and tell whether it can be.

        The memory may know it, or the answer quotes it; else its file id is kept, in private alone.
        """
        is_remembered = bool(await self._memory.photos.at(asked.chat, about.about))
        kept = None if photo is None or is_remembered or not asked.is_private else _to_be_fetched(photo)
        is_quoted = asked.photo is not None and asked.photo.file is not None
        return replace(about, photo=kept), is_remembered or is_quoted or kept is not None


def asks_about_a_photo(said: Incoming) -> bool:
    """Tell whether a text asks, in a way that is understood, about the photo or the answer it replies to.

    “What is this?” asks for a caption.
    """
    if said.has_command or said.message.text is None or said.replied is None or not said.is_asked:
        return False
    if said.quoted_photo is None and not _is_of_bot(said.replied):
        return False
    return asks_more(said.text)


def _is_of_bot(message: Incoming) -> bool:
    sender = message.message.from_user
    return sender is not None and sender.id == message.bot.id


def _to_be_fetched(photo: Photo) -> AnsweredPhoto | None:
    if photo.file is None:
        return None
    return AnsweredPhoto(photo.file.file_id, photo.is_spoiler, photo.is_protected)
