"""Photos dropped on the page, and Flickr8K fetched for it."""

import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onenet.errors import DownloadError
from onenet.search.folder import find_photos
from tests.bot.local.conftest import picture
from tests.bot.local_chat import LocalChat, local_chat
from tests.bot.page_client import plain_http
from tests.onenet.search.photo_files import encode, noise


@dataclass
class FakeGallery:
    """Counts how often it is woken; a test sets its state."""

    folder: Path
    woken: int = 0
    now: SimpleNamespace = field(
        default_factory=lambda: SimpleNamespace(photos=0, phase="empty", done=0, total=0, skipped=())
    )

    def state(self) -> SimpleNamespace:
        return self.now

    def wake(self) -> None:
        self.woken += 1


@dataclass
class FakeDownload:
    """Reports what it is told to, then waits until a test lets it end."""

    failure: Exception | None = None
    folder: Path | None = None
    go_on: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)

    def __call__(self, folder: Path, *, progress: Callable[[Any], None]) -> Path:
        self.folder = folder
        try:
            progress(SimpleNamespace(phase="downloading", done_bytes=10, total_bytes=100, notice=""))
            self.go_on.wait(10)
            if self.failure:
                raise self.failure
            progress(SimpleNamespace(phase="done", done_bytes=100, total_bytes=100, notice=""))
        finally:
            self.ended.set()
        return folder


@pytest.fixture
def gallery(tmp_path: Path) -> FakeGallery:
    return FakeGallery(tmp_path / "gallery")


@pytest.fixture
def download() -> FakeDownload:
    return FakeDownload()


@pytest.fixture
async def chat(tmp_path: Path, gallery: FakeGallery, download: FakeDownload) -> AsyncIterator[LocalChat]:
    async with local_chat(tmp_path, gallery=gallery, fetch_flickr8k=download) as chat:
        yield chat


@pytest.fixture
async def http(chat: LocalChat) -> AsyncIterator[httpx.AsyncClient]:
    async with plain_http(chat.server.url) as client:
        yield client


async def add(http: httpx.AsyncClient, *photos: tuple[str, bytes]) -> dict[str, Any]:
    answer = await http.post("/local/gallery", files=[("photo", photo) for photo in photos])
    assert answer.is_success, answer.text
    body: dict[str, Any] = answer.json()
    return body


def stored(gallery: FakeGallery) -> list[str]:
    return sorted(p.relative_to(gallery.folder).as_posix() for p in gallery.folder.rglob("*") if p.is_file())


async def test_photos_are_kept_with_their_names_and_the_gallery_wakes(
    http: httpx.AsyncClient, gallery: FakeGallery
) -> None:
    answer = await add(http, ("summer/at the sea.jpg", picture()), ("b.png", picture(kind="PNG")))
    assert answer == {"added": 2, "skipped": []}
    assert stored(gallery) == ["b.png", "summer/at the sea.jpg"]
    assert gallery.woken == 1


async def test_what_is_no_photo_is_named_and_the_rest_is_kept(
    http: httpx.AsyncClient, gallery: FakeGallery
) -> None:
    heic, video = (b"\x00\x00\x00\x18ftyp" + brand + bytes(20) for brand in (b"heic", b"mp42"))
    answer = await add(
        http,
        ("notes.txt", b"words"),
        ("empty.jpg", b""),
        ("a.jpg", picture()),
        ("a.heic", heic),
        ("a.mp4", video),
    )
    assert answer["added"] == 2
    reason = "This file is not a photo."
    refused = ("notes.txt", "empty.jpg", "a.mp4")
    assert answer["skipped"] == [{"photo": name, "reason": reason} for name in refused]
    assert stored(gallery) == ["a.heic", "a.jpg"]


async def test_the_same_photo_is_kept_once_and_another_of_its_name_beside_it(
    http: httpx.AsyncClient, gallery: FakeGallery
) -> None:
    await add(http, ("a.jpg", picture()))
    again = await add(http, ("a.jpg", picture()), ("a.jpg", picture(color="red")))
    assert again["added"] == 1
    assert again["skipped"] == [{"photo": "a.jpg", "reason": "This photo is in the gallery already."}]
    assert stored(gallery) == ["a-2.jpg", "a.jpg"]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../evil.jpg", "evil.jpg"),
        ("/etc/evil.jpg", "etc/evil.jpg"),
        ("C:\\Users\\me\\a.jpg", "a.jpg"),
        ("..", "photo"),
        (".hidden/.a.jpg", "hidden/a.jpg"),
        ("con.jpg", "_con.jpg"),
        ("a/b/c/d/e/f/g/h.jpg", "c/d/e/f/g/h.jpg"),
        ("пёс 🐶.jpg", "пёс 🐶.jpg"),
        ("x" * 300 + ".jpg", "x" * 90 + ".jpg"),
        ("a\u202eb?.jpg", "a_b_.jpg"),
    ],
)
async def test_names_stay_inside_the_folder(
    http: httpx.AsyncClient, gallery: FakeGallery, name: str, kept: str
) -> None:
    assert (await add(http, (name, picture())))["added"] == 1
    assert stored(gallery) == [kept]


FILES = {kind: encode(noise(9, 9), kind) for kind in ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")}
SUFFIXES = ("", ".jpg", ".jpe", ".HIF", ".jpg_large", ".pdf", ".mp4", ".txt", ".unheard", ".")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(st.text(max_size=40), min_size=1, max_size=4),
    suffix=st.sampled_from(SUFFIXES),
    kind=st.sampled_from([*FILES]) | st.binary(max_size=80),
    length=st.sampled_from([None, 70]),
)
async def test_whatever_is_sent_is_kept_and_found_or_named(
    http: httpx.AsyncClient,
    gallery: FakeGallery,
    names: list[str],
    suffix: str,
    kind: str | bytes,
    length: int | None,
) -> None:
    content = FILES[kind][:length] if isinstance(kind, str) else kind
    gallery.folder.mkdir(exist_ok=True)
    before = set(find_photos(gallery.folder))
    name = "/".join(names).encode("utf-8", "ignore").decode() + suffix or "nameless"
    answer = await add(http, (name, content))
    assert answer["added"] + len(answer["skipped"]) == 1
    assert all(each["reason"] for each in answer["skipped"])
    assert len(set(find_photos(gallery.folder)) - before) == answer["added"]


async def test_a_link_in_the_folder_does_not_lead_out(
    http: httpx.AsyncClient, gallery: FakeGallery, tmp_path: Path
) -> None:
    (tmp_path / "outside").mkdir()
    gallery.folder.mkdir()
    (gallery.folder / "link").symlink_to(tmp_path / "outside")
    answer = await add(http, ("link/a.jpg", picture()))
    assert answer["skipped"][0]["reason"] == "This name leads out of the gallery's folder."
    assert not list((tmp_path / "outside").iterdir())


async def test_the_page_hears_how_indexing_goes(chat: LocalChat, gallery: FakeGallery) -> None:
    skipped = (SimpleNamespace(photo=str(gallery.folder / "a" / "b.jpg"), reason="It is broken."),)
    gallery.now = SimpleNamespace(photos=3, phase="indexing", done=3, total=9, skipped=skipped)
    event = await chat.wait_for_event("gallery")
    assert event["gallery"] == {
        "photos": 3,
        "phase": "indexing",
        "done": 3,
        "total": 9,
        "skipped": [{"photo": "a/b.jpg", "reason": "It is broken."}],
        "folder": str(gallery.folder),
        "download": None,
    }
    assert (await chat.state())["gallery"] == event["gallery"]


async def test_flickr8k_is_fetched_with_progress(
    chat: LocalChat, http: httpx.AsyncClient, gallery: FakeGallery, download: FakeDownload
) -> None:
    assert (await http.post("/local/gallery/flickr8k")).status_code == 202
    event = await chat.wait_for_event("gallery", lambda e: e["gallery"]["download"]["done_bytes"] == 10)
    assert event["gallery"]["download"] == {
        "phase": "downloading",
        "done_bytes": 10,
        "total_bytes": 100,
        "message": "",
    }
    again = await http.post("/local/gallery/flickr8k")
    assert (again.status_code, again.json()["error"]) == (409, "Flickr8K is being fetched already.")
    download.go_on.set()
    await chat.wait_for_event("gallery", lambda e: e["gallery"]["download"]["phase"] == "done")
    assert download.folder == gallery.folder / "flickr8k"
    assert gallery.woken == 1


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        (DownloadError("Fetch it by hand."), "Fetch it by hand."),
        (RuntimeError("inner"), "Flickr8K could not be fetched. The log says why; try again."),
    ],
)
async def test_a_download_that_fails_says_what_to_do_and_can_be_tried_again(
    chat: LocalChat, http: httpx.AsyncClient, download: FakeDownload, failure: Exception, message: str
) -> None:
    download.failure = failure
    download.go_on.set()
    await http.post("/local/gallery/flickr8k")
    event = await chat.wait_for_event("gallery", lambda e: e["gallery"]["download"]["phase"] == "failed")
    assert event["gallery"]["download"]["message"] == message
    download.failure = None
    assert (await http.post("/local/gallery/flickr8k")).status_code == 202
    await chat.wait_for_event("gallery", lambda e: e["gallery"]["download"]["phase"] == "done")


async def test_stopping_ends_a_download(
    chat: LocalChat, http: httpx.AsyncClient, download: FakeDownload
) -> None:
    await http.post("/local/gallery/flickr8k")
    await chat.wait_for_event("gallery", lambda e: e["gallery"]["download"]["done_bytes"] == 10)
    chat.server.stop()
    download.go_on.set()
    assert download.ended.wait(5)


async def test_without_a_download_the_page_says_so(tmp_path: Path, gallery: FakeGallery) -> None:
    async with (
        local_chat(tmp_path, gallery=gallery) as chat,
        plain_http(chat.server.url) as http,
    ):
        answer = await http.post("/local/gallery/flickr8k")
        assert (answer.status_code, answer.json()) == (404, {"error": "Flickr8K cannot be fetched here."})
