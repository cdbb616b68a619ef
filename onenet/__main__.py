"""The command line: one sub-command a verb.

Exit code 0; 2 with one sentence on stderr if nothing could be done; 130 if stopped by Ctrl-C.
"""

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from onenet.cli import commands
from onenet.cli.bench import bench
from onenet.cli.dreams import draw_dream, measure_layers
from onenet.cli.maps import draw_map
from onenet.errors import OneNetError
from onenet.paths import DATA, DEFAULT_INDEX

MAX_THREADS = 1024


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one sub-command and return the exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    args = build_parser().parse_args(arguments)
    args.arguments = arguments
    try:
        args.run(args)
    except OneNetError as error:
        commands.notice(str(error))
        return 2
    except BrokenPipeError:
        raise  # the reader has left: no error, see run()
    except OSError as error:  # a disk that is full, a name that is too long, a folder that is closed
        where = f"{error.filename}: " if error.filename else ""
        commands.notice(f"{where}{error.strerror or error}. Choose another file or folder, or make room.")
        return 2
    except KeyboardInterrupt:
        commands.notice(args.stopped)
        return 130
    return 0


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        """End the program."""
        self.exit(2, f"{message[:1].upper()}{message[1:]}; see {self.prog} --help\n")


def build_parser() -> Parser:
    """Describe all sub-commands."""
    parser = Parser(
        prog="python -m onenet", description="One small network: captions, likeness, search, words."
    )
    verbs = parser.add_subparsers(title="what to do", metavar="VERB", required=True, parser_class=Parser)

    def add(verb: str, run: Callable[[argparse.Namespace], None], stopped: str = "Stopped.") -> Parser:
        summary = (run.__doc__ or "").partition("\n")[0]
        sub = verbs.add_parser(verb, help=summary, description=summary)
        sub.set_defaults(run=run, stopped=stopped)
        sub.add_argument("--json", action="store_true", help="print one JSON object a line")
        return sub

    def add_with_network(
        verb: str, run: Callable[[argparse.Namespace], None], stopped: str = "Stopped."
    ) -> Parser:
        sub = add(verb, run, stopped)
        sub.add_argument("--checkpoint", type=Path, metavar="FILE", help="network (data/onenet.safetensors)")
        sub.add_argument("--threads", type=thread_count, metavar="N", help="processor threads")
        return sub

    goes_on = "Stopped; what is done is saved, and the same command goes on from there."
    sub = add_with_network("caption", commands.caption_photos)
    sub.add_argument("photos", nargs="+", type=Path, metavar="PHOTO|FOLDER")
    sub.add_argument("--beam", type=at_least_one, default=5, metavar="B", help="beam size (5)")
    sub.add_argument("--n", type=at_least_one, default=1, metavar="N", help="captions a photo (1)")

    sub = add_with_network("index", commands.index_folder, goes_on)
    sub.add_argument("folder", type=Path, metavar="FOLDER")
    add_index(sub)

    sub = add_with_network("like", commands.find_like)
    sub.add_argument("photo", type=Path, metavar="PHOTO")
    add_k(sub, 5)
    add_index(sub)

    sub = add_with_network("find", commands.find_described)
    sub.add_argument("description", nargs="*", metavar="DESCRIPTION")
    sub.add_argument("--queries", type=Path, metavar="FILE", help="one description a line")
    sub.add_argument(
        "--photo", type=Path, metavar="PHOTO", help="change this photo: in snow, or: photo - dog + child"
    )
    add_k(sub, 5)
    add_index(sub)

    sub = add_with_network("why", commands.explain_caption)
    sub.add_argument("photo", type=Path, metavar="PHOTO")
    sub.add_argument("caption", nargs="*", metavar="WORD", help="a caption of yours (the network's own)")
    add_output(sub, "why.png")

    sub = add_with_network("mix", commands.mix_photos)
    sub.add_argument("first", type=Path, metavar="PHOTO")
    sub.add_argument("second", type=Path, metavar="PHOTO")
    add_output(sub, "mix.png")
    add_index(sub)

    sub = add_with_network("similar", commands.list_similar_words)
    sub.add_argument("word", metavar="WORD")
    add_k(sub, 10)

    sub = add_with_network("analogy", commands.solve_analogy)
    for place in "abc":
        sub.add_argument(place, metavar=place.upper())
    add_k(sub, 5)

    sub = add_with_network("odd", commands.find_odd_word)
    sub.add_argument("words", nargs="+", metavar="WORD")

    sub = add_with_network("game", commands.play_riddle)
    sub.add_argument("--seed", type=seed_number, metavar="S", help="the same photo again")
    add_index(sub)

    sub = add_with_network("walk", commands.walk_between_words)
    sub.add_argument("start", metavar="FROM")
    sub.add_argument("end", metavar="TO")
    add_picture(sub)

    sub = add_with_network("inside", commands.look_inside)
    sub.add_argument("photo", type=Path, metavar="PHOTO")
    add_picture(sub)
    sub.add_argument("-k", type=up_to_ten, default=6, metavar="K", help="numbers to show (6)")
    sub.add_argument(
        "--index",
        type=Path,
        default=DEFAULT_INDEX if DEFAULT_INDEX.is_file() else None,
        metavar="FILE",
        help="index (data/index.safetensors, if it is there)",
    )

    sub = add_with_network("map", draw_map)
    sub.add_argument("what", choices=["words", "photos"])
    sub.add_argument("photos", nargs="?", type=Path, metavar="FOLDER|INDEX", help="(data/index.safetensors)")
    sub.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="picture, PNG or JPEG (map.png, map.jpg)"
    )
    sub.add_argument("--html", type=Path, metavar="FILE", help="page that pans, zooms and searches")
    sub.add_argument("--around", metavar="WORD", help="a word and its neighbours")
    sub.add_argument("--most", type=at_least_one, default=396, metavar="N", help="photos on the map (396)")
    sub.set_defaults(index=DEFAULT_INDEX)

    sub = add_with_network("dream", draw_dream)
    sub.add_argument("description", nargs="+", metavar="DESCRIPTION")
    add_output(sub, "dream.png")
    sub.add_argument(
        "--seed", type=seed_number, default=0, metavar="S", help="another number, another dream (0)"
    )

    sub = add_with_network("layers", measure_layers, goes_on)
    sub.add_argument("data", type=Path, metavar="DATA")
    add_work(sub)

    sub = add_with_network("train", commands.train_network, goes_on)
    sub.add_argument("data", type=Path, metavar="DATA")
    sub.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    add_work(sub)
    for name, kind in commands.TRAIN_OPTIONS.items():
        sub.add_argument(f"--{name.replace('_', '-')}", type=kind, metavar="X")

    sub = add_with_network("evaluate", commands.evaluate_network)
    sub.add_argument("data", type=Path, metavar="DATA")
    sub.add_argument("--split", default="dev", choices=["train", "dev", "test"])
    sub.add_argument("--no-find", action="store_true", help="leave out the slow search by description")
    sub.add_argument("--figures", type=Path, metavar="FILE", help="where to write (data/figures-SPLIT.json)")
    sub.add_argument("--record", action="store_true", help="write the figures into the network's file too")
    add_work(sub)

    sub = add_with_network("bench", bench, goes_on)
    sub.add_argument("--data", type=Path, default=DATA / "flickr8k", metavar="FOLDER", help="(data/flickr8k)")
    sub.add_argument("--variant", action="append", metavar="NAME", help="only this one; may be repeated")
    sub.add_argument("--seeds", nargs="+", type=seed_number, metavar="S", help="(each variant's own: 1)")
    sub.add_argument("--speed", action="store_true", help="measure speed alone")
    sub.add_argument("--find", action="store_true", help="measure ways to search by description alone")
    sub.add_argument("--dream", action="store_true", help="measure dreams alone (an hour)")
    sub.add_argument("--list", action="store_true", help="name the variants and what is measured of each")
    sub.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    sub.add_argument(
        "--results", type=Path, default=DATA / "bench.json", metavar="FILE", help="(data/bench.json)"
    )
    add_work(sub)

    sub = add("download", commands.download_data, goes_on)
    sub.add_argument("name", choices=["flickr8k"])
    sub.add_argument("--to", type=Path, default=DATA / "flickr8k", metavar="FOLDER")
    return parser


def add_k(parser: Parser, default: int) -> None:
    """Add -k, how many answers to give."""
    parser.add_argument("-k", type=at_least_one, default=default, metavar="K", help=f"answers ({default})")


def add_index(parser: Parser) -> None:
    """Add --index, the index file."""
    parser.add_argument(
        "--index", type=Path, default=DEFAULT_INDEX, metavar="FILE", help="index (data/index.safetensors)"
    )


def add_picture(parser: Parser) -> None:
    """Add -o, where the answer is drawn."""
    parser.add_argument("-o", dest="picture", type=Path, metavar="FILE", help="draw it too, as a PNG")


def add_output(parser: Parser, default: str) -> None:
    """Add -o, the picture to write."""
    parser.add_argument(
        "-o", "--output", type=Path, default=Path(default), metavar="FILE", help=f"picture ({default})"
    )


def add_work(parser: Parser) -> None:
    """Add --work, the folder for what can be computed again."""
    parser.add_argument(
        "--work", type=Path, default=DATA, metavar="FOLDER", help="feature cache and runs (data)"
    )


def at_least_one(text: str) -> int:
    """Read a whole number from 1 up."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"“{text}” is not a whole number from 1 up")
    return int(text)


def up_to_ten(text: str) -> int:
    """Read a whole number from 1 to 10."""
    if not text.isdecimal() or not 1 <= int(text) <= 10:
        raise argparse.ArgumentTypeError(f"“{text}” is not a whole number from 1 to 10")
    return int(text)


def seed_number(text: str) -> int:
    """Read a whole number from 0 up."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"“{text}” is not a whole number from 0 up")
    return int(text)


def thread_count(text: str) -> int:
    """Read a number of threads that a processor may have; far more of them crash OpenMP."""
    if not text.isdecimal() or not 1 <= int(text) <= MAX_THREADS:
        raise argparse.ArgumentTypeError(f"“{text}” is not a whole number from 1 to {MAX_THREADS}")
    return int(text)


def run() -> int:
    """Run as a program: any file name can be printed, and a reader such as `head` may leave early."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        return main()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    sys.exit(run())
