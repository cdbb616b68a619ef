"""A search moved by a reply: words added, put in the place of others, taken away; back to what was meant."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from onenet.conversation.state import SearchState, Wish
from onenet.conversation.turn_words import TURN_WORDS
from onenet.conversation.turns import Kind, Part
from onenet.errors import N_, DescriptionError
from onenet.network.function_words import FUNCTION_WORDS
from onenet.network.special_words import END_ID
from onenet.network.vocabulary import ReadText, Vocabulary

Floats = NDArray[np.float32]

# Likeness of two words from which one goes with the other: “people” with “man”, not “dog” with “brown”.
STRUCK_FROM = 0.37
REPLACED_FROM = 0.38
LESS = 0.5  # of taking away


@dataclass(frozen=True)
class Words:
    """What refining needs to know of words.

    Attributes:
        vocabulary: The network's.
        read: Reads words; raises a DescriptionError if none of them is known.
        sentence: Gives the ids of what was read, with the start word and `<end>`.
        likeness: Of two words of a language by their ids, -1 to 1.
        is_colour: Whether a word, by its id, is a colour; where dogs are brown the two words are alike.
        taught: Gives the taught words that a text names, each with the representation of what it means, shape
            (D,), and the text without them.
    """

    vocabulary: Vocabulary
    read: Callable[[str], ReadText]
    sentence: Callable[[ReadText], list[int]]
    likeness: Callable[[int, int], float]
    is_colour: Callable[[int], bool] = lambda _: False
    taught: Callable[[str], tuple[Sequence[tuple[str, Floats]], str]] = lambda text: ((), text)


def refine(
    state: SearchState, parts: Sequence[Part], words: Words, photos: Floats
) -> tuple[SearchState, tuple[str, ...]]:
    """Move what is looked for by what a reply changes.

    Args:
        photos: Representations of the photos shown, in their order, (N, D); zeros for one that has gone.

    Returns:
        What is looked for now, and the words of the reply that the network never read.

    Raises:
        DescriptionError: If nothing is said, words cannot be used, there is no photo of a number or it has
            gone, or nothing to go back to.
    """
    if not parts:
        raise DescriptionError(
            N_("Say what should be different, for example: in the snow, or: without people.")
        )
    if parts[0].kind == "back":
        if not state.before:
            raise DescriptionError(N_("This is where the search began: there is nothing to go back to."))
        return state.back(), ()
    wishes, unknown = list(state.wishes), list[str]()
    for part in parts:
        if part.kind == "like":
            wishes.append(_like(part.number, photos))
            continue
        named, said = words.taught(part.words)
        wishes = _with_taught(wishes, part.kind, named, state.language)
        if named and says_nothing(said, state.language):
            continue
        read = words.read(said)
        unknown += read.unknown
        wish = Wish(said, token_ids=tuple(words.sentence(read)), language=read.language)
        wishes = _no_longer_unwanted(wishes, wish, words)
        if part.kind == "replace" and not named:
            wishes = _replaced(wishes, wish, words)
        elif part.kind in ("add", "more", "replace"):
            wishes.append(wish)
        elif part.kind == "less":
            wishes.append(replace(wish, weight=-LESS))
        else:
            wishes = [*_struck(wishes, wish, words), replace(wish, weight=-1.0)]
    return state.now(wishes), tuple(dict.fromkeys(unknown))


def _like(number: int, photos: Floats) -> Wish:
    if not 1 <= number <= len(photos):
        if not len(photos):
            raise DescriptionError(N_("No photos are shown there, so I cannot tell which one you mean."))
        template = N_("There is no photo number {number}: {count} are shown.")
        raise DescriptionError(template, number=number, count=len(photos))
    photo = np.array(photos[number - 1])
    if not photo.any():
        raise DescriptionError(N_("That photo is no longer there."))
    return Wish("", photo=photo, number=number)


def _with_taught(
    wishes: Sequence[Wish], kind: Kind, named: Sequence[tuple[str, Floats]], language: str
) -> list[Wish]:
    """Change what is looked for by taught words: what was said last of each counts."""
    weight = {"take": -1.0, "less": -LESS}.get(kind, 1.0)
    new = [Wish(name, weight, language=language, photo=meant) for name, meant in named]
    names = {name for name, _ in named}
    gone = _last_wanted(wishes) if kind == "replace" and named else None
    left = [
        wish
        for place, wish in enumerate(wishes)
        if place != gone and (wish.photo is None or wish.words not in names)
    ]
    return [*left, *new]


def _no_longer_unwanted(wishes: Sequence[Wish], new: Wish, words: Words) -> list[Wish]:
    """Leave out that words are unwanted of which something is said anew: what was said last counts."""
    meant = _content(new, words.vocabulary) or [*new.token_ids]
    said = (_content(wish, words.vocabulary) or [*wish.token_ids] for wish in wishes)
    return [wish for wish, same in zip(wishes, said, strict=True) if wish.weight > 0 or same != meant]


def says_nothing(said: str, language: str) -> bool:
    """Tell whether nothing is said of a photo by what stands beside taught words: “with”, “more like”."""
    like = {each.casefold() for each in TURN_WORDS[language].like} if language in TURN_WORDS else set()
    return said.casefold() in like or all(word in FUNCTION_WORDS for word in said.casefold().split())


def moves(parts: Sequence[Part], words: Words, says_little: Callable[[int], bool]) -> bool:
    """Tell whether a reply says what should be different: the number of a photo, or what photos show.

    Args:
        says_little: Whether a word, by its id, says little by itself: “so”.
    """
    if any(part.kind in ("back", "like") for part in parts):
        return True
    alone = replace(words, likeness=lambda first, second: 0.0)  # there is nothing to compare it with
    try:
        now, _ = refine(SearchState(()), parts, alone, np.zeros((0, 0), np.float32))
    except DescriptionError:
        return False
    return any(
        wish.photo is not None or not all(map(says_little, _content(wish, words.vocabulary)))
        for wish in now.wishes
    )


def _last_wanted(wishes: Sequence[Wish]) -> int:
    return max((place for place, wish in enumerate(wishes) if wish.weight > 0), default=len(wishes))


def _replaced(wishes: Sequence[Wish], new: Wish, words: Words) -> list[Wish]:
    """Put words in the place of those of their kind: colours of colours; else of all that was said last.

    What has no other of its kind, “a brown one” of “a dog”, is added to that.
    """
    content = _content(new, words.vocabulary)
    for place in reversed(range(len(wishes))):
        wish = wishes[place]
        if wish.weight < 0 or not wish.token_ids:
            continue
        matched = _matches(wish, content, words)
        if matched:
            ids = [matched.get(token, token) for token in wish.token_ids]
            text = words.vocabulary.decode(ids[1:])
            others = [token for token in content if token not in matched.values()]
            changed = [*wishes[:place], replace(wish, token_ids=tuple(ids), words=text), *wishes[place + 1 :]]
            return [*changed, new] if others else changed
    if len(content) <= 1 and wishes:  # one property, which nothing had so far
        return [*wishes, new]
    last = _last_wanted(wishes)
    return [*wishes[:last], new, *wishes[last + 1 :]]


def _matches(wish: Wish, content: Sequence[int], words: Words) -> dict[int, int]:
    """Give for words of a wish the new words of their kind that take their places."""
    matched: dict[int, int] = {}
    own = [token for token in _content(wish, words.vocabulary) if token not in content]
    for new in content:
        of_its_kind = [each for each in own if words.is_colour(each) == words.is_colour(new)]
        likeness = {old: words.likeness(old, new) for old in of_its_kind if old not in matched}
        nearest = max(likeness, key=lambda old: likeness[old], default=None)
        if nearest is not None and likeness[nearest] >= REPLACED_FROM:
            matched[nearest] = new
    return matched


def _struck(wishes: Sequence[Wish], taken: Wish, words: Words) -> list[Wish]:
    """Leave out the words of wishes that are to be absent now; a wish of which nothing is left goes."""
    gone = _content(taken, words.vocabulary)
    left: list[Wish] = []
    for wish in wishes:
        if wish.weight < 0 or not wish.token_ids:
            left.append(wish)
            continue
        struck = {
            token
            for token in _content(wish, words.vocabulary)
            if any(token == each or words.likeness(token, each) >= STRUCK_FROM for each in gone)
        }
        ids = tuple(token for token in wish.token_ids if token not in struck)
        if not struck or any(_content(replace(wish, token_ids=ids), words.vocabulary)):
            left.append(replace(wish, token_ids=ids) if struck else wish)
    return left


def _content(wish: Wish, vocabulary: Vocabulary) -> list[int]:
    """Give the ids of the words of a wish that say what a photo shows."""
    said = TURN_WORDS.get(wish.language)
    empty = FUNCTION_WORDS.union(said.one if said is not None else ())  # “uno marrón” is a brown one
    ids = (token for token in wish.token_ids[1:] if token != END_ID)
    return list(dict.fromkeys(token for token in ids if vocabulary.words[token] not in empty))
