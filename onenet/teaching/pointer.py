"""The pointer: where in a caption a taught word belongs, and the caption with it.

As pointer-sentinel networks choose between a word of the vocabulary and one of their memory (Merity et al.
2016, arXiv:1609.07843), and as the decoupled novel object captioner fills a place from a memory of objects
(arXiv:1804.03803): the decoder says how likely each word of the caption is to be what the examples show.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from onenet.captions.caption import Caption
from onenet.conversation.turn_words import TURN_WORDS
from onenet.network.function_words import FUNCTION_WORDS
from onenet.network.languages import LANGUAGES
from onenet.network.special_words import END_ID, ENGLISH, UNK_ID
from onenet.network.vocabulary import Vocabulary, tokenize
from onenet.teaching.lexicon import Recognition
from onenet.teaching.people import PEOPLE

Floats = NDArray[np.float32]

# Log p, in nats, of “a dog” as a caption of the examples, from which “dog” is taken for what they show: of
# the nouns that photos of animals are named by it is -5 to -10, of verbs and places -12 and less.
BELONGS_FROM = -11.5
MOST_NAMES = 3  # in one caption
_INDEFINITE = ("a", "an")
_VOWELS = "aeiou"
_BEFORE = 4  # words between an article and its noun
_ARTICLES = {"zh": ("一个", "一只", "一条", "一名", "一辆"), "ar": (), "cs": (), "uk": ()}


def with_names(
    caption: Caption,
    recognised: Sequence[Recognition],
    vocabulary: Vocabulary,
    log_p: Callable[[Floats, Sequence[Sequence[int]]], Floats],
) -> str:
    """Say taught words in a caption where they belong; one that belongs nowhere stands before it.

    Args:
        recognised: What the photo shows, surest first.
        log_p: Of sentences, in the caption's language, given a photo's representation (D,): shape (S,), nats.
    """
    language, ids, words = caption.language, *_words_of(caption, vocabulary)
    if not recognised or not ids:
        return caption.text
    taken: set[int] = set()
    before: list[str] = []
    for each in recognised[:MOST_NAMES]:
        place = _place_of(each, ids, taken, language, vocabulary, log_p)
        if place is None:
            before.append(each.word.name)
            continue
        first = _first_of_phrase(place, ids, language, vocabulary) if _is_proper(each.word.name) else place
        for gone in range(first, place):
            words[gone] = ""
        words[place] = each.word.name
        if language == ENGLISH and place and words[place - 1] in _INDEFINITE:
            words[place - 1] = _INDEFINITE[each.word.name[0].casefold() in _VOWELS]
        taken |= {*range(first, place + 1)}
    said = LANGUAGES[language].join([word for word in words if word])
    return f"{', '.join(before)}: {said}" if before else said


def _words_of(caption: Caption, vocabulary: Vocabulary) -> tuple[Sequence[int], list[str]]:
    """Give a caption's words by their ids and as they are written; what is not known stays as it is."""
    ids = caption.token_ids
    if ids:
        return ids, [vocabulary.spell(token) for token in ids]
    said = tokenize(caption.text, caption.language)
    ids = tuple(vocabulary.id_of(word, caption.language) for word in said)
    return ids, [
        word if token == UNK_ID else vocabulary.spell(token) for token, word in zip(ids, said, strict=True)
    ]


def _place_of(
    recognised: Recognition,
    ids: Sequence[int],
    taken: set[int],
    language: str,
    vocabulary: Vocabulary,
    log_p: Callable[[Floats, Sequence[Sequence[int]]], Floats],
) -> int | None:
    """Give the word of a caption that is likeliest to be what the examples show; never a person."""
    places = [
        place
        for place, token in enumerate(ids)
        if token != UNK_ID and place not in taken and vocabulary.words[token] not in FUNCTION_WORDS | PEOPLE
    ]
    if not places:
        return None
    start = vocabulary.start_id(language)
    articles = [[token] for token in _articles(language, vocabulary)] or [[]]
    sentences = [[start, *article, ids[place], END_ID] for place in places for article in articles]
    likely = log_p(recognised.word.key, sentences).reshape(len(places), len(articles)).max(axis=1)
    best = int(likely.argmax())
    return places[best] if likely[best] >= BELONGS_FROM else None


def _articles(language: str, vocabulary: Vocabulary) -> list[int]:
    own = vocabulary.block(language)
    said = _ARTICLES.get(language, TURN_WORDS[language].articles[:3])
    return [token for word in said if (token := vocabulary.id_of(word, language)) in own]


def _first_of_phrase(place: int, ids: Sequence[int], language: str, vocabulary: Vocabulary) -> int:
    """Give the article before a noun, with what stands between: “a brown dog” becomes Rex; else the noun."""
    articles = {
        vocabulary.id_of(word, language)
        for word in (*TURN_WORDS[language].articles, *_ARTICLES.get(language, ()))
    }
    for first in range(place - 1, max(place - _BEFORE, 0) - 1, -1):
        if ids[first] in articles:
            return first
        if vocabulary.words[ids[first]] in FUNCTION_WORDS - {"and"}:
            break
    return place


def _is_proper(name: str) -> bool:
    """Tell whether a name stands without an article: Rex, our office; not espresso."""
    return not name[:1].islower() or name.split()[0].casefold() in _OWNERS


_BEFORE_PLACES = """
    our my the your unser unsere mein meine das der die notre mon ma nuestro nuestra mi nosso nossa
"""
_OWNERS = frozenset(_BEFORE_PLACES.split())
