"""Entities of a text, in UTF-16 units; links, mentions and commands are found by themselves."""

import re
from typing import Any, NamedTuple

from bot.local.errors import ApiError, bad_request
from bot.local.store.records import Json

_CONTROLS = dict.fromkeys(set(range(32)) - {ord("\n")}, " ")
_AUTOMATIC = re.compile(
    r"(?P<url>(?:https?://|www\.)[^\s<>\"]*[^\s<>\".,:;!?()'\]])"
    r"|(?P<email>\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?<![\w/@])(?P<mention>@[A-Za-z0-9_]{3,32})\b"
    r"|(?<![\w/<>])(?P<bot_command>/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?)(?![\w/])"
    r"|(?<!\w)(?P<hashtag>\#\w*[^\W\d]\w*)"
    r"|(?P<domain>\b(?:[A-Za-z0-9-]+\.)+(?:com|org|net|io|edu|gov|dev|app|me|info)\b(?:/[^\s<>\"]*[^\s<>\".,:;!?()'\]])?)"
)
_NOT_INSIDE = frozenset({"code", "pre", "text_link"})


class Formatted(NamedTuple):
    """Plain text and its entities."""

    text: str
    entities: list[Json]


def utf16_length(text: str) -> int:
    """The length in UTF-16 units, by which Telegram counts."""
    return len(text) + sum(character > "\uffff" for character in text)


def finish(text: str, entities: list[Json]) -> Formatted:
    """The text without spaces at its ends, with the entities that Telegram finds by itself."""
    text = text.replace("\r", " " if entities else "").translate(_CONTROLS)
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # no halves of characters
    stripped = text.strip()
    cut = utf16_length(text[: len(text) - len(text.lstrip())])
    end = utf16_length(stripped)
    kept = []
    for entity in entities:
        start = max(entity["offset"] - cut, 0)
        stop = min(entity["offset"] + entity["length"] - cut, end)
        if stop > start:
            kept.append({**entity, "offset": start, "length": stop - start})
    kept += _automatic(stripped, kept)
    return Formatted(stripped, sorted(kept, key=lambda entity: (entity["offset"], -entity["length"])))


def checked_entities(text: str, entities: Any) -> list[Json]:
    """Entities as the bot gave them.

    Raises:
        ApiError: If one is malformed or lies outside the text.
    """
    if not isinstance(entities, list) or not all(_is_entity(entity) for entity in entities):
        raise bad_request("can't parse MessageEntity: expected type, offset and length")
    end = utf16_length(text)
    for entity in entities:
        if entity["offset"] + entity["length"] > end:
            place = f"of length {entity['length']} at UTF-16 offset {entity['offset']}"
            raise bad_request(f"entity {place} ends after the end of the text at UTF-16 offset {end}")
    return entities


def _is_entity(entity: Any) -> bool:
    if not isinstance(entity, dict) or not isinstance(entity.get("type"), str):
        return False
    places = (entity.get("offset"), entity.get("length"))
    return all(isinstance(place, int) and place >= 0 for place in places)


def _automatic(text: str, entities: list[Json]) -> list[Json]:
    closed = [(e["offset"], e["offset"] + e["length"]) for e in entities if e["type"] in _NOT_INSIDE]
    found = []
    for match in _AUTOMATIC.finditer(text):
        kind = "url" if match.lastgroup == "domain" else str(match.lastgroup)
        start = utf16_length(text[: match.start()])
        stop = start + utf16_length(match.group())
        if not any(start < last and first < stop for first, last in closed):
            found.append({"type": kind, "offset": start, "length": stop - start})
    return found


class Plain:
    """Plain text that grows while markup is read, with the entities found so far."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.offset = 0
        self.entities: list[Json] = []
        self._pieces: list[str] = []

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self._pieces)

    @property
    def last(self) -> str:
        """What was added last."""
        return self._pieces[-1] if self._pieces else ""

    def add(self, piece: str) -> None:
        """Append to the text."""
        self._pieces.append(piece)
        self.offset += utf16_length(piece)

    def close(self, kind: str, offset: int, details: Json) -> None:
        """Note an entity from an offset to here, unless it is empty."""
        if self.offset > offset:
            self.entities.append({"type": kind, "offset": offset, "length": self.offset - offset, **details})

    def since(self, offset: int) -> str:
        """The text from an offset in UTF-16 units."""
        units = self.text.encode("utf-16-le", "surrogatepass")[2 * offset :]
        return units.decode("utf-16-le", "surrogatepass")

    def at(self, position: int) -> str:
        """Where a position of the source is, as Telegram says it."""
        return f" byte offset {len(self.source[:position].encode(errors='replace'))}"


def wrong(what: str) -> ApiError:
    """The refusal of markup."""
    return bad_request(f"can't parse entities: {what}")


def link(url: str) -> Json | None:
    """The fields of a link; None if Telegram would leave plain text in its place."""
    if re.match(r"(?i)(https?|ftp|tg|ton|mailto|tel):", url):
        return {"url": url}
    if re.match(r"[\w-]+(\.[\w-]+)+(/|$)", url):
        return {"url": f"http://{url}/" if "/" not in url else f"http://{url}"}
    return None
