"""The verb `ask`."""

import argparse
from pathlib import Path

from onenet.cli.inputs import load_engine, load_lexicon
from onenet.cli.output import rounded, say
from onenet.cli.parser import Verbs, add_k, add_lexicon, add_precision
from onenet.errors import DescriptionError

# Everything that needs torch is imported where it is used, so that --help answers at once.

ANSWERS = 3
DOUBT = "I cannot tell. Perhaps:"


def add_verbs(verbs: Verbs) -> None:
    """Add the verb of this file."""
    verb = verbs.add_with_network("ask", answer_question)
    add_precision(verb)
    verb.add_argument("photo", type=Path, metavar="PHOTO")
    verb.add_argument("question", nargs="*", metavar="QUESTION")
    add_k(verb, ANSWERS)
    add_lexicon(verb)


def answer_question(args: argparse.Namespace) -> None:
    """Answer a question about a photo: what colour is the ball? is there a dog? where is this?"""
    from onenet.search import read_photo

    question = " ".join(args.question)
    if not question.strip():
        raise DescriptionError('Ask something behind the photo, for example: ask photo.jpg "is there a dog?"')
    photo = read_photo(args.photo)
    engine = load_engine(args)
    lexicon = load_lexicon(args, engine)
    found = engine.ask(engine.represent([photo])[0], question, photo=photo, lexicon=lexicon)
    answers = [{"text": each.text, "score": rounded(each.score)} for each in found.ranked[: args.k]]
    lines = [f"{each.score:6.3f}  {each.text}" for each in found.ranked[: args.k]]
    doubt = "I see none there, so I cannot tell. If there is one:" if found.is_absent else DOUBT
    text = "\n".join(lines if found.is_sure else [doubt, *lines])
    say(args, {"question": question, "answers": answers, "sure": found.is_sure}, text)
