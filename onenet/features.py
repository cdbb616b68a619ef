"""Encoder features of a set of photos, computed once and kept in a memory-mapped file."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from onenet.encoders import Encoder, encoder_spec, load_encoder
from onenet.photos import read_photo

VIEWS = 2  # the photo and its mirror image

Progress = Callable[[int, int], None]


def cached_features(
    encoder_name: str,
    photos: Sequence[Path],
    cache: Path,
    *,
    device: str = "cpu",
    batch_size: int = 32,
    progress: Progress = lambda done, total: None,
) -> NDArray[np.float16]:
    """Give the features of photos and of their mirror images, computing only those not yet in the cache.

    The cache is keyed by encoder, preprocessing and the photos (path, size, time of change). What a killed
    run had finished is kept.

    Args:
        cache: Folder for the cache files.
        progress: Called with photos done and in all after each batch.

    Returns:
        Memory-mapped, shape (N, 2, F), float16; [:, 1] are the mirrored photos.

    Raises:
        PhotoError: If a photo cannot be read.
    """
    spec = encoder_spec(encoder_name)
    folder = cache / f"{encoder_name}-{_key(encoder_name, photos)}"
    folder.mkdir(parents=True, exist_ok=True)
    shape = (len(photos), VIEWS, spec.feature_size)
    features = _open_map(folder / "features.f16", np.float16, shape)
    done = _open_map(folder / "done.u8", np.uint8, (len(photos),))
    todo = np.flatnonzero(done == 0)
    if len(todo):
        encoder = load_encoder(encoder_name).to(device)
        for start in range(0, len(todo), batch_size):
            chosen = todo[start : start + batch_size]
            features[chosen] = _encode([photos[row] for row in chosen], encoder, device)
            features.flush()
            done[chosen] = 1  # only after the features themselves
            done.flush()
            progress(int(done.sum()), len(photos))
    return features


@torch.no_grad()
def _encode(photos: Sequence[Path], encoder: Encoder, device: str) -> NDArray[np.float16]:
    batch = encoder.spec.transform.batch([read_photo(photo) for photo in photos]).to(device)
    views = torch.stack([encoder(batch), encoder(batch.flip(-1))], dim=1)  # (B, 2, F)
    return views.half().cpu().numpy()


def _key(encoder_name: str, photos: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    digest.update(json.dumps([encoder_name, asdict(encoder_spec(encoder_name).transform)]).encode())
    for photo in photos:
        status = photo.stat()
        digest.update(f"{photo.resolve()}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]


def _open_map(
    path: Path, dtype: type[np.generic], shape: tuple[int, ...]
) -> "np.memmap[tuple[int, ...], np.dtype[Any]]":
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    if not path.exists() or path.stat().st_size != size:
        path.with_name("done.u8").unlink(missing_ok=True)  # it may speak of features that are lost
        with path.open("wb") as file:
            file.truncate(size)
    return np.memmap(path, dtype=dtype, mode="r+", shape=shape)
