"""Fits what layers are expected to do, for dreams: statistics of photos, linear in their captions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from onenet.datasets.flickr8k import CaptionedPhoto
from onenet.dreams.expected import ExpectedStatistics, Statistics
from onenet.dreams.observed import SIDE_PX, ObservedEncoder, contrast, layout
from onenet.errors import CheckpointError
from onenet.network.checkpoint import Checkpoint
from onenet.network.model import pad_captions
from onenet.network.transforms import Transform
from onenet.search.photos import read_photo
from onenet.training.state import loaded_state, save_state

RANK = 32
RIDGE = 30.0  # added to the squares of 30,000 captions

_BATCH = 10  # photos that are looked at together
_CHUNK = 500  # photos between two states: what is lost if the program is killed
_LEAST_DEVIATION = 1e-3

Progress = Callable[[int, int], None]


@dataclass
class Sums:
    """What a least-squares fit of N statistics to D-dimensional inputs needs, in float64.

    Attributes:
        photos: How many are in.
        inputs: Products of inputs and a one, shape (D + 1, D + 1).
        both: Products of inputs, a one, and statistics, shape (D + 1, N).
        squares: Of the statistics, shape (N,).
    """

    photos: int
    inputs: Tensor
    both: Tensor
    squares: Tensor

    @classmethod
    def of(cls, inputs: Sequence[Tensor], statistics: Tensor) -> "Sums":
        """Sum up B photos with some captions each: inputs (C, D) of each photo, statistics (B, N)."""
        counts = [len(own) for own in inputs]
        captions = torch.cat([*inputs])  # (Q, D)
        each = torch.cat([captions, torch.ones_like(captions[:, :1])], dim=1).double()  # (Q, D + 1)
        of_photos = torch.stack([own.sum(dim=0) for own in torch.split(each, counts)])  # (B, D + 1)
        values = statistics.double()
        squares = torch.tensor(counts).double() @ (values * values)
        return cls(len(inputs), each.t() @ each, of_photos.t() @ values, squares)

    def __add__(self, other: "Sums") -> "Sums":
        """Put the photos of both together."""
        return Sums(
            self.photos + other.photos,
            self.inputs + other.inputs,
            self.both + other.both,
            self.squares + other.squares,
        )


def measure_statistics(
    checkpoint: Checkpoint,
    photos: Sequence[CaptionedPhoto],
    card: Mapping[str, Any],
    *,
    state: Path,
    progress: Progress = lambda done, total: None,
) -> ExpectedStatistics:
    """Look at training photos and fit what is expected of a photo given a caption's representation.

    Args:
        card: Stored with the result: where it comes from.
        state: File of an interrupted run of the same network and photos; it is resumed, and deleted at the
            end.
        progress: Called with photos done and in all.

    Raises:
        PhotoError: If a photo cannot be read.
        CheckpointError: If the state is damaged.
    """
    sums = _resumed(state)
    progress(sums.photos if sums else 0, len(photos))
    encoder = ObservedEncoder(checkpoint.model)
    for start in range(sums.photos if sums else 0, len(photos), _CHUNK):
        chunk = _summed(checkpoint, encoder, photos[start : start + _CHUNK])
        sums = chunk if sums is None else sums + chunk
        save_state(state, vars(sums))
        progress(sums.photos, len(photos))
    if sums is None:
        raise CheckpointError("There is no photo to measure the layers with. Give a folder with a data set.")
    expected = fit(sums, checkpoint.fingerprint, card)
    state.unlink(missing_ok=True)
    return expected


def fit(
    sums: Sums, fingerprint: str, card: Mapping[str, Any], *, rank: int = RANK, ridge: float = RIDGE
) -> ExpectedStatistics:
    """Fit by ridge regression of reduced rank (Izenman 1975): few directions that predict the most.

    Each statistic counts in units of its own error.
    """
    count, size = float(sums.inputs[-1, -1]), len(sums.inputs) - 1
    centre, mean = sums.inputs[-1, :-1] / count, sums.both[-1] / count
    spread = sums.inputs[:-1, :-1] - count * torch.outer(centre, centre)  # (D, D)
    # In place where it can be: each of these (D, N) takes 100 MB.
    together = torch.outer(centre, mean).mul_(-count).add_(sums.both[:-1])  # (D, N)
    weights = torch.linalg.solve(spread + ridge * torch.eye(size).double(), together)  # (D, N)
    # weights * (2 * together - spread @ weights), since spread @ weights is together - ridge * weights
    explained = together.add_(weights, alpha=ridge).mul_(weights).sum(dim=0)  # (N,)
    del together
    error = sums.squares - count * mean**2 - explained
    deviation = (error.clamp(min=0) / count).sqrt().clamp(min=_LEAST_DEVIATION)
    root = torch.linalg.cholesky(spread / count + 1e-6 * torch.eye(size).double())  # inputs made white
    effect = root.t() @ weights.div_(deviation)  # (D, N)
    strongest = torch.linalg.eigh(effect @ effect.t()).eigenvectors[
        :, -rank:
    ]  # (D, R), the last the strongest
    directions = torch.linalg.solve(root.t(), strongest)
    loadings = strongest.t() @ effect * deviation
    return ExpectedStatistics(
        fingerprint,
        centre.float(),
        directions.float(),
        loadings.float(),
        mean.float(),
        deviation.float(),
        card,
    )


@torch.no_grad()
def represent_captions(checkpoint: Checkpoint, photos: Sequence[CaptionedPhoto]) -> list[Tensor]:
    """Guess the representation of each photo from each of its C captions, shape (C, D)."""
    token_ids = [checkpoint.vocabulary.encode_known(text) for photo in photos for text in photo.captions]
    guesses = checkpoint.model.represent_sentence(pad_captions(token_ids))
    return [*torch.split(guesses, [len(photo.captions) for photo in photos])]


def _summed(checkpoint: Checkpoint, encoder: ObservedEncoder, photos: Sequence[CaptionedPhoto]) -> Sums:
    batches = [photos[start : start + _BATCH] for start in range(0, len(photos), _BATCH)]
    inputs = [own for batch in batches for own in represent_captions(checkpoint, batch)]
    statistics = torch.cat([_looked_at(encoder, batch) for batch in batches])
    return Sums.of(inputs, statistics)


@torch.no_grad()
def _looked_at(encoder: ObservedEncoder, photos: Sequence[CaptionedPhoto]) -> Tensor:
    unscaled = Transform(SIDE_PX, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    pixels = torch.from_numpy(unscaled.batch([read_photo(photo.path) for photo in photos]))
    cells = layout(pixels)
    return Statistics(cells, contrast(cells), encoder(pixels).layers).rows()


def _resumed(state: Path) -> Sums | None:
    if not state.is_file():
        return None
    with loaded_state(state) as saved:
        return Sums(**saved)
