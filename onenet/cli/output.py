"""How verbs answer: on stdout as text or as JSON, on stderr in sentences, and in picture files."""

import argparse
import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onenet.cli.parser import PICTURE_FORMATS
from onenet.files import replace_file
from onenet.process import printable

if TYPE_CHECKING:
    from PIL.Image import Image

    from onenet.search.searchable import Match
    from onenet.words.space import Neighbour


def say(args: argparse.Namespace, answer: dict[str, Any], text: str) -> None:
    """Print an answer on stdout, as JSON on one line or as text."""
    write(json.dumps(answer) if args.json else text)


def write(text: str) -> None:
    """Print lines on stdout; nothing in them acts upon a terminal."""
    print(printable(text), flush=True)


def notice(sentence: str) -> None:
    """Tell the user something on stderr, on one line."""
    print(printable(sentence, keep=""), file=sys.stderr, flush=True)


def shown(path: str | Path) -> str:
    """Give a file's name as it stands on one line of an answer, whatever is in it."""
    return printable(str(path), keep="")


def say_unknown(words: Sequence[str]) -> None:
    """Name the words that the network never read, if there are any."""
    if words:
        named = ", ".join(f"“{word}”" for word in words)
        notice(f"I never read {named}; I left that out.")


def as_json(matches: "Sequence[Match]") -> list[dict[str, Any]]:
    """Give matches as the JSON answers have them."""
    return [
        {"photo": match.photo, "score": rounded(match.score)}
        | ({"copies": list(match.copies)} if match.copies else {})
        for match in matches
    ]


def as_text(matches: "Sequence[Match]") -> str:
    """Give matches one a line."""
    return "\n".join(f"{match.score:6.3f}  {shown(match.photo)}{_copies(match)}" for match in matches)


def _copies(match: "Match") -> str:
    count = len(match.copies)
    return f"  and {count} {'copy' if count == 1 else 'copies'}" if count else ""


def words_as_json(neighbours: "Sequence[Neighbour]") -> list[dict[str, Any]]:
    """Give words as the JSON answers have them."""
    return [{"word": neighbour.word, "score": rounded(neighbour.score)} for neighbour in neighbours]


def words_as_text(neighbours: "Sequence[Neighbour]") -> str:
    """Give words one a line."""
    return "\n".join(f"{neighbour.score:6.3f}  {neighbour.word}" for neighbour in neighbours)


def rounded(score: float) -> float:
    """Leave out digits that mean nothing."""
    return round(score, 6)


def save_picture(picture: "Image", path: Path) -> None:
    """Write a picture, in the format that its name says, see `onenet.cli.parser.picture_file`."""
    content = io.BytesIO()
    picture.save(content, PICTURE_FORMATS[path.suffix.lower()])
    replace_file(path, content.getvalue())
