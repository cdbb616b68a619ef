"""The description of what a network learns from: what is read, what may be missing, what is refused."""

import shutil
from pathlib import Path

import pytest

from onenet.datasets.flickr8k import CaptionedPhoto
from onenet.datasets.sources import languages_folder, load_listed, load_sources, with_languages
from onenet.errors import DatasetError
from tests.onenet.drawn import write_dataset, write_sources


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sources(tmp_path_factory.mktemp("sources"), train=4, dev=2)


@pytest.fixture
def file(drawn: Path, tmp_path: Path) -> Path:
    """A copy of the sources to spoil."""
    shutil.copytree(drawn.parent, tmp_path / "data")
    return tmp_path / "data" / drawn.name


def _names(photos: list[CaptionedPhoto]) -> list[str]:
    return [photo.path.name for photo in photos]


def test_the_sources_are_read_as_described(drawn: Path) -> None:
    notices: list[str] = []
    sources = load_sources(drawn, views=9, notice=notices.append)
    assert notices == []
    flickr8k, wild = sources.photos
    assert (flickr8k.name, flickr8k.views, wild.name, wild.views) == ("flickr8k", 2, "wild", 1)
    assert [len(each) for each in (flickr8k.train, flickr8k.dev, wild.train, wild.dev)] == [4, 2, 7, 2]
    assert sources.text == {
        "en": ["a red wall", "a wild square on a wall"] * 4,
        "de": ["eine graue Wand", "ein Quadrat"] * 4,
    }


def test_photos_have_their_captions_in_each_language(drawn: Path) -> None:
    sources = load_sources(drawn, views=9)
    first = sources.photos[0].train[0]
    assert first.path.is_file()
    assert first.captions[4] == "A red square number4 on a grey wall ."
    assert first.captions_in("en") == first.captions
    assert first.captions_in("de") == (
        "Ein rotes Quadrat Nummer0 auf grauer Wand",
        "Ein rotes Quadrat Nummer1 auf grauer Wand",
    )
    assert first.captions_in("zh") == ()
    assert all(photo.others for photo in sources.photos[0].dev)
    assert not any(photo.others for photo in sources.photos[1].train)


def test_the_order_of_photos_is_that_of_lists_and_names(drawn: Path) -> None:
    """Features are cached by it, and a run is resumed by it."""
    sources = load_sources(drawn, views=9)
    flickr8k = ["0_red.jpg", "1_green.jpg", "2_blue.jpg", "3_yellow.jpg"]
    wild = ["named0.jpg", "named1.jpg", "plain.jpg", "w0.jpg", "w1.jpg", "w2.jpg", "w3.jpg"]
    assert _names(sources.train) == flickr8k + wild
    assert _names(sources.dev) == ["4_red.jpg", "5_green.jpg", "w4.jpg", "w5.jpg"]
    named = {photo.path.name: photo.name for photo in sources.photos[1].train if photo.name}
    assert named == {"named0.jpg": "tench", "named1.jpg": "goldfish"}
    assert [photo.captions for photo in sources.photos[1].train[:3]] == [(), (), ()]
    again = load_sources(drawn, views=9)
    assert again == sources


def test_all_sentences_by_language(drawn: Path) -> None:
    sentences = load_sources(drawn, views=9).sentences()
    assert list(sentences) == ["en", "de"]
    assert len(sentences["en"]) == 4 * 5 + 4 * 5 + 8
    assert len(sentences["de"]) == 4 * 2 + 8
    assert "Ein rotes Quadrat Nummer0 auf grauer Wand" in sentences["de"]
    assert not [text for text in sentences["de"] if text in sentences["en"]]


def test_flickr8k_alone(tmp_path: Path) -> None:
    folder = write_dataset(tmp_path / "data", train=3, dev=2)
    sources = load_sources(folder, views=7)
    [source] = sources.photos
    assert (source.views, len(source.train), len(source.dev)) == (7, 3, 2)
    assert sources.text == {}
    assert list(sources.sentences()) == ["en"]


@pytest.mark.parametrize(
    ("gone", "train", "languages", "text"),
    [
        ("languages", 11, ["en", "de"], {"en", "de"}),  # German text is still there
        ("wild/photos", 4, ["en", "de"], {"en", "de"}),
        ("wild/captions.tsv", 6, ["en", "de"], {"en", "de"}),
        ("wild/names.tsv", 9, ["en", "de"], {"en", "de"}),
        ("wild/sentences.txt", 11, ["en", "de"], {"de"}),
        ("wild/sentences.txt.de", 11, ["en", "de"], {"en"}),
    ],
)
def test_what_is_missing_is_left_out_and_said(
    file: Path, gone: str, train: int, languages: list[str], text: set[str]
) -> None:
    path = file.parent / gone
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    notices: list[str] = []
    sources = load_sources(file, views=9, notice=notices.append)
    assert len(sources.train) == train
    assert list(sources.sentences()) == languages
    assert set(sources.text) == text
    assert notices == [f"{path} is not there, so the network learns without it."]


def test_nothing_is_there(file: Path) -> None:
    for name in ("flickr8k", "wild", "languages"):
        shutil.rmtree(file.parent / name)
    notices: list[str] = []
    with pytest.raises(DatasetError, match="names no photos that are here"):
        load_sources(file, views=9, notice=notices.append)
    assert len(notices) == 4


@pytest.mark.parametrize(
    ("described", "sentence"),
    [
        ("", "names no photos that are here"),
        ("[[photos", "is not TOML"),
        ("[[phtoos]]", "has a table “phtoos”"),
        ("[photos]\nname = 'x'", "begin each with \\[\\[photos\\]\\]"),
        ("photos = 3", "begin each with"),
        ("photos = ['x']", "begin each with"),
        ("[[photos]]\nname = 'x'", "has no “folder”"),
        ("[[photos]]\nfolder = 'flickr8k'", "has no “name”"),
        ("[[photos]]\nname = 3\nfolder = 'flickr8k'", "has no “name”"),
        ("[[photos]]\nname = 'x'\nfolder = 'flickr8k'\nview = 3", "says “view” of photos; it may say name, "),
        ("[[photos]]\nname = 'x'\nfolder = 'flickr8k'\nviews = 0", "views of x are “0”"),
        ("[[photos]]\nname = 'x'\nfolder = 'flickr8k'\nviews = 'many'", "views of x are “many”"),
        ("[[photos]]\nname = 'x'\nfolder = 'flickr8k'\nviews = true", "views of x are “True”"),
        ("[[photos]]\nname = 'x'\nfolder = 'wild'", "not known|holds neither"),
        ("[[text]]\nfile = 'wild/sentences.txt'", "has no “language”"),
        ("[[text]]\nlanguage = 'en'", "has no “file”"),
        ("[[text]]\nlanguage = 'xx'\nfile = 'wild/sentences.txt'", "“xx” here; choose one of English"),
    ],
)  # fmt: skip
def test_a_description_that_cannot_be_followed(file: Path, described: str, sentence: str) -> None:
    file.write_text(described, encoding="utf-8")
    with pytest.raises(DatasetError, match=sentence):
        load_sources(file, views=9)


@pytest.mark.parametrize(
    ("spoilt", "content", "sentence"),
    [
        ("wild/captions.tsv", "a.jpg\ttrain\tA dog", "Line 1 of captions.tsv has 3 columns, not 4"),
        ("wild/names.tsv", "named0.jpg\tn1\tfish\nnamed1.jpg", "Line 2 of names.tsv has 1 columns, not 3"),
        ("languages/de.tsv", "0_red.jpg\tein\tHund", "Line 1 of de.tsv has 3 columns, not 2"),
        ("languages/xx.tsv", "0_red.jpg\tx", "no language “xx” here"),
        ("wild/names.tsv", "gone.jpg\tn1\tfish", "1 photos of wild are not in .*gone.jpg among them"),
        ("wild/captions.tsv", "gone.jpg\tdev\tx\ty", "1 photos of wild are not in"),
        ("wild/sentences.txt", b"\xff\xfe", "cannot be read as text"),
        ("sources.toml", b"\xff\xfe", "cannot be read as text"),
    ],
)
def test_files_that_are_not_as_documented(
    file: Path, spoilt: str, content: str | bytes, sentence: str
) -> None:
    raw = content if isinstance(content, bytes) else content.encode()
    (file.parent / spoilt).write_bytes(raw)
    with pytest.raises(DatasetError, match=sentence):
        load_sources(file, views=9)


def test_a_description_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"none\.toml cannot be read"):
        load_sources(tmp_path / "none.toml", views=9)


def test_a_language_may_lie_in_several_files(file: Path) -> None:
    """Names of files in their order; what one says of a photo follows what the other said."""
    (file.parent / "languages" / "de_translated.tsv").write_text("0_red.jpg\tübersetzt\n\nnone.jpg\tx\n")
    (file.parent / "languages" / "zh.tsv").write_text("0_red.jpg\t红色\n", encoding="utf-8")
    photo = load_sources(file, views=9).train[0]
    assert photo.captions_in("de")[1:] == ("Ein rotes Quadrat Nummer1 auf grauer Wand", "übersetzt")
    assert photo.captions_in("zh") == ("红色",)
    assert list(load_sources(file, views=9).sentences()) == ["en", "zh", "de"]  # as languages are listed


def test_the_folder_of_languages(tmp_path: Path) -> None:
    data = tmp_path / "flickr8k"
    data.mkdir()
    with pytest.raises(DatasetError, match="no folder “languages”"):
        languages_folder(data)
    (tmp_path / "languages").mkdir()
    assert languages_folder(data) == tmp_path / "languages"
    (data / "languages").mkdir()
    assert languages_folder(data) == data / "languages"  # its own comes first


def test_languages_are_added_to_photos(drawn: Path) -> None:
    photos = [CaptionedPhoto(Path("x/1_green.jpg"), ("a",)), CaptionedPhoto(Path("none.jpg"), ("b",))]
    first, second = with_languages(photos, drawn.parent / "languages")
    assert (first.path, first.captions, len(first.others["de"])) == (photos[0].path, ("a",), 2)
    assert second == photos[1]


def test_photos_of_a_list(drawn: Path, tmp_path: Path) -> None:
    wild = drawn.parent / "wild"
    assert _names(load_listed(wild, "dev")) == ["w4.jpg", "w5.jpg"]
    assert _names(load_listed(wild, "test")) == ["w6.jpg", "w7.jpg"]
    assert load_listed(wild, "dev")[0].captions == ("A wild red square on a grey wall",) * 5
    assert "plain.jpg" not in _names(load_listed(wild, "train"))  # nobody said anything of it
    with pytest.raises(DatasetError, match="has no captioned photo in the none split"):
        load_listed(wild, "none")
    with pytest.raises(DatasetError, match="cannot be read"):
        load_listed(tmp_path, "dev")
