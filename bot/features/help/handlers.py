"""Greeting, help, the network's card, and whatever is not a command."""

from dataclasses import replace

from telegram import InlineKeyboardMarkup

from bot.features.help.about import about
from bot.gallery.gallery import Gallery
from bot.gallery.notes import GalleryNotes
from bot.language import notes, phrases
from bot.memory.texts import start_note
from bot.messages.incoming import Incoming, Press
from bot.routing.feature import Command, Features, say_unknown
from onenet.engine import Engine


class Help:
    """Answers /start, /help and /about, and what no other feature understands.

    Args:
        engine: Whose card is shown.
        gallery: Whose photos are counted.
        gallery_notes: Says how photos are added.
        features: What there is to be explained.
    """

    def __init__(
        self, engine: Engine, gallery: Gallery, gallery_notes: GalleryNotes, features: Features
    ) -> None:
        self._engine = engine
        self._gallery = gallery
        self._gallery_notes = gallery_notes
        self._features = features

    async def start(self, asked: Incoming) -> None:
        """Answer /start; a bot without photos to search says how to add some."""
        remembers = start_note() if asked.is_private else ""
        text = "\n\n".join(filter(None, (phrases.start(self._engine), remembers, self._gallery_notes.note())))
        await asked.message.reply_text(text, reply_markup=self._examples())

    async def show_help(self, asked: Incoming) -> None:
        """Answer /help."""
        text = phrases.help_text(self._engine, self._features.commands.values())
        await asked.message.reply_text(text, reply_markup=self._examples())

    async def about(self, asked: Incoming) -> None:
        """Answer /about."""
        await asked.message.reply_text(about(self._engine, self._gallery.state().photos))

    async def unknown_command(self, asked: Incoming) -> None:
        """Point to /help."""
        await say_unknown(asked)

    async def plain_text(self, said: Incoming) -> None:
        """Offer what can be done with a text."""
        if not said.text:
            await self.start(said)
            return
        await said.message.reply_text(
            phrases.plain_text(said.text), reply_markup=phrases.plain_text_keyboard(said.text), do_quote=True
        )

    async def anything_else(self, sent: Incoming) -> None:
        """Say what can be sent."""
        await sent.message.reply_text(notes.send_a_photo_or_text())

    async def run_example(self, press: Press) -> None:
        """Do what the command on the button does."""
        name, *words = press.data.removeprefix(phrases.RUN).removeprefix("/").split() or [""]
        command = self._features.commands.get(name)
        if command is None:
            await press.answer(notes.forgotten())
            return
        await press.answer()
        await self._run(command, words, press)

    async def use_text(self, press: Press) -> None:
        """Do what was offered with the text of the message that the button's message replies to."""
        assert press.on is not None
        text = press.on.replied.text if press.on.replied is not None else ""
        if not text:
            await press.answer(notes.lost_text())
            return
        await press.answer()
        name = {phrases.FIND_TEXT: "find", phrases.SIMILAR_TEXT: "similar"}[press.data]
        await self._run(self._features.commands[name], text.split(), press)

    async def _run(self, command: Command, words: list[str], press: Press) -> None:
        """Do what a command would, had whoever pressed the button written it, without any photo.

        What our own message shows or replies to is not what they ask about: the words on the button are.
        """
        assert press.on is not None
        asked = replace(
            press.on,
            sender=press.person.id,
            command=command.name,
            words=tuple(words),
            photo=None,
            replied=None,
            quoted_photo=None,
        )
        await self._features.run(command, asked)

    def _examples(self) -> InlineKeyboardMarkup | None:
        commands = self._features.commands.values()
        return phrases.examples_keyboard(
            example for command in commands for example in phrases.examples_of(command)
        )
