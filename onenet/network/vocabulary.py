"""Sentences -> words -> ids and back, in each of a network's languages."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from onenet.errors import N_, LanguageError
from onenet.network.function_words import FUNCTION_WORDS
from onenet.network.languages import LANGUAGES, Language, as_written_in_arabic, names_of, plain, script_of
from onenet.network.special_words import END_ID, ENGLISH, SPECIAL_WORDS, START_ID, UNK_ID


def language_of_code(code: str) -> Language:
    """Look a language up.

    Raises:
        LanguageError: If there is none of that code.
    """
    try:
        return LANGUAGES[code]
    except KeyError:
        raise LanguageError(
            N_("There is no language “{code}” here; choose one of {languages}."),
            code=code,
            names=names_of(LANGUAGES),
        ) from None


def not_learnt(code: str, languages: Iterable[str]) -> LanguageError:
    """Give the error that names the languages which a network knows, where it is asked for another."""
    return LanguageError(
        N_("The network knows {languages}, not “{code}”."), code=code, names=names_of(languages)
    )


def tokenize(sentence: str, language: str = ENGLISH) -> list[str]:
    """Split a sentence into lower-case words without punctuation; `t-shirt` stays one word."""
    return language_of_code(language).tokenize(sentence)


@dataclass(frozen=True)
class ReadText:
    """What a person typed, as words that the network knows.

    Attributes:
        text: As it was typed.
        language: Of most of its words.
        word_ids: Of the words that are known, in their order.
        unknown: Words that it never read, each once.
    """

    text: str
    language: str
    word_ids: tuple[int, ...]
    unknown: tuple[str, ...]


class Vocabulary:
    """The words the network knows, each with an id; ids 0..3 are `<pad> <start> <end> <unk>`.

    The words of a language are rows side by side: English ones come first, right after the special words;
    before those of another language stands its own start word, which tells the decoder what to write.

    Args:
        words: Without the special ones, in the order of their ids: of English, or by language, English first.
        spellings: By language, how a word is written that is not written as it is looked up: the noun "Hund".

    Attributes:
        words: Of all languages, special and start words included, by their ids.
        languages: Their codes, English first.
    """

    def __init__(
        self,
        words: Sequence[str] | Mapping[str, Sequence[str]],
        spellings: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        by_language = words if isinstance(words, Mapping) else {ENGLISH: words}
        if next(iter(by_language), None) != ENGLISH:
            raise ValueError("the first language of a vocabulary is English")
        self.languages: tuple[str, ...] = tuple(by_language)
        self.spellings = {language: dict(spelt) for language, spelt in (spellings or {}).items()}
        every = list(SPECIAL_WORDS)
        self._blocks: dict[str, range] = {}
        self._ids: dict[str, dict[str, int]] = {}
        for language, own in by_language.items():
            if language != ENGLISH:
                every.append(f"<start:{language}>")
            self._blocks[language] = range(len(every), len(every) + len(own))
            self._ids[language] = {word: len(every) + place for place, word in enumerate(own)}
            every += own
            if len(self._ids[language]) != len(own) or set(own) & set(SPECIAL_WORDS):
                raise ValueError("a vocabulary lists each word of a language once and no special word")
        self.words: tuple[str, ...] = tuple(every)

    @classmethod
    def build(
        cls,
        sentences: Iterable[str] | Mapping[str, Iterable[str]],
        *,
        min_count: int,
        known: Sequence[str] = (),
    ) -> "Vocabulary":
        """Collect the words that occur at least `min_count` times, most frequent first.

        Args:
            sentences: Of English, or by language.
            known: English words that are kept however rare.
        """
        by_language = sentences if isinstance(sentences, Mapping) else {ENGLISH: sentences}
        words: dict[str, list[str]] = {}
        spellings: dict[str, dict[str, str]] = {}
        for language, texts in by_language.items():
            counts, spelt = count_words(texts, language)
            kept = {word: count for word, count in counts.items() if count >= min_count}
            if language == ENGLISH:
                kept |= {word: counts[word] for word in known}
            words[language] = sorted(kept, key=lambda word: (-kept[word], word))
            spellings[language] = {word: spelt[word] for word in words[language] if word in spelt}
        return cls(words, spellings)

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: str) -> bool:
        return word in self._ids[ENGLISH]

    def block(self, language: str = ENGLISH) -> range:
        """Give the ids of a language's words.

        Raises:
            LanguageError: If the network does not know it.
        """
        try:
            return self._blocks[language]
        except KeyError:
            raise not_learnt(language, self.languages) from None

    def start_id(self, language: str = ENGLISH) -> int:
        """Give the id of the word that begins a language's sentences."""
        first = self.block(language).start
        return START_ID if language == ENGLISH else first - 1

    def words_of(self, language: str = ENGLISH) -> tuple[str, ...]:
        """Give the words of a language, most frequent first."""
        block = self.block(language)
        return self.words[block.start : block.stop]

    def function_ids(self, language: str = ENGLISH) -> frozenset[int]:
        """Give the ids of the words of a language that name nothing, such as "the".

        Raises:
            LanguageError: If the network does not know it.
        """
        own = self._ids_in(language)
        return frozenset(own[word] for word in FUNCTION_WORDS if word in own)

    def language_of(self, token_id: int) -> str:
        """Give the language of a word's id, English for the special words."""
        return next((code for code, block in self._blocks.items() if token_id in block), ENGLISH)

    def id_of(self, word: str, language: str = ENGLISH) -> int:
        """Give a word's id, that of `<unk>` if it is not known."""
        return self._ids_in(language).get(word, UNK_ID)

    def encode(self, sentence: str, language: str = ENGLISH) -> list[int]:
        """Give the ids of a sentence with the language's start word and `<end>` around them."""
        own = self._ids_in(language)
        ids = (own.get(word, UNK_ID) for word in tokenize(sentence, language))
        return [self.start_id(language), *ids, END_ID]

    def encode_known(self, sentence: str, language: str = ENGLISH) -> list[int]:
        """Give the ids of the words of a sentence that it knows, the start word and `<end>` around them."""
        known, _ = self.sort(sentence, language)
        return [self.start_id(language), *(self._ids[language][word] for word in known), END_ID]

    def guess_language(self, text: str, preferred: Sequence[str] = (ENGLISH,)) -> str:
        """Tell which of its languages a text is in: the one whose letters it has, or that knows most words.

        Args:
            preferred: What it is taken for if several know as many, the likeliest first.
        """
        script = script_of(plain(text))
        if script in self.languages:
            return script
        order = [*(each for each in preferred if each in self.languages), *self.languages]
        known = {each: len(self.sort(text, each)[0]) for each in dict.fromkeys(order)}
        return max(known, key=lambda each: known[each])  # of equals the first

    def read(
        self, text: str, language: str | None = None, preferred: Sequence[str] = (ENGLISH,)
    ) -> "ReadText":
        """Read a text whose words may be of several languages.

        Args:
            language: Of most of its words; None: it is guessed.
            preferred: See `guess_language`.

        Raises:
            LanguageError: If the network does not know the language.
        """
        main = language or self.guess_language(text, preferred)
        self.block(main)
        order = dict.fromkeys(
            [main, *(each for each in preferred if each in self.languages), *self.languages]
        )
        token_ids: list[int] = []
        unknown: list[str] = []
        for token in tokenize(text, main):
            for each in order:
                parts = self._parts(token, self._ids[each])
                found = [self._ids[each][part] for part in parts if part in self._ids[each]]
                if found:
                    token_ids += found
                    unknown += [part for part in parts if part not in self._ids[each]]
                    break
            else:
                unknown.append(token)
        if language is None and token_ids and not any(token in self.block(main) for token in token_ids):
            languages = Counter(self.language_of(token) for token in token_ids)
            main = languages.most_common(1)[0][0]  # its letters promised words that are not known
        return ReadText(text, main, tuple(token_ids), tuple(dict.fromkeys(unknown)))

    def sort(self, sentence: str, language: str = ENGLISH) -> tuple[list[str], list[str]]:
        """Give the words of a sentence that it knows, in their order, and those that it does not.

        A compound with hyphens that it does not know is read as one word, or as several: “ice-skating”
        as two, “T-shirt” as one.
        """
        known: list[str] = []
        unknown: list[str] = []
        own = self._ids_in(language)
        for token in tokenize(sentence, language):
            for word in self._parts(token, own):
                (known if word in own else unknown).append(word)
        return known, unknown

    def decode(self, token_ids: Iterable[int]) -> str:
        """Give the sentence up to `<end>` as its language is written, special words left out."""
        words: list[int] = []
        for token_id in token_ids:
            if token_id == END_ID:
                break
            if token_id >= len(SPECIAL_WORDS) and not self.words[token_id].startswith("<start:"):
                words.append(token_id)
        language = self.language_of(words[0]) if words else ENGLISH
        return LANGUAGES[language].join([self.spell(token_id) for token_id in words])

    def spell(self, token_id: int) -> str:
        """Give a word as people write it: the German noun with its capital."""
        word = self.words[token_id]
        return self.spellings.get(self.language_of(token_id), {}).get(word, word)

    def _ids_in(self, language: str) -> dict[str, int]:
        self.block(language)
        return self._ids[language]

    @staticmethod
    def _parts(token: str, known: Mapping[str, int]) -> list[str]:
        joined, parts = token.replace("-", ""), token.split("-")
        if token in known or "-" not in token:
            return [token]
        if joined in known:
            return [joined]
        return parts if any(part in known for part in parts) else [token]


def count_words(sentences: Iterable[str], language: str = ENGLISH) -> tuple[Counter[str], dict[str, str]]:
    """Count the words of sentences, and tell how those are mostly written that are not written so.

    How a word is written at the beginning of a sentence says nothing of its capitals. English and Chinese
    words are written as they are looked up.
    """
    counts: Counter[str] = Counter()
    if language in _WRITTEN_AS_LOOKED_UP:
        counts.update(word for sentence in sentences for word in tokenize(sentence, language))
        return counts, {}
    forms: dict[str, Counter[str]] = {}
    for sentence in sentences:
        words = tokenize(sentence, language)
        counts.update(words)
        written = _as_written(sentence, language)
        if len(written) == len(words):
            skipped = 0 if language == "ar" else 1  # Arabic has no capitals
            for word, form in list(zip(words, written, strict=True))[skipped:]:
                forms.setdefault(word, Counter())[form] += 1
    mostly = {word: max(sorted(own), key=lambda form: own[form]) for word, own in forms.items()}
    return counts, {word: form for word, form in mostly.items() if form != word}


_WRITTEN_AS_LOOKED_UP = (ENGLISH, "zh")


def _as_written(sentence: str, language: str) -> list[str]:
    if language == "ar":
        return LANGUAGES["de"].split(as_written_in_arabic(plain(sentence)))
    return LANGUAGES[language].split(plain(sentence))
