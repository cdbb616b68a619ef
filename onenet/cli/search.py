"""The verbs `like` and `find`."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onenet.cli.inputs import load_engine, load_index, load_lexicon, read_lines
from onenet.cli.output import as_json, as_text, notice, say, say_unknown
from onenet.cli.parser import Verbs, add_index, add_k, add_lexicon, add_precision
from onenet.errors import DescriptionError
from onenet.progress import ProgressDisplay

if TYPE_CHECKING:
    from onenet.conversation import Wish
    from onenet.engine import Engine
    from onenet.search.index import ImageIndex, Match
    from onenet.search.milvus import MilvusIndex
    from onenet.search.query import ChangeQuery, RefinedQuery, WordsQuery

# Everything that needs torch is imported where it is used, so that --help answers at once.

DESCRIPTION_BATCH = 32


def add_verbs(verbs: Verbs) -> None:
    """Add the verbs of this file."""
    verb = verbs.add_with_network("like", find_like)
    add_precision(verb)
    verb.add_argument("photo", type=Path, metavar="PHOTO")
    add_k(verb, 5)
    add_index(verb)

    verb = verbs.add_with_network("find", find_described)
    add_precision(verb)
    verb.add_argument("description", nargs="*", metavar="DESCRIPTION")
    verb.add_argument("--queries", type=Path, metavar="FILE", help="one description a line")
    verb.add_argument(
        "--photo", type=Path, metavar="PHOTO", help="change this photo: in snow, or: photo - dog + child"
    )
    add_lexicon(verb)
    verb.add_argument(
        "--then", action="append", metavar="WORDS", help="go on from what was found: without people"
    )
    add_k(verb, 5)
    add_index(verb)


def find_like(args: argparse.Namespace) -> None:
    """Print the photos of the index that are most like a photo."""
    from onenet.search import nearest_different, read_photo

    photo = read_photo(args.photo)
    engine = load_engine(args)
    index = load_index(args, engine, must_have_photos=True)
    matches = nearest_different(index, engine.represent([photo])[0], args.k)
    say(args, {"photo": str(args.photo), "matches": as_json(matches)}, as_text(matches))


def find_described(args: argparse.Namespace) -> None:
    """Print the photos of the index that fit a description, or each description of a file."""
    is_one = args.queries is None and bool(args.description)
    if args.lexicon is not None and not (is_one and args.photo is None):
        raise DescriptionError("--lexicon is for one description, for example: find Rex in the snow")
    if args.then is not None and not is_one:
        raise DescriptionError(
            "--then goes on from one description, for example: find a dog --then in the snow"
        )
    if is_one and (args.then is not None or args.lexicon is not None or args.photo is not None):
        find_going_on(args)
        return
    if args.photo is not None or (args.queries is None) == (not args.description):
        raise DescriptionError(
            "Give either a description or --queries FILE, for example: find a dog in the snow"
        )
    descriptions = [" ".join(args.description)] if args.queries is None else read_lines(args.queries)
    engine = load_engine(args)
    index = load_index(args, engine, must_have_photos=True)
    found = 0
    with ProgressDisplay("description") as display:
        for start in range(0, len(descriptions), DESCRIPTION_BATCH):
            answers = engine.imagine_all(descriptions[start : start + DESCRIPTION_BATCH])
            for number, answer in enumerate(answers, start=start):
                if not isinstance(answer, DescriptionError):
                    found += 1
                    say_found(args, engine, answer, index)
                elif args.queries is None:
                    raise answer
                else:
                    notice(f"Line {number + 1} of {args.queries}: {answer}")
                    say_not_found(args, descriptions[number], answer)
            display.show("Finding", start + len(answers), len(descriptions))
    if descriptions and not found:
        raise DescriptionError(f"{args.queries} has no line that can be searched for.")


def find_going_on(args: argparse.Namespace) -> None:
    """Print the photos that fit a description or a changed photo, and those after each reply to them."""
    from onenet.conversation import SearchState
    from onenet.search import read_photo, representations_now

    photo = None if args.photo is None else read_photo(args.photo)
    engine = load_engine(args)
    index = load_index(args, engine, must_have_photos=True)
    description = " ".join(args.description)
    lexicon = load_lexicon(args, engine)
    taught = None if lexicon is None else engine.imagine_taught(description, lexicon)
    if taught is not None:
        state = taught.state
        found = say_refined(args, engine, description, taught, index)
    elif photo is not None:
        changed = engine.change(engine.represent([photo])[0], description)
        state = SearchState.of_photo(changed.representation)
        found = say_changed(args, changed, index)
    else:
        query = engine.imagine(description)
        state = SearchState.of_words(description, query.token_ids, query.language)
        found = say_found(args, engine, query, index)
    for words in args.then or ():
        photos = representations_now(index, [match.photo for match in found], index.dimensions)
        refined = engine.refine(state, words, photos=photos, preferred=(state.language,), lexicon=lexicon)
        state = refined.state
        found = say_refined(args, engine, words, refined, index)


def say_refined(
    args: argparse.Namespace,
    engine: "Engine",
    words: str,
    query: "RefinedQuery",
    index: "ImageIndex | MilvusIndex",
) -> "list[Match]":
    """Print the answer to a reply to what was found, and give the photos."""
    say_unknown(query.unknown_words)
    found = engine.find(query, index, args.k)
    looking_for = ", ".join(map(wish_in_words, query.state.wishes))
    answer = {
        "description": words,
        "looking_for": looking_for,
        "imagined": query.imagined,
        "matches": as_json(found.matches),
        "fits": found.fits,
        "unknown_words": list(query.unknown_words),
        "language": query.language,
    }
    lines = [words, f"  looking for: {looking_for}", f"  imagined: {query.imagined}"]
    if found.matches and not found.fits:
        lines.append("Nothing here fits well; the closest are:")
    say(args, answer, "\n".join([*lines, as_text(found.matches)]))
    return found.matches


def wish_in_words(wish: "Wish") -> str:
    """Say what one wish of a search is."""
    said = wish.words or (f"like number {wish.number}" if wish.number else "like the photo")
    return said if wish.weight > 0 else f"{'less' if wish.weight > -1 else 'without'} {said}"


def say_changed(
    args: argparse.Namespace, changed: "ChangeQuery", index: "ImageIndex | MilvusIndex"
) -> "list[Match]":
    """Print the photos nearest to a photo changed by words, but itself, and give them."""
    from onenet.search import nearest_different

    say_unknown(changed.unknown_words)
    itself = str(args.photo.resolve())
    nearest = nearest_different(index, changed.representation, args.k + 1)
    matches = [match for match in nearest if itself not in (match.photo, *match.copies)][: args.k]
    answer = {
        "photo": str(args.photo),
        "change": changed.description,
        "imagined": changed.imagined,
        "matches": as_json(matches),
        "unknown_words": list(changed.unknown_words),
    }
    say(args, answer, f"{changed.description}\n  imagined: {changed.imagined}\n{as_text(matches)}")
    return matches


def say_found(
    args: argparse.Namespace, engine: "Engine", query: "WordsQuery", index: "ImageIndex | MilvusIndex"
) -> "list[Match]":
    """Print one answer to a description, and give the photos."""
    if query.unknown_words:
        words = ", ".join(f"“{word}”" for word in query.unknown_words)
        notice(f"I never read {words}; I searched for the rest.")
    found = engine.find(query, index, args.k)
    answer = {
        "description": query.description,
        "imagined": query.imagined,
        "matches": as_json(found.matches),
        "fits": found.fits,
        "unknown_words": list(query.unknown_words),
        "language": query.language,
    }
    lines = [query.description, f"  imagined: {query.imagined}"]
    if found.matches and not found.fits:
        lines.append("Nothing here fits well; the closest are:")
    say(args, answer, "\n".join([*lines, as_text(found.matches)]))
    return found.matches


def say_not_found(args: argparse.Namespace, description: str, error: DescriptionError) -> None:
    """Print the answer to a description that cannot be searched for."""
    answer: dict[str, Any] = {
        "description": description,
        "imagined": None,
        "matches": [],
        "fits": False,
        "error": str(error),
    }
    say(args, answer, f"{description}\n  {error}")
