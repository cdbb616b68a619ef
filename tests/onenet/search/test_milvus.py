"""Photos in Milvus, by Milvus Lite in a file through the same client: what holds for a file of ours holds."""

import random
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from onenet.errors import IndexAwayError, IndexFileError
from onenet.paths import HOME, index_url, index_url_in_env, is_url
from onenet.search import ImageIndex
from onenet.search.milvus import MilvusIndex
from onenet.search.milvus_connection import MilvusConnection
from tests.milvus_server import milvus_server
from tests.onenet.search import test_index
from tests.onenet.search.test_index import (
    NETWORK,
    Represent,
    paint,
    random_units,
    records_of,
    represent,
    update,
)

__all__ = ["represent"]  # a fixture

pytest.importorskip("pymilvus")
pytest.importorskip("milvus_lite")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

Make = Callable[..., MilvusIndex]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[MilvusIndex] = []

    def make(fingerprint: str = NETWORK, dimensions: int = 300, **more: str) -> MilvusIndex:
        made.append(MilvusIndex(f"file:{tmp_path / 'milvus.db'}", fingerprint, dimensions, **more))
        return made[-1]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield make
    for index in made:
        index.close()


@pytest.fixture
def every_file_exists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onenet.search.milvus._is_there", lambda photo: True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path.resolve() / "photos"
    folder.mkdir()
    return folder


@pytest.mark.usefixtures("every_file_exists")
@pytest.mark.parametrize(
    "test",
    [
        test_index.test_score_is_the_cosine_whatever_the_lengths,
        test_index.test_search_equals_brute_force,
        test_index.test_excluded_photos_make_room_for_the_next_best,
        test_index.test_representations_come_back_in_the_order_asked_for,
        test_index.test_empty_index_finds_nothing,
        test_index.test_adding_again_replaces,
        test_index.test_remove_counts_what_was_there,
    ],
)
def test_what_holds_for_a_file_holds_here(test: Any, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(test_index, "ImageIndex", make)
    test()


@pytest.mark.parametrize(
    "test",
    [
        test_index.test_only_new_changed_and_vanished_files_cost_anything,
        test_index.test_deleted_photos_make_room_for_the_next_best,
        test_index.test_same_size_but_touched_is_read_again,
        test_index.test_another_content_of_the_same_size_is_represented,
        test_index.test_photos_that_swap_their_names_keep_what_they_are,
        test_index.test_whoever_removes_the_photo_that_was_recognised_costs_a_look_at_it,
        test_index.test_unreadable_file_that_is_mended_is_added,
        test_index.test_photo_that_breaks_is_dropped,
        test_index.test_photo_deleted_before_its_turn_is_no_complaint,
    ],
)
def test_folders_are_followed_as_by_a_file(
    test: Any, make: Make, folder: Path, represent: Represent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(test_index, "ImageIndex", make)
    test(folder, represent)


def test_what_was_moved_copied_or_touched_is_not_represented_again(
    make: Make, folder: Path, represent: Represent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(test_index, "ImageIndex", make)
    test_index.test_what_was_moved_copied_or_touched_is_not_represented_again(
        folder, represent, tmp_path, saved=False
    )


def test_names_that_are_no_text_and_all_else_survive(make: Make) -> None:
    names = ['/"a"/b.jpg', "/caf\udce9.jpg", "/ß\\n'.jpg", '"x"']
    index = make(dimensions=2)
    index.add(records_of(names), [[1, 0]] * 4)
    assert make(dimensions=2).photos == sorted(names)


@pytest.mark.usefixtures("every_file_exists")
def test_no_chat_can_look_into_another(make: Make) -> None:
    gallery = make(dimensions=8)
    one, other = gallery.of_chat("1"), gallery.of_chat('2" or chat != "')
    vectors = random_units(9, 8)
    for index, rows in ((gallery, vectors[:3]), (one, vectors[3:6]), (other, vectors[6:])):
        index.add(records_of(["/a", "/b", "/c"]), rows)  # the same names, and other photos
    for index, rows in ((gallery, vectors[:3]), (one, vectors[3:6]), (other, vectors[6:])):
        assert len(index) == 3
        np.testing.assert_allclose(index.representations_of(["/a", "/b", "/c"]), rows, atol=1e-6)
        for query in vectors:
            best = max(rows @ query)
            assert index.search(query, 1)[0].score == pytest.approx(best, abs=1e-5)
            assert len(index.search(query, 100)) == 3
    assert one.remove(["/a"]) == 1
    assert (len(gallery), len(one), len(other)) == (3, 2, 3)
    for index in (gallery, one, other):
        index.close()


def test_networks_have_collections_of_their_own(make: Make) -> None:
    make("one", 2).add(records_of(["/a"]), [[1, 0]])
    assert make("another", 4).photos == []
    assert make("one", 2).photos == ["/a"]


def test_added_again_nothing_is_there_twice(make: Make, folder: Path, represent: Represent) -> None:
    for colour in ("red", "green"):
        paint(folder / f"{colour}.png", colour)
    (folder / "broken.png").write_text("no photo")
    index = make(dimensions=3)
    update(index, folder, represent)  # type: ignore[arg-type]
    index.missing_since = {"/x": 5.0}
    for photo, record in index.records.items():
        if photo in index:
            index.add([record], index.representations_of([photo]))
    again = make(dimensions=3)
    assert (len(again), len(again.unreadable), again.missing_since) == (2, 1, {"/x": 5.0})
    assert update(again, folder, represent).total == 0  # type: ignore[arg-type]


def test_a_server_that_is_away_is_a_sentence() -> None:
    with pytest.raises(IndexFileError, match=r"cannot be reached or used .* captioned meanwhile"):
        MilvusIndex("http://127.0.0.1:9", NETWORK)


def test_addresses_are_told_from_files() -> None:
    assert [is_url(each) for each in ("http://a:19530", "file:b", "b.safetensors", Path("c"))] == [
        True,
        True,
        False,
        False,
    ]


def test_the_environment_names_a_server_or_a_file() -> None:
    named = {each: index_url({"INDEX_URL": each}) for each in ("http://a:1", "b/c.db", "file:d", " ")}
    assert list(named.values()) == ["http://a:1", "file:b/c.db", "file:d", ""]
    assert index_url({}) == ""


def test_a_copy_is_the_same(make: Make, tmp_path: Path) -> None:
    from onenet.search.copying import copy_index

    local = ImageIndex(NETWORK, 8)
    names = [f"/{number}.jpg" for number in range(50)]
    local.add(records_of(names), random_units(50, 8))
    local.mark_unreadable(records_of(["/broken.jpg"])[0], "Broken.")
    local.missing_since = {"/x": 1.0}
    away, back = make(dimensions=8), ImageIndex(NETWORK, 8)
    for index, copied in ((local, away), (away, back)):
        for _ in copy_index(index, copied):  # type: ignore[arg-type]
            pass
        assert copied.photos == sorted(names)
        assert copied.unreadable == local.unreadable
        assert copied.missing_since == {"/x": 1.0}
        np.testing.assert_allclose(
            copied.representations_of(names), local.representations_of(names), atol=1e-6
        )


@pytest.mark.usefixtures("every_file_exists")
def test_a_server_that_was_away_is_found_again(tmp_path: Path) -> None:
    with milvus_server(tmp_path / "served") as server:
        connection = MilvusConnection(server.url, patience_s=2.0)
        index = MilvusIndex(server.url, NETWORK, 8, connection=connection)
        vectors = random_units(4, 8)
        index.add(records_of(["/a", "/b", "/c"]), vectors[:3])
        server.kill()
        with pytest.raises(IndexAwayError, match="captioned meanwhile"):
            index.add(records_of(["/d"]), vectors[3:])
        server.start()
        assert index.connection.is_away
        with pytest.raises(IndexAwayError):  # told at once: it has not been looked for
            len(index)
        index.connection.check()
        index.add(records_of(["/d"]), vectors[3:])
        index.add(records_of(["/d"]), vectors[3:])
        assert len(index) == 4
        assert index.search(vectors[3], 1)[0].photo == "/d"
        server.kill()
        server.start()  # nobody noticed
        assert len(index) == 4
        assert not index.connection.is_away
        server.hang()
        with pytest.raises(IndexAwayError):
            len(index)
        server.go_on()
        index.connection.check()
        assert sorted(index.sample(9, random.Random(1))) == ["/a", "/b", "/c", "/d"]
        index.close()


@pytest.mark.usefixtures("every_file_exists")
def test_very_many_photos_are_drawn_from_here_and_there(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onenet.search.milvus._LISTED_MOST", 10)
    index = make(dimensions=8)
    index.add(records_of([f"/{number}.jpg" for number in range(60)]), random_units(60, 8))
    drawn = index.sample(5, random.Random(1))
    assert len({*drawn}) == 5
    assert drawn == index.sample(5, random.Random(1)) != index.sample(5, random.Random(2))


@pytest.mark.usefixtures("every_file_exists")
@pytest.mark.parametrize("folder", ["/photos/", '/Fotos ß 50 % "a_b"/', "/写真/"])
def test_what_is_below_a_folder_is_told_from_what_begins_like_it(make: Make, folder: str) -> None:
    elsewhere = [folder[:-1] + "2/a.jpg", folder[:-1] + ".jpg", folder[:-2] + "/a.jpg", "/a.jpg"]
    make(dimensions=8).add(records_of([f"{folder}a.jpg", *elsewhere]), random_units(5, 8))
    index = make(dimensions=8, below=folder)
    assert index.photos == [f"{folder}a.jpg"]
    assert len(index) == len(index.search(random_units(1, 8)[0], 9)) == 1
    assert index.remove(elsewhere) == 0
    assert index.known(elsewhere) == {}


def test_no_password_is_shown() -> None:
    with pytest.raises(IndexAwayError) as caught:
        MilvusIndex("http://somebody:secret@127.0.0.1:9", NETWORK)
    assert "secret" not in str(caught.value)
    assert "127.0.0.1:9 " in str(caught.value)


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    assert index_url_in_env({}, env_file) == ""
    env_file.write_text("INDEX_URL=http://a:1\n")
    assert index_url_in_env({}, env_file) == "http://a:1"
    assert index_url_in_env({"INDEX_URL": "http://b:2"}, env_file) == "http://b:2"
    assert index_url_in_env({"INDEX_URL": ""}, env_file) == ""
    env_file.write_text("INDEX_URL=data/milvus.db\n")
    assert index_url_in_env({}, env_file) == f"file:{HOME / 'data/milvus.db'}"
    env_file.write_bytes(b"INDEX_URL=\xff\n")
    assert index_url_in_env({}, env_file) == ""
