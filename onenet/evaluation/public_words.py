"""How a network's English words compare with public judgements: likeness of pairs, and analogies.

A small vocabulary knows a part of each set; what it does not know is counted, not held against it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from onenet.errors import DatasetError
from onenet.evaluation.figures import Figures
from onenet.words.space import WordSpace

# Hill 2015 (arXiv:1408.3456): likeness alone; Finkelstein 2001 and Bruni 2014: relatedness.
PAIRS = {"SimLex-999": "EN-SIMLEX-999.txt", "WordSim-353": "EN-WS-353-ALL.txt", "MEN": "EN-MEN-TR-3k.txt"}
ANALOGIES = {"Google analogies": "questions-words.txt"}  # Mikolov 2013 (arXiv:1301.3781)
_SYNTACTIC = "gram"  # how the names of Google's categories about forms of words begin
_TOGETHER = 512  # analogies whose cosines with all words are in memory at once


class Analogy(NamedTuple):
    """A line of a set of analogies: a is to b as c is to d, in lower case."""

    category: str
    a: str
    b: str
    c: str
    d: str


def measure_public_words(space: WordSpace, folder: Path) -> Figures:
    """Compare words with the public judgements in a folder; sets whose file is not there are left out.

    Args:
        space: The English words.

    Returns:
        JSON-ready, by the name of the set. Of pairs: "spearman", the rank correlation of cosines with the
        judgements, times 100, and how many of the "pairs" are "known". Of analogies: "accuracy", per cent of
        first answers that are right, in all ("semantic", "syntactic": of these kinds), and how many of the
        "questions" are "known". Figures of what is too little known are None.

    Raises:
        DatasetError: If a file cannot be read, or none is there.
    """
    found: Figures = {}
    for name, file in PAIRS.items():
        if (folder / file).is_file():
            found[name] = _measure_pairs(space, folder / file)
    for name, file in ANALOGIES.items():
        if (folder / file).is_file():
            found[name] = _measure_analogies(space, folder / file)
    if not found:
        raise DatasetError(f"{folder} has none of {', '.join([*PAIRS.values(), *ANALOGIES.values()])}.")
    return found


def _measure_pairs(space: WordSpace, file: Path) -> Figures:
    pairs = [
        (first.lower(), second.lower(), _number(score, file)) for first, second, score in _fields(file, 3)
    ]
    known = [pair for pair in pairs if pair[0] in space and pair[1] in space]
    figures: Figures = {"spearman": None, "known": len(known), "pairs": len(pairs)}
    if len(known) > 2:
        firsts = space.vectors_of([first for first, _, _ in known])
        seconds = space.vectors_of([second for _, second, _ in known])
        cosines = (firsts * seconds).sum(axis=1)
        figures["spearman"] = round(100 * float(spearmanr(cosines, [pair[2] for pair in known])[0]), 1)
    return figures


def _measure_analogies(space: WordSpace, file: Path) -> Figures:
    questions = list(_analogies(file))
    known = [each for each in questions if all(word in space for word in each[1:])]
    right = np.concatenate(
        [np.zeros(0, dtype=bool)]
        + [_right(space, known[start : start + _TOGETHER]) for start in range(0, len(known), _TOGETHER)]
    )
    syntactic = np.array([each.category.startswith(_SYNTACTIC) for each in known], dtype=bool)
    kinds = {"accuracy": right, "semantic": right[~syntactic], "syntactic": right[syntactic]}
    shares: Figures = {
        kind: round(100 * float(hits.mean()), 1) if len(hits) else None for kind, hits in kinds.items()
    }
    return {**shares, "known": len(known), "questions": len(questions)}


def _right(space: WordSpace, questions: list[Analogy]) -> NDArray[np.bool_]:
    """Whether the word nearest to b - a + c, these three left out, is d, as `WordGames.analogy` answers."""
    rows_of = np.array([[space.row_of(word) for word in each[1:]] for each in questions])  # (B, 4)
    a, b, c, d = rows_of.T
    cosines = (space.vectors[b] - space.vectors[a] + space.vectors[c]) @ space.vectors.T  # (B, V)
    rows = np.arange(len(questions))
    for asked in (a, b, c):
        cosines[rows, asked] = -np.inf
    right: NDArray[np.bool_] = cosines.argmax(axis=1) == d
    return right


def _analogies(file: Path) -> Iterator[Analogy]:
    category = ""
    for line in _lines(file):
        words = line.lower().split()
        if words[0] == ":":
            category = " ".join(words[1:])
        elif len(words) == 4:
            yield Analogy(category, *words)
        else:
            raise DatasetError(f"{file.name} is damaged: an analogy has four words, not “{line[:50]}”.")


def _fields(file: Path, count: int) -> Iterator[list[str]]:
    for line in _lines(file):
        fields = line.split()
        if len(fields) != count:
            raise DatasetError(f"{file.name} is damaged: “{line[:50]}” should be two words and a number.")
        yield fields


def _number(text: str, file: Path) -> float:
    try:
        return float(text)
    except ValueError:
        raise DatasetError(f"{file.name} is damaged: “{text[:50]}” should be a number.") from None


def _lines(file: Path) -> Iterator[str]:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{file} cannot be read ({error}).") from error
    yield from (line for line in text.splitlines() if line.strip() and not line.startswith("#"))
