"""The lexicon: words taught by example photos, and which of them another photo shows."""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onenet.errors import N_, OneNetError
from onenet.files import is_text, replace_file
from onenet.network.function_words import FUNCTION_WORDS
from onenet.network.languages import plain
from onenet.search.spread import Spread
from onenet.teaching.people import PEOPLE

Floats = NDArray[np.float32]

MAX_WORDS = 100
MAX_EXAMPLES = 20  # of a word, and as many photos that it is not
MAX_LETTERS = 40
# Cosine to the mean of the examples from which a photo shows what they show, by their number; the second of
# what tells photos apart, where that is known. The second were chosen on half of the classes and of the dev
# photos, of which no more than 0.6 % may be taken for a thing that they do not show, see
# `onenet.evaluation.teaching`; more examples need no less.
RECOGNISED_FROM = ((1, 0.55), (2, 0.58), (3, 0.60), (5, 0.62))
TOLD_APART_FROM = ((1, 0.34), (5, 0.36))
SAME_FROM = 0.995  # cosine of two copies of a photo
_FORMAT = "One Network: taught words"
# How scripts tell words apart: some write no spaces, Arabic puts short words before a word without one, and
# Cyrillic languages decline names.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_ARABIC, _BEFORE = re.compile("[\u0600-\u06ff]"), "[\u0648\u0641]?[\u0628\u0643\u0644]?(?:\u0627\u0644)?"
_CYRILLIC, _ENDING = re.compile("[\u0400-\u04ff]"), r"\w{0,2}"


class LexiconError(OneNetError):
    """A word cannot be taught, or a file of taught words cannot be used."""


@dataclass(frozen=True)
class TaughtWord:
    """A word and what it was shown by.

    Attributes:
        name: As it is said.
        examples: Representations of photos that show it, shape (N, D).
        others: Of photos that were taken for it and are not, shape (M, D).
    """

    name: str
    examples: Floats
    others: Floats

    @property
    def key(self) -> Floats:
        """The mean of the examples, shape (D,), unit length."""
        mean = self.examples.mean(axis=0)
        key: Floats = (mean / max(float(np.linalg.norm(mean)), 1e-12)).astype(np.float32)
        return key

    def likeness(self, photos: Floats, spread: Spread | None = None) -> Floats:
        """Tell how like its examples photos (N, D) are, cosines, shape (N,).

        Args:
            spread: Of photos, if it is known: then by what tells them apart.
        """
        if spread is None:
            alike: Floats = photos @ self.key
        else:
            key = spread.seen(self.examples).mean(axis=0)
            alike = spread.seen(photos) @ (key / max(float(np.linalg.norm(key)), 1e-12))
        return alike

    def score(self, photos: Floats, spread: Spread | None = None) -> Floats:
        """Tell how far photos (N, D) are above what is taken for it, shape (N,); below 0 they are not it.

        What is more like a photo that it is not than like every one that it is, is not it.
        """
        levels = RECOGNISED_FROM if spread is None else TOLD_APART_FROM
        level = max(level for number, level in levels if number <= len(self.examples))
        above: Floats = self.likeness(photos, spread) - np.float32(level)
        if len(self.others):
            nearer = (photos @ self.others.T).max(axis=1) > (photos @ self.examples.T).max(axis=1)
            above = np.where(nearer, np.minimum(above, np.float32(-1e-6)), above)
        return above


@dataclass(frozen=True)
class Recognition:
    """A taught word that a photo shows.

    Attributes:
        word: The word.
        score: How far above what is needed the cosine is.
    """

    word: TaughtWord
    score: float


@dataclass
class Lexicon:
    """Taught words, by their names as they are compared.

    Attributes:
        fingerprint: Of the network whose representations the examples are.
        words: In the order in which they were taught.
    """

    fingerprint: str
    words: dict[str, TaughtWord] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, name: str) -> bool:
        return folded(name) in self.words

    def teach(self, name: str, examples: Floats) -> TaughtWord:
        """Learn a word, or more examples of one, from photos (N, D); the latest examples are kept.

        Copies of a photo are one example.

        Raises:
            LexiconError: If it is no name, or there are too many words.
        """
        said = checked_name(name)
        known = self.words.get(folded(said))
        if known is None and len(self.words) >= MAX_WORDS:
            template = N_("I know {count} taught words already, which is all that I can keep; unteach one.")
            raise LexiconError(template, count=MAX_WORDS)
        if known is None:
            known = TaughtWord(said, examples[:0], examples[:0])
        new = examples[self.new_examples(said, examples)]
        every = np.concatenate([known.examples, new])[-MAX_EXAMPLES:].astype(np.float32)
        self.words[folded(said)] = word = TaughtWord(known.name, every, _without(known.others, examples))
        return word

    def new_examples(self, name: str, photos: Floats) -> NDArray[np.bool_]:
        """Tell which of photos (N, D) are no copies of a word's examples nor of those before them, (N,)."""
        known = self.words.get(folded(name))
        seen = [] if known is None else [*known.examples]
        is_new = np.zeros(len(photos), np.bool_)
        for place, photo in enumerate(photos):
            is_new[place] = all(float(photo @ each) < SAME_FROM for each in seen)
            seen += [photo] if is_new[place] else []
        return is_new

    def unteach(self, name: str) -> bool:
        """Forget a word; False if it was not taught."""
        return self.words.pop(folded(name), None) is not None

    def refuse(self, name: str, photo: Floats) -> bool:
        """Learn that a photo (D,) is not what a word means; False if it was not taught.

        What was said last counts: it is no example any more, and a word without any is forgotten.
        """
        known = self.words.get(folded(name))
        if known is None:
            return False
        others = np.concatenate([known.others, photo[np.newaxis]])[-MAX_EXAMPLES:]
        examples = _without(known.examples, photo[np.newaxis])
        if len(examples):
            self.words[folded(name)] = TaughtWord(known.name, examples, others)
        else:
            del self.words[folded(name)]
        return True

    def recognise(self, photo: Floats, spread: Spread | None = None) -> list[Recognition]:
        """Tell which taught words a photo (D,) shows, surest first; `spread` as in `TaughtWord.likeness`."""
        row = photo[np.newaxis]
        scored = [Recognition(word, float(word.score(row, spread)[0])) for word in self.words.values()]
        found = [each for each in scored if each.score >= 0]
        return sorted(found, key=lambda each: -each.score)

    def named_in(self, text: str) -> tuple[list[TaughtWord], str]:
        """Give the taught words that a text names, and the text without them."""
        named: list[TaughtWord] = []
        rest = plain(text)
        for word in sorted(self.words.values(), key=lambda word: -len(word.name)):
            rest, count = _pattern(word.name).subn(" ", rest)
            named += [word] if count else []
        return named, " ".join(rest.split())

    def save(self, path: Path) -> None:
        """Write the words to one JSON file, atomically."""
        content = {
            "format": _FORMAT,
            "fingerprint": self.fingerprint,
            "words": [
                {"name": word.name, "examples": _dumped(word.examples), "others": _dumped(word.others)}
                for word in self.words.values()
            ],
        }
        replace_file(path, json.dumps(content, ensure_ascii=False, indent=1).encode())

    @classmethod
    def load(cls, path: Path, *, fingerprint: str, dimensions: int = 300) -> "Lexicon":
        """Read a file that `save` wrote.

        Raises:
            LexiconError: If there is none, it is damaged, or another network made it.
        """
        if not path.exists():
            raise LexiconError(
                f"There is no file {path}; teach a word first: teach NAME PHOTO --lexicon FILE"
            )
        try:
            content: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            if content["format"] != _FORMAT:
                raise ValueError("it is of another format")
            words = [
                TaughtWord(
                    str(each["name"]),
                    _loaded(each["examples"], dimensions),
                    _loaded(each["others"], dimensions),
                )
                for each in content["words"]
            ]
            own = str(content["fingerprint"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise LexiconError(f"The taught words in {path} cannot be read; teach them anew.") from error
        if own != fingerprint:
            raise LexiconError(f"The words in {path} were taught to another network; teach them anew.")
        return cls(fingerprint, {folded(word.name): word for word in words[:MAX_WORDS]})


def checked_name(name: str) -> str:
    """Give a name as it is kept.

    Raises:
        LexiconError: If there is none, it is too long, holds no letters, or is no text that can be kept.
    """
    said = " ".join(plain(name).split())
    if not said:
        raise LexiconError(N_("Give the word that I am to learn, for example: teach Rex."))
    if len(said) > MAX_LETTERS:
        raise LexiconError(
            N_("That word has {count} letters; {limit} are the most."), count=len(said), limit=MAX_LETTERS
        )
    if not is_text(said):  # a terminal can write so, a chat cannot
        raise LexiconError("That word is not UTF-8 text and cannot be kept; type it where UTF-8 is written.")
    if not any(letter.isalpha() for letter in said):
        raise LexiconError(N_("“{word}” has no letters; give a word, for example: Rex."), word=said)
    if said.casefold() in FUNCTION_WORDS | PEOPLE:
        raise LexiconError(N_("I need the word “{word}” for what I know already; choose another."), word=said)
    return said


def _without(photos: Floats, gone: Floats) -> Floats:
    """Leave out those of some photos (N, D) that are the same as one of others (M, D)."""
    if not len(photos) or not len(gone):
        return photos
    left: Floats = photos[(photos @ gone.T).max(axis=1) < SAME_FROM]
    return left


def _pattern(name: str) -> re.Pattern[str]:
    """Give what finds a taught word in a text, as a word of its own as far as its script has such."""
    letters = re.escape(plain(name))
    if _UNSPACED.search(name):
        return re.compile(letters, re.I)
    before, after = _BEFORE * bool(_ARABIC.search(name)), _ENDING * bool(_CYRILLIC.search(name))
    return re.compile(rf"(?<!\w){before}{letters}{after}(?!\w)", re.I)


def folded(name: str) -> str:
    """Give a name as names are compared."""
    return " ".join(plain(name).casefold().split())


def _dumped(rows: Floats) -> list[str]:
    return [base64.b64encode(row.astype("<f2").tobytes()).decode() for row in rows]


def _loaded(rows: Sequence[str], dimensions: int) -> Floats:
    found = [np.frombuffer(base64.b64decode(row), "<f2").astype(np.float32) for row in rows]
    if any(row.shape != (dimensions,) or not np.isfinite(row).all() for row in found):
        raise ValueError("an example is not of this network's size")
    return np.array(found, dtype=np.float32).reshape(len(found), dimensions)
