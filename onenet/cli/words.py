"""The verbs `similar`, `analogy`, `odd`, `walk` and `translate`."""

import argparse

from onenet.cli.inputs import load_engine, load_words
from onenet.cli.output import notice, save_picture, say, say_unknown, words_as_json, words_as_text
from onenet.cli.parser import Verbs, add_k, add_language, add_picture
from onenet.network.special_words import ENGLISH

# What needs torch, which is `translate`, or NumPy is imported where it is used: --help answers at once.


def add_verbs(verbs: Verbs) -> None:
    """Add the verbs of this file."""
    verb = verbs.add_with_network("similar", list_similar_words)
    verb.add_argument("word", metavar="WORD")
    add_language(verb, "--to", what="language of the words listed (the word's own)")
    add_k(verb, 10)

    verb = verbs.add_with_network("translate", translate_text)
    verb.add_argument("text", nargs="+", metavar="TEXT")
    add_language(verb, "--to", what="language of the translation (en)")
    add_language(verb, "--from", what="language of the text (guessed)")

    verb = verbs.add_with_network("analogy", solve_analogy)
    for place in "abc":
        verb.add_argument(place, metavar=place.upper())
    add_k(verb, 5)

    verb = verbs.add_with_network("odd", find_odd_word)
    verb.add_argument("words", nargs="+", metavar="WORD")

    verb = verbs.add_with_network("walk", walk_between_words)
    verb.add_argument("start", metavar="FROM")
    verb.add_argument("end", metavar="TO")
    add_picture(verb)


def list_similar_words(args: argparse.Namespace) -> None:
    """Print the words nearest to a word."""
    neighbours = load_words(args).similar(args.word, k=args.k, to=args.to)
    say(args, {"word": args.word, "neighbours": words_as_json(neighbours)}, words_as_text(neighbours))


def translate_text(args: argparse.Namespace) -> None:
    """Say a description in another language, by way of the photo that it describes."""
    text = " ".join(args.text)
    found = load_engine(args).translate(text, args.to or ENGLISH, language=getattr(args, "from"))
    say_unknown(found.unknown_words)
    answer = {
        "text": text,
        "language": found.language,
        "to": found.to,
        "translation": found.translation,
        "unknown_words": list(found.unknown_words),
    }
    say(args, answer, found.translation)


def solve_analogy(args: argparse.Namespace) -> None:
    """Print the words that are to C as B is to A."""
    answers = load_words(args).analogy(args.a, args.b, args.c, k=args.k)
    question = {"a": args.a, "b": args.b, "c": args.c}
    say(args, question | {"answers": words_as_json(answers)}, words_as_text(answers))


def find_odd_word(args: argparse.Namespace) -> None:
    """Print the word that does not belong with the others, then all by how well they belong."""
    odd = load_words(args).odd(args.words)
    answer = {
        "words": args.words,
        "odd": odd.words[0].word,
        "is_close_call": odd.is_close_call,
        "mean_cosines": words_as_json(odd.words),
        "shared": words_as_json(odd.shared),
    }
    shared = ", ".join(neighbour.word for neighbour in odd.shared)
    say(args, answer, f"{odd.words[0].word}\n{words_as_text(odd.words)}\nThe others are close to: {shared}")


def walk_between_words(args: argparse.Namespace) -> None:
    """Print the words on the way from one word to another, each close to the one before."""
    stops = load_words(args).walk(args.start, args.end)
    if args.picture is not None:
        from onenet.pictures import draw_walk

        save_picture(draw_walk(stops), args.picture)
        notice(f"The picture is in {args.picture}.")
    steps = [
        {**step, "around": list(stop.around)} for step, stop in zip(words_as_json(stops), stops, strict=True)
    ]
    say(args, {"from": args.start, "to": args.end, "steps": steps}, words_as_text(stops))
