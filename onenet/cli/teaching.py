"""The verb `teach`: words learnt by showing photos, kept in a file that `caption` and `find` are given."""

import argparse
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from onenet.cli.inputs import PHOTO_BATCH, load_engine, load_lexicon, photos_in, read_photos
from onenet.cli.output import notice, say
from onenet.cli.parser import Verbs, add_lexicon, add_precision
from onenet.errors import PhotoError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from onenet.engine import Engine
    from onenet.teaching import Lexicon, TaughtWord

WELL_FROM = 3  # examples

# Everything that needs the network is imported where it is used, so that --help answers at once.


def add_verbs(verbs: Verbs) -> None:
    """Add the verb of this file."""
    verb = verbs.add_with_network("teach", teach_word)
    add_precision(verb)
    verb.add_argument("name", metavar="NAME")
    verb.add_argument("photos", nargs="+", type=Path, metavar="PHOTO|FOLDER")
    add_lexicon(verb, required=True)


def teach_word(args: argparse.Namespace) -> None:
    """Teach a word by photos that show it."""
    from onenet.files import held
    from onenet.teaching import MAX_WORDS, Lexicon
    from onenet.teaching.lexicon import LexiconError, checked_name

    name = checked_name(args.name)
    engine = load_engine(args)
    problems: list[str] = []
    photos, shown = represent_photos(engine, photos_in(args.photos, problems), problems)
    if not photos:
        raise PhotoError(problems[0] if problems else "Give photos that show it.")
    with held(args.lexicon, waiting=lambda: notice(f"Another program is writing {args.lexicon}.")):
        found = args.lexicon.exists()
        lexicon = load_lexicon(args, engine) if found else None
        lexicon = lexicon or Lexicon(engine.fingerprint)
        was_known = name in lexicon
        if not was_known and len(lexicon) >= MAX_WORDS:
            raise LexiconError(
                f"{args.lexicon} holds {MAX_WORDS} taught words already, which is all that fits; "
                "give --lexicon another file."
            )
        has_copies = not lexicon.new_examples(name, shown).all()
        word = engine.teach(lexicon, name, shown)
        lexicon.save(args.lexicon)
    for problem in problems:
        notice(problem)
    if has_copies:
        notice("Copies of a photo count once.")
    if was_known:
        notice(f"“{word.name}” was taught before; these photos are added.")
    elif engine.has_read(word.name):
        notice(f"“{word.name}” was read before; with {args.lexicon} it now means what these photos show.")
    say_taught(args, lexicon, word, photos)


def represent_photos(
    engine: "Engine", paths: Iterator[Path], problems: list[str]
) -> "tuple[list[Path], NDArray[np.float32]]":
    """Represent photos, few of them in memory at once; why one cannot be read goes to `problems`.

    Returns:
        Those that could be read, and their representations, shape (N, 300).
    """
    import numpy as np

    found: list[Path] = []
    rows = [engine.represent([])]
    while batch := list(islice(paths, PHOTO_BATCH)):
        photos = read_photos(batch, problems)
        found += [path for path, _ in photos]
        rows.append(engine.represent([photo for _, photo in photos]))
    return found, np.concatenate(rows)


def say_taught(
    args: argparse.Namespace, lexicon: "Lexicon", word: "TaughtWord", photos: Sequence[Path]
) -> None:
    """Say what is known of a word now."""
    from onenet.teaching import MAX_EXAMPLES

    count = len(word.examples)
    answer = {
        "name": word.name,
        "photos": [str(photo) for photo in photos],
        "examples": count,
        "words": len(lexicon),
    }
    more = "" if count >= WELL_FROM else " Three to five are better."
    if count == MAX_EXAMPLES:
        more = " More are not kept: each new one takes the place of the oldest."
    say(args, answer, f"{word.name}: {count} {'example' if count == 1 else 'examples'}.{more}")
