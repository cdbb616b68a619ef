"""Whether a photo means the same however it was stored: originals beside the small copies learnt from."""

from collections.abc import Callable
from pathlib import Path

from onenet.captions.beam_search import write_all, writer_of
from onenet.datasets.flickr8k import CaptionedPhoto
from onenet.evaluation.evaluation_set import represent_photos
from onenet.evaluation.figures import Figures, percent
from onenet.network.model import OneNet
from onenet.network.vocabulary import Vocabulary

ORIGINALS = "originals"  # a folder in the data set's: some of its photos as they were taken, of the same name


def measure_copies(
    model: OneNet,
    vocabulary: Vocabulary,
    originals: Path,
    copies: Path,
    *,
    cache: Path,
    notice: Callable[[str], None] = lambda sentence: None,
) -> Figures:
    """Compare photos with their copies: the cosine in the mean and of the worst, and how many captions agree.

    Args:
        model: In eval mode.
        originals: A folder of photos.
        copies: A folder with a copy of each, of the same name; those that lack one are left out.
        cache: Folder of the feature cache.

    Returns:
        JSON-ready: "photos", "cosine", "worst cosine", "same caption" in per cent; empty without any pair.
    """
    pairs = [(path, copies / path.name) for path in sorted(originals.glob("*.jpg"))]
    there = [pair for pair in pairs if pair[1].is_file()]
    if len(there) < len(pairs):
        notice(f"{len(pairs) - len(there)} photos of {originals} have no copy in {copies}.")
    if not there:
        return {}
    kinds = [
        represent_photos(model, vocabulary, [CaptionedPhoto(path, ()) for path in paths], cache=cache)
        for paths in zip(*there, strict=True)
    ]
    whole, copied = (photos.representations for photos in kinds)
    writer = writer_of(model, vocabulary)
    said = [[caption.token_ids for caption in write_all(writer, each)] for each in (whole, copied)]
    cosines = (whole * copied).sum(dim=1)
    return {
        "photos": len(there),
        "cosine": round(float(cosines.mean()), 4),
        "worst cosine": round(float(cosines.min()), 4),
        "same caption": percent(sum(a == b for a, b in zip(*said, strict=True)) / len(there)),
    }
