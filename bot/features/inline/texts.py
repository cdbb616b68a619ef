"""Inline mode: what it offers, and how it is explained."""

from collections.abc import Sequence
from pathlib import Path

from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultCachedPhoto,
    InlineQueryResultsButton,
)

from bot.features.inline.service import Offer
from bot.language import _, spoken
from bot.language.network import Multilingual, examples_here
from bot.language.phrases import quote
from bot.photos.texts import name_of

START = "inline"


def results(offers: Sequence[Offer], first: int, folder: Path) -> list[InlineQueryResultCachedPhoto]:
    """Show photos as results of an inline query.

    Args:
        first: Number of the first of them among all.
        folder: The gallery's.
    """
    return [
        InlineQueryResultCachedPhoto(
            id=str(number),
            photo_file_id=offer.file_id,
            title=offer.caption or name_of(offer.photo, folder),
            description=f"{offer.score:.2f}",
        )
        for number, offer in enumerate(offers, first)
    ]


def describe(network: Multilingual) -> InlineQueryResultsButton:
    """Ask for a description, as a line above no results."""
    example = examples_here(network).beach
    if spoken() in network.languages:
        return _button(_("Describe a photo: “{example}”").format(example=example))
    return _button(_("Describe a photo in English: “{example}”").format(example=example))


def nothing_found() -> InlineQueryResultsButton:
    """Say that there is no photo."""
    return _button(_("No photos yet. Send me some!"))


def unknown_words(network: Multilingual) -> InlineQueryResultsButton:
    """Say that the network knows none of the words."""
    if spoken() in network.languages:
        return _button(_("I know none of these words. Try simpler ones."))
    return _button(_("I know none of these words. Try plain English."))


def busy() -> InlineQueryResultsButton:
    """Ask for patience."""
    return _button(_("Many are asking me at once. Try again soon."))


def explanation(username: str, network: Multilingual) -> str:
    """Explain inline mode to somebody who comes from there."""
    if spoken() in network.languages:
        text = _(
            "In any chat, write <b>@{username}</b> and what the photo shows, and choose one. I offer photos "
            "of my gallery and those you sent me here; never photos of a group. Try it:"
        )
    else:
        text = _(
            "In any chat, write <b>@{username}</b> and what the photo shows, in English, and choose one. I "
            "offer photos of my gallery and those you sent me here; never photos of a group. Try it:"
        )
    return text.format(username=quote(username))


def examples_keyboard(network: Multilingual) -> InlineKeyboardMarkup:
    """Make examples that open inline mode: here, or in a chat of the person's choice."""
    examples = examples_here(network)
    rows = [
        [InlineKeyboardButton(text, switch_inline_query_current_chat=text)]
        for text in (examples.beach, examples.children)
    ]
    elsewhere = InlineKeyboardButton(_("In another chat …"), switch_inline_query=examples.beach)
    return InlineKeyboardMarkup([*rows, [elsewhere]])


def _button(text: str) -> InlineQueryResultsButton:
    return InlineQueryResultsButton(text, start_parameter=START)
