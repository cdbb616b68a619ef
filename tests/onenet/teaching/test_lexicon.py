from pathlib import Path

import numpy as np
import pytest

from onenet.teaching import Lexicon
from onenet.teaching.lexicon import MAX_EXAMPLES, MAX_WORDS, LexiconError

AXES = np.eye(300, dtype=np.float32)


def near(axis: int, other: int, cosine: float) -> np.ndarray:
    return (cosine * AXES[axis] + np.sqrt(1 - cosine**2) * AXES[other]).astype(np.float32)


@pytest.fixture
def lexicon() -> Lexicon:
    found = Lexicon("fake")
    found.teach("Rex", AXES[:1])
    found.teach("our office", AXES[1:2])
    return found


def test_what_is_like_the_examples_is_recognised(lexicon: Lexicon) -> None:
    assert [each.word.name for each in lexicon.recognise(near(0, 5, 0.8))] == ["Rex"]
    assert lexicon.recognise(near(0, 5, 0.5)) == []
    both = lexicon.recognise(near(1, 0, 0.75))
    assert [each.word.name for each in both] == ["our office", "Rex"]
    assert both[0].score > both[1].score


def test_more_examples_are_added_and_the_latest_kept(lexicon: Lexicon) -> None:
    word = lexicon.teach("rex", AXES[2:4])
    assert (word.name, len(word.examples), len(lexicon)) == ("Rex", 3, 2)
    assert word.key == pytest.approx((AXES[0] + AXES[2] + AXES[3]) / np.sqrt(3), abs=1e-6)
    many = lexicon.teach("Rex", AXES[10 : 10 + 2 * MAX_EXAMPLES])
    assert len(many.examples) == MAX_EXAMPLES
    assert many.examples[-1].tolist() == AXES[9 + 2 * MAX_EXAMPLES].tolist()


def test_copies_of_a_photo_are_one_example(lexicon: Lexicon) -> None:
    photos = np.stack([near(0, 5, 0.999), AXES[2], near(2, 5, 0.999), AXES[3], near(3, 5, 0.8)])
    assert lexicon.new_examples("REX", photos).tolist() == [False, True, False, True, True]
    assert len(lexicon.teach("Rex", photos).examples) == 4
    assert len(lexicon.teach("Rex", photos).examples) == 4
    assert len(lexicon.teach("another", photos[:1]).examples) == 1


def test_it_learns_from_mistakes(lexicon: Lexicon) -> None:
    mistaken = near(0, 7, 0.7)
    assert lexicon.recognise(mistaken)
    assert lexicon.refuse("Rex", mistaken)
    assert lexicon.recognise(mistaken) == []
    assert lexicon.recognise(near(0, 7, 0.75)) == [], "nor what is nearly that photo"
    assert lexicon.recognise(near(0, 8, 0.75)), "others are it as before"
    assert not lexicon.refuse("nobody", mistaken)


def test_what_was_said_last_of_a_photo_counts(lexicon: Lexicon) -> None:
    lexicon.teach("Rex", near(0, 5, 0.8)[np.newaxis])
    lexicon.refuse("Rex", near(0, 5, 0.8))
    assert lexicon.words["rex"].examples.tolist() == AXES[:1].tolist()
    assert lexicon.recognise(near(0, 5, 0.8)) == []
    lexicon.teach("Rex", near(0, 5, 0.8)[np.newaxis])
    assert len(lexicon.words["rex"].others) == 0
    assert lexicon.recognise(near(0, 5, 0.8))
    lexicon.refuse("our office", AXES[1])
    assert "our office" not in lexicon, "nothing shows it any more"


def test_words_are_named_in_texts(lexicon: Lexicon) -> None:
    named, rest = lexicon.named_in("rex in the snow, near Our Office")
    assert [word.name for word in named] == ["our office", "Rex"]
    assert rest == "in the snow, near"
    assert lexicon.named_in("a rexine dog") == ([], "a rexine dog")
    lexicon.teach("小黑", AXES[4:5])
    assert [word.name for word in lexicon.named_in("雪地里的小黑")[0]] == ["小黑"]


@pytest.mark.parametrize(
    ("name", "text", "rest"),
    [
        ("Bär", "ein bärtiger Mann im Schnee", None),
        ("Bär", "ein BÄR im Schnee", "ein im Schnee"),
        ("José", "un josécito", None),
        ("Кіт", "біля кітелю", None),
        ("Барсик", "знайди Барсика в снігу", "знайди в снігу"),
        ("قطتي", "قطتي في الثلج", "في الثلج"),
        ("قطتي", "كلب وقطتي", "كلب"),
        ("قطتي", "كلب مقطتي", None),
    ],
)
def test_a_word_is_no_part_of_another_in_any_script(
    lexicon: Lexicon, name: str, text: str, rest: str | None
) -> None:
    lexicon.teach(name, AXES[4:5])
    named, left = lexicon.named_in(text)
    assert ([word.name for word in named], left) == ([name], rest) if rest else not named


def test_a_file_gives_the_same_words(lexicon: Lexicon, tmp_path: Path) -> None:
    lexicon.refuse("Rex", AXES[9])
    lexicon.save(tmp_path / "words.json")
    again = Lexicon.load(tmp_path / "words.json", fingerprint="fake")
    assert [word.name for word in again.words.values()] == ["Rex", "our office"]
    assert again.words["rex"].examples.tolist() == AXES[:1].tolist()
    assert again.words["rex"].others.tolist() == AXES[9:10].tolist()
    with pytest.raises(LexiconError, match="another network"):
        Lexicon.load(tmp_path / "words.json", fingerprint="other")
    with pytest.raises(LexiconError, match="There is no file"):
        Lexicon.load(tmp_path / "none.json", fingerprint="fake")
    for content in ("", "[]", '{"format": "other"}', "\udcff"):
        (tmp_path / "bad.json").write_text(content, encoding="utf-8", errors="surrogateescape")
        with pytest.raises(LexiconError, match="cannot be read"):
            Lexicon.load(tmp_path / "bad.json", fingerprint="fake")


def test_words_can_be_untaught_and_are_bounded(lexicon: Lexicon) -> None:
    assert "REX" in lexicon
    assert lexicon.unteach(" rex ")
    assert not lexicon.unteach("Rex")
    for number in range(MAX_WORDS - len(lexicon)):
        lexicon.teach(f"word {number}", AXES[:1])
    with pytest.raises(LexiconError, match=f"I know {MAX_WORDS} taught words"):
        lexicon.teach("one more", AXES[:1])
    lexicon.teach("Our Office", AXES[:1])  # known: an example more


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "Give the word"),
        ("  ", "Give the word"),
        ("x" * 41, "41 letters"),
        ("123", "no letters"),
        ("R\udcffx", "not UTF-8 text"),
        ("the", "choose another"),
        ("Woman", "choose another"),
    ],
)
def test_what_is_no_name_gets_a_sentence(lexicon: Lexicon, name: str, sentence: str) -> None:
    with pytest.raises(LexiconError, match=sentence):
        lexicon.teach(name, AXES[:1])
