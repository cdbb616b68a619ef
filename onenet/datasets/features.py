"""What the encoder's frozen trunk gives for photos, computed once and kept in a memory-mapped file."""

import ast
import hashlib
import inspect
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import FunctionType, ModuleType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from onenet.files import digest_of_contents
from onenet.network import encoders, transforms
from onenet.network.encoders import Encoder, encoder_spec, load_encoder
from onenet.network.transforms import Transform, augment
from onenet.search import formats
from onenet.search import photos as photo_files
from onenet.search.photos import read_photo

# How photos are read and augmented, and where the cut between trunk and top is.
_FORMATS = [import_module(f"{formats.__name__}.{each.name}") for each in iter_modules(formats.__path__)]
_CODE = (transforms, encoders, photo_files, *_FORMATS)
_DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
_BATCH = 32  # views that go through the trunk together, at most
_CHUNK = 128  # photos between two writes to the disk

Progress = Callable[[int, int], None]


def cached_maps(
    encoder_name: str,
    photos: Sequence[Path],
    cache: Path,
    *,
    views: int = 1,
    transform: Transform | None = None,
    bfloat16: bool = True,
    device: str = "cpu",
    chunk: int = _CHUNK,
    progress: Progress = lambda done, total: None,
) -> NDArray[np.float16]:
    """Give the trunk's maps of photos, computing only those not yet in the cache.

    View 0 is the photo, view 1 its mirror image, the others are augmented, the same ones each time. The cache
    is keyed by encoder, preprocessing, views, precision, the photos' content and the code that all of it goes
    through. What a killed run had finished is kept.

    Args:
        cache: Folder for the cache files.
        views: How many views of each photo.
        transform: The preprocessing; None: that of the encoder's training.
        bfloat16: Whether the trunk computes in bfloat16, as networks are trained; they are served in float32.
        chunk: Photos between two writes to the disk; what is lost if the program is killed.
        progress: Called with photos done and in all after each chunk.

    Returns:
        Memory-mapped, shape (N, views, h, w, C), float16: channels last, as the top wants them.

    Raises:
        PhotoError: If a photo cannot be read.
    """
    spec = encoder_spec(encoder_name)
    transform = transform or spec.transform
    channels, height, width = spec.map_shape(transform)
    folder = cache / f"{encoder_name}-{maps_key(encoder_name, transform, photos, views, bfloat16)}"
    folder.mkdir(parents=True, exist_ok=True)
    maps = open_map(folder / "maps.f16", np.float16, (len(photos), views, height, width, channels))
    done = open_map(folder / "done.u8", np.uint8, (len(photos),))
    todo = np.flatnonzero(done == 0)
    if len(todo):
        encoder = load_encoder(encoder_name, bfloat16=bfloat16).to(device)
        for start in range(0, len(todo), chunk):
            chosen = todo[start : start + chunk]
            rows = [(row, photos[row]) for row in chosen.tolist()]
            maps[chosen] = _encode(rows, views, encoder, transform, device)
            maps.flush()
            done[chosen] = 1  # only after the maps themselves
            done.flush()
            progress(int(done.sum()), len(photos))
    return maps


def _encode(
    photos: Sequence[tuple[int, Path]], views: int, encoder: Encoder, transform: Transform, device: str
) -> NDArray[np.float16]:
    """Read and encode photos in small batches, shape (len(photos), views, h, w, C).

    One thread of arithmetic for each of several workers is twice as fast as all threads for one, since
    reading photos takes as long as encoding them.
    """
    size = max(1, _BATCH // views)
    batches = [photos[start : start + size] for start in range(0, len(photos), size)]

    @torch.no_grad()
    def encode(batch: Sequence[tuple[int, Path]]) -> Tensor:
        pixels = torch.stack([view for row, path in batch for view in _views(path, views, row, transform)])
        return encoder.maps(pixels.to(device)).half().permute(0, 2, 3, 1).cpu()  # (B * views, h, w, C)

    threads = torch.get_num_threads()
    try:
        with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as workers:
            stored: NDArray[np.float16] = torch.cat(list(workers.map(encode, batches))).numpy()
    finally:
        torch.set_num_threads(threads)
    return stored.reshape(len(photos), views, *stored.shape[1:])


def _views(path: Path, views: int, row: int, transform: Transform) -> list[Tensor]:
    photo = read_photo(path)
    random = np.random.default_rng([7, row])
    straight = torch.from_numpy(transform(photo))
    augmented = [torch.from_numpy(transform(augment(photo, random))) for _ in range(views - 2)]
    return [straight, straight.flip(-1), *augmented][:views]


def maps_key(
    encoder_name: str,
    transform: Transform,
    photos: Sequence[Path],
    views: int,
    bfloat16: bool,
    *code: ModuleType,
) -> str:
    """Name maps after all that decides what they are, more code that they go through among it."""
    digest = code_digest(*_CODE, _views, *code)
    preprocessing = json.dumps([encoder_name, asdict(transform), views, bfloat16, digest])
    return hashlib.sha256(f"{preprocessing}\n{digest_of_contents(photos)}".encode()).hexdigest()[:16]


@cache
def code_digest(*code: ModuleType | FunctionType) -> str:
    """Name what code does: another name for another constant, the same for another comment."""
    digest = hashlib.sha256()
    for part in code:
        tree = ast.parse(inspect.getsource(part))
        for node in ast.walk(tree):
            if isinstance(node, _DOCUMENTED) and ast.get_docstring(node) is not None:
                node.body[0] = ast.Pass()
        digest.update(ast.dump(tree).encode())
    return digest.hexdigest()[:16]


def open_map(
    path: Path, dtype: type[np.generic], shape: tuple[int, ...]
) -> "np.memmap[tuple[int, ...], np.dtype[Any]]":
    """Open a file of an array, made if it is not there or of another size; then what was done is not."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    if not path.exists() or path.stat().st_size != size:
        path.with_name("done.u8").unlink(missing_ok=True)  # it may speak of maps that are lost
        with path.open("wb") as file:
            file.truncate(size)
    return np.memmap(path, dtype=dtype, mode="r+", shape=shape)
