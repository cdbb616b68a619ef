"""The verbs `why`, `mix` and `inside`, which draw their answers."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from onenet.cli.inputs import has_index, load_engine, read_photos, usual_index
from onenet.cli.output import as_json, notice, rounded, save_picture, say, say_unknown
from onenet.cli.parser import (
    Verbs,
    add_index,
    add_language,
    add_output,
    add_picture,
    add_precision,
    up_to_ten,
)
from onenet.network.special_words import ENGLISH

if TYPE_CHECKING:
    from PIL.Image import Image

    from onenet.search.index import ImageIndex, Match
    from onenet.search.inside import Inside
    from onenet.search.milvus import MilvusIndex
    from onenet.search.mix import MixStep

# Everything that needs torch is imported where it is used, so that --help answers at once.

INSIDE_PHOTOS = 3
NEAREST_TRIED = 4  # photos that are tried for a step of a mix, where some cannot be opened


def add_verbs(verbs: Verbs) -> None:
    """Add the verbs of this file."""
    verb = verbs.add_with_network("why", explain_caption)
    add_precision(verb)
    verb.add_argument("photo", type=Path, metavar="PHOTO")
    verb.add_argument("caption", nargs="*", metavar="WORD", help="a caption of yours (the network's own)")
    add_language(verb, "--language", what="language of the network's own caption (en)")
    add_output(verb, "why.png")

    verb = verbs.add_with_network("mix", mix_photos)
    add_precision(verb)
    verb.add_argument("first", type=Path, metavar="PHOTO")
    verb.add_argument("second", type=Path, metavar="PHOTO")
    add_language(verb, "--language", what="language of the captions (en)")
    add_output(verb, "mix.png")
    add_index(verb)

    verb = verbs.add_with_network("inside", show_inside)
    add_precision(verb)
    verb.add_argument("photo", type=Path, metavar="PHOTO")
    add_picture(verb)
    add_language(verb, "--language", what="language of the words (en)")
    verb.add_argument("-k", type=up_to_ten, default=6, metavar="K", help="numbers to show (6)")
    add_index(verb)


def explain_caption(args: argparse.Namespace) -> None:
    """Draw where in a photo each word of its caption comes from."""
    from onenet.pictures import draw_reasons
    from onenet.search.photos import read_photo

    photo = read_photo(args.photo)
    reasons = load_engine(args).explain(photo, " ".join(args.caption), language=args.language or ENGLISH)
    say_unknown(reasons.unknown_words)
    save_picture(draw_reasons(photo, reasons), args.output)
    words = [
        {"word": word, "gain": rounded(float(gain)), "seen": is_seen}
        for word, gain, is_seen in zip(reasons.words, reasons.gains, reasons.is_seen, strict=True)
    ]
    lines = [
        f"{each['gain']:6.2f}  {each['word']}{'' if each['seen'] else '  (by grammar)'}" for each in words
    ]
    answer = {"photo": str(args.photo), "picture": str(args.output), "words": words}
    say(args, answer, "\n".join([*lines, f"The picture is in {args.output}."]))


def mix_photos(args: argparse.Namespace) -> None:
    """Draw the way from one photo to another: captions along it, and the nearest photos of the index."""
    from onenet.pictures import StripStep, draw_mix
    from onenet.search.photos import read_photo

    first, second = read_photo(args.first), read_photo(args.second)
    engine = load_engine(args)
    index = usual_index(args, engine) if has_index(args.index) else None
    steps = engine.mix(*engine.represent([first, second]), language=args.language or ENGLISH)
    problems: list[str] = []
    besides = [str(args.first.resolve()), str(args.second.resolve())]
    nearest = nearest_photos(index, steps, besides, problems)
    for problem in problems:
        notice(problem)
    drawn = [StripStep(step.caption, photo) for step, (_, photo) in zip(steps, nearest, strict=True)]
    told = [
        {"share": step.share, "caption": step.caption, "nearest": name or None}
        for step, (name, _) in zip(steps, nearest, strict=True)
    ]
    save_picture(draw_mix(first, second, drawn), args.output)
    lines = [f"{100 * step.share:4.0f} %  {step.caption}" for step in steps]
    answer = {"photos": [str(args.first), str(args.second)], "picture": str(args.output), "steps": told}
    say(args, answer, "\n".join([*lines, f"The picture is in {args.output}."]))


def show_inside(args: argparse.Namespace) -> None:
    """Print the numbers of a photo that stand out, and the words and photos that turn them on."""
    from onenet.search import SAME_PHOTO, read_photo

    photo = read_photo(args.photo)
    engine = load_engine(args)
    index = usual_index(args, engine)
    representation = engine.represent([photo])[0]
    inside = engine.inside(representation, k=args.k, language=args.language or ENGLISH)
    found: list[list[Match]] = [[] for _ in inside.strongest]
    if index is not None:
        alike = index.search(representation, INSIDE_PHOTOS)
        own = [match.photo for match in alike if match.score >= SAME_PHOTO]
        nearest = (index.search(each.direction, INSIDE_PHOTOS, exclude=own) for each in inside.strongest)
        found = [[match for match in matches if match.score > 0] for matches in nearest]
    answer = {
        "photo": str(args.photo),
        "numbers": [rounded(float(value)) for value in inside.values],
        "strongest": [
            {
                "number": each.number,
                "value": rounded(each.value),
                "words": list(each.words),
                "photos": as_json(matches),
            }
            for each, matches in zip(inside.strongest, found, strict=True)
        ],
    }
    lines = [f"{each.number:5} {each.signed_value:>6}  {', '.join(each.words)}" for each in inside.strongest]
    if args.picture is not None:
        save_inside(args.picture, inside, photo, found)
    say(args, answer, "\n".join(lines))


def save_inside(path: Path, inside: "Inside", photo: "Image", found: "Sequence[Sequence[Match]]") -> None:
    """Draw what is inside a photo, with the photos that were found for its strongest numbers."""
    from onenet.pictures import draw_inside

    problems: list[str] = []
    photos = [
        [each for _, each in read_photos([match.photo for match in matches], problems)] for matches in found
    ]
    save_picture(draw_inside(inside, photo, photos), path)
    notice(f"The picture is in {path}.")
    for problem in problems:
        notice(problem)


def nearest_photos(
    index: "ImageIndex | MilvusIndex | None",
    steps: "Sequence[MixStep]",
    besides: Sequence[str],
    problems: list[str],
) -> "list[tuple[str, Image | None]]":
    """Give for each step the nearest photo that no other step has, "" and None if none is like it.

    Args:
        besides: Photos that are not meant.
        problems: Why photos could not be opened is added; others take their places.
    """
    from onenet.search import picking_order

    found: list[tuple[str, Image | None]] = [("", None)] * len(steps)
    exclude = [*besides]
    for number in picking_order(len(steps)):
        direction = steps[number].representation
        for match in index.search(direction, NEAREST_TRIED, exclude=exclude) if index is not None else []:
            if match.score <= 0:
                break
            exclude.append(match.photo)
            opened = [photo for _, photo in read_photos([match.photo], problems)]
            if opened:
                found[number] = (match.photo, opened[0])
                break
    return found
