"""Replies: results -> text and keyboards. Pure functions; all text is HTML with the users' words escaped."""

import os
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Protocol

from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.constants import InlineKeyboardButtonLimit

from bot.language import _
from onenet.engine import Imagined, Neighbour

# What the buttons send back.
ANOTHER_CAPTION = "another"
MORE_LIKE_THIS = "more"
FIND_TEXT = "text:find"
SIMILAR_TEXT = "text:similar"
RUN = "run:"

QUOTE_LENGTH = 200
SENTENCE_LENGTH = 1000
SUGGESTIONS = 4

SOMETHING_WENT_WRONG = "Something went wrong here; it has been noted. Please try again in a minute."
FORGOTTEN = "I no longer remember that answer. Please send the photo or the question once more."
ALREADY_ON_IT = "I am on it already."
NO_WORDS = "I have no words for this one."
ONLY_CAPTION = "I have no other words for this one."
NO_MORE_PHOTOS = "Those were all the photos there are."
NO_MORE_ALIKE = "There are no more photos like this."
NONE_ALIKE = "No photo that I know is like this one."
NOTHING_FITS = "Nothing that I know fits this well; the closest are:"
LOST_TEXT = "I can no longer see your message. Please write it once more."
MOST_ALIKE = "The most similar photos:"
SEND_A_PHOTO_OR_TEXT = "I can look at photos and read text. Send me a photo, or tap /help."
UNKNOWN_COMMAND = "I do not know that command. /help lists those I know."
ABOUT_FIGURES = (
    ("beam5", "CIDEr", "CIDEr"),
    ("beam5", "BLEU-4", "BLEU-4"),
    ("beam5", "METEOR", "METEOR"),
    ("find", "R@10", "right photo among the first ten of /find, per cent:"),
)
STILL_READING = "I am still reading the gallery. Please try again in a moment."


class CommandText(Protocol):
    """What a command is called and what it is good for."""

    @property
    def name(self) -> str:
        """Without the slash."""

    @property
    def description(self) -> str:
        """One line."""

    @property
    def examples(self) -> tuple[str, ...]:
        """Each as one would type it."""


def quote(text: str, length: int = QUOTE_LENGTH) -> str:
    """Escape a user's words, cut to a length that fits every message."""
    text = " ".join(text.split())
    return escape(text if len(text) <= length else f"{text[: length - 1]}…", quote=False)


def sentence(text: str) -> str:
    """Escape a sentence of ours that may hold a user's words."""
    return quote(text, SENTENCE_LENGTH)


def caption(text: str) -> str:
    """Show a caption."""
    return f"<b>{_as_sentence(text) or NO_WORDS}</b>"


def caption_keyboard(*, captions: int, has_gallery: bool) -> InlineKeyboardMarkup | None:
    """Offer what else there is to a photo: its other captions, more photos like it."""
    buttons = []
    if captions > 1:
        buttons.append(InlineKeyboardButton("Another caption", callback_data=ANOTHER_CAPTION))
    if has_gallery:
        buttons.append(InlineKeyboardButton("More like this", callback_data=MORE_LIKE_THIS))
    return InlineKeyboardMarkup([buttons]) if buttons else None


def more_keyboard() -> InlineKeyboardMarkup:
    """Offer more photos like these."""
    return InlineKeyboardMarkup([[InlineKeyboardButton("More like this", callback_data=MORE_LIKE_THIS)]])


def match_caption(photo: str, score: float, folder: Path) -> str:
    """Name a gallery photo and its score, a cosine or what it ranks by for a description."""
    name = os.path.relpath(photo, folder)
    name = quote(os.path.basename(photo) if name.startswith("..") else name)
    return f"<b>{score:.2f}</b> {_('From the gallery: {name}').format(name=name)}"


def neighbours(word: str, found: Sequence[Neighbour]) -> str:
    """List the words nearest to a word."""
    return f"Closest to <b>{quote(word)}</b>:\n{_table(found)}"


def neighbours_keyboard(found: Sequence[Neighbour]) -> InlineKeyboardMarkup | None:
    """Offer to go on from the nearest words."""
    return examples_keyboard(f"/similar {neighbour.word}" for neighbour in found[:SUGGESTIONS])


def analogy(a: str, b: str, c: str, answers: Sequence[Neighbour]) -> str:
    """Complete “a is to b as c is to …”."""
    best = quote(answers[0].word) if answers else "…"
    question = f"{quote(a)} is to {quote(b)} as {quote(c)} is to <b>{best}</b>"
    return f"{question}\n{_table(answers)}"


def imagined(answer: Imagined) -> str:
    """Tell what the network pictured for a description, and the words that it left out."""
    lines = [f"You wrote: {quote(answer.description)}", f"I imagined: <b>{quote(answer.imagined)}</b>"]
    if answer.unknown_words:
        words = ", ".join(f"“{quote(word, 30)}”" for word in answer.unknown_words[:5])
        lines.append(f"I never read {words}, so I left that out.")
    return "\n".join(lines)


def no_gallery(folder: Path, *, local: bool) -> str:
    """Say how photos to search get here."""
    if local:
        return (
            "There are no photos to search yet. Press “Add a folder of photos” or “Get Flickr8K” on this "
            f"page, or copy photos into {quote(str(folder))}: they can be found within seconds."
        )
    return (
        "There are no photos to search yet. Whoever runs this bot can put photos into its gallery folder "
        "(GALLERY_DIR): they can be found within seconds. Until then I caption photos and play with words."
    )


def gallery_progress(done: int, total: int) -> str:
    """Say that not all photos are searchable yet."""
    return f"So far I have read {done:,} of {total:,} new photos of the gallery."


def plain_text(text: str) -> str:
    """Say what can be done with a text that is no command."""
    return f"What shall I do with “{quote(text, 60)}”?"


def plain_text_keyboard(text: str) -> InlineKeyboardMarkup:
    """Offer it: the text itself is read from the message when a button is pressed."""
    buttons = [InlineKeyboardButton("Find photos of this", callback_data=FIND_TEXT)]
    if len(text.split()) == 1:
        buttons.append(InlineKeyboardButton("Similar words", callback_data=SIMILAR_TEXT))
    return InlineKeyboardMarkup([buttons])


def how_to(command: CommandText) -> str:
    """Explain a command that came without what it needs."""
    example = f", for example:\n{quote(command.examples[0])}" if command.examples else "."
    return f"<b>/{command.name}</b>: {command.description}{example}"


def examples_keyboard(examples: Iterable[str]) -> InlineKeyboardMarkup | None:
    """Make examples that can be tapped; those too long for a button are left out."""
    buttons = [
        InlineKeyboardButton(example, callback_data=f"{RUN}{example}")
        for example in examples
        if len(f"{RUN}{example}".encode()) <= InlineKeyboardButtonLimit.MAX_CALLBACK_DATA
    ]
    return InlineKeyboardMarkup.from_column(buttons) if buttons else None


def start() -> str:
    """Greet."""
    return (
        "<b>One Network</b>: one small neural network with many uses.\n\n"
        "Send me a photo: I say what I see and show the most similar photos of the gallery. "
        "I also find photos by a description, and play with words.\n\n"
        "Tap an example, or /help for everything."
    )


def help_text(commands: Iterable[CommandText]) -> str:
    """List everything."""
    lines = [f"/{command.name} — {command.description}" for command in commands]
    return (
        "Send me a photo, or an image as a file, and I caption it and show similar photos.\n\n"
        + "\n".join(lines)
        + "\n\nIn a group I answer commands, replies to me and my name. Under a photo or as a reply to one, "
        "/caption and /similar are about that photo.\n\nTap an example:"
    )


def about(card: Mapping[str, Any], photos: int) -> str:
    """Tell what the network is, what it cannot do and what is kept of a chat."""
    facts = [("Image encoder", card.get("encoder")), ("Trained on", card.get("data"))]
    facts += [
        ("Vocabulary, with 4 special words", card.get("vocabulary_size")),
        ("Made on", card.get("date")),
    ]
    lines = [f"{name}: {quote(str(value))}" for name, value in facts if value]
    figures = _figures(card)
    if figures:
        lines.append(f"On photos it never saw (dev): {figures}")
    lines.append(f"Photos in the gallery: {photos:,}")
    return (
        "<b>One Network</b>\nOne network maps photos, words and descriptions to the same 300 numbers; "
        "captions, likeness, search and word games are all uses of it.\n\n" + "\n".join(lines) + "\n\n"
        "<b>What it cannot do</b>: it learnt from 6,000 everyday photos of people and dogs, in English. It "
        "miscounts, guesses at what is rare, reads no writing and knows no names or faces.\n\n"
        "<b>What is kept</b>: for the buttons under an answer, for 30 days: 300 numbers, the captions, the "
        "words of a description that I know and which photos were shown. Pictures are never kept; "
        "/privacy tells what is remembered of them."
    )


def _figures(card: Mapping[str, Any]) -> str:
    """Pick what says most of what `python -m onenet evaluate --record` wrote into the card."""
    measured = card.get("dev")
    if not isinstance(measured, Mapping):
        return ""
    shown = []
    for part, name, label in ABOUT_FIGURES:
        figures = measured.get(part)
        if isinstance(figures, Mapping) and isinstance(figures.get(name), int | float):
            shown.append(f"{label} {figures[name]:.1f}")
    return ", ".join(shown)


def _table(found: Sequence[Neighbour]) -> str:
    return "\n".join(f"<code>{neighbour.score:5.2f}</code>  {quote(neighbour.word)}" for neighbour in found)


def _as_sentence(text: str) -> str:
    return quote(text[:1].upper() + text[1:])
