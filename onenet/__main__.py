"""The command line: one sub-command a verb.

Exit code 0; 2 with one sentence on stderr if nothing could be done; 130 if stopped by Ctrl-C. Packages that
may not be installed are imported within functions, where somebody can say so.
"""

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from onenet.errors import OneNetError
from onenet.process import is_missing_package, missing_package, prepare_streams

if TYPE_CHECKING:
    from onenet.cli.parser import Parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one sub-command and return the exit code."""
    try:
        return _run_verb(sys.argv[1:] if arguments is None else arguments)
    except ModuleNotFoundError as error:
        if not is_missing_package(error):
            raise
        print(missing_package(error), file=sys.stderr)
        return 2


def build_parser() -> "Parser":
    """Describe all sub-commands."""
    from onenet.cli import (
        asking,
        bench,
        captions,
        dreams,
        indexing,
        maps,
        pictures,
        search,
        teaching,
        training,
        words,
    )
    from onenet.cli.parser import Parser, Verbs

    parser = Parser(
        prog="python -m onenet", description="One small network: captions, likeness, search, words."
    )
    verbs = Verbs(parser)
    families = (
        *(captions, asking, indexing, search, teaching, words),
        *(pictures, maps, dreams, training, bench),
    )
    for family in families:
        family.add_verbs(verbs)
    return parser


def run() -> int:
    """Run as a program: any file name can be printed, and a reader such as `head` may leave early."""
    prepare_streams()
    try:
        return main()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run_verb(arguments: Sequence[str]) -> int:
    from onenet.cli.output import notice

    args = build_parser().parse_args(arguments)
    args.arguments = arguments
    try:
        args.run(args)
    except OneNetError as error:
        notice(str(error))
        return 2
    except BrokenPipeError:
        raise  # the reader has left: no error, see run()
    except OSError as error:  # a disk that is full, a name that is too long, a folder that is closed
        where = f"{error.filename}: " if error.filename else ""
        notice(f"{where}{error.strerror or error}. Choose another file or folder, or make room.")
        return 2
    except KeyboardInterrupt:
        notice(args.stopped)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(run())
