"""The verb `dream`."""

import argparse
from typing import TYPE_CHECKING

from onenet.cli.inputs import load_engine
from onenet.cli.output import rounded, save_picture, say, say_unknown
from onenet.cli.parser import Verbs, add_output, add_precision, seed_number
from onenet.progress import ProgressDisplay

if TYPE_CHECKING:
    from onenet.dreams.dreaming import DreamStep

# Everything that needs torch is imported where it is used, so that --help answers at once.


def add_verbs(verbs: Verbs) -> None:
    """Add the verbs of this file."""
    verb = verbs.add_with_network("dream", draw_dream)
    add_precision(verb)
    verb.add_argument("description", nargs="+", metavar="DESCRIPTION")
    add_output(verb, "dream.png")
    verb.add_argument(
        "--seed", type=seed_number, default=0, metavar="S", help="another number, another dream (0)"
    )


def draw_dream(args: argparse.Namespace) -> None:
    """Draw what the network pictures under a description; it takes half a minute."""
    engine = load_engine(args)
    query = engine.imagine(" ".join(args.description))
    say_unknown(query.unknown_words)
    step: DreamStep | None = None
    with ProgressDisplay("%") as display:
        for step in engine.dream(query, seed=args.seed):
            display.show("Dreaming", round(100 * step.share), 100, f"cosine {step.cosine:.2f}")
    assert step is not None
    seen = engine.recognise(step.picture, query)
    save_picture(step.picture, args.output)
    answer = {
        "description": query.description,
        "picture": str(args.output),
        "caption": seen.caption,
        "cosine": rounded(seen.cosine),
        "unknown_words": list(query.unknown_words),
    }
    text = f"{seen.caption}\nCosine with what was imagined: {seen.cosine:.2f}\nThe dream is in {args.output}."
    say(args, answer, text)
