"""The verbs `caption` and `game`."""

import argparse
import random
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onenet.cli.inputs import PHOTO_BATCH, load_engine, load_index, load_lexicon, photos_in, read_photos
from onenet.cli.output import notice, rounded, say, shown, write
from onenet.cli.parser import (
    Verbs,
    add_index,
    add_language,
    add_lexicon,
    add_precision,
    at_least_one,
    seed_number,
)
from onenet.errors import PhotoError
from onenet.network.special_words import ENGLISH

if TYPE_CHECKING:
    from onenet.captions.caption import Caption
    from onenet.captions.naming import Name

# Everything that needs torch is imported where it is used, so that --help answers at once.

NAMES = 3  # of the classifier, in JSON


def add_verbs(verbs: Verbs) -> None:
    """Add the verbs of this file."""
    verb = verbs.add_with_network("caption", caption_photos)
    add_precision(verb)
    verb.add_argument("photos", nargs="+", type=Path, metavar="PHOTO|FOLDER")
    verb.add_argument("--beam", type=at_least_one, default=5, metavar="B", help="beam size (5)")
    add_language(verb, "--language", what="language of the captions (en)")
    add_lexicon(verb)
    verb.add_argument("--n", type=at_least_one, default=1, metavar="N", help="captions a photo (1)")

    verb = verbs.add_with_network("game", play_riddle)
    verb.add_argument("--seed", type=seed_number, metavar="S", help="the same photo again")
    add_index(verb)


def caption_photos(args: argparse.Namespace) -> None:
    """Print captions of photos and of all photos in folders; the unreadable ones are named."""
    engine = load_engine(args)
    lexicon = load_lexicon(args, engine)
    problems: list[str] = []
    captioned = 0
    paths = photos_in(args.photos, problems)
    while batch := list(islice(paths, PHOTO_BATCH)):
        photos = read_photos(batch, problems)
        representations = engine.represent([photo for _, photo in photos])
        found = engine.caption(
            representations,
            language=args.language or ENGLISH,
            beam_size=max(args.beam, args.n),
            n=args.n,
        )
        if lexicon is not None:
            found = engine.with_taught(found, representations, lexicon)
        names = engine.names(representations, k=NAMES) if args.json else [[] for _ in photos]
        for (path, _), captions, called in zip(photos, found, names, strict=True):
            say_captions(args, path, captions, called)
        captioned += len(photos)
    if not captioned and len(problems) == 1:
        raise PhotoError(problems[0])
    for problem in problems:
        notice(problem)
    if not captioned:
        raise PhotoError(
            f"None of {len(problems)} could be read; give JPEG, PNG or WebP photos, or folders of them."
        )


def play_riddle(args: argparse.Namespace) -> None:
    """Show a photo of the index and four captions, and ask which of them the network wrote for it."""
    from onenet.captions.riddle import RIDDLE_PHOTOS, choose_riddle
    from onenet.search import still_there

    engine = load_engine(args)
    index = load_index(args, engine, must_have_photos=True)
    chance = random.Random(args.seed)
    photos = chance.sample(index.photos, min(RIDDLE_PHOTOS, len(index)))
    left, representations = still_there(index, photos, index.dimensions)
    row, captions = choose_riddle(engine.caption, representations)
    photo, own = photos[left[row]], captions[0]
    chance.shuffle(captions)
    answer = captions.index(own) + 1
    if args.json:
        say(args, {"photo": photo, "captions": captions, "answer": answer}, "")
        return
    write("\n".join([shown(photo), *(f"  {number}  {text}" for number, text in enumerate(captions, 1))]))
    notice("Which is its caption? Type its number.")
    guess = sys.stdin.readline().strip()
    write(f"{'Right' if guess == str(answer) else 'It is'}: {answer}  {own}")


def say_captions(
    args: argparse.Namespace, path: Path, captions: "Sequence[Caption]", names: "Sequence[Name]"
) -> None:
    """Print the captions of one photo, and in JSON what the encoder's classifier would call it."""
    answer = [{"text": caption.text, "score": rounded(caption.score)} for caption in captions]
    lines = [f"{caption.score:6.2f}  {caption.text}" for caption in captions]
    text = f"{shown(path)}: {captions[0].text}" if args.n == 1 else "\n".join([shown(path), *lines])
    best = captions[0]
    sure = None if best.sure is None else rounded(best.sure)
    called = [{"name": name.text, "probability": rounded(name.probability)} for name in names]
    known: dict[str, Any] = {"names": called} if called else {}  # a network may not have the classifier
    said = {"photo": str(path), "captions": answer, "language": best.language, "sure": sure}
    say(args, said | known, text)
