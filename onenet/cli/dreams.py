"""What `python -m onenet dream` and `python -m onenet layers` do."""

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from onenet.cli.commands import kind_of_picture, load_engine, notice, rounded, save_picture, say, say_unknown
from onenet.progress import ProgressDisplay

if TYPE_CHECKING:
    from onenet.engine import DreamStep

# Everything that needs torch is imported where it is used, so that --help answers at once.


def draw_dream(args: argparse.Namespace) -> None:
    """Draw what the network pictures under a description; it takes half a minute."""
    kind_of_picture(args.output)  # half a minute before it is needed
    engine = load_engine(args)
    imagined = engine.imagine(" ".join(args.description))
    say_unknown(imagined.unknown_words)
    step: DreamStep | None = None
    with ProgressDisplay("%") as display:
        for step in engine.dream(imagined, seed=args.seed):
            display.show("Dreaming", round(100 * step.share), 100, f"cosine {step.cosine:.2f}")
    assert step is not None
    seen = engine.recognise(step.picture, imagined)
    save_picture(step.picture, args.output)
    answer = {
        "description": imagined.description,
        "picture": str(args.output),
        "caption": seen.caption,
        "cosine": rounded(seen.cosine),
        "unknown_words": list(imagined.unknown_words),
    }
    text = f"{seen.caption}\nCosine with what was imagined: {seen.cosine:.2f}\nThe dream is in {args.output}."
    say(args, answer, text)


def measure_layers(args: argparse.Namespace) -> None:
    """Measure what the encoder's layers do in the photos of a data set; dreams are drawn after that."""
    import torch

    from onenet.datasets.flickr8k import load_split
    from onenet.dreams.expected import layers_beside
    from onenet.network.checkpoint import load_checkpoint
    from onenet.paths import DEFAULT_CHECKPOINT
    from onenet.training.layers import measure_statistics
    from onenet.training.state import run_name

    if args.threads:
        torch.set_num_threads(args.threads)
    path = args.checkpoint or DEFAULT_CHECKPOINT
    checkpoint, output = load_checkpoint(path), layers_beside(path)
    photos = load_split(args.data, "train")
    name = run_name("layers", {"network": checkpoint.fingerprint}, photos, [], "cpu")
    card = {
        "data": f"{len(photos)} training photos of Flickr8K and their captions",
        "command": " ".join(["python -m onenet", *args.arguments]),
        "date": datetime.now(UTC).date().isoformat(),
    }
    with ProgressDisplay("photo") as display:
        expected = measure_statistics(
            checkpoint,
            photos,
            card,
            state=args.work / "runs" / f"{name}.pt",
            progress=lambda done, total: display.show("Measuring layers", done, total),
        )
    expected.save(output)
    answer = {"file": str(output), "photos": len(photos), "statistics": len(expected.mean)}
    say(args, answer, f"{len(expected.mean)} statistics of {len(photos)} photos are in {output}.")
    notice("Dreams are drawn after them from now on.")
