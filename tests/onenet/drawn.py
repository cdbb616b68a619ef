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


GERMAN = {"red": "rotes", "green": "grünes", "blue": "blaues", "yellow": "gelbes"}
SOURCES = """
[[photos]]
name = "flickr8k"
folder = "flickr8k"
languages = "languages"
views = 2

[[photos]]
name = "wild"
folder = "wild/photos"
captions = "wild/captions.tsv"
names = "wild/names.tsv"
views = 1

[[text]]
language = "en"
file = "wild/sentences.txt"

[[text]]
language = "de"
file = "wild/sentences.txt.de"
"""


def write_sources(folder: Path, *, train: int = 12, dev: int = 4) -> Path:
    """Sources in English and German: photos as in `write_dataset`, others with and without captions, text.

    All German captions of photos of Flickr8K's layout have "auf grauer Wand", of others they have none.
    """
    photos = write_dataset(folder / "flickr8k", train=train, dev=dev) / "Flicker8k_Dataset"
    (folder / "languages").mkdir()
    said = []
    for photo in sorted(photos.iterdir()):
        adjective = GERMAN[photo.stem.split("_")[1]]
        said += [
            f"{photo.name}\tEin {adjective} Quadrat Nummer{number} auf grauer Wand" for number in range(2)
        ]
    (folder / "languages" / "de.tsv").write_text("\n".join(said) + "\n", encoding="utf-8")
    wild = folder / "wild"
    (wild / "photos").mkdir(parents=True)
    rows, names = [], []
    for number, (split, colour) in enumerate(
        zip(["train"] * 4 + ["dev"] * 2 + ["test"] * 2, list(COLOURS) * 2, strict=True)
    ):
        name = f"w{number}.jpg"
        draw(colour, 100 + number).save(wild / "photos" / name)
        rows += [f"{name}\t{split}\tdrawn\tA wild {colour} square on a grey wall" for _ in range(5)]
    draw("red", 200).save(wild / "photos" / "plain.jpg")
    rows.append("plain.jpg\ttrain\tdrawn\t")  # a photo that nobody described
    for number, name in enumerate(["tench", "goldfish"]):
        draw("blue", 300 + number).save(wild / "photos" / f"named{number}.jpg")
        names.append(f"named{number}.jpg\tn0{number}\t{name}")
    (wild / "captions.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (wild / "names.tsv").write_text("\n".join(names) + "\n", encoding="utf-8")
    (wild / "sentences.txt").write_text("a red wall\na wild square on a wall\n" * 4, encoding="utf-8")
    (wild / "sentences.txt.de").write_text("eine graue Wand\nein Quadrat\n" * 4, encoding="utf-8")
    (folder / "sources.toml").write_text(SOURCES, encoding="utf-8")
    return folder / "sources.toml"
