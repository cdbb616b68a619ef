"""What is said of that which a network learnt from, and of what it may not be used for.

Its card says "data", the folder or the file that the training was given, and may say "sources", a list of
those of `data/sources.toml` that were there: flickr8k, wild, sentences.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from bot.language import _
from bot.language.network import Multilingual, names_of

RECIPE = "sources.toml"
FLICKR8K, WILD, SENTENCES = "flickr8k", "wild", "sentences"
# Whose sentences people wrote for each photo of Flickr8K, five a photo; those of others are translations.
BY_PEOPLE = ("zh", "de", "pt", "ar")
TRANSLATED = ("fr", "cs", "es", "uk")


class Taught(Multilingual, Protocol):
    """The part of `onenet.engine.Engine` that tells what it learnt from."""

    @property
    def card(self) -> Mapping[str, Any]:
        """Where the network comes from."""


def learnt_from(network: Taught) -> str:
    """Tell what a network learnt from, as far as its card says; "": it says nothing that is known here."""
    sources = _sources(network.card)
    parts = []
    if FLICKR8K in sources:
        parts.append(
            _("Flickr8K: 6,000 everyday photos of people and dogs, five English sentences each, by people")
        )
        if own := _among(BY_PEOPLE, network):
            parts.append(_("five more sentences a photo, by people, in {languages}").format(languages=own))
        if own := _among(TRANSLATED, network):
            text = _("one translation a photo, by a person or a machine, in {languages}")
            parts.append(text.format(languages=own))
    if WILD in sources:
        parts.append(
            _(
                "photos of COCO, Pascal and Flickr30K, about a thousand of them with sentences, and one "
                "photo of each of ImageNet's 1,000 classes"
            )
        )
    if SENTENCES in sources:
        parts.append(_("sentences of COCO without their photos"))
    if network.card.get("training", {}).get("names_weight"):
        parts.append(_("what an ImageNet classifier says of these photos"))
    if not sources:
        return ""
    # Translators: goes between two parts of a list, which have commas themselves.
    semicolon = _("; ")
    return _("<b>What it learnt from</b>: {parts}.").format(parts=semicolon.join(parts))


def not_for(network: Taught) -> str:
    """Tell what a network may not be used for."""
    sources = _sources(network.card)
    texts = [_("<b>What it is not for</b>: do not let it decide anything about anybody.")]
    if WILD in sources or SENTENCES in sources:
        texts.append(_("The photos of Flickr, COCO and ImageNet that it learnt from are for research alone."))
    elif FLICKR8K in sources:
        texts.append(_("The photos of Flickr8K that it learnt from are for research alone."))
    texts.append(_("It knows no faces and no names of people, and guesses age and gender by clothes."))
    return " ".join(texts)


def _sources(card: Mapping[str, Any]) -> frozenset[str]:
    listed, data = card.get("sources"), str(card.get("data") or "")
    if isinstance(listed, list | tuple):
        return frozenset(map(str, listed))
    if data == RECIPE:
        return frozenset({FLICKR8K, WILD, SENTENCES})
    return frozenset({FLICKR8K} if "flickr8k" in data.lower() else ())


def _among(languages: Iterable[str], network: Multilingual) -> str:
    return names_of(code for code in languages if code in network.languages)
