"""What came in, read once at the door: nothing further in looks at the raw update for it again."""

from dataclasses import dataclass, field

from telegram import Bot, CallbackQuery, Chat, ChatMemberUpdated, InlineQuery, Message, Update, User
from telegram.constants import ChatType
from telegram.ext.filters import StatusUpdate

from bot.messages.addressee import is_addressed, is_named, is_own_offer, replied_to, text_without_name
from bot.messages.command import command_in, looks_like_command
from bot.messages.keys import chat_of, key_of
from bot.messages.photo import Photo, photo_of
from bot.store.keys import AnswerKey, ChatKey

_QUESTION_MARKS = "?？؟\u037e"  # noqa: RUF001 - Chinese, Arabic and Greek ones


@dataclass(frozen=True)
class Incoming:
    """A message that somebody wrote, or that another one replies to.

    Attributes:
        message: Telegram's own, to be replied to.
        chat: Where it was written.
        sender: Number of who wrote it: a person, or the group or channel it was written for; 0: nobody.
        thread: Number of the forum topic it stands in; None outside topics.
        text: Its text or caption, without the name of the bot.
        command: Of this bot, without the slash; "" if it has none.
        words: Those behind the command.
        names_bot: Whether the command carries the name of this bot.
        has_command: Whether it begins with a command, of this bot or of another.
        photo: What there is to look at in it.
        replied: The message it replies to, if that is in the same chat.
        quoted_photo: The photo of the message that it replies to, here or in another chat.
        album: Names the album it is part of; "" if it is alone.
        is_addressed: Whether it is said to the bot: in private, in reply to it, or by its name; no command.
        is_named: Whether it calls the bot by its name.
        is_own_offer: Whether it was chosen from what this bot offered in inline mode.
        is_edited: Whether it is a new wording of an earlier message.
        is_service: Whether it tells of the chat, such as a member who joined, instead of being said.
    """

    message: Message
    chat: ChatKey
    sender: int = 0
    thread: int | None = None
    text: str = ""
    command: str = ""
    words: tuple[str, ...] = ()
    names_bot: bool = False
    has_command: bool = False
    photo: Photo | None = None
    replied: "Incoming | None" = None
    quoted_photo: Photo | None = None
    album: str = ""
    is_addressed: bool = False
    is_named: bool = False
    is_own_offer: bool = False
    is_edited: bool = False
    is_service: bool = False

    @property
    def key(self) -> AnswerKey:
        """What the database knows it by, if it is an answer of ours."""
        return key_of(self.message)

    @property
    def bot(self) -> Bot:
        """The bot that got it."""
        return self.message.get_bot()

    @property
    def is_private(self) -> bool:
        """Whether nobody else is in the chat."""
        return self.message.chat.type == ChatType.PRIVATE

    @property
    def is_question(self) -> bool:
        """Whether it has a question mark, of any script."""
        return any(mark in self.text for mark in _QUESTION_MARKS)

    @property
    def is_asked(self) -> bool:
        """Whether it asks the bot for something: in a group, “haha” in reply to a caption does not."""
        return self.is_addressed and (self.is_private or self.is_named or self.is_question)

    @property
    def wording(self) -> str:
        """The words behind the command, as one text."""
        return " ".join(self.words)


@dataclass(frozen=True)
class Press:
    """A button that somebody pressed.

    Attributes:
        query: Telegram's own, to be answered.
        data: What the button sends.
        key: What the database knows the message with the button by.
        place: The chat of that message; None for a button of inline mode.
        on: That message; None if it is too old to be seen.
    """

    query: CallbackQuery
    data: str
    key: AnswerKey
    place: Chat | None
    on: Incoming | None
    _ended: list[bool] = field(default_factory=list, repr=False, compare=False)

    @property
    def person(self) -> User:
        """Who pressed it."""
        return self.query.from_user

    async def answer(self, text: str | None = None, *, show_alert: bool = False) -> None:
        """End the waiting of the button, with a sentence above the chat or as a window to be closed.

        It waits no more than once: of what fails behind that the chat is told otherwise.
        """
        if not self._ended and await self.query.answer(text, show_alert=show_alert):
            self._ended.append(True)


@dataclass(frozen=True)
class Arrival:
    """An update as the bot understands it.

    Attributes:
        update_id: Its number.
        kind: Telegram's name for what it is, such as `edited_message`.
        bot: Who got it.
        place: The chat it comes from, if it comes from one.
        person: Whoever caused it, if somebody did.
        message: The message that came or was edited.
        press: The button that was pressed.
        inline_query: What is asked in any chat with the name of the bot before it.
        membership: How the standing of the bot in a chat changed.
    """

    update_id: int
    kind: str
    bot: Bot
    place: Chat | None = None
    person: User | None = None
    message: Incoming | None = None
    press: Press | None = None
    inline_query: InlineQuery | None = None
    membership: ChatMemberUpdated | None = None

    @property
    def about(self) -> Incoming | None:
        """The message that it is, or the one whose button was pressed."""
        return self.press.on if self.press is not None else self.message


def read_update(update: Update) -> Arrival:
    """Understand an update."""
    kind = kind_of(update)
    message = update.message or update.edited_message
    query = update.callback_query
    return Arrival(
        update.update_id,
        kind,
        update.get_bot(),
        update.effective_chat,
        update.effective_user,
        message=None if message is None else read_message(message, is_edited=kind == "edited_message"),
        press=None if query is None else _read_press(query),
        inline_query=update.inline_query,
        membership=update.my_chat_member,
    )


def read_message(message: Message, *, is_edited: bool = False) -> Incoming:
    """Understand a message and the one that it replies to."""
    command = command_in(message)
    answered = replied_to(message)
    replied = read_message(answered) if answered is not None else None
    quoted = replied.photo if replied is not None else None
    return Incoming(
        message,
        chat_of(message),
        sender=sender_of(message),
        thread=message.message_thread_id if message.is_topic_message else None,
        text=text_without_name(message),
        command=command.name if command is not None else "",
        words=command.words if command is not None else (),
        names_bot=command is not None and command.names_bot,
        has_command=looks_like_command(message),
        photo=photo_of(message),
        replied=replied,
        quoted_photo=quoted or photo_of(message.external_reply),
        album=message.media_group_id or "",
        is_addressed=is_addressed(message),
        is_named=is_named(message),
        is_own_offer=is_own_offer(message),
        is_edited=is_edited,
        is_service=bool(StatusUpdate.ALL.filter(Update(0, message=message))),
    )


def sender_of(message: Message) -> int:
    """Give the number of who sent a message: a person, or the group or channel that it was sent for."""
    if message.sender_chat is not None:
        return message.sender_chat.id
    return message.from_user.id if message.from_user is not None else 0


def kind_of(update: Update) -> str:
    """Name what an update is, such as message."""
    return next((name for name in Update.ALL_TYPES if getattr(update, name, None) is not None), "unknown")


def _read_press(query: CallbackQuery) -> Press:
    message = query.message  # or what is left of one that is too old to be seen
    place = message.chat if message is not None else None
    chat_id, message_id = (message.chat.id, message.message_id) if message is not None else (0, 0)
    key = AnswerKey(query.get_bot().id, chat_id, message_id)
    on = read_message(message) if isinstance(message, Message) else None
    return Press(query, query.data or "", key, place, on)
