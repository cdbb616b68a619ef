"""Telegram's two kinds of Markdown, with their errors; offsets count UTF-16 units."""

from typing import NamedTuple

from bot.local.api.formatting.entities import Plain, link, wrong
from bot.local.store.records import Json

_OLD_MARKS = {"_": "italic", "*": "bold", "`": "code", "[": "text_link"}
# in the order in which they are looked for: the longer ones first
_MARKS = {
    "__": "underline",
    "_": "italic",
    "*": "bold",
    "~": "strikethrough",
    "||": "spoiler",
    "```": "pre",
    "`": "code",
    "![": "custom_emoji",
    "[": "text_link",
}
_ENDS = {kind: mark for mark, kind in _MARKS.items()} | {"text_link": "]", "custom_emoji": "]"}
_NAMES = {
    "strikethrough": "Strikethrough",
    "text_link": "TextUrl",
    "custom_emoji": "CustomEmoji",
    "blockquote": "BlockQuote",
}
_RESERVED = frozenset("_*[]()~`>#+-=|{}.!")
_EMOJI = "tg://emoji?id="


def parse_markdown(text: str) -> tuple[str, list[Json]]:
    """Markdown as it was first -> plain text and entities; entities cannot be nested.

    Raises:
        ApiError: If an entity has no end.
    """
    plain = Plain(text)
    position = 0
    while position < len(text):
        following = text[position + 1 : position + 2]
        if text[position] == "\\" and following and following in _OLD_MARKS:
            plain.add(following)
            position += 2
        elif text[position] in _OLD_MARKS:
            position = _old_entity(plain, position)
        else:
            plain.add(text[position])
            position += 1
    return plain.text, plain.entities


def _old_entity(plain: Plain, begin: int) -> int:
    """The position after the entity that begins at a position."""
    source, kind = plain.source, _OLD_MARKS[plain.source[begin]]
    position, details = begin + 1, Json()
    if source.startswith("```", begin):
        kind = "pre"
        position, details = _code_head(source, begin + 3)
    end = source.find(_ENDS[kind], position)
    if end < 0:
        raise wrong(f"Can't find end of the entity starting at{plain.at(begin)}")
    offset, inner = plain.offset, source[position:end]
    plain.add(inner)
    after = end + len(_ENDS[kind])
    if kind != "text_link":
        plain.close(kind, offset, details)
        return after
    url = inner
    if source.startswith("(", after):
        stop = source.find(")", after)
        url, after = source[after + 1 : stop if stop >= 0 else None], stop + 1 if stop >= 0 else len(source)
    if (linked := link(url)) is not None:
        plain.close(kind, offset, linked)
    return after


class _Open(NamedTuple):
    kind: str
    begin: int
    offset: int
    details: Json


def parse_markdown_v2(text: str) -> tuple[str, list[Json]]:
    """MarkdownV2 -> plain text and entities.

    Raises:
        ApiError: If a reserved character is not escaped or an entity has no end.
    """
    return _Reader(text).read()


class _Reader:
    def __init__(self, text: str) -> None:
        self._source = text
        self._plain = Plain(text)
        self._open: list[_Open] = []

    def read(self) -> tuple[str, list[Json]]:
        position = 0
        while position < len(self._source):
            position = self._step(position)
        self._end_quote()
        if self._open:
            raise self._endless(self._open[-1])
        return self._plain.text, self._plain.entities

    def _step(self, position: int) -> int:
        """The position after what is at a position."""
        source, character = self._source, self._source[position]
        following = source[position + 1 : position + 2]
        if character == "\\" and following and 0 < ord(following) <= 126:
            self._plain.add(following)
            return position + 2
        inside = self._open[-1].kind if self._open else ""
        if inside and self._is_end(inside, position):
            return self._close(position)
        if inside in ("code", "pre") and character != "`":
            self._plain.add(character)
            return position + 1
        if character == "\n":
            return self._line_end(position)
        if character == ">" and self._plain.last in ("", "\n") and not self._in_quote():
            return self._begin("blockquote", position, position + 1)
        if character not in _RESERVED:
            self._plain.add(character)
            return position + 1
        mark = next((mark for mark in _MARKS if source.startswith(mark, position)), None)
        if mark is None:
            raise wrong(f"Character '{character}' is reserved and must be escaped with the preceding '\\'")
        return self._begin(_MARKS[mark], position, position + len(mark))

    def _is_end(self, kind: str, position: int) -> bool:
        if kind == "italic" and self._source.startswith("__", position):
            return False
        return kind != "blockquote" and self._source.startswith(_ENDS[kind], position)

    def _begin(self, kind: str, begin: int, after: int) -> int:
        after, details = _code_head(self._source, after) if kind == "pre" else (after, Json())
        self._open.append(_Open(kind, begin, self._plain.offset, details))
        return after

    def _close(self, position: int) -> int:
        kind, _, offset, details = self._open.pop()
        after = position + len(_ENDS[kind])
        if kind == "custom_emoji":
            url, after = self._address(after, "custom emoji ")
            if not url.startswith(_EMOJI):
                raise wrong("Custom emoji entity must contain a tg://emoji URL")
            details = {"custom_emoji_id": url.removeprefix(_EMOJI)}
        elif kind == "text_link":
            url, after = self._address(after, "")
            linked = link(url or self._plain.since(offset))
            if linked is None:
                return after
            details = linked
        self._plain.close(kind, offset, details)
        return after

    def _address(self, position: int, what: str) -> tuple[str, int]:
        """The address in round brackets at a position, if there is one, and the position after it."""
        if not self._source.startswith("(", position):
            return "", position
        begin = position = position + 1
        url = ""
        while position < len(self._source) and self._source[position] != ")":
            if self._source[position] == "\\" and position + 1 < len(self._source):
                position += 1
            url += self._source[position]
            position += 1
        if position >= len(self._source):
            raise wrong(f"Can't find end of a {what}URL at{self._plain.at(begin)}")
        return url, position + 1

    def _line_end(self, position: int) -> int:
        is_quote = self._source.startswith(">", position + 1)
        if self._in_quote() and not is_quote:
            self._end_quote()
            if self._in_quote():
                raise self._endless(self._open[-1])
        self._plain.add("\n")
        if is_quote and not self._in_quote():
            return self._begin("blockquote", position + 1, position + 2)
        return position + 1 + is_quote

    def _in_quote(self) -> bool:
        return any(opened.kind == "blockquote" for opened in self._open)

    def _end_quote(self) -> None:
        """End a quotation in which nothing else is open; "||" before its end lets it be unfolded."""
        kinds = [opened.kind for opened in self._open]
        kind = "blockquote"
        if kinds[-2:] == ["blockquote", "spoiler"] and self._open[-1].offset == self._plain.offset:
            self._open.pop()
            kind = "expandable_blockquote"
        elif kinds[-1:] != ["blockquote"]:
            return
        self._plain.close(kind, self._open.pop().offset, {})

    def _endless(self, opened: _Open) -> Exception:
        name = "PreCode" if opened.details else _NAMES.get(opened.kind, opened.kind.title())
        return wrong(f"Can't find end of {name} entity at{self._plain.at(opened.begin)}")


def _code_head(source: str, position: int) -> tuple[int, Json]:
    """Where a code block's text begins, and its language."""
    stop = position
    while stop < len(source) and not source[stop].isspace() and source[stop] != "`":
        stop += 1
    details: Json = {}
    if position < stop < len(source) and source[stop] != "`":
        details, position = {"language": source[position:stop]}, stop
    return position + len(_first_line_end(source[position : position + 2])), details


def _first_line_end(two: str) -> str:
    if two in ("\r\n", "\n\r"):
        return two
    return two[:1] if two[:1] in ("\n", "\r") else ""
