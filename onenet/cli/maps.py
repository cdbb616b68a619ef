"""What `python -m onenet map` does."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from onenet.cli.commands import load_engine, load_index, notice, say
from onenet.errors import IndexFileError, OneNetError
from onenet.progress import ProgressDisplay

if TYPE_CHECKING:
    from PIL.Image import Image

    from onenet.engine import Engine
    from onenet.maps.layout import Floats, OnProgress
    from onenet.search.index import ImageIndex

# Everything that needs torch or scikit-learn is imported where it is used, so that --help answers at once.

CAPTION_BEAMS = 2
CAPTION_BATCH = 32


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
    from onenet.maps.page import word_page
    from onenet.maps.word_picture import draw_word_map

    engine = load_engine(args)
    word_map = engine.map_words(args.around or "", on_progress=_showing(display, "Laying out words"))
    if args.output:
        _write_picture(args.output, draw_word_map(word_map))
    if args.html:
        _write(args.html, word_page(word_map).encode())
    return len(word_map.words)


def _draw_photos(args: argparse.Namespace, display: ProgressDisplay) -> int:
    from onenet.maps.page import photo_page
    from onenet.maps.photos import choose_photos, draw_photo_map, map_photos
    from onenet.search.photos import read_photo

    def open_photo(photo: str) -> "Image":
        return read_photo(Path(photo))

    engine = load_engine(args)
    index = _index(args, engine, display)
    photos = choose_photos(index.photos, args.most)
    if len(photos) < len(index):
        notice(f"{len(photos)} of {len(index)} photos, drawn by lot, are on the map; --most N for more.")
    representations = index.representations_of(photos)
    photo_map = map_photos(photos, representations, on_progress=_showing(display, "Laying out photos"))
    if args.output:
        drawing = _showing(display, "Drawing")
        _write_picture(args.output, draw_photo_map(photo_map, open_photo, on_progress=drawing))
    if args.html:
        captions = dict(zip(photos, _captions(engine, representations, display), strict=True))
        writing = _showing(display, "Writing the page")
        _write(args.html, photo_page(photo_map, captions, open_photo, on_progress=writing).encode())
    return len(photos)


def _index(args: argparse.Namespace, engine: "Engine", display: ProgressDisplay) -> "ImageIndex":
    """Read the folder or the index that the arguments name."""
    from onenet.search.index import ImageIndex

    if args.photos is None or not args.photos.is_dir():
        args.index = args.photos or args.index
        return load_index(args, engine, must_have_photos=True)
    index = ImageIndex(engine.fingerprint)
    for progress in engine.index_folder(index, args.photos):
        display.show("Reading photos", 100 * progress.done // max(progress.total, 1), 100)
    if not len(index):
        raise IndexFileError(f"There are no photos in {args.photos}; give a folder that holds some.")
    return index


def _captions(engine: "Engine", representations: "Floats", display: ProgressDisplay) -> list[str]:
    found: list[str] = []
    for start in range(0, len(representations), CAPTION_BATCH):
        display.show("Captioning", 100 * start // len(representations), 100)
        batch = representations[start : start + CAPTION_BATCH]
        found += [captions[0].text for captions in engine.caption(batch, beam_size=CAPTION_BEAMS)]
    return found


def _showing(display: ProgressDisplay, task: str) -> "OnProgress":
    return lambda share: display.show(task, round(100 * share), 100)


def _write_picture(path: Path, picture: "Image") -> None:
    from onenet.maps.drawing import as_jpeg, as_png

    _write(path, as_jpeg(picture) if path.suffix.lower() in (".jpg", ".jpeg") else as_png(picture))


def _write(path: Path, content: bytes) -> None:
    from onenet.files import replace_file

    replace_file(path, content)
