"""The data set's loader, on small data sets in both layouts and, where it is at hand, on Flickr8K."""

import json
from pathlib import Path
from typing import Any

import pytest

from onenet.datasets.flickr8k import CaptionedPhoto, load_split
from onenet.errors import DatasetError

SPLITS = {"train": ["b.jpg", "a.jpg"], "dev": ["c.jpg"], "test": ["d.jpg"]}
SENTENCES = {
    name: tuple(f"Sentence {n} of {name} ." for n in range(5)) for names in SPLITS.values() for name in names
}


@pytest.fixture
def official(tmp_path: Path) -> Path:
    add_photos(tmp_path / "Flicker8k_Dataset")
    lines = [f"{name}#{n}\t{text}" for name, texts in SENTENCES.items() for n, text in enumerate(texts)]
    (tmp_path / "Flickr8k.token.txt").write_text("\n".join(lines) + "\n")
    for split, names in SPLITS.items():
        (tmp_path / f"Flickr_8k.{split}Images.txt").write_text("\n".join(names) + "\n")
    return tmp_path


@pytest.fixture
def karpathy(tmp_path: Path) -> Path:
    add_photos(tmp_path / "Flicker8k_Dataset")
    write_karpathy(tmp_path)
    return tmp_path


def add_photos(folder: Path) -> None:
    folder.mkdir()
    for name in SENTENCES:
        (folder / name).touch()


def write_karpathy(folder: Path) -> None:
    images: list[dict[str, Any]] = [
        {
            "filename": name,
            "split": "val" if split == "dev" else split,
            "sentences": [{"raw": text, "tokens": text.lower().split()} for text in SENTENCES[name]],
        }
        for split, names in SPLITS.items()
        for name in names
    ]
    (folder / "dataset_flickr8k.json").write_text(json.dumps({"images": images, "dataset": "flickr8k"}))


def expected(folder: Path, split: str) -> list[CaptionedPhoto]:
    return [CaptionedPhoto(folder / "Flicker8k_Dataset" / name, SENTENCES[name]) for name in SPLITS[split]]


@pytest.mark.parametrize("split", SPLITS)
def test_official_layout(official: Path, split: str) -> None:
    assert load_split(official, split) == expected(official, split)


@pytest.mark.parametrize("split", SPLITS)
def test_karpathy_s_file_and_the_folder_that_holds_it(karpathy: Path, split: str) -> None:
    assert load_split(karpathy, split) == expected(karpathy, split)
    assert load_split(karpathy / "dataset_flickr8k.json", split) == expected(karpathy, split)


def test_both_layouts_agree(official: Path) -> None:
    write_karpathy(official)
    for split in SPLITS:
        assert load_split(official, split) == load_split(official / "dataset_flickr8k.json", split)


def test_splits_share_no_photo(official: Path) -> None:
    paths = [photo.path for split in SPLITS for photo in load_split(official, split)]
    assert len(paths) == len(set(paths)) == 4


def test_missing_split_file_leaves_the_others(official: Path) -> None:
    (official / "Flickr_8k.testImages.txt").unlink()
    assert load_split(official, "dev") == expected(official, "dev")
    with pytest.raises(DatasetError, match=r"Flickr_8k\.testImages\.txt is not in"):
        load_split(official, "test")


def test_missing_split_file_is_no_matter_with_karpathy_s_splits(official: Path) -> None:
    (official / "Flickr_8k.testImages.txt").unlink()
    write_karpathy(official)
    assert load_split(official, "test") == expected(official, "test")


def test_photos_folder_may_be_spelt_right(official: Path) -> None:
    (official / "Flicker8k_Dataset").rename(official / "Flickr8k_Dataset")
    assert load_split(official, "dev")[0].path.parent.name == "Flickr8k_Dataset"


def test_windows_line_ends_and_blank_lines(official: Path) -> None:
    for file in official.glob("*.txt"):
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n") + b"\r\n\r\n")
    assert load_split(official, "train") == expected(official, "train")


def test_unusual_characters_stay_in_their_line(official: Path) -> None:
    token_file = official / "Flickr8k.token.txt"
    text = token_file.read_text().replace(
        "Sentence 0 of c.jpg .", "A caf\u00e9\u2028by\x0bnight \N{DOG FACE}"
    )
    token_file.write_text(text, encoding="utf-8")
    assert load_split(official, "dev")[0].captions[0] == "A caf\u00e9\u2028by\x0bnight \N{DOG FACE}"


# --- what is wrong is said ------------------------------------------------------------------------------


def test_unknown_split(official: Path) -> None:
    with pytest.raises(DatasetError, match="no split “val”"):
        load_split(official, "val")


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="does not exist"):
        load_split(tmp_path / "none", "dev")


def test_folder_of_something_else(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="holds neither"):
        load_split(tmp_path, "dev")


def test_missing_photos_folder(official: Path) -> None:
    (official / "Flicker8k_Dataset").rename(official / "elsewhere")
    with pytest.raises(DatasetError, match="no folder Flicker8k_Dataset"):
        load_split(official, "dev")


def test_missing_photo(official: Path) -> None:
    (official / "Flicker8k_Dataset" / "a.jpg").unlink()
    with pytest.raises(DatasetError, match=r"1 photos of the train split .* a\.jpg"):
        load_split(official, "train")


def test_photo_without_captions(official: Path) -> None:
    (official / "Flickr_8k.devImages.txt").write_text("c.jpg\nunknown.jpg\n")
    with pytest.raises(DatasetError, match=r"no caption of unknown\.jpg"):
        load_split(official, "dev")


def test_damaged_caption_line(official: Path) -> None:
    (official / "Flickr8k.token.txt").write_text("a.jpg#0\tFine .\nno tab here\n")
    with pytest.raises(DatasetError, match=r"Line 2 of Flickr8k\.token\.txt"):
        load_split(official, "dev")


def test_captions_that_are_not_text(official: Path) -> None:
    (official / "Flickr8k.token.txt").write_bytes(b"\xff\xfe\x00a.jpg")
    with pytest.raises(DatasetError, match=r"Flickr8k\.token\.txt"):
        load_split(official, "dev")


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"images": [{"split": "val"}]}', '{"images": [1]}', "\x00"]
)
def test_damaged_karpathy_file(karpathy: Path, content: str) -> None:
    (karpathy / "dataset_flickr8k.json").write_text(content)
    with pytest.raises(DatasetError, match=r"dataset_flickr8k\.json is not Karpathy's"):
        load_split(karpathy, "dev")


def test_karpathy_file_without_the_split(karpathy: Path) -> None:
    (karpathy / "dataset_flickr8k.json").write_text('{"images": []}')
    with pytest.raises(DatasetError, match="no photo in the dev split"):
        load_split(karpathy, "dev")


def test_a_photo_without_sentences_is_none_of_a_karpathy_split(karpathy: Path) -> None:
    file = karpathy / "dataset_flickr8k.json"
    images = json.loads(file.read_text())
    one, *others = (image for image in images["images"] if image["split"] == "train")
    one["sentences"] = []
    file.write_text(json.dumps(images))
    photos = load_split(karpathy, "train")
    assert [photo.path.name for photo in photos] == [each["filename"] for each in others] != []


# --- the real one ---------------------------------------------------------------------------------------


@pytest.mark.flickr8k
@pytest.mark.parametrize(("split", "photos"), [("train", 6000), ("dev", 1000)])
def test_flickr8k_has_its_known_sizes(flickr8k: Path, split: str, photos: int) -> None:
    loaded = load_split(flickr8k, split)
    assert len(loaded) == photos
    assert {len(photo.captions) for photo in loaded} == {5}
    assert all(all(photo.captions) for photo in loaded)


@pytest.mark.flickr8k
def test_flickr8k_splits_share_no_photo(flickr8k: Path) -> None:
    train, dev = ({photo.path for photo in load_split(flickr8k, split)} for split in ("train", "dev"))
    assert not train & dev
