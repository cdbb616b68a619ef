"""A feature as one value: its commands and buttons, what else it answers, what it starts and stops."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from telegram import InlineQuery
from telegram.constants import ChatAction

from bot.chats.rights import may_manage
from bot.delivery.connection import Connection
from bot.delivery.quoting import is_to_be_quoted
from bot.delivery.showing import showing
from bot.language import notes, phrases
from bot.messages.incoming import Arrival, Incoming, Press
from bot.photos.album_in import Album
from bot.store.keys import ChatKey

T = TypeVar("T")

Menu = Literal["private", "group", "admins"]
EVERYWHERE: frozenset[Menu] = frozenset({"private", "group"})
Handler = Callable[[Incoming], Awaitable[None]]
Place = Literal["first", "usual", "last"]


@dataclass(frozen=True)
class Command:
    """A command of the bot: the one place that names it.

    Attributes:
        name: Without the slash.
        description: One line for the menu and /help, in English: `python -m bot.language` looks for it here.
        handler: Answers it.
        examples: Each as one would type it, in every language; the first explains the command.
        label: What a button with one of its examples says, in English, {words} being those of the example;
            "": the example itself.
        group: Under which title /help has it, see `bot.language.phrases`.
        menus: Where a messenger offers it: "private", "group" (everyone's) or "admins" (a group's). No more
            than eight anywhere: /help has them all.
        shows: What the chat sees while it is worked on.
        admins_only: The sentence for those who may not use it in a group; None: everyone may.
        of_album: Answers it under an album; None: `handler` does, for the part that it stands under.
        examples_here: Gives examples in words of the language that is read here; they come before the others.
        is_about_photo: Whether an example needs a photo that it replies to: then it is no button.
        keeps_photo: Whether a photo that it stands under is remembered as any other of its chat.
    """

    name: str
    description: str
    handler: Handler
    examples: tuple[str, ...] = ()
    label: str = ""
    group: phrases.Group = "chat"
    menus: frozenset[Menu] = frozenset()
    shows: ChatAction | None = None
    admins_only: Callable[[], str] | None = None
    of_album: Callable[[Incoming, Album], Awaitable[None]] | None = None
    examples_here: Callable[[], tuple[str, ...]] = tuple
    is_about_photo: bool = False
    keeps_photo: bool = True


@dataclass(frozen=True)
class Button:
    """A kind of button under messages of the bot.

    Attributes:
        pattern: What it sends, a regular expression for all of it.
        handler: Does its work; it is called for a press at a time.
        shows: What the chat sees while it is worked on.
        admins_only: The sentence for those who may not press it in a group; None: everyone may.
        is_personal: Whether it does its work for each person who presses it, at the same time too.
        takes_old: Whether it does its work even when its message is too old to be seen.
        is_urgent: Whether it waits for no other work, as it stops some.
    """

    pattern: str
    handler: Callable[[Press], Awaitable[None]]
    shows: ChatAction | None = None
    admins_only: Callable[[], str] | None = None
    is_personal: bool = False
    takes_old: bool = False
    is_urgent: bool = False


@dataclass(frozen=True)
class Listener:
    """What a feature answers besides its commands.

    Attributes:
        accepts: Tells of which messages. The first listener that accepts one is the only one.
        handler: Answers them.
        place: "first" comes before all commands, "last" behind what all other listeners leave.
        is_once: Whether a message is answered only if that was not done before.
        takes_edits: Whether new wordings of earlier messages are answered too.
        shows: What the chat sees while it is worked on.
        wants: Tells whether it will do anything about a message that it accepts, where that depends on the
            chat; None: always. What nobody wants is not stored.
        takes: Tells whether a message that it accepts is for it, where only the database knows; None: always.
            What it does not take is for the next listener.
    """

    accepts: Callable[[Incoming], bool]
    handler: Handler
    place: Place = "usual"
    is_once: bool = True
    takes_edits: bool = False
    shows: ChatAction | None = None
    wants: Callable[[Incoming], Awaitable[bool]] | None = None
    takes: Callable[[Incoming], Awaitable[bool]] | None = None


async def _nothing(*_: object) -> None:
    pass


@dataclass(frozen=True)
class Feature:
    """Something the bot does.

    Attributes:
        name: As its folder or file is called.
        commands: Of everyone.
        owner_commands: For everyone but the owner they do not exist.
        buttons: Under its messages.
        listeners: What else it answers.
        gates: Look at everything before all else, in the order of the features; True: it goes no further.
        refuses: Tells what its gates let nobody answer, whoever sent it: nothing of that is stored.
        inline: Answers inline queries.
        service: What it is made of, for whoever tests it.
        start: Begins its work in the background, once the bot is connected.
        stop: Ends that, while the server can still be talked to.
        forget_person: Forgets what it keeps of a person in a chat besides photos, and says so; "": nothing.
    """

    name: str
    commands: tuple[Command, ...] = ()
    owner_commands: tuple[Command, ...] = ()
    buttons: tuple[Button, ...] = ()
    listeners: tuple[Listener, ...] = ()
    gates: tuple[Callable[[Arrival], Awaitable[bool]], ...] = ()
    refuses: Callable[[Arrival], bool] = lambda arrival: False
    inline: Callable[[InlineQuery], Awaitable[None]] | None = None
    service: object = None
    start: Callable[[Connection], Awaitable[None]] | None = None
    stop: Callable[[], Awaitable[None]] = _nothing
    forget_person: Callable[[ChatKey, int], Coroutine[Any, Any, str]] | None = None


@dataclass
class Features:
    """All features, for those few that speak of the others, such as /help.

    Attributes:
        all: In the order of /help.
        remember: Remembers the photo above a command that is about something else, where the chat wants that.
    """

    all: list[Feature] = field(default_factory=list)
    remember: Handler = _nothing

    @property
    def commands(self) -> Mapping[str, Command]:
        """Everyone's commands by name, in the order of /help."""
        return {command.name: command for feature in self.all for command in feature.commands}

    @property
    def owner_commands(self) -> Sequence[Command]:
        """The owner's commands."""
        return [command for feature in self.all for command in feature.owner_commands]

    def service(self, kind: type[T]) -> T:
        """Give the service of that type; whoever asks for one knows that a feature has it."""
        return next(feature.service for feature in self.all if isinstance(feature.service, kind))

    async def run(self, command: Command, asked: Incoming) -> None:
        """Do what a command says, however it was given."""
        if command.admins_only is not None and not await may_manage(asked.message.chat, asked.sender):
            await asked.message.reply_text(command.admins_only(), do_quote=is_to_be_quoted(asked.message))
            return
        async with shown(asked, command.shows):
            await command.handler(asked)
        if asked.photo is not None and command.keeps_photo:
            await self.remember(asked)

    async def forget_person(self, chat: ChatKey, user_id: int) -> list[str]:
        """Forget what features keep of a person in a chat; a sentence for each that had something."""
        forgetting = [feature.forget_person for feature in self.all if feature.forget_person is not None]
        said = [await forget(chat, user_id) for forget in forgetting]
        return [sentence for sentence in said if sentence]


def shown(asked: Incoming | None, action: ChatAction | None) -> AbstractAsyncContextManager[Any]:
    """Let a chat see that something is done for as long as the block takes, if there is anything to see."""
    return nullcontext() if asked is None or action is None else showing(asked.message, action)


async def explain(asked: Incoming, command: Command) -> None:
    """Say how to use a command that came without what it needs."""
    keyboard = phrases.examples_keyboard(phrases.examples_of(command))
    await asked.message.reply_text(phrases.how_to(command), reply_markup=keyboard)


async def say_unknown(asked: Incoming) -> None:
    """Point somebody whose command is none of ours to /help."""
    await asked.message.reply_text(notes.unknown_command())
