"""The command line called in this process, with a network that a reader can work out by hand."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from onenet.__main__ import main
from onenet.asking import Answers, RankedAnswer, read_question
from onenet.captions import Caption, Name
from onenet.captions.translation import Translation
from onenet.conversation import SearchState, Wish
from onenet.errors import DescriptionError, LanguageError, UnknownWordError
from onenet.search import ImageIndex, RefinedQuery, SearchResult
from onenet.teaching import Lexicon, TaughtWord
from onenet.teaching.asking import answer_taught, taught_word_asked
from onenet.teaching.lexicon import LexiconError
from onenet.words import Neighbour

COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}
D = 300


def axis_of(colour: str) -> NDArray[np.float32]:
    return np.eye(D, dtype=np.float32)[list(COLOURS).index(colour)]


GERMAN = {"red": "rot", "green": "grün", "blue": "blau"}


def _known(language: str) -> dict[str, str]:
    """Colours in a language: the fake knows two."""
    if language not in ("en", "de"):
        names = {"en": "English", "de": "German"}
        raise LanguageError("The network knows {languages}, not “{code}”.", code=language, names=names)
    return GERMAN if language == "de" else {colour: colour for colour in COLOURS}


class FakeWords:
    """Three colours, all alike."""

    def similar(self, word: str, *, k: int, to: str | None = None) -> list[Neighbour]:
        if word not in COLOURS:
            raise UnknownWordError(word, ("red",))
        if to is not None:
            return [Neighbour(_known(to)[word], 0.75)][:k]
        return [Neighbour(other, 0.25) for other in COLOURS if other != word][:k]

    def analogy(self, a: str, b: str, c: str, *, k: int) -> list[Neighbour]:
        return [Neighbour("blue", 0.123456789)][:k]


class FakeEngine:
    """Knows three colours: red, green and blue lie on the first three axes."""

    fingerprint = "fake"

    def __init__(self) -> None:
        self.represented: list[int] = []
        self.asked: list[Any] = []
        self.words = FakeWords()
        self.has_names = False

    def prepare(self, photo: Image.Image) -> Image.Image:
        return photo

    def represent(self, photos: Sequence[Image.Image]) -> NDArray[np.float32]:
        self.represented.append(len(photos))
        rows = np.zeros((len(photos), D), np.float32)
        for row, photo in zip(rows, photos, strict=True):
            row[:3] = np.asarray(photo, np.float32).mean(axis=(0, 1)) + 1
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)

    def caption(
        self, representations: NDArray[np.float32], *, language: str = "en", beam_size: int, n: int
    ) -> list[list[Caption]]:
        self.asked.append(("caption", beam_size, n))
        known = _known(language)
        colours = [known[list(COLOURS)[int(row.argmax())]] for row in representations]
        sure = 0.123456789 if language == "de" else None
        return [
            [Caption(f"{colour} {place}", -0.5 - place, language, sure) for place in range(n)]
            for colour in colours
        ]

    def ask(
        self,
        representation: NDArray[np.float32],
        question: str,
        *,
        photo: Image.Image,
        lexicon: Lexicon | None = None,
    ) -> Answers:
        asked = read_question(question)
        if asked is None:
            raise DescriptionError("I do not understand that question.")
        if lexicon is not None and (word := taught_word_asked(asked, lexicon)) is not None:
            return answer_taught(asked, word, representation, None)
        ranked = (RankedAnswer("red", 0.7123456789), RankedAnswer("green", 0.2), RankedAnswer("blue", 0.05))
        return Answers(asked, ranked, "ball" in question, "a red ball", is_absent="cat" in question)

    def names(self, representations: NDArray[np.float32], *, k: int) -> list[list[Name]]:
        """A classifier that has names for red things alone, or none at all."""
        things = [Name("tomato", 0.123456789), Name("Egyptian cat", 0.1)]
        return [things[:k] if self.has_names and row.argmax() == 0 else [] for row in representations]

    def translate(self, text: str, to: str, *, language: str | None = None) -> Translation:
        self.asked.append(("translate", text, to, language))
        known = _known(to)
        words = [known[word] for word in text.split() if word in known]
        unknown = tuple(word for word in text.split() if word not in known)
        return Translation(text, language or "en", to, " ".join(words), unknown)

    def imagine_all(self, descriptions: Sequence[str]) -> list[Any]:
        self.asked.append(("imagine", len(descriptions)))
        return [self.imagine(description) for description in descriptions]

    def imagine(self, description: str) -> Any:
        known = [word for word in description.split() if word in COLOURS]
        if not known:
            return DescriptionError("Nothing is left to search for.")
        unknown = tuple(word for word in description.split() if word not in COLOURS)
        return SimpleNamespace(
            description=description,
            imagined=f"something {known[0]}",
            unknown_words=unknown,
            representation=axis_of(known[0]),
            language="en",
            token_ids=(1, 4 + [*COLOURS].index(known[0]), 2),
        )

    def refine(
        self,
        state: SearchState,
        words: str,
        *,
        photos: NDArray[np.float32],
        preferred: Sequence[str],
        lexicon: Lexicon | None,
    ) -> RefinedQuery:
        """“without red” goes away from it, “like 2” to a photo, a colour to that; “back” goes back.

        A taught word is a photo, too.
        """
        self.asked.append(("refine", words, len(photos), tuple(preferred)))
        if words == "back":
            state = state.back()
        elif words.startswith("like "):
            number = int(words.removeprefix("like "))
            state = state.now([*state.wishes, Wish("", photo=photos[number - 1], number=number)])
        elif lexicon is not None and words in lexicon:
            [word], _ = lexicon.named_in(words)
            state = state.now([*state.wishes, Wish(word.name, photo=word.key)])
        else:
            known = [word for word in words.split() if word in COLOURS]
            if not known:
                raise DescriptionError("Nothing is left to search for.")
            weight = -1.0 if words.startswith("without ") else 1.0
            token_ids = (1, 4 + [*COLOURS].index(known[0]), 2)
            state = state.now([*state.wishes, Wish(known[0], weight, token_ids)])
        place = sum(
            wish.weight
            * (np.eye(D, dtype=np.float32)[wish.token_ids[1] - 4] if wish.photo is None else wish.photo)
            for wish in state.wishes
        )
        unit = place / np.linalg.norm(place)
        return RefinedQuery(state, "something else", (), unit.astype(np.float32))

    def teach(self, lexicon: Lexicon, name: str, representations: NDArray[np.float32]) -> TaughtWord:
        """Blue things are people here."""
        if (representations.argmax(axis=1) == 2).all():
            raise LexiconError("I see only people there.")
        return lexicon.teach(name, representations)

    def has_read(self, name: str) -> bool:
        return name in COLOURS

    def with_taught(
        self, captions: list[list[Caption]], representations: NDArray[np.float32], lexicon: Lexicon
    ) -> list[list[Caption]]:
        return [
            [replace(each, text=f"{found[0].word.name} {each.text}") for each in own]
            if (found := lexicon.recognise(photo))
            else own
            for own, photo in zip(captions, representations, strict=True)
        ]

    def imagine_taught(self, description: str, lexicon: Lexicon) -> RefinedQuery | None:
        named, rest = lexicon.named_in(description)
        if not named:
            return None
        wishes = [Wish(word.name, photo=word.key) for word in named]
        wishes += [Wish(rest, token_ids=(1, 4, 2))] if rest else []
        return RefinedQuery(SearchState(tuple(wishes)), "something taught", (), named[0].key)

    def find(self, imagined: Any, index: ImageIndex, k: int) -> SearchResult:
        """A plain cosine: of a photo's own colour 1, of another none."""
        matches = index.search(imagined.representation, k)
        return SearchResult(matches, bool(matches) and matches[0].score > 0.5)


@dataclass
class Result:
    code: int
    out: str
    err: str

    @property
    def answers(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


class CommandLine:
    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str | Path) -> Result:
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as end:  # argparse
            code = int(str(end.code))
        out, err = self._capsys.readouterr()
        return Result(code, out, err)


def assert_one_sentence(result: Result, *parts: str) -> None:
    assert result.code == 2
    assert result.out == ""
    assert result.err.count("\n") == 1
    assert "Traceback" not in result.err
    for part in parts:
        assert part in result.err
