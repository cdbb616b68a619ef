"""Photos in Milvus, by Milvus Lite in a file through the same client: what holds for a file of ours holds."""

import os
import random
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from onenet.errors import IndexAwayError, IndexFileError
from onenet.paths import HOME, index_url, index_url_in_env, is_url, shown_url
from onenet.search import ImageIndex
from onenet.search.milvus import MilvusIndex
from onenet.search.milvus_chats import MilvusChats
from onenet.search.milvus_connection import MilvusConnection
from tests.milvus_server import milvus_server
from tests.onenet.search import test_index, test_missing
from tests.onenet.search.test_index import (
    NETWORK,
    Represent,
    paint,
    random_units,
    records_of,
    represent,
    update,
)
from tests.onenet.search.test_missing import path

__all__ = ["path", "represent"]  # fixtures

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


class Here:
    """Stands for `ImageIndex` in its tests: made and loaded, it is Milvus, whatever the path."""

    def __init__(self, make: Make) -> None:
        self._make = make

    def __call__(self, fingerprint: str, dimensions: int = 300) -> MilvusIndex:
        return self._make(fingerprint, dimensions)

    def load(self, path: Path, *, fingerprint: str) -> MilvusIndex:
        return self._make(fingerprint, 3)


@pytest.fixture
def _milvus_stands_in(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (test_index, test_missing):
        monkeypatch.setattr(module, "ImageIndex", Here(make))


def each_of(test: Any, **values: list[Any]) -> list[Any]:
    """A test with each of its parameters' values, which stand beside each other."""
    rows = zip(*values.values(), strict=True)
    return [partial(test, **dict(zip(values, row, strict=True))) for row in rows]


def name_of(test: Any) -> str:
    if isinstance(test, partial):
        return f"{name_of(test.func)}-{'-'.join(map(str, test.keywords.values()))}"
    return str(test.__name__).removeprefix("test_")


def call(test: Any, request: pytest.FixtureRequest) -> None:
    """Call a test with the fixtures that it names."""
    wanted = signature(test).parameters.values()
    test(**{each.name: request.getfixturevalue(each.name) for each in wanted if each.default is each.empty})


@pytest.mark.usefixtures("_milvus_stands_in", "every_file_exists")
@pytest.mark.parametrize(
    "test",
    [
        test_index.test_search_equals_brute_force,
        test_index.test_score_is_the_cosine_whatever_the_lengths,
        test_index.test_excluded_photos_make_room_for_the_next_best,
        *each_of(
            test_index.test_no_more_than_k_and_no_more_than_there_are, k=[0, 1, 3, 100], found=[0, 1, 3, 3]
        ),
        test_index.test_representations_come_back_in_the_order_asked_for,
        test_index.test_empty_index_finds_nothing,
        *each_of(
            test_index.test_impossible_representations_are_refused,
            bad=[[0, 0, 0], [np.nan, 1, 1], [np.inf, 1, 1], [1, 1]],
        ),
        test_index.test_adding_again_replaces,
        test_index.test_remove_counts_what_was_there,
    ],
    ids=name_of,
)
def test_what_holds_for_a_file_holds_here(test: Any, request: pytest.FixtureRequest) -> None:
    call(test, request)


@pytest.mark.usefixtures("_milvus_stands_in")
@pytest.mark.parametrize(
    "test",
    [
        test_index.test_deleted_photos_make_room_for_the_next_best,
        test_index.test_no_folder_is_a_sentence,
        test_index.test_only_new_changed_and_vanished_files_cost_anything,
        test_index.test_same_size_but_touched_is_read_again,
        partial(test_index.test_what_was_moved_copied_or_touched_is_not_represented_again, saved=False),
        test_index.test_another_content_of_the_same_size_is_represented,
        test_index.test_photos_that_swap_their_names_keep_what_they_are,
        *each_of(
            test_index.test_photos_that_take_each_others_names_keep_what_they_are_over_many_batches,
            names=[[1, 2, 3, 4, 5, 6], [5, 4, 3, 2, 1, 0]],
        ),
        test_index.test_stopped_before_they_are_recognised_moved_photos_keep_their_vectors,
        test_index.test_whoever_removes_the_photo_that_was_recognised_costs_a_look_at_it,
        test_index.test_other_folders_are_left_alone,
        test_index.test_unreadable_files_are_named_and_read_only_once,
        test_index.test_unreadable_file_that_is_mended_is_added,
        test_index.test_photo_that_breaks_is_dropped,
        test_index.test_folder_that_is_closed_for_now_keeps_its_photos,
        test_index.test_photo_deleted_before_its_turn_is_no_complaint,
        test_index.test_huge_photos_go_in_small_batches,
        test_index.test_empty_folder_makes_an_empty_index,
        test_index.test_stopped_in_the_middle_saves_and_goes_on,
        test_index.test_reader_that_walks_away_loses_nothing,
        test_index.test_a_name_that_is_not_text_is_named_and_left_out,
    ],
    ids=name_of,
)
def test_folders_are_followed_as_by_a_file(test: Any, request: pytest.FixtureRequest) -> None:
    call(test, request)


@pytest.mark.usefixtures("_milvus_stands_in")
@pytest.mark.parametrize(
    "test",
    [
        *each_of(test_missing.test_an_unmounted_drive_costs_nothing, left=[0, 1, 6]),
        test_missing.test_a_drive_within_the_folder_counts_for_itself,
        test_missing.test_a_folder_that_was_deleted_or_emptied_by_moving_is_no_drive,
        *each_of(test_missing.test_photos_that_a_person_deletes_are_dropped_at_once, kept=[7, 59]),
        test_missing.test_few_photos_are_no_surprise,
        test_missing.test_after_a_day_across_restarts_or_when_told_so_they_are_dropped,
        test_missing.test_what_another_folder_misses_stays_noted,
    ],
    ids=name_of,
)
def test_a_drive_that_is_not_connected_is_waited_for_here_too(
    test: Any, folder: Path, request: pytest.FixtureRequest
) -> None:
    test_missing.filled(folder, 60)
    call(test, request)


ODD_NAMES = [
    "/a",
    "a",
    '"',
    '"a"',
    "\\",
    "/\\u0061",
    "%",
    "_",
    "{}",
    "\n",
    "\udce9",
    "ß",
    "写真",
    "😀",
    " ",
    "0:",
]


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_it_has_what_a_file_has(make: Make, seed: int) -> None:
    chance, generator = random.Random(seed), np.random.default_rng(seed)
    here, file = make(dimensions=4), ImageIndex(NETWORK, 4)
    for _ in range(25):
        photos = chance.sample(ODD_NAMES, chance.randrange(6))
        verb = chance.choice(["add", "add", "remove", "unreadable", "reload"])
        if verb == "add":
            vectors = generator.normal(size=(len(photos), 4)).astype(np.float32)
            here.add(records_of(photos), vectors)
            file.add(records_of(photos), vectors)
        elif verb == "remove":
            assert here.remove(photos) == file.remove(photos)
        elif verb == "unreadable":
            for record in records_of(photos):
                here.mark_unreadable(record, f"{record.photo!r} is broken.")
                file.mark_unreadable(record, f"{record.photo!r} is broken.")
        else:
            here = make(dimensions=4)
        assert (len(here), here.photos) == (len(file), file.photos)
    assert here.records == file.records == here.records_of(ODD_NAMES)
    assert sorted(here.unreadable, key=str) == sorted(file.unreadable, key=str)
    found = here.representations_of(here.photos)
    np.testing.assert_allclose(found, file.representations_of(file.photos), atol=1e-6)


KILLED = test_index.KILLED.replace(
    'ImageIndex("network-1", 3)', 'MilvusIndex("file:" + sys.argv[2], "network-1", 3)'
).replace("from onenet.search.index import ImageIndex", "from onenet.search.milvus import MilvusIndex")


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_killed_in_the_middle_goes_on(folder: Path, represent: Represent, tmp_path: Path, make: Make) -> None:
    test_index.paint_each(folder, 10)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, folder, tmp_path / "milvus.db"], timeout=60, capture_output=True
    )
    assert killed.returncode == -signal.SIGKILL
    index = make(NETWORK, 3)
    assert len(index) == 6  # acknowledged, a batch after the other
    assert update(index, folder, represent).added == 4  # type: ignore[arg-type]
    assert represent.seen == 4


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


@pytest.mark.parametrize("folder", ["/photos/", '/Anna\'s \\ "photos"/', os.fsdecode(b"/caf\xe9/")])
def test_of_a_folder_only_what_is_below_it_is_fetched(
    make: Make, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, elsewhere = [f"{folder}a.jpg", f"{folder}b/'.jpg", f"{folder}\udce9.jpg"], ["/a.jpg", folder[:-1]]
    index, file = make(dimensions=2), ImageIndex(NETWORK, 2)
    fetched: list[str] = []
    every = index._every
    monkeypatch.setattr(
        index, "_every", lambda *asked: (fetched.append(row["photo"]) or row for row in every(*asked))
    )
    for each in (index, file):
        each.add(records_of([*here, *elsewhere]), [[1, 0]] * 5)
    assert index.known_below(folder) == file.known_below(folder)
    assert len(fetched) in (3, 4)  # of those whose names are no text all


def test_more_than_it_gives_at_once_are_all_listed(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onenet.search.milvus_connection.MOST", 7)
    names = [f"/photos/{number}.jpg" for number in range(60)]
    random.Random(1).shuffle(names)
    gallery = make(dimensions=2)
    chats = MilvusChats(gallery.connection, NETWORK, "owner", 2)
    for index in (gallery, chats.of("1")):
        for start in range(0, 60, 9):
            some = records_of(names[start : start + 9])
            index.add(some, [[1, 0]] * len(some))
        index.remove(names[:20])
        index.add(records_of(names[10:30]), [[0, 1]] * 20)
        assert index.photos == sorted(names[10:])
    assert sorted(gallery.known_below("/photos/")["/photos/"]) == sorted(name[8:] for name in names[10:])
    assert sum(len(part) for part in gallery.parts(4)) == 50
    listed = [each for page in chats.pages() for each in page]
    assert sorted(listed) == sorted(("1", name) for name in names[10:])


def test_a_copy_is_the_same(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from onenet.search.copying import copy_index

    monkeypatch.setattr("onenet.search.copying._AT_ONCE", 16)
    local = ImageIndex(NETWORK, 8)
    names = [f"/{number}.jpg" for number in range(50)]
    local.add(records_of(["/gone.jpg", *names[:40]]), random_units(41, 8))
    local.mark_unreadable(records_of(["/broken.jpg"])[0], "Broken.")
    local.missing_since = {"/x": 1.0}
    local.save(tmp_path / "local")
    local.remove(["/gone.jpg"])
    local.add(records_of(names[40:]), random_units(10, 8, seed=1))
    away, back = make(dimensions=8), ImageIndex(NETWORK, 8)
    for index, copied in ((local, away), (away, back)):
        assert [*copy_index(index, copied)][-1] == (50, 50)  # type: ignore[arg-type]
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


def test_a_file_that_may_not_be_read_names_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It holds the bot's token: another user has its commands all the same."""

    def refuse(*args: object, **options: object) -> None:
        raise PermissionError(13, "Permission denied")

    env_file = tmp_path / ".env"
    env_file.write_text("INDEX_URL=http://a:1\n")
    for place in ("dotenv.dotenv_values", "pathlib.Path.is_file"):  # is_file: nor may its folder
        with monkeypatch.context() as patched:
            patched.setattr(place, refuse)
            assert index_url_in_env({}, env_file) == ""
    assert index_url_in_env({}, tmp_path) == ""


def test_a_place_is_shown_without_name_and_password() -> None:
    assert shown_url("http://root:secret@host:19530/db") == "http://host:19530/db"
    for place in ("http://host:19530", "file:data/milvus.db", "data/me@home/index.safetensors"):
        assert shown_url(place) == place
    assert shown_url(Path("data") / "index.safetensors") == str(Path("data") / "index.safetensors")
