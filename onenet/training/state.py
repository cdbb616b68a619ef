"""What a long run leaves on the disk to be resumed from: its name, and its state in one file."""

import contextlib
import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from onenet.datasets.flickr8k import CaptionedPhoto
from onenet.errors import CheckpointError
from onenet.files import digest_of_contents, replace_file


def run_name(
    prefix: str,
    settings: Mapping[str, Any],
    train: Sequence[CaptionedPhoto],
    dev: Sequence[CaptionedPhoto],
    device: str,
) -> str:
    """Name a run after all that decides what it gives, so that only the same one is resumed."""
    photos = digest_of_contents([photo.path for photo in (*train, *dev)])
    sentences = [(photo.captions, sorted(photo.others.items()), photo.name) for photo in train]
    decisive = repr((sorted(settings.items()), photos, sentences, [photo.path.name for photo in dev], device))
    return f"{prefix}-{hashlib.sha256(decisive.encode()).hexdigest()[:12]}"


def save_state(path: Path, state: Mapping[str, Any]) -> None:
    """Write a state of tensors and plain values; the file is replaced atomically."""
    buffer = io.BytesIO()
    torch.save(dict(state), buffer)
    replace_file(path, buffer.getbuffer())


@contextlib.contextmanager
def loaded_state(path: Path) -> Iterator[dict[str, Any]]:
    """Give a saved state, read without running pickled code, to the block that takes it over.

    Raises:
        CheckpointError: If it cannot be read, or if the block finds that it does not fit.
    """
    try:
        yield torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, KeyError, ValueError, TypeError, OSError, EOFError, UnpicklingError) as error:
        raise CheckpointError(f"{path} is damaged. Delete it to start the training anew.") from error
