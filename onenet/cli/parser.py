"""What verbs have in common: how they are added, kinds of numbers, options that several have."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from onenet.paths import DATA, DEFAULT_INDEX, index_url_in_env, is_url
from onenet.precision import PRECISIONS
from onenet.process import printable

MAX_THREADS = 1024
PICTURE_FORMATS = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".webp": "WEBP",
    ".gif": "GIF",
    ".bmp": "BMP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".pdf": "PDF",
}  # that pictures are written in, by the ends of names; Pillow knows more, most of which it only reads
GOES_ON = "Stopped; what is done is saved, and the same command goes on from there."

RunVerb = Callable[[argparse.Namespace], None]


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        """End the program."""
        self.exit(2, printable(f"{message[:1].upper()}{message[1:]}; see {self.prog} --help\n"))


class Verbs:
    """The sub-commands of a parser.

    Args:
        parser: Gets them.
    """

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self._verbs = parser.add_subparsers(
            title="what to do", metavar="VERB", required=True, parser_class=Parser
        )

    def add(self, verb: str, run: RunVerb, *, stopped: str = "Stopped.") -> Parser:
        """Add a verb, described by the first line of what runs it.

        Args:
            stopped: What is said when Ctrl-C has stopped it.
        """
        summary = (run.__doc__ or "").partition("\n")[0]
        parser = self._verbs.add_parser(verb, help=summary, description=summary)
        parser.set_defaults(run=run, stopped=stopped)
        parser.add_argument("--json", action="store_true", help="print one JSON object a line")
        return parser

    def add_with_network(self, verb: str, run: RunVerb, *, stopped: str = "Stopped.") -> Parser:
        """Add a verb that asks a network, see `add`."""
        parser = self.add(verb, run, stopped=stopped)
        parser.add_argument(
            "--checkpoint", type=Path, metavar="FILE", help="network (data/onenet.safetensors)"
        )
        parser.add_argument("--threads", type=thread_count, metavar="N", help="processor threads")
        parser.set_defaults(precision=None)  # of those that look at no photo, see `add_precision`
        return parser


def add_k(parser: Parser, default: int) -> None:
    """Add -k, how many answers to give."""
    parser.add_argument("-k", type=at_least_one, default=default, metavar="K", help=f"answers ({default})")


def add_precision(parser: Parser) -> None:
    """Add --precision, of a verb that looks at photos with a network that is served."""
    parser.add_argument("--precision", choices=PRECISIONS, help="in which photos are looked at (float32)")


def add_language(parser: Parser, *flags: str, what: str) -> None:
    """Add the option of a language, by its code."""
    parser.add_argument(*flags, metavar="CODE", help=f"{what}, such as en, de or zh")


def add_index(parser: Parser) -> None:
    """Add --index, the index file, or where Milvus is."""
    parser.add_argument(
        "--index",
        type=index_place,
        default=default_index(),
        metavar="FILE|URL",
        help="index (data/index.safetensors), or a Milvus: http://host:19530, or file:PATH for Milvus Lite",
    )


def add_lexicon(parser: Parser, *, required: bool = False) -> None:
    """Add --lexicon, the file of taught words."""
    parser.add_argument(
        "--lexicon", type=Path, required=required, metavar="FILE", help="words taught with the verb teach"
    )


def add_picture(parser: Parser) -> None:
    """Add -o, where the answer is drawn."""
    parser.add_argument("-o", dest="picture", type=picture_file, metavar="FILE", help="draw it too")


def add_output(parser: Parser, default: str) -> None:
    """Add -o, the picture to write."""
    parser.add_argument(
        "-o", "--output", type=picture_file, default=default, metavar="FILE", help=f"picture ({default})"
    )


def add_work(parser: Parser) -> None:
    """Add --work, the folder for what can be computed again."""
    parser.add_argument(
        "--work", type=Path, default=DATA, metavar="FOLDER", help="feature cache and runs (data)"
    )


def default_index() -> Path | str:
    """Give the index where none is named: the Milvus of INDEX_URL, or the file."""
    return index_url_in_env(os.environ) or DEFAULT_INDEX


def index_place(text: str) -> Path | str:
    """Read a file's name, or the address of a Milvus as it is."""
    return text if is_url(text) else Path(text)


def picture_file(text: str) -> Path:
    """Read the name of a picture to write, which says its format."""
    if Path(text).suffix.lower() not in PICTURE_FORMATS:
        kinds = ", ".join(PICTURE_FORMATS)
        raise argparse.ArgumentTypeError(
            f"“{text}” does not say what kind of picture it is; give a name such as why.png ({kinds})"
        )
    return Path(text)


def at_least_one(text: str) -> int:
    """Read a whole number from 1 up."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"“{text}” is not a whole number from 1 up")
    return int(text)


def percentage(text: str) -> int:
    """Read a whole number from 1 to 100."""
    if not text.isdecimal() or not 1 <= int(text) <= 100:
        raise argparse.ArgumentTypeError(f"“{text}” is not a whole number from 1 to 100")
    return int(text)


def switch(text: str) -> bool:
    """Read yes or no."""
    if text not in ("yes", "no"):
        raise argparse.ArgumentTypeError(f"“{text}” is not yes or no")
    return text == "yes"


def up_to_ten(text: str) -> int:
    """Read a whole number from 1 to 10."""
    if not text.isdecimal() or not 1 <= int(text) <= 10:
        raise argparse.ArgumentTypeError(f"“{text}” is not a whole number from 1 to 10")
    return int(text)


def seed_number(text: str) -> int:
    """Read a whole number from 0 up that a random generator takes."""
    if not text.isdecimal() or int(text) >= 2**63:
        raise argparse.ArgumentTypeError(f"“{text}” is not a whole number from 0 up and below 2^63")
    return int(text)


def thread_count(text: str) -> int:
    """Read a number of threads that a processor may have; far more of them crash OpenMP."""
    if not text.isdecimal() or not 1 <= int(text) <= MAX_THREADS:
        raise argparse.ArgumentTypeError(f"“{text}” is not a whole number from 1 to {MAX_THREADS}")
    return int(text)
