"""Phrases of several features: text and keyboards. All text is HTML with the users' words escaped."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

from telegram import BotCommand, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.constants import InlineKeyboardButtonLimit

from bot.language import _, ngettext, notes, number, quoted
from bot.language.network import Multilingual, note_on
from onenet.search import WordsQuery
from onenet.words import Neighbour

# What the buttons send back.
ANOTHER_CAPTION = "another"
MORE_LIKE_THIS = "more"
FIND_TEXT = "text:find"
SIMILAR_TEXT = "text:similar"
RUN = "run:"
WHY = "why"
NOT_IT = "teach:not:"

QUOTE_LENGTH = 200
WORD_LENGTH = 60  # of a word in a list: twenty of them fit into a message whatever they are
SENTENCE_LENGTH = 1000
ROW_LENGTH = 36  # letters on two buttons side by side that a phone has room for

Group = Literal["photos", "words", "play", "chat", "bot"]


class Example(NamedTuple):
    """Something to try: as one would type it, and what a button says of it."""

    typed: str
    label: str


class CommandText(Protocol):
    """What a command is called and what it is good for."""

    @property
    def name(self) -> str:
        """Without the slash."""

    @property
    def description(self) -> str:
        """One line, English; `_` translates it."""

    @property
    def examples_here(self) -> Callable[[], tuple[str, ...]]:
        """Gives examples in the language that is read here, each as one would type it."""

    @property
    def examples(self) -> tuple[str, ...]:
        """Others, which are the same in every language."""

    @property
    def is_about_photo(self) -> bool:
        """Whether an example needs a photo that it replies to."""

    @property
    def label(self) -> str:
        """What a button says with the {words} of an example, English; "": the example itself."""

    @property
    def group(self) -> Group:
        """What kind of command it is."""


def quote(text: str, length: int = QUOTE_LENGTH) -> str:
    """Escape a user's words, cut to a length that fits every message."""
    text = " ".join(text.split())
    return escape(text if len(text) <= length else f"{text[: length - 1]}…", quote=False)


def sentence(text: str) -> str:
    """Escape a sentence of ours that may hold a user's words."""
    return quote(text, SENTENCE_LENGTH)


def caption(text: str) -> str:
    """Show a caption."""
    return f"<b>{_as_sentence(text) or quote(notes.no_words())}</b>"


def with_caption(html: str, text: str) -> str:
    """Put a caption in the place of the one that a message shows; what stands around it stays."""
    before, _, rest = html.partition("<b>")
    return f"{before}{caption(text)}{rest.partition('</b>')[2]}"


def caption_keyboard(
    *,
    captions: int,
    has_photos: bool,
    has_reasons: bool = False,
    taught: Mapping[str, str] | None = None,
) -> InlineKeyboardMarkup | None:
    """Offer what else there is to a photo: its other captions, more photos like it, why the caption.

    Args:
        taught: Words that the chat taught and the caption says, by what a button sends that they are wrong.
    """
    buttons = []
    if captions > 1:
        buttons.append(InlineKeyboardButton(_("Another caption"), callback_data=ANOTHER_CAPTION))
    if has_photos:
        buttons.append(_more_button())
    why = [InlineKeyboardButton(_("Why?"), callback_data=WHY)] if has_reasons else []
    wrong = [
        InlineKeyboardButton(_("Not {word}").format(word=word), callback_data=f"{NOT_IT}{tag}")
        for tag, word in (taught or {}).items()
    ]
    rows = [row for row in (buttons, why, wrong) if row]
    return InlineKeyboardMarkup(rows) if rows else None


def more_keyboard() -> InlineKeyboardMarkup:
    """Offer more photos like these."""
    return InlineKeyboardMarkup.from_button(_more_button())


def imagined(answer: WordsQuery) -> str:
    """Tell what the network pictured for a description, and the words that it left out."""
    lines = [
        _("You wrote: {description}").format(description=quote(answer.description)),
        _("I imagined: <b>{caption}</b>").format(caption=quote(answer.imagined)),
    ]
    return "\n".join([*lines, *left_out(answer.unknown_words)])


def left_out(unknown_words: Sequence[str]) -> list[str]:
    """Say which words of a description are not in the answer, as a line; none if all are."""
    if not unknown_words:
        return []
    words = quoted(quote(word, 30) for word in unknown_words[:5])
    return [_("I never read {words}, so I left that out.").format(words=words)]


def no_gallery(folder: Path, *, local: bool) -> str:
    """Say how photos to search get here."""
    if local:
        # Translators: the page's buttons, as bot/local/page/words names them in your language.
        text = _(
            "There are no photos to search yet. Press “Add a folder of photos” or “Get Flickr8K” on this "
            "page, or copy photos into {folder}: they can be found within seconds."
        )
        return text.format(folder=quote(str(folder)))
    return _(
        "There are no photos to search yet. Whoever runs this bot can put photos into its gallery folder "
        "(GALLERY_DIR): they can be found within seconds. Until then I caption photos and play with words."
    )


def gallery_progress(done: int, total: int) -> str:
    """Say that not all photos are searchable yet."""
    text = ngettext(
        "So far I have read {done} of {total} new photo of the gallery.",
        "So far I have read {done} of {total} new photos of the gallery.",
        total,
    )
    return text.format(done=number(done), total=number(total))


def gallery_missing(photos: int) -> str:
    """Say that the gallery's photos are not where they were."""
    text = ngettext(
        "{photos} photo of the gallery is missing just now; its drive may not be connected.",
        "{photos} photos of the gallery are missing just now; their drive may not be connected.",
        photos,
    )
    return text.format(photos=number(photos))


def plain_text(text: str) -> str:
    """Say what can be done with a text that is no command."""
    return _("What shall I do with “{text}”?").format(text=quote(text, 60))


def plain_text_keyboard(text: str) -> InlineKeyboardMarkup:
    """Offer what can be done with a text; it is read from its message when a button is pressed."""
    buttons = [InlineKeyboardButton(_("Find photos of this"), callback_data=FIND_TEXT)]
    if len(text.split()) == 1:
        buttons.append(InlineKeyboardButton(_("Similar words"), callback_data=SIMILAR_TEXT))
    return InlineKeyboardMarkup([buttons])


def how_to(command: CommandText) -> str:
    """Explain a command that came without what it needs."""
    name, description = command.name, _(command.description)
    examples = _typed(command)
    if not examples:
        return _("<b>/{command}</b>: {description}.").format(command=name, description=description)
    text = _("<b>/{command}</b>: {description}, for example:\n{example}")
    return text.format(command=name, description=description, example=quote(examples[0]))


def menu(commands: Iterable[CommandText]) -> list[BotCommand]:
    """List the commands for the menu of a Telegram app."""
    return [BotCommand(command.name, _(command.description)) for command in commands]


def examples_of(command: CommandText) -> list[Example]:
    """Give the examples of a command that mean something alone, with what their buttons say."""
    if command.is_about_photo:
        return []
    return [example(typed, _(command.label) if command.label else "") for typed in _typed(command)]


def _typed(command: CommandText) -> tuple[str, ...]:
    return *command.examples_here(), *command.examples


def example(typed: str, label: str = "") -> Example:
    """Make an example, whose label may have its words in it; "": as it is typed."""
    return Example(typed, label.format(words=typed.partition(" ")[2]) or typed)


def examples_keyboard(examples: Iterable[Example]) -> InlineKeyboardMarkup | None:
    """Make examples that can be tapped, short ones side by side; those too long for a button are left out."""
    rows: list[list[InlineKeyboardButton]] = []
    for typed, label in examples:
        if len(f"{RUN}{typed}".encode()) > InlineKeyboardButtonLimit.MAX_CALLBACK_DATA:
            continue
        before = rows[-1] if rows else []
        if len(before) != 1 or len(before[0].text) + len(label) > ROW_LENGTH:
            rows.append([])
        rows[-1].append(InlineKeyboardButton(label, callback_data=f"{RUN}{typed}"))
    return InlineKeyboardMarkup(rows) if rows else None


def start(network: Multilingual) -> str:
    """Greet whoever begins to talk to the bot."""
    paragraphs = (
        _("<b>One Network</b>: one small neural network with many uses."),
        _(
            "Send me a photo: I say what I see and show the most similar photos of the gallery. "
            "I also find photos by a description, and play with words."
        ),
        note_on(network),
        _("Tap an example, or /help for everything."),
    )
    return "\n\n".join(filter(None, paragraphs))


def description(network: Multilingual) -> str:
    """Say what an empty chat with the bot shows: what it is good for."""
    paragraphs = (
        _("One small neural network with many uses."),
        _(
            "Send me a photo: I say what I see and show photos like it. I also find photos by a description, "
            "dream up pictures and play with words."
        ),
        note_on(network),
    )
    return "\n\n".join(filter(None, paragraphs))


def short_description() -> str:
    """Say in a line what the bot is good for, as its profile and its link show it."""
    return _("I caption photos, find them by a description, and play with words.")


def help_text(network: Multilingual, commands: Iterable[CommandText]) -> str:
    """List what can be sent, and the commands with their descriptions."""
    paragraphs = (
        _("Send me a photo, or an image as a file, and I caption it and show similar photos."),
        *_groups(commands),
        _(
            "In a group I answer commands, replies to me and my name. Under a photo or as a reply to one, "
            "/caption and /similar are about that photo."
        ),
        note_on(network),
        _("Tap an example:"),
    )
    return "\n\n".join(filter(None, paragraphs))


def _groups(commands: Iterable[CommandText]) -> list[str]:
    """List commands, each kind below its title."""
    titles: dict[Group, str] = {
        "photos": _("Photos"),
        "words": _("Words"),
        "play": _("Play and look around"),
        "chat": _("This chat"),
        "bot": _("About me"),
    }
    lines: dict[Group, list[str]] = {group: [] for group in titles}
    # Translators: a line of /help; where one reads from right to left it begins with that mark (U+200F).
    line = _("/{command} — {description}")
    for command in commands:
        lines[command.group].append(line.format(command=command.name, description=_(command.description)))
    return ["\n".join([f"<b>{titles[group]}</b>", *found]) for group, found in lines.items() if found]


def _more_button() -> InlineKeyboardButton:
    return InlineKeyboardButton(_("More like this"), callback_data=MORE_LIKE_THIS)


def _as_sentence(text: str) -> str:
    return quote(text[:1].upper() + text[1:])


def scored_words(found: Sequence[Neighbour]) -> str:
    """List words with their scores, one a line."""
    return "\n".join(scored_word(neighbour) for neighbour in found)


def scored_word(neighbour: Neighbour) -> str:
    """Show a word with its score."""
    return f"<code>{number(neighbour.score, 2):>5}</code>  {quote(neighbour.word, WORD_LENGTH)}"
