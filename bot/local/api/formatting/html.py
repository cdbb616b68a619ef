"""Telegram's small HTML, with its errors."""

import re
from dataclasses import dataclass

from bot.local.api.formatting.entities import link, utf16_length, wrong
from bot.local.store.records import Json

_TAG_TYPES = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "code": "code",
    "pre": "pre",
    "a": "text_link",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}
_CHARACTER = re.compile(r"&(?:(lt|gt|amp|quot)|#(\d{1,8})|#[xX]([0-9a-fA-F]{1,6}));?")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_ATTRIBUTE = re.compile(r"""\s*([^\s=>/"']+)\s*(?:=\s*("[^"]*"?|'[^']*'?|[A-Za-z0-9.\-]+))?""")
_SPACE = re.compile(r"[\s>]")


@dataclass
class _Open:
    tag: str
    argument: str
    offset: int


def parse_html(text: str) -> tuple[str, list[Json]]:
    """Telegram's small HTML -> plain text and entities; offsets count UTF-16 units.

    Raises:
        ApiError: "Bad Request: can't parse entities: ..." with the byte offset of the tag at fault.
    """
    return _HtmlReader(text).read()


class _HtmlReader:
    def __init__(self, text: str) -> None:
        self._source = text
        self._plain: list[str] = []
        self._offset = 0
        self._open: list[_Open] = []
        self._entities: list[Json] = []

    def read(self) -> tuple[str, list[Json]]:
        position = 0
        while position < len(self._source):
            read = self._tag if self._source[position] == "<" else self._character
            position = read(position)
        if self._open:
            raise wrong(f'Can\'t find end tag corresponding to start tag "{self._open[-1].tag}"')
        return "".join(self._plain), self._entities

    def _character(self, position: int) -> int:
        character, after = _decode(self._source, position)
        self._plain.append(character)
        self._offset += utf16_length(character)
        return after

    def _tag(self, begin: int) -> int:
        if self._source.startswith("</", begin):
            return self._end_tag(begin)
        stop = _SPACE.search(self._source, begin + 1)
        if stop is None:
            raise wrong(f"Unclosed start tag{self._at(begin)}")
        tag = self._source[begin + 1 : stop.start()].lower()
        if tag not in _TAG_TYPES:
            raise wrong(f'Unsupported start tag "{tag}"{self._at(begin)}')
        argument, after = self._attributes(tag, begin, stop.start())
        if tag == "span" and argument != "spoiler":
            raise wrong(f'Tag "span" must have class "tg-spoiler"{self._at(begin)}')
        self._open.append(_Open(tag, argument, self._offset))
        return after

    def _attributes(self, tag: str, begin: int, position: int) -> tuple[str, int]:
        argument = ""
        while True:
            while self._source[position : position + 1].isspace():
                position += 1
            if self._source.startswith(">", position):
                return argument, position + 1
            match = _ATTRIBUTE.match(self._source, position)
            if position >= len(self._source):
                raise wrong(f'Unclosed start tag "{tag}"{self._at(begin)}')
            if match is None:
                raise wrong(f'Empty attribute name in the tag "{tag}"{self._at(begin)}')
            argument = _argument(tag, match.group(1).lower(), _unquote(match.group(2))) or argument
            position = match.end()

    def _end_tag(self, begin: int) -> int:
        if not self._open:
            raise wrong(f"Unexpected end tag{self._at(begin)}")
        end = self._source.find(">", begin)
        if end < 0:
            raise wrong(f"Unclosed end tag{self._at(begin)}")
        found = self._source[begin + 2 : end].strip().lower()
        opened = self._open.pop()
        if found and found != opened.tag:
            expected = f'expected "</{opened.tag}>", found "</{found}>"'
            raise wrong(f"Unmatched end tag{self._at(begin)}, {expected}")
        if self._offset > opened.offset:
            self._close(opened)
        return end + 1

    def _close(self, opened: _Open) -> None:
        entity: Json = {
            "type": _TAG_TYPES[opened.tag],
            "offset": opened.offset,
            "length": self._offset - opened.offset,
        }
        if opened.tag == "pre" and self._is_code_of(entity):
            self._entities[-1]["type"] = "pre"
            return
        if opened.tag == "a":
            linked = link(opened.argument)
            if linked is None:
                return
            entity |= linked
        elif opened.tag == "code" and opened.argument:
            entity["language"] = opened.argument
        elif opened.tag == "blockquote" and opened.argument:
            entity["type"] = "expandable_blockquote"
        elif opened.tag == "tg-emoji":
            entity["custom_emoji_id"] = opened.argument
        self._entities.append(entity)

    def _is_code_of(self, pre: Json) -> bool:
        last = self._entities[-1] if self._entities else {}
        return "language" in last and all(last[key] == pre[key] for key in ("offset", "length"))

    def _at(self, position: int) -> str:
        return f" at byte offset {len(self._source[:position].encode(errors='replace'))}"


def _decode(text: str, position: int) -> tuple[str, int]:
    """The character at a position, read from its &name; or &#number; and the position after it."""
    match = _CHARACTER.match(text, position)
    if match is None:
        return text[position], position + 1
    name, decimal, hexadecimal = match.groups()
    if name:
        return _NAMED[name], match.end()
    code = int(decimal) if decimal else int(hexadecimal, 16)
    if code == 0 or code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        return text[position], position + 1
    return chr(code), match.end()


def _unquote(value: str | None) -> str:
    if value is None:
        return ""
    if value[0] not in "\"'":
        return value.lower()
    inner, decoded, position = value[1:-1], [], 0
    while position < len(inner):
        character, position = _decode(inner, position)
        decoded.append(character)
    return "".join(decoded)


def _argument(tag: str, name: str, value: str) -> str:
    match tag, name:
        case ("a", "href") | ("tg-emoji", "emoji-id"):
            return value
        case ("code", "class") if value.startswith("language-"):
            return value.removeprefix("language-")
        case ("span", "class") if value.startswith("tg-"):
            return value.removeprefix("tg-")
        case ("blockquote", "expandable"):
            return "1"
    return ""
