"""Pictures and small data sets that tests draw themselves."""

from pathlib import Path

import numpy as np
from PIL import Image

COLOURS = {"red": (200, 30, 30), "green": (30, 160, 50), "blue": (40, 60, 200), "yellow": (230, 210, 40)}


def draw(colour: str, seed: int, size: tuple[int, int] = (64, 48)) -> Image.Image:
    """A noisy square of one colour on grey."""
    random = np.random.default_rng(seed)
    pixels = random.integers(90, 130, (size[1], size[0], 3), dtype=np.uint8)
    pixels[size[1] // 4 : -size[1] // 4, size[0] // 4 : -size[0] // 4] = COLOURS[colour]
    return Image.fromarray(pixels)


def write_dataset(folder: Path, *, train: int = 12, dev: int = 4) -> Path:
    """A data set in Flickr8K's official layout whose captions name the colour."""
    photos = folder / "Flicker8k_Dataset"
    photos.mkdir(parents=True)
    names = [
        f"{number}_{colour}.jpg"
        for number, colour in zip(range(train + dev), list(COLOURS) * 99, strict=False)
    ]
    lines = []
    for number, name in enumerate(names):
        colour = name.split("_")[1].removesuffix(".jpg")
        draw(colour, number).save(photos / name)
        for caption in range(5):
            lines.append(f"{name}#{caption}\tA {colour} square number{caption} on a grey wall .")
    (folder / "Flickr8k.token.txt").write_text("\n".join(lines) + "\n")
    (folder / "Flickr_8k.trainImages.txt").write_text("\n".join(names[:train]) + "\n")
    (folder / "Flickr_8k.devImages.txt").write_text("\n".join(names[train:]) + "\n")
    return folder
