"""A reply to found photos -> what it changes: “no, a brown one”, “without people”, “more like the second”."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from onenet.conversation.turn_words import TURN_WORDS, TurnWords
from onenet.network.languages import plain
from onenet.network.special_words import ENGLISH

Kind = Literal["add", "replace", "take", "less", "more", "like", "back"]

_PAUSE = re.compile(r"\s*[,;:!?。，；、،؛]\s*|\.(?=\s|$)\s*|\s[-–—]\s")  # noqa: RUF001 - of all languages
_DIGITS = r"(#|№|no\.?\s*|nr\.?\s*)?(\d{1,2})(?!\w)"


@dataclass(frozen=True)
class Part:
    """One thing that a reply changes.

    Attributes:
        kind: "add" words, "replace" by words what was said, "take" words away, want them "less" or "more",
            "like" the photo of a number, "back" to what was meant before.
        words: As they were written; "" of "like" and "back".
        number: Of the photo, from 1; 0 of all else.
    """

    kind: Kind
    words: str = ""
    number: int = 0


def understand(text: str, languages: Sequence[str] = (ENGLISH,)) -> list[Part]:
    """Understand what a reply to found photos changes; what is no change of another kind adds its words.

    Args:
        languages: The one that the text is in, then those of whoever wrote it: “back” and “like the second”
            are understood in all of them.

    Returns:
        In the order in which they were said; none if nothing was.
    """
    said = plain(text).strip()
    own, *others = [code for code in dict.fromkeys(languages) if code in TURN_WORDS] or [ENGLISH]
    for code in (own, *others):
        if _forms(code).is_back(said):
            return [Part("back")]
    for code in (own, *others):
        if (like := _forms(code).like(said)) is not None:
            number, rest = like
            return [Part("like", number=number), *(understand(rest, languages) if rest else [])]
    return list(_changes(said, _forms(own)))


def _changes(said: str, forms: "_Forms") -> Iterator[Part]:
    corrects = False
    for clause in filter(None, _PAUSE.split(said)):
        rest, is_corrected = forms.corrected(clause)
        corrects |= is_corrected
        for kind, words in forms.pieces(rest):
            if kind != "add":
                yield Part(kind, words)
            elif forms.has_content(words):
                yield Part("replace" if corrects else "add", words)
                corrects = False


class _Forms:
    """The patterns of a language.

    Args:
        words: Of the language.
        spaced: Whether it writes spaces between words.
    """

    def __init__(self, words: TurnWords, *, spaced: bool) -> None:
        self._words, self._spaced = words, spaced
        self._back = {each.casefold() for each in words.back}
        kinds = (("take", words.without), ("less", words.less), ("more", words.more))
        self._kind_of: dict[str, Kind] = {each.casefold(): kind for kind, own in kinds for each in own}  # type: ignore[misc]
        self._marks = self._any(self._kind_of)
        self._no = self._any((*words.no, *words.none_of), at_start=True)
        self._instead = self._any(words.instead)
        self._but = self._any(words.but, at_start=True)
        self._but_within = self._any(words.but)
        self._but_last = re.compile(self._but_within.pattern + r"\s*$", re.I) if words.but else _NEVER
        self._like = self._any(words.like, at_start=True)
        self._articles = {each.casefold() for each in (*words.articles, *words.one)}
        self._photo = {each.casefold() for each in words.photo}
        self._digits = re.compile((r"(?<!\w)" if spaced else "") + _DIGITS, re.I)

    def is_back(self, said: str) -> bool:
        """Tell whether all of a text says “back”."""
        return _PAUSE.sub("", said).strip().strip(".").casefold() in self._back

    def like(self, said: str) -> tuple[int, str] | None:
        """Give the number of the photo that “like the second, but red” means, and what else it says."""
        begun = self._like.match(said)
        if begun is None:
            return None
        head, *rest = _PAUSE.split(said[begun.end() :].strip(), maxsplit=1)
        bare = head.strip()
        number, after = self._number_in(bare)
        return (number, self._but.sub("", " ".join([after, *rest]).strip()).strip()) if number else None

    def corrected(self, clause: str) -> tuple[str, bool]:
        """Give a clause without what says that it corrects, and whether anything did."""
        if self._instead.search(clause):
            clause, corrects = self._instead.sub(" ", clause).strip(), True
        else:
            corrects = False
        begun = self._no.match(clause)
        if begun is None:
            return clause, corrects
        rest = clause[begun.end() :].strip()
        takes = any(_is_same(form, begun.group()) for form in self._words.none_of)
        first = rest.split(maxsplit=1)[0].casefold() if rest else ""
        if takes and rest and first not in self._articles:
            return f"{self._words.without[0]} {rest}", corrects  # “no people”
        return rest, True

    def pieces(self, clause: str) -> Iterator[tuple[Kind, str]]:
        """Divide a clause by the words that take away, and want less or more."""
        found = [each for each in self._marks.finditer(clause) if self._is_mark(each, clause)]
        ends = [*(each.start() for each in found[1:]), len(clause)][: len(found)]
        before = self._trimmed(clause[: found[0].start()] if found else clause)
        for mark, end in zip(found, ends, strict=True):
            words = self._trimmed(clause[mark.end() : end])
            kind = self._kind_said(mark)
            if not self.has_content(words) and kind != "take":
                words, before = before, ""  # “snow, less”, as Arabic says it
            if before:
                yield "add", before
                before = ""
            if self.has_content(words):
                yield kind, words
        if before:
            yield "add", before

    def _is_mark(self, mark: re.Match[str], clause: str) -> bool:
        """Tell whether words want something less or more: “more snow”, “snow, more”, not “two more dogs”."""
        if self._kind_said(mark) == "take":
            return True
        before, after = clause[: mark.start()], clause[mark.end() :]
        return not self.has_content(self._trimmed(before)) or not self.has_content(after)

    def _kind_said(self, mark: re.Match[str]) -> Kind:
        """Give the kind of a word as it was found: to patterns an i without its dot is one, too."""
        return next(kind for form, kind in self._kind_of.items() if _is_same(form, mark.group()))

    def has_content(self, words: str) -> bool:
        """Tell whether anything is left beside articles."""
        return not self._articles.issuperset(_words_in(words))

    def _number_in(self, bare: str) -> tuple[int, str]:
        """Give the number of a photo that begins a text, articles aside, and what follows; 0: none."""
        words = self._words
        found = [
            (match, number)
            for number, forms in enumerate(words.first, 1)
            if (match := self._any(forms).search(bare)) is not None
        ]
        found += [
            (match, number)
            for number, word in enumerate(words.cardinals, 1)
            for match in self._any([word]).finditer(bare)
            if self._is_of_photo(match) and not self._says_more(bare[: match.start()])
        ]
        found += [
            (match, int(match[2]))
            for match in self._digits.finditer(bare)
            if match[1] or self._is_of_photo(match)
        ]
        if not found:
            return 0, ""
        match, number = min(found, key=lambda each: each[0].start())  # “the second one”
        before = bare[: match.start()]
        is_begun = not self._says_more(before) or (len(before.split()) <= 2 and len(before) <= 16)
        return (number, self._after_number(bare[match.end() :])) if is_begun else (0, "")

    def _is_of_photo(self, number: re.Match[str]) -> bool:
        """Tell the number of a photo, “photo 2 with a dog”, “two but red”, from one that counts, “2 dogs”."""
        before, after = number.string[: number.start()], number.string[number.end() :]
        if not self._photo.isdisjoint(_words_in(before)[-1:]):
            return True
        marks = (mark for mark in self._marks.finditer(after) if self._kind_said(mark) != "more")
        ends = [each.start() for each in (*self._but_within.finditer(after), *marks)]
        return not self._says_more(after[: min(ends, default=len(after))])

    def _says_more(self, words: str) -> bool:
        """Tell whether anything is left beside articles and what calls a photo."""
        return not (self._articles | self._photo).issuperset(_words_in(words))

    def _after_number(self, after: str) -> str:
        """Leave out “one”, “photo” behind the number; what follows a “but” is more."""
        found = self._but_within.search(after)
        if found is not None:
            return after[found.end() :].strip()
        marks = self._marks.search(after)
        return after[marks.start() :].strip() if marks is not None else ""

    def _trimmed(self, words: str) -> str:
        return self._but_last.sub("", self._but.sub("", words.strip())).strip()

    def _any(self, words: Sequence[str] | dict[str, Kind], *, at_start: bool = False) -> re.Pattern[str]:
        longest = sorted(words, key=len, reverse=True)
        if not longest:
            return _NEVER
        either = "|".join(re.escape(each) for each in longest)
        if self._spaced:
            either = rf"(?<![\w'])(?:{either})(?:(?<=')|(?![\w]))"
        return re.compile(rf"\A\s*(?:{either})\s*" if at_start else rf"(?:{either})", re.I)


def _is_same(form: str, said: str) -> bool:
    """Tell whether a form was said, small and capital letters alike as they are to the patterns."""
    return re.fullmatch(re.escape(form), said.strip(), re.I) is not None


def _words_in(text: str) -> list[str]:
    return [word.casefold() for word in re.findall(r"[^\W_]+", text)]


_NEVER = re.compile(r"(?!)")


@cache
def _forms(language: str) -> _Forms:
    return _Forms(TURN_WORDS[language], spaced=language != "zh")
