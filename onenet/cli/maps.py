"""The verb `map`."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from onenet.cli.inputs import load_engine, load_index, read_indexed
from onenet.cli.output import notice, save_picture, say
from onenet.cli.parser import (
    PICTURE_FORMATS,
    Verbs,
    add_language,
    add_precision,
    at_least_one,
    default_index,
    index_place,
    picture_file,
)
from onenet.errors import IndexFileError, OneNetError, PhotoError
from onenet.files import replace_file
from onenet.network.special_words import ENGLISH
from onenet.progress import ProgressDisplay

if TYPE_CHECKING:
    from PIL.Image import Image

    from onenet.engine import Engine
    from onenet.maps.layout import Floats, OnProgress
    from onenet.search.index import ImageIndex
    from onenet.search.milvus import MilvusIndex

# Everything that needs torch or scikit-learn is imported where it is used, so that --help answers at once.

CAPTION_BEAMS = 2
CAPTION_BATCH = 32


def add_verbs(verbs: Verbs) -> None:
    """Add the verbs of this file."""
    verb = verbs.add_with_network("map", draw_map)
    add_precision(verb)
    verb.add_argument("what", choices=["words", "photos"])
    verb.add_argument(
        "photos", nargs="?", type=index_place, metavar="FOLDER|INDEX|URL", help="(data/index.safetensors)"
    )
    verb.add_argument("-o", "--output", type=picture_file, metavar="FILE", help="picture (map.png, map.jpg)")
    verb.add_argument("--html", type=Path, metavar="FILE", help="page that pans, zooms and searches")
    verb.add_argument("--around", metavar="WORD", help="a word and its neighbours")
    add_language(verb, "--language", what="language of the words or captions (en, or that of WORD)")
    verb.add_argument("--most", type=at_least_one, default=396, metavar="N", help="photos on the map (396)")
    verb.set_defaults(index=default_index())


def draw_map(args: argparse.Namespace) -> None:
    """Draw a map of words or photos by likeness, as a picture or a page."""
    if args.around and args.what != "words":
        raise OneNetError("--around WORD goes with: map words")
    if args.photos and args.what != "photos":
        raise OneNetError("A folder or an index goes with: map photos")
    if not args.output and not args.html:
        args.output = Path("map.png" if args.what == "words" else "map.jpg")
    with ProgressDisplay("%") as display:
        count = (_draw_words if args.what == "words" else _draw_photos)(args, display)
    files = [str(path) for path in (args.output, args.html) if path]
    say(
        args, {"map": args.what, args.what: count, "files": files}, f"{count} {args.what}: {', '.join(files)}"
    )


def _draw_words(args: argparse.Namespace, display: ProgressDisplay) -> int:
    from onenet.maps import draw_word_map, map_words, word_page

    engine = load_engine(args)
    showing = _showing(display, "Laying out words")
    words, language = engine.words, args.language
    if args.around and not language:
        language, *_ = words.language_of([args.around])
    space = words.space_of(language) if language else words.space
    word_map = map_words(space, args.around or "", on_progress=showing)
    if args.output:
        _write_picture(args.output, draw_word_map(word_map))
    if args.html:
        replace_file(args.html, word_page(word_map).encode())
    return len(word_map.words)


def _draw_photos(args: argparse.Namespace, display: ProgressDisplay) -> int:
    from onenet.maps import choose_photos, draw_photo_map, map_photos, photo_page
    from onenet.search import still_there

    closed: dict[str, PhotoError] = {}

    def open_photo(photo: str) -> "Image":
        try:
            return read_indexed(photo)
        except PhotoError as error:
            closed[photo] = error
            raise

    engine = load_engine(args)
    index = _index(args, engine, display)
    photos = choose_photos(index.photos, args.most)
    if len(photos) < len(index):
        notice(f"{len(photos)} of {len(index)} photos, drawn by lot, are on the map; --most N for more.")
    left, representations = still_there(index, photos, index.dimensions)
    photos = [photos[row] for row in left]
    photo_map = map_photos(photos, representations, on_progress=_showing(display, "Laying out photos"))
    if args.output:
        drawing = _showing(display, "Drawing")
        picture = draw_photo_map(photo_map, open_photo, on_progress=drawing)
    if args.html:
        said = _captions(engine, representations, args.language or ENGLISH, display)
        captions = dict(zip(photos, said, strict=True))
        writing = _showing(display, "Writing the page")
        page = photo_page(photo_map, captions, open_photo, on_progress=writing)
    if len(closed) == len(photos):
        raise OneNetError(f"None of {len(photos)} photos can be drawn. {next(iter(closed.values()))}")
    if args.output:
        _write_picture(args.output, picture)
    if args.html:
        replace_file(args.html, page.encode())
    if closed:
        notice(f"{len(closed)} of {len(photos)} places are empty. {next(iter(closed.values()))}")
    return len(photos) - len(closed)


def _index(
    args: argparse.Namespace, engine: "Engine", display: ProgressDisplay
) -> "ImageIndex | MilvusIndex":
    """Read the folder or the index that the arguments name."""
    from onenet.search import ImageIndex, update_index

    if not isinstance(args.photos, Path) or not args.photos.is_dir():
        args.index = args.photos or args.index
        return load_index(args, engine, must_have_photos=True)
    index = ImageIndex(engine.fingerprint)
    for progress in update_index(index, args.photos, engine.represent, path=None):
        display.show("Reading photos", 100 * progress.done // max(progress.total, 1), 100)
    if not len(index):
        raise IndexFileError(f"There are no photos in {args.photos}; give a folder that holds some.")
    return index


def _captions(
    engine: "Engine", representations: "Floats", language: str, display: ProgressDisplay
) -> list[str]:
    found: list[str] = []
    for start in range(0, len(representations), CAPTION_BATCH):
        display.show("Captioning", 100 * start // len(representations), 100)
        batch = representations[start : start + CAPTION_BATCH]
        captions = engine.caption(batch, language=language, beam_size=CAPTION_BEAMS)
        found += [best[0].text for best in captions]
    return found


def _showing(display: ProgressDisplay, task: str) -> "OnProgress":
    return lambda share: display.show(task, round(100 * share), 100)


def _write_picture(path: Path, picture: "Image") -> None:
    from onenet.maps import as_jpeg, as_png

    own = {"JPEG": as_jpeg, "PNG": as_png}.get(PICTURE_FORMATS[path.suffix.lower()])
    if own is None:
        save_picture(picture, path)
    else:
        replace_file(path, own(picture))
