"""Each language read as its people type it, and written as they write it."""

# ruff: noqa: RUF001 - signs that look like others are what this is about

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onenet.errors import LanguageError
from onenet.network.languages import LANGUAGES, plain, script_of
from onenet.network.vocabulary import language_of_code, tokenize


@pytest.mark.parametrize(
    ("language", "sentence", "words"),
    [
        ("zh", "一只狗在雪地里奔跑。", ["一只", "狗", "在", "雪地", "里", "奔跑"]),
        ("zh", "3只狗，2个男孩！", ["3", "只", "狗", "2", "个", "男孩"]),
        ("zh", "我的iPhone手机", ["我", "的", "iphone", "手机"]),
        ("zh", "一只 dog 在 snow", ["一只", "dog", "在", "snow"]),
        ("zh", "狗собака café狗-été", ["狗", "собака", "café", "狗", "été"]),
        ("zh", "１只狗　跑", ["1", "只", "狗", "跑"]),  # full width, and the space of Chinese
        ("de", "Ein Hund läuft, schnell!", ["ein", "hund", "läuft", "schnell"]),
        ("de", "Die U-Bahn am Fluß", ["die", "u-bahn", "am", "fluß"]),
        ("de", "ein Ma\u0308dchen", ["ein", "mädchen"]),
        ("pt", "Um cão não está na água.", ["um", "cão", "não", "está", "na", "água"]),
        ("es", "¿Un niño? ¡Corre!", ["un", "niño", "corre"]),
        ("cs", "Žluťoučký kůň", ["žluťoučký", "kůň"]),
        ("uk", "Хлопчик кидає м’яч", ["хлопчик", "кидає", "м'яч"]),
        ("fr", "L’homme qu'il voit", ["l'", "homme", "qu'", "il", "voit"]),
        ("fr", "l' homme aujourd'hui", ["l'", "homme", "aujourd'", "hui"]),
        ("fr", "Est-ce un t-shirt d'été ?", ["est-ce", "un", "t-shirt", "d'", "été"]),
        ("fr", "un 'chien' et 'l'homme'", ["un", "chien", "et", "l'", "homme"]),
        ("fr", "chien'", ["chien"]),
        ("ar", "كَلْبٌ يَرْكُضُ", ["كلب", "يركض"]),  # with vowel signs
        ("ar", "كــلــب", ["كلب"]),  # with its lines made longer
        ("ar", "أحمد إلى آخر مدينة على", ["احمد", "الي", "اخر", "مدينه", "علي"]),
        ("ar", "هٰذا رحمٰن", ["هذا", "رحمن"]),  # with a small alef above
        ("ar", "ﻛﻠﺐ", ["كلب"]),  # as old programs store it
        ("ar", "كلب، قطة؟", ["كلب", "قطه"]),
        ("en", "a كَلْبٌ and 一只狗", ["a", "كلب", "and", "一只", "狗"]),
        ("en", "ｄｏｇ 🐕 ﬁsh", ["dog", "fish"]),
        ("de", "собака läuft", ["собака", "läuft"]),
    ],
)  # fmt: skip
def test_tokenize(language: str, sentence: str, words: list[str]) -> None:
    assert tokenize(sentence, language) == words


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", ["", "   ", "🐕🐕", "...!?", "。，！", "\u200b\ufeff", "؟،"])
def test_nothing_to_read(language: str, text: str) -> None:
    assert tokenize(text, language) == []


LETTERS = "abcdlqu éäß'’-_ .,!3狗一只在雪地里的男孩كَلْبأإةـٰсобакам’яч🐕ｄ１\u0301\u200b\u00ad´"


@settings(deadline=None)  # dictionaries are read when first needed
@given(st.sampled_from(sorted(LANGUAGES)), st.one_of(st.text(), st.text(LETTERS)))
def test_tokens_survive_a_second_reading(language: str, text: str) -> None:
    words = tokenize(text, language)
    assert tokenize(" ".join(words), language) == words
    assert all(words)
    assert not any(" " in word for word in words)


@settings(deadline=None)  # dictionaries are read when first needed
@given(
    language=st.sampled_from(sorted(LANGUAGES)),
    before=st.text("“«\u200b\ufeff (¿*\"'", max_size=4),
    after=st.text("”».,;:!?)…*\u200d\u00a0\"'。、؟", max_size=4),
)
def test_nothing_around_a_word_hides_it(language: str, before: str, after: str) -> None:
    word = {"zh": "狗", "ar": "كلب", "uk": "собака"}.get(language, "chien")
    assert tokenize(f"{before}{word}{after}", language) == [word]


@settings(deadline=None)  # dictionaries are read when first needed
@given(st.one_of(st.text(), st.text(LETTERS)))
def test_what_was_made_plain_stays_so(text: str) -> None:
    assert plain(plain(text)) == plain(text)


@pytest.mark.parametrize(
    ("typed", "seen"),
    [("cafe\u200b\u0301", "café"), ("l´homme", "l'homme"), ("ＡＢＣ－１", "ABC-1"), ("x\u00ad\u2060y", "xy")],
)
def test_plain(typed: str, seen: str) -> None:
    assert plain(typed) == seen


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("一只狗", "zh"),
        ("كلب", "ar"),
        ("собака", "uk"),
        ("a dog", ""),
        ("", ""),
        ("🐕 123", ""),
        ("dog 狗", ""),  # most letters are no Chinese
        ("一只狗 on", "zh"),
        ("ok狗", ""),
    ],
)
def test_letters_tell_some_languages(text: str, language: str) -> None:
    assert script_of(text) == language


@pytest.mark.parametrize(
    ("language", "words", "sentence"),
    [
        ("en", ["a", "dog"], "a dog"),
        ("zh", ["一只", "狗"], "一只狗"),
        ("fr", ["l'", "homme", "d'", "été"], "l'homme d'été"),
        ("fr", ["aujourd'", "hui"], "aujourd'hui"),
        ("ar", ["كلب", "يركض"], "كلب يركض"),
        ("de", [], ""),
    ],
)
def test_join(language: str, words: list[str], sentence: str) -> None:
    assert LANGUAGES[language].join(words) == sentence
    assert tokenize(sentence, language) == words


def test_what_is_written_from_the_right() -> None:
    assert [code for code, language in LANGUAGES.items() if language.right_to_left] == ["ar"]


@pytest.mark.parametrize("code", ["xx", "", "EN", "english"])
def test_an_unknown_language_is_one_sentence_with_the_list(code: str) -> None:
    with pytest.raises(LanguageError) as caught:
        language_of_code(code)
    sentence = str(caught.value)
    assert sentence.startswith(
        f"There is no language “{code}” here; choose one of English (en), Chinese (zh), "
    )
    assert all(f"{language.name} ({each})" in sentence for each, language in LANGUAGES.items())
    with pytest.raises(LanguageError):
        tokenize("a dog", code)


def test_chinese_is_read_in_silence_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """Also where no folder takes a file: warnings are errors, and whoever looks for such a folder fails."""
    code = (
        "import tempfile\n"
        "def none(): raise FileNotFoundError\n"
        "tempfile.gettempdir = none\n"
        "from onenet.network.vocabulary import tokenize\n"
        "print(len(tokenize('一只狗', 'zh')))\n"
    )
    project = Path(__file__).resolve().parents[3]
    found = subprocess.run(
        [sys.executable, "-W", "error", "-B", "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(project), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (found.returncode, found.stdout, found.stderr) == (0, "2\n", "")
    assert not list(tmp_path.iterdir())
