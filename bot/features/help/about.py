"""What is said of the network: its languages, how good it is, what it cannot do, what is kept."""

from collections.abc import Iterable, Mapping
from typing import Any

from bot.features.help.learnt import Taught, learnt_from, not_for
from bot.language import _, number
from bot.language.network import heading, names_of
from bot.language.phrases import quote
from onenet.errors import N_

FIGURES = (
    ("beam5", "CIDEr", "CIDEr"),
    ("beam5", "BLEU-4", "BLEU-4"),
    ("beam5", "METEOR", "METEOR"),
    ("find", "R@10", N_("right photo among the first ten of /find, per cent:")),
)
OF_OTHER_PHOTOS = (
    ("wild", "CIDEr", "CIDEr"),
    ("wild", "R@10", N_("right photo among the first ten of /find, per cent:")),
)
OF_A_LANGUAGE = (
    ("CIDEr", N_("captions, CIDEr: {value}")),
    ("R@10", N_("right photo among the first ten, per cent: {value}")),
    ("into English, CIDEr", N_("translated into English, CIDEr: {value}")),
    ("from English, CIDEr", N_("from English, CIDEr: {value}")),
)


def about(network: Taught, photos: int) -> str:
    """Tell what the network is, what it cannot do and what is kept of a chat."""
    card = network.card
    facts = (
        (_("Image encoder: {value}"), card.get("encoder")),
        (_("Trained on: {value}"), _trained_on(card)),
        (_("Vocabulary, with 4 special words: {value}"), card.get("vocabulary_size")),
        (_("Made on: {value}"), card.get("date")),
        (_("On photos it never saw (dev): {value}"), _figures(card, FIGURES)),
        (_("On photos unlike those that it learnt from: {value}"), _figures(card, OF_OTHER_PHOTOS)),
        (_("Photos in the gallery: {value}"), number(photos)),
    )
    paragraphs = (
        _(
            "<b>One Network</b>\nOne network maps photos, words and descriptions to the same 300 numbers; "
            "captions, likeness, search and word games are all uses of it."
        ),
        "\n".join(fact.format(value=quote(str(value))) for fact, value in facts if value),
        learnt_from(network),
        *_languages(network),
        _(
            "<b>What it cannot do</b>: it describes everything in terms of the photos that it learnt from. "
            "It miscounts, confuses colours of small things, guesses at what is rare and reads no writing."
        ),
        not_for(network),
        _(
            "<b>What is kept</b>: for the buttons under an answer, for 30 days: 300 numbers, the captions, "
            "the words of a description that I know and which photos were shown. Pictures are never kept; "
            "/privacy tells what is remembered of them."
        ),
    )
    return "\n\n".join(filter(None, paragraphs))


def _trained_on(card: Mapping[str, Any]) -> str:
    data = card.get("data")
    return ", ".join(map(str, data)) if isinstance(data, list | tuple) else str(data or "")


def _languages(network: Taught) -> list[str]:
    """Tell which languages the network has, how it translates, and how good it is in each."""
    if len(network.languages) < 2:
        return []
    text = _("<b>Languages</b>: I read {read}. I write {written}.")
    paragraphs = [text.format(read=names_of(network.languages), written=names_of(network.written))]
    if len(network.written) > 1:
        paragraphs.append(
            _(
                "<b>/translate</b> has no dictionary, and was never told which sentence translates which: "
                "your words lead to the place where a photo of what they say would lie, and from there I "
                "write in the other language, as I do for a photo. So it says what a photo would show, and "
                "no more."
            )
        )
    measured = _of_languages(network)
    return [*paragraphs, "\n".join(measured)] if measured else paragraphs


def _of_languages(network: Taught) -> list[str]:
    measured = _part(_part(network.card, "dev"), "languages")
    lines = []
    for code in network.languages:
        own = _part(measured, code)
        shown = [
            _(label).format(value=number(own[name], 1))
            for name, label in OF_A_LANGUAGE
            if isinstance(own.get(name), int | float) and (name != "CIDEr" or code in network.written)
        ]
        if shown:
            lines.append(f"{heading(code)}: {'; '.join(shown)}")
    return lines


def _figures(card: Mapping[str, Any], wanted: Iterable[tuple[str, str, str]]) -> str:
    """Pick what says most of what `python -m onenet evaluate --record` wrote into the card."""
    shown = []
    for part, name, label in wanted:
        figures = _part(_part(card, "dev"), part)
        value = figures.get(name, _part(figures, "served").get(name))
        if isinstance(value, int | float):
            shown.append(f"{_(label)} {number(value, 1)}")
    return ", ".join(shown)


def _part(whole: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = whole.get(name)
    return part if isinstance(part, Mapping) else {}
