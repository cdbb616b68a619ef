from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr

from onenet.errors import DatasetError
from onenet.evaluation.public_words import measure_public_words
from onenet.network.checkpoint import load_checkpoint
from onenet.network.vocabulary import Vocabulary
from onenet.paths import DEFAULT_CHECKPOINT
from onenet.words import WordGames, WordSpace

# Two dimensions: a person or an animal, and whether there are several.
PLACES = {"man": (1, 0), "men": (1, 1), "dog": (-1, 0), "dogs": (-1, 0.9), "cats": (-0.9, 1)}


@pytest.fixture
def space() -> WordSpace:
    vectors = np.array([(9, 9)] * 4 + list(PLACES.values()), dtype=np.float32)
    return WordSpace(Vocabulary(list(PLACES)), vectors)


def test_pairs_are_compared_as_far_as_their_words_are_known(space: WordSpace, tmp_path: Path) -> None:
    (tmp_path / "EN-SIMLEX-999.txt").write_text("Dogs\tcats\t9\nman men 7\nman dog 1\nman unicorn 2\n")
    figures = measure_public_words(space, tmp_path)
    assert figures == {"SimLex-999": {"spearman": 100.0, "known": 3, "pairs": 4}}


def test_analogies_are_counted_by_kind_and_an_unknown_word_is_no_mistake(
    space: WordSpace, tmp_path: Path
) -> None:
    lines = (
        ": family",
        "man men dog dogs",
        "man men dog cats",
        ": gram8-plural",
        "Man Men Dog Dogs",
        "man men ox oxen",
    )
    (tmp_path / "questions-words.txt").write_text("\n".join(lines))
    figures = measure_public_words(space, tmp_path)
    assert figures == {
        "Google analogies": {
            "accuracy": 66.7,
            "semantic": 50.0,
            "syntactic": 100.0,
            "known": 3,
            "questions": 4,
        }
    }


def test_of_what_is_too_little_known_there_is_no_figure(space: WordSpace, tmp_path: Path) -> None:
    (tmp_path / "EN-WS-353-ALL.txt").write_text("man unicorn 2\n")
    (tmp_path / "questions-words.txt").write_text("man men ox oxen\n")
    figures = measure_public_words(space, tmp_path)
    assert figures["WordSim-353"] == {"spearman": None, "known": 0, "pairs": 1}
    assert figures["Google analogies"]["accuracy"] is None


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("EN-SIMLEX-999.txt", "man men"),
        ("EN-MEN-TR-3k.txt", "man men often"),
        ("questions-words.txt", "man men dog"),
    ],
)
def test_a_damaged_file_is_named(space: WordSpace, tmp_path: Path, file: str, line: str) -> None:
    (tmp_path / file).write_text(line)
    with pytest.raises(DatasetError, match=file):
        measure_public_words(space, tmp_path)


def test_a_folder_without_judgements_is_refused(space: WordSpace, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"questions-words\.txt"):
        measure_public_words(space, tmp_path)


@pytest.mark.shipped
def test_answers_are_those_of_the_games(tmp_path: Path) -> None:
    if not DEFAULT_CHECKPOINT.is_file():
        pytest.skip("the trained network, data/onenet.safetensors, is not here")
    checkpoint = load_checkpoint(DEFAULT_CHECKPOINT)
    space = WordSpace(checkpoint.vocabulary, *checkpoint.model.word_views())
    questions = [
        ("man", "men", "dog", "dogs"),
        ("boy", "boys", "girl", "girls"),
        ("dog", "dogs", "man", "child"),
    ]
    (tmp_path / "questions-words.txt").write_text("\n".join(map(" ".join, questions)))
    games = WordGames(space)
    right = [games.analogy(*asked, k=1)[0].word == answer for *asked, answer in questions]
    figures = measure_public_words(space, tmp_path)["Google analogies"]
    assert figures["accuracy"] == pytest.approx(100 * np.mean(right), abs=0.05)
    pairs = [("dog", "puppy", 9.0), ("dog", "cat", 5.0), ("dog", "mountain", 1.0), ("man", "boy", 6.0)]
    (tmp_path / "EN-SIMLEX-999.txt").write_text("\n".join(f"{a} {b} {score}" for a, b, score in pairs))
    cosines = [float(space.vector_of(a) @ space.vector_of(b)) for a, b, _ in pairs]
    expected = 100 * float(spearmanr(cosines, [score for *_, score in pairs])[0])
    assert measure_public_words(space, tmp_path)["SimLex-999"]["spearman"] == pytest.approx(
        expected, abs=0.05
    )
