"""How alike copies of a photo are, and how alike different photos: for `onenet.search.likeness.SAME_PHOTO`.

`python -m tests.near_duplicates DATA` reads the dev photos of Flickr8K (DATA is its folder), makes of each
the copies that chats make, and prints for every threshold how many copies are recognised and how many
different photos are taken for a copy. It takes a few minutes.
"""

import argparse
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from onenet.datasets.flickr8k import load_split
from onenet.engine import Engine
from onenet.search import read_photo

BATCH = 32
THRESHOLDS = np.arange(0.80, 1.0, 0.01)


def recompressed(photo: Image.Image) -> Image.Image:
    content = io.BytesIO()
    photo.save(content, "JPEG", quality=30)
    return Image.open(content).convert("RGB")


def smaller(photo: Image.Image) -> Image.Image:
    return photo.resize((photo.width // 2, photo.height // 2), Image.Resampling.LANCZOS)


def cropped(photo: Image.Image, share: float) -> Image.Image:
    """Cut the same share off each side."""
    x, y = round(photo.width * share), round(photo.height * share)
    return photo.crop((x, y, photo.width - x, photo.height - y))


def brighter(photo: Image.Image) -> Image.Image:
    return photo.point(lambda value: min(255, round(value * 1.25)))


COPIES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "JPEG of quality 30": recompressed,
    "half as large": smaller,
    "half as large, then JPEG of quality 30": lambda photo: recompressed(smaller(photo)),
    "2.5 % cut off each side": lambda photo: cropped(photo, 0.025),
    "5 % cut off each side": lambda photo: cropped(photo, 0.05),
    "10 % cut off each side": lambda photo: cropped(photo, 0.10),
    "a quarter brighter": brighter,
}


def represent(
    engine: Engine, paths: list[Path], change: Callable[[Image.Image], Image.Image]
) -> NDArray[np.float32]:
    """Representations of the changed photos, shape (N, 300)."""
    batches = [paths[start : start + BATCH] for start in range(0, len(paths), BATCH)]
    return np.concatenate(
        [engine.represent([change(read_photo(path)) for path in batch]) for batch in batches]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--photos", type=int, default=1000)
    arguments = parser.parse_args()
    engine = Engine.load()
    paths = [photo.path for photo in load_split(arguments.data, "dev")][: arguments.photos]
    originals = represent(engine, paths, lambda photo: photo)
    cosines = originals @ originals.T  # (N, N)
    np.fill_diagonal(cosines, -1)
    nearest = cosines.max(axis=1)
    pairs = cosines[np.triu_indices(len(cosines), 1)]
    print(f"{len(paths)} photos; cosines of different photos: ", end="")
    print("median {:.3f}, 90 % {:.3f}, 99 % {:.3f}".format(*np.quantile(pairs, (0.5, 0.9, 0.99))))
    print("of a photo and its nearest: ", end="")
    print(
        "median {:.3f}, 90 % {:.3f}, 99 % {:.3f}, most {:.3f}".format(
            *np.quantile(nearest, (0.5, 0.9, 0.99, 1))
        )
    )
    print("the nearest pairs:")
    for row in nearest.argsort()[::-1][:12]:
        print(f"  {nearest[row]:.4f} {paths[row].name} {paths[cosines[row].argmax()].name}")
    table = {"different photos taken for a copy": nearest}
    for name, change in COPIES.items():
        table[name] = (represent(engine, paths, change) * originals).sum(axis=1)
    print(f"{'per cent at or above':45}" + "".join(f"{threshold:7.2f}" for threshold in THRESHOLDS))
    for name, values in table.items():
        shares = [100 * (values >= threshold).mean() for threshold in THRESHOLDS]
        print(f"{name:45}" + "".join(f"{share:7.1f}" for share in shares))


if __name__ == "__main__":
    main()
