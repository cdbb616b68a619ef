"""An engine a reader can work out by hand.

A photo's representation is its mean colour as a direction in its first three numbers, (red, green, blue):
a red photo is (1, 0, 0, 0, ...). A white one is the opposite of all colours, -(1, 1, 1) / sqrt 3.
A description's is the colour it names. What is found for it fits from a cosine of 0.8, and 0.1 more for each
unknown word: pink fits red (0.83) but not a red zeppelin, violet fits neither (0.62).
Captions name the strongest colour. Words lie on a line; what means the same lies at the same place in every
language. It knows English alone; a `PolyglotEngine` reads and writes German and Chinese and reads Czech too.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image
from PIL.Image import new as new_image

from onenet.asking import Answers, Attention, RankedAnswer, Recollection, read_question
from onenet.captions import Caption, Name, Reasons, Translation
from onenet.conversation import SearchState, Wish, understand
from onenet.dreams import Dreaming, DreamStep, Recognised
from onenet.errors import N_, DescriptionError, OneNetError, PhotoError, UnknownWordError
from onenet.maps import map_words
from onenet.maps.layout import OnProgress
from onenet.maps.words import MappedWord, WordMap
from onenet.search import (
    Inside,
    MixStep,
    RefinedQuery,
    Searchable,
    SearchResult,
    WordsQuery,
    nearest_different,
    photo_terms,
)
from onenet.search.inside import Dimension
from onenet.search.query import ChangeQuery
from onenet.teaching import Lexicon, Recognition, TaughtWord
from onenet.teaching.asking import answer_taught, taught_word_asked
from onenet.teaching.lexicon import LexiconError
from onenet.words import Neighbour, Odd, Stop

COLOURS = ("red", "green", "blue")
START_ID, END_ID, FIRST_COLOUR_ID = 1, 2, 4
FITS_FROM = 0.8
CAPTIONS = {
    "en": ("a {} wall", "a {} wall in the sun", "two {} walls <b>", "{} paint", "something {}"),
    "de": ("eine {}e Wand", "eine {}e Wand in der Sonne", "zwei {}e Wände", "{}e Farbe", "etwas {}es"),
    "zh": ("一面{}色的墙", "阳光下一面{}色的墙", "两面{}色的墙", "{}色的油漆", "{}色的东西"),
}
COLOURS_IN = {
    "en": COLOURS,
    "de": ("rot", "grün", "blau"),
    "zh": ("红", "绿", "蓝"),
    "cs": ("rudý", "zelený", "modrý"),
}
OTHER_WORDS = {
    "de": {"katze": 0.0, "hund": 1.0, "welpe": 2.0, "mann": 10.0, "frau": 20.0},
    "zh": {"猫": 0.0, "狗": 1.0, "小狗": 2.0, "男人": 10.0, "女人": 20.0},
    "cs": {"kočka": 0.0, "pes": 1.0},
}
WORDS = {
    "cat": 0.0,
    "dog": 1.0,
    "dogs": 1.5,
    "puppy": 2.0,
    "man": 10.0,
    "men": 11.0,
    "woman": 20.0,
    "women": 21.0,
}


class FakeEngine:
    """The interface of `onenet.engine.Engine`; it also counts what it is asked."""

    fingerprint = "fake"
    languages: tuple[str, ...] = ("en",)
    written: tuple[str, ...] = ("en",)
    sure_from = 0.5
    card: Mapping[str, Any] = {
        "encoder": "mean_colour",
        "data": "Flickr8K",
        "dev": {"beam5": {"CIDEr": 48.0, "BLEU-4": 20.5, "METEOR": 19.6}, "find": {"R@10": 40.0}},
    }

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.is_warm = False
        self.caption_calls = 0
        self.map_calls = 0
        self.map_steps = 1
        self.dream_steps = 4
        self.dream_step_s = 0.0
        self.sure: float | None = None
        self.preferred: list[Any] = []
        self.inside_in: list[str] = []

    def warm_up(self) -> Iterator[None]:
        self.represent([new_image("RGB", (8, 8))])
        yield
        self.is_warm = True

    def prepare(self, photo: Image) -> Image:
        return photo

    def represent(self, photos: Sequence[Image]) -> NDArray[np.float32]:
        self.batches.append(len(photos))
        rows = []
        for photo in photos:
            if photo.size == (13, 13):
                raise PhotoError("Thirteen brings bad luck. Send another photo.")
            colour = np.asarray(photo, dtype=np.float64).mean(axis=(0, 1)) + 1.0
            rows.append(_direction(colour if colour.min() < 250 else -colour))
        return np.array(rows)

    def caption(
        self, representations: NDArray[np.float32], *, language: str = "en", beam_size: int = 5, n: int = 1
    ) -> list[list[Caption]]:
        assert language in self.written
        self.caption_calls += 1
        answers = []
        for row in representations:
            colour = COLOURS_IN[language][int(row[:3].argmax())]
            said = [text.format(colour) for text in CAPTIONS[language][:n]]
            answers.append([Caption(text, -1.0 - i, language, self.sure) for i, text in enumerate(said)])
        return answers

    def names(self, representations: NDArray[np.float32], *, k: int = 3) -> list[list[Name]]:
        """A photo is what its colour makes one think of, and perhaps an espresso."""
        things = ("tomato", "frog", "sky")
        rows = representations[:, :3].argmax(axis=1)
        return [[Name(things[row], 0.5), Name("espresso & co", 0.25)][:k] for row in rows]

    def ask(
        self,
        representation: NDArray[np.float32],
        question: str,
        *,
        photo: Image | None = None,
        preferred: Sequence[str] = ("en",),
        lexicon: Lexicon | None = None,
    ) -> Answers:
        """A photo has a colour, and no cat; all else it cannot tell, nor understand what is no question."""
        asked = read_question(question, preferred)
        if asked is None:
            raise DescriptionError(
                N_("I do not understand that question. I can answer such as these: {examples}."),
                examples=("is it red?",),
            )
        if lexicon is not None and (word := taught_word_asked(asked, lexicon)) is not None:
            return answer_taught(asked, word, representation, None)
        order = (-representation[:3]).argsort(kind="stable")
        ranked = tuple(
            RankedAnswer(COLOURS[row], score) for row, score in zip(order, (0.75, 0.2, 0.05), strict=True)
        )
        is_absent = "cat" in question
        is_sure = asked.kind == "colour" and not is_absent
        return Answers(asked, ranked, is_sure, f"a {ranked[0].text} wall", is_absent)

    def recall(
        self, asked: Recollection, representations: NDArray[np.float32], lexicon: Lexicon | None = None
    ) -> Attention:
        """Photos of the colour that is named fit, or of the one taught word."""
        named = [] if lexicon is None else lexicon.named_in(asked.words)[0]
        if named:
            alike = named[0].likeness(representations)
            return Attention(alike, named[0].score(representations) >= 0)
        numbers = [COLOURS.index(word) for word in asked.words.split() if word in COLOURS]
        cosines = representations[:, numbers[0]] if numbers else np.zeros(len(representations))
        fits = (representations[:, :3].argmax(axis=1) == numbers[0]) if numbers else cosines > 0
        return Attention(cosines.astype(np.float32), fits)

    def translate(
        self, text: str, to: str, *, language: str | None = None, preferred: Sequence[str] = ("en",)
    ) -> Translation:
        """By way of the colour that is named."""
        assert to in self.written
        query = self.imagine(text, preferred=preferred)
        said = self.caption(query.representation[np.newaxis], language=to)[0][0].text
        return Translation(text, language or query.language, to, said, query.unknown_words)

    def begins(self, word: str, text: str, *, preferred: Sequence[str] = ("en",)) -> bool:
        """“Es ist” begins a text."""
        return f"{word} {text}".lower().startswith("es ist ")

    def explain(self, photo: Image, caption: str = "", *, language: str = "en") -> Reasons:
        """See the colours in the photo's upper left quarter; the other words go by grammar."""
        own = self.caption(self.represent([photo]), language=language)[0][0].text
        if language != "en":
            heat, gains = np.ones((1, 2, 2), np.float32), np.ones(1, np.float32)
            return Reasons((own,), heat, gains, text=own)
        words = tuple(word for word in (caption or own).split() if word in (*COLOURS, "a", "wall"))
        if not words:
            raise DescriptionError("I never read any of these words. Describe the photo in plain English.")
        heat = np.zeros((len(words), 2, 2), dtype=np.float32)
        heat[:, 0, 0] = 1.0
        gains = np.array([3.0 * (word in COLOURS) for word in words], dtype=np.float32)
        unknown = tuple(word for word in caption.split() if word not in words)
        return Reasons(words, heat, gains, unknown)

    def mix(
        self, first: NDArray[np.float32], second: NDArray[np.float32], *, language: str = "en"
    ) -> list[MixStep]:
        """Take three steps: both photos and the middle."""
        middle = _direction((first + second)[:3].astype(np.float64))
        line = [*zip((0.0, 0.5, 1.0), (first, middle, second), strict=True)]
        said = [self.caption(row[np.newaxis], language=language)[0][0].text for _, row in line]
        return [MixStep(share, row, text) for (share, row), text in zip(line, said, strict=True)]

    def change(
        self, representation: NDArray[np.float32], words: str, *, preferred: Sequence[str] = ("en",)
    ) -> ChangeQuery:
        """Add 0.9 of the colours that are named; behind a minus they are taken away."""
        terms = photo_terms(words)
        plus, minus = (" ".join(terms.plus), " ".join(terms.minus)) if terms else (words, "")
        known = self.imagine(f"{plus} {minus}", preferred=preferred)
        moved = representation[:3].astype(np.float64)
        for sign, said in ((1.0, plus), (-1.0, minus)):
            colours = COLOURS_IN[known.language]
            moved += 0.9 * sign * np.array([colour in said.split() for colour in colours])
        row = _direction(moved)
        said = self.caption(row[np.newaxis], language=known.language)[0][0].text
        return ChangeQuery(words, said, known.unknown_words, row, known.language)

    @property
    def words(self) -> "FakeWords":
        return FakeWords(self)

    def inside(self, representation: NDArray[np.float32], *, k: int = 6, language: str = "en") -> Inside:
        """Words turn on the number of the colour that they name."""
        self.inside_in.append(language)
        rows = np.argsort(-np.abs(representation), kind="stable")[:k].tolist()
        strongest = []
        for row in rows:
            direction = np.zeros(300, dtype=np.float32)
            direction[row] = 1.0 if representation[row] >= 0 else -1.0
            words = (COLOURS[row], f"{COLOURS[row]}dish") if row < 3 else ("nothing",)
            strongest.append(Dimension(row + 1, float(representation[row]), words, direction))
        return Inside(representation, strongest)

    def map_words(
        self, around: str = "", *, language: str = "en", on_progress: OnProgress = lambda share: None
    ) -> WordMap:
        self.map_calls += 1
        if around:
            _place(around, language)
        step = 0
        while step < self.map_steps:  # which a test may change meanwhile
            step += 1
            on_progress(min(step / 100, 1.0))
            time.sleep(0.02)
        words = (MappedWord(word, place / 21, 0.5, 0, 0.5) for word, place in _words_of(language).items())
        return WordMap(tuple(words), around)

    def dream(self, imagined: WordsQuery, *, give_way: Callable[[], None] = lambda: None) -> Dreaming:
        """From grey to the colour that was described; a test may change the number of steps meanwhile."""
        colour = 255 * imagined.representation[:3] / imagined.representation[:3].max()
        step, share = 0, 0.0
        while share < 1.0:
            time.sleep(self.dream_step_s)
            step += 1
            share = min(step / self.dream_steps, 1.0)
            mean = (1 - share) * 128 + share * colour
            cosine = float(_direction(mean.astype(np.float64)) @ imagined.representation)
            yield DreamStep(share, cosine, np.full((8, 8, 3), mean, dtype=np.uint8))

    def recognise(self, picture: Image, imagined: WordsQuery, *, language: str = "en") -> Recognised:
        [row] = self.represent([picture])
        cosine = float(row @ imagined.representation)
        return Recognised(self.caption(row[np.newaxis], language=language)[0][0].text, cosine)

    def imagine(
        self, description: str, *, language: str | None = None, preferred: Sequence[str] = ("en",)
    ) -> WordsQuery:
        self.preferred.append(tuple(preferred))
        if len(description) > 1000:
            raise DescriptionError("That is too long to imagine. Describe the photo in one sentence.")
        words = description.lower().split()
        order = [each for each in (*preferred, *self.languages) if each in self.languages]
        language = max(order, key=lambda each: sum(_is_of(word, each) for word in words))
        if language != "en":
            return self._imagine_in(language, description, words)
        known = [word for word in words if word in COLOURS]
        if not known:
            raise DescriptionError("I never read any of these words. Describe the photo in plain English.")
        vector = np.array([1.0 + 254.0 * (colour in known) for colour in COLOURS])
        unknown = tuple(dict.fromkeys(word for word in words if word not in (*COLOURS, "a", "wall")))
        token_ids = (START_ID, *(FIRST_COLOUR_ID + COLOURS.index(word) for word in known), END_ID)
        pictured = f"a {' and '.join(known)} wall"
        return WordsQuery(description, pictured, unknown, _direction(vector), token_ids)

    def _imagine_in(self, language: str, description: str, words: Sequence[str]) -> WordsQuery:
        """Understand any word that begins with a colour or, in Chinese, holds one."""
        named = [any(_is_of(word, language, place) for word in words) for place in range(3)]
        row = _direction(1.0 + 254.0 * np.array(named))
        ids = [FIRST_COLOUR_ID + place for place in range(3) if named[place]]
        said = self.caption(row[np.newaxis], language=language)[0][0].text if language in CAPTIONS else ""
        unknown = tuple(word for word in words if not _is_of(word, language))
        return WordsQuery(description, said, unknown, row, (START_ID, *ids, END_ID), language)

    def refine(
        self,
        state: SearchState,
        words: str,
        *,
        photos: NDArray[np.float32] | None = None,
        preferred: Sequence[str] = ("en",),
        lexicon: Lexicon | None = None,
    ) -> RefinedQuery:
        """Add the colours that are named, or take them away; “like 2” adds a photo, “back” goes back.

        So does a taught word that is all that is said.
        """
        unknown: tuple[str, ...] = ()
        [part, *_] = understand(words)
        if part.kind == "back":
            if not state.before:
                raise DescriptionError("There is nothing to go back to.")
            state = state.back()
        elif part.kind == "like":
            if photos is None or part.number > len(photos):
                raise DescriptionError("There is no such photo.")
            photo = photos[part.number - 1]
            if not photo.any():
                raise DescriptionError("That photo is no longer there.")
            state = state.now([*state.wishes, Wish("", photo=photo, number=part.number)])
        elif lexicon is not None and part.words in lexicon:
            [word], _ = lexicon.named_in(part.words)
            weight = -1.0 if part.kind == "take" else 1.0
            state = state.now([*state.wishes, Wish(word.name, weight, photo=word.key)])
        else:
            query = self.imagine(part.words, preferred=preferred)
            weight, unknown = (-1.0 if part.kind == "take" else 1.0), query.unknown_words
            wish = Wish(part.words, weight, query.token_ids, query.language)
            state = state.now([*state.wishes, wish])
        place = np.zeros(3)
        for wish in state.wishes:
            own = wish.photo[:3].astype(np.float64) if wish.photo is not None else _colours(wish.token_ids)
            place += wish.weight * own
        row = _direction(place)
        return RefinedQuery(state, self.caption(row[np.newaxis])[0][0].text, unknown, row)

    def moves(
        self, words: str, *, preferred: Sequence[str] = ("en",), lexicon: Lexicon | None = None
    ) -> bool:
        """A colour moves a search, and a taught word, a number, “back”."""
        parts = understand(words)
        if any(part.kind in ("back", "like") for part in parts):
            return True
        is_named = lexicon is not None and bool(lexicon.named_in(words)[0])
        return is_named or any(word in COLOURS for part in parts for word in part.words.split())

    def teach(self, lexicon: Lexicon, name: str, representations: NDArray[np.float32]) -> TaughtWord:
        """Blue things are people here."""
        if (representations[:, :3].argmax(axis=1) == 2).all():
            raise LexiconError("I see only people there.")
        return lexicon.teach(name, representations)

    def recognise_taught(self, lexicon: Lexicon, photo: NDArray[np.float32]) -> list[Recognition]:
        return lexicon.recognise(photo)

    def has_read(self, name: str) -> bool:
        return name in WORDS

    def with_taught(
        self, captions: Sequence[Sequence[Caption]], representations: NDArray[np.float32], lexicon: Lexicon
    ) -> list[list[Caption]]:
        """“A red wall” becomes “Rex”."""
        found = [lexicon.recognise(photo) for photo in representations]
        return [
            [replace(each, text=f"{names[0].word.name}: {each.text}") for each in own] if names else [*own]
            for own, names in zip(captions, found, strict=True)
        ]

    def imagine_taught(
        self, description: str, lexicon: Lexicon, *, preferred: Sequence[str] = ("en",)
    ) -> RefinedQuery | None:
        named, rest = lexicon.named_in(description)
        if not named:
            return None
        wishes = [Wish(word.name, photo=word.key) for word in named]
        if rest:
            query = self.imagine(rest, preferred=preferred)
            wishes.append(Wish(rest, 1.0, query.token_ids))
        row = _direction(
            np.sum(
                [
                    wish.photo[:3].astype(np.float64) if wish.photo is not None else _colours(wish.token_ids)
                    for wish in wishes
                ],
                axis=0,
            )
        )
        return RefinedQuery(SearchState(tuple(wishes)), self.caption(row[np.newaxis])[0][0].text, (), row)

    def find(self, imagined: WordsQuery | RefinedQuery, index: Searchable, k: int) -> SearchResult:
        if isinstance(imagined, RefinedQuery):
            matches = nearest_different(index, imagined.representation, k)
            fitting = sum(match.score >= FITS_FROM for match in matches)
            return SearchResult(matches, fitting > 0, fitting)
        assert imagined.token_ids, "only a description can be ranked"
        matches = nearest_different(index, imagined.representation, k)
        fits_from = FITS_FROM + 0.1 * len(imagined.unknown_words)
        fitting = sum(match.score >= fits_from for match in matches)
        return SearchResult(matches, fitting > 0, fitting)


def _colours(token_ids: Sequence[int]) -> NDArray[np.float64]:
    """The colours that words name, each 1."""
    return np.array([float(FIRST_COLOUR_ID + place in token_ids) for place in range(3)])


class PolyglotEngine(FakeEngine):
    """One that writes German and Chinese too, and reads Czech."""

    fingerprint = "polyglot"
    languages = ("en", "de", "zh", "cs")
    written = ("en", "de", "zh")
    card: Mapping[str, Any] = {
        **FakeEngine.card,
        "dev": {
            **FakeEngine.card["dev"],
            "languages": {
                "en": {"CIDEr": 66.0, "R@10": 78.0},
                "de": {"CIDEr": 41.0, "R@10": 63.5, "into English, CIDEr": 30.0, "from English, CIDEr": 25.0},
                "cs": {"CIDEr": 12.0, "R@10": 50.0, "into English, CIDEr": 20.0},
            },
        },
    }


class FakeWords:
    """The interface of `onenet.words.WordGames`; its spaces lead back to the engine, see `map_fake_words`."""

    def __init__(self, engine: FakeEngine) -> None:
        self._engine = engine

    def space_of(self, language: str) -> "FakeSpace":
        return FakeSpace(self._engine, language)

    def language_of(self, words: Sequence[str], preferred: str = "en") -> tuple[str, ...]:
        self._engine.preferred.append(preferred)
        languages = self._engine.languages
        for language in sorted(languages, key=lambda language: language != preferred):
            if all(word in _words_of(language) for word in words):
                return (language,)
        for word in words:
            if not any(word in _words_of(language) for language in languages):
                _place(word, preferred)
        return languages

    def similar(
        self, word: str, *, k: int = 10, to: str | None = None, preferred: str = "en"
    ) -> list[Neighbour]:
        language, *_ = self.language_of([word], preferred)
        place, listed = _place(word, language), _words_of(to or language)
        others = sorted((abs(there - place), other) for other, there in listed.items() if other != word)
        return [Neighbour(other, 1.0 / (1.0 + distance)) for distance, other in others[:k]]

    def analogy(self, a: str, b: str, c: str, *, k: int = 5, preferred: str = "en") -> list[Neighbour]:
        language, *_ = self.language_of([a, b, c], preferred)
        place = _place(b, language) - _place(a, language) + _place(c, language)
        listed = _words_of(language)
        others = sorted(
            (abs(there - place), other) for other, there in listed.items() if other not in (a, b, c)
        )
        return [Neighbour(other, 1.0 / (1.0 + distance)) for distance, other in others[:k]]

    def odd(self, words: Sequence[str], *, preferred: str = "en") -> Odd:
        """As near as words are on the line, so near they are to each other."""
        if len(words) < 3:
            raise OneNetError("Give me three or more different words, for example: dog cat horse car.")
        language, *_ = self.language_of(words, preferred)
        places = [_place(word, language) for word in words]
        sums = [sum(1.0 / (1.0 + abs(place - other)) for other in places) - 1.0 for place in places]
        scores = [each / (len(words) - 1) for each in sums]
        order = sorted(range(len(words)), key=lambda number: scores[number])
        shared = [neighbour for neighbour in self.similar(words[order[-1]]) if neighbour.word not in words]
        return Odd([Neighbour(words[number], scores[number]) for number in order], shared[:2])

    def walk(self, start: str, end: str, *, preferred: str = "en") -> list[Stop]:
        """Every word between the two on the line; a step of 1 has the likeness 0.5."""
        language, *_ = self.language_of([start, end], preferred)
        first, last = _place(start, language), _place(end, language)
        low, high = sorted((first, last))
        between = sorted((there, word) for word, there in _words_of(language).items() if low <= there <= high)
        way = between if first <= last else between[::-1]
        before = [way[0], *way]
        steps = zip(way, before, strict=False)
        return [Stop(word, 1.0 / (1.0 + abs(here - back)), 0.0, ()) for (here, word), (back, _) in steps]


@dataclass(frozen=True)
class FakeSpace:
    """The words of a language."""

    engine: FakeEngine
    language: str


def map_fake_words(space: Any, around: str = "", *, on_progress: OnProgress = lambda share: None) -> WordMap:
    """Stand in for `onenet.maps.map_words`; the words of a real network are mapped as ever."""
    if isinstance(space, FakeSpace):
        return space.engine.map_words(around, language=space.language, on_progress=on_progress)
    return map_words(space, around, on_progress=on_progress)


def _words_of(language: str) -> Mapping[str, float]:
    return WORDS if language == "en" else OTHER_WORDS[language]


def _is_of(word: str, language: str, place: int | None = None) -> bool:
    """Whether a word is a colour of a language, or the one at a place."""
    colours = COLOURS_IN[language]
    wanted = colours if place is None else (colours[place],)
    return any(colour in word if language == "zh" else word.startswith(colour) for colour in wanted)


def _place(word: str, language: str = "en") -> float:
    words = _words_of(language)
    if word not in words:
        raise UnknownWordError(word, tuple(known for known in words if known[:2] == word[:2])[:3])
    return words[word]


def _direction(colour: NDArray[np.float64]) -> NDArray[np.float32]:
    representation = np.zeros(300, dtype=np.float32)
    representation[:3] = colour / np.linalg.norm(colour)
    return representation
