"""Fetching Flickr8K from a server on this machine that misbehaves in every way we know of."""

import hashlib
import io
import json
import re
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import onenet.datasets.download
from onenet.datasets.download import DownloadProgress, download_flickr8k
from onenet.errors import DownloadError

PHOTOS, TEXTS, SPLITS = "Flickr8k_Dataset.zip", "Flickr8k_text.zip", "caption_datasets.zip"
PHOTO_BYTES = bytes(range(256)) * 2000


def make_zip(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


@dataclass
class Server:
    """What the server has, how it misbehaves, and what it was asked."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    break_after: list[int] = field(default_factory=list)  # bytes sent of the next answers, then it hangs up
    errors: list[int] = field(default_factory=list)  # statuses of the next answers
    knows_range: bool = True
    announced_extra: int = 0  # added to every Content-Length of a whole file
    says_length: bool = True
    chunked: bool = False
    content_range: str = ""
    asked: list[tuple[str, str | None]] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[Server]:
    plan = Server()
    plan.files = {
        PHOTOS: make_zip(
            {
                "Flicker8k_Dataset/1.jpg": PHOTO_BYTES,
                "Flicker8k_Dataset/2.jpg": b"two",
                "__MACOSX/Flicker8k_Dataset/._1.jpg": b"litter",
            }
        ),
        TEXTS: make_zip({"Flickr8k.token.txt": b"1.jpg#0\tOne .", "Flickr_8k.devImages.txt": b"1.jpg"}),
        SPLITS: make_zip({"dataset_flickr8k.json": b"{}", "dataset_coco.json": b"not wanted"}),
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self, plan)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http_server:
        plan.url = f"http://127.0.0.1:{http_server.server_port}/files"
        thread = threading.Thread(target=http_server.serve_forever, args=(0.01,))
        thread.start()
        yield plan
        http_server.shutdown()
        thread.join()


def answer(request: BaseHTTPRequestHandler, plan: Server) -> None:
    name, wanted = request.path.rpartition("/")[2], request.headers["Range"]
    plan.asked.append((name, wanted))
    if plan.errors:
        request.send_error(plan.errors.pop(0))
        return
    if name not in plan.files:
        request.send_error(404)
        return
    content = plan.files[name]
    start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and plan.knows_range else 0
    if wanted and plan.knows_range and start >= len(content):
        request.send_response(416)
        request.send_header("Content-Range", f"bytes */{len(content)}")
        request.send_header("Content-Length", "0")
        request.end_headers()
        return
    if wanted and plan.knows_range:
        request.send_response(206)
        request.send_header(
            "Content-Range", plan.content_range or f"bytes {start}-{len(content) - 1}/{len(content)}"
        )
        length = len(content) - start
    else:
        request.send_response(200)
        length = len(content) + plan.announced_extra
    if plan.chunked:
        request.send_header("Transfer-Encoding", "chunked")
    elif plan.says_length:
        request.send_header("Content-Length", str(length))
    request.end_headers()
    sent = content[start:]
    broken = bool(plan.break_after)
    if broken:
        sent = sent[: plan.break_after.pop(0)]
    if plan.chunked:
        sent = b"%x\r\n%s\r\n%s" % (len(sent), sent, b"" if broken else b"0\r\n\r\n")
    request.wfile.write(sent)
    request.close_connection = True


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onenet.datasets.download, "RETRY_PAUSES_S", (0.0, 0.0))
    for variable in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)


def download(server: Server, folder: Path) -> list[DownloadProgress]:
    reports: list[DownloadProgress] = []
    result = download_flickr8k(folder, base_url=server.url, karpathy_url=server.url, progress=reports.append)
    assert result == folder
    return reports


def assert_complete(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == [
        "Flicker8k_Dataset",
        "Flickr8k.token.txt",
        "Flickr_8k.devImages.txt",
        "SHA256SUMS",
        "dataset_flickr8k.json",
    ]
    assert sorted(path.name for path in (folder / "Flicker8k_Dataset").iterdir()) == ["1.jpg", "2.jpg"]
    assert (folder / "Flicker8k_Dataset" / "1.jpg").read_bytes() == PHOTO_BYTES
    assert json.loads((folder / "dataset_flickr8k.json").read_text()) == {}


def test_everything_arrives_in_the_official_layout(server: Server, tmp_path: Path) -> None:
    reports = download(server, tmp_path / "new" / "flickr8k")
    assert_complete(tmp_path / "new" / "flickr8k")
    assert [name for name, _ in server.asked] == [TEXTS, SPLITS, PHOTOS]
    size = len(server.files[PHOTOS])
    assert DownloadProgress("downloading", PHOTOS, size, size) in reports
    assert [report.phase for report in reports if report.file == PHOTOS][-2:] == ["unpacking", "done"]


def test_second_time_asks_for_nothing(server: Server, tmp_path: Path) -> None:
    download(server, tmp_path)
    server.asked.clear()
    assert download(server, tmp_path) == []
    assert server.asked == []


def test_breaking_off_goes_on_where_it_stopped(server: Server, tmp_path: Path) -> None:
    (tmp_path / "Flickr8k.token.txt").touch()
    (tmp_path / "dataset_flickr8k.json").touch()
    server.break_after = [1000, 2000, 300_000]
    reports = download(server, tmp_path)
    assert server.asked == [
        (PHOTOS, None),
        (PHOTOS, "bytes=1000-"),
        (PHOTOS, "bytes=3000-"),
        (PHOTOS, "bytes=303000-"),
    ]
    assert (tmp_path / "Flicker8k_Dataset" / "1.jpg").read_bytes() == PHOTO_BYTES
    sizes = [report.done_bytes for report in reports if report.phase == "downloading"]
    assert sizes == sorted(sizes)


def test_next_run_goes_on_where_the_last_one_was_stopped(server: Server, tmp_path: Path) -> None:
    def stop_halfway(report: DownloadProgress) -> None:
        if report.file == PHOTOS:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download_flickr8k(tmp_path, base_url=server.url, karpathy_url=server.url, progress=stop_halfway)
    have = (tmp_path / ".download" / f"{PHOTOS}.part").stat().st_size
    assert have > 0
    server.asked.clear()
    download(server, tmp_path)
    assert server.asked == [(PHOTOS, f"bytes={have}-")]
    assert_complete(tmp_path)


def test_stopped_while_unpacking_does_not_fetch_again(server: Server, tmp_path: Path) -> None:
    def stop_unpacking(report: DownloadProgress) -> None:
        if (report.phase, report.file) == ("unpacking", PHOTOS):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download_flickr8k(tmp_path, base_url=server.url, karpathy_url=server.url, progress=stop_unpacking)
    assert not (tmp_path / "Flicker8k_Dataset").exists()
    server.asked.clear()
    download(server, tmp_path)
    assert server.asked == []
    assert_complete(tmp_path)


@pytest.mark.parametrize("position", [0, 1000])
def test_server_without_range_starts_anew(server: Server, tmp_path: Path, position: int) -> None:
    server.knows_range = False
    server.break_after = [position, 5000]
    download(server, tmp_path)
    assert_complete(tmp_path)


def test_server_that_always_breaks_at_the_same_place_is_given_up(server: Server, tmp_path: Path) -> None:
    server.knows_range = False
    server.break_after = [50] * 20
    with pytest.raises(DownloadError, match="broke off after 50 of"):
        download(server, tmp_path)
    assert len(server.asked) == 4  # the first, one that got further than nothing, two that did not


def test_broken_chunked_answer_is_noticed(server: Server, tmp_path: Path) -> None:
    server.chunked = True
    server.break_after = [100]
    download(server, tmp_path)
    assert server.asked[1] == (TEXTS, "bytes=100-")
    assert_complete(tmp_path)


def test_unknown_size_is_no_obstacle(server: Server, tmp_path: Path) -> None:
    server.says_length = False
    reports = download(server, tmp_path)
    assert_complete(tmp_path)
    assert {report.total_bytes for report in reports if report.phase == "downloading"} == {None}


def test_size_announced_too_large(server: Server, tmp_path: Path) -> None:
    server.announced_extra = 7
    download(server, tmp_path)
    assert_complete(tmp_path)


def test_size_announced_too_small(server: Server, tmp_path: Path) -> None:
    server.announced_extra = -7
    with pytest.raises(DownloadError, match=r"Flickr8k_text.zip is damaged .* fetch it once more"):
        download(server, tmp_path)
    server.announced_extra = 0
    download(server, tmp_path)
    assert_complete(tmp_path)


def test_absurd_size_is_refused(server: Server, tmp_path: Path) -> None:
    server.announced_extra = 1 << 40
    with pytest.raises(DownloadError, match="more than it can be"):
        download(server, tmp_path)


def test_endless_answer_is_refused(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server.says_length = False
    monkeypatch.setattr(onenet.datasets.download, "MAX_ARCHIVE_BYTES", 100)
    with pytest.raises(DownloadError, match="larger than it can be"):
        download(server, tmp_path)
    assert list((tmp_path / ".download").iterdir()) == []


def test_full_disk_is_said_before_anything_is_fetched(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        onenet.datasets.download.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 10})
    )
    with pytest.raises(DownloadError, match="0 MB are free on the disk"):
        download(server, tmp_path)


def test_file_that_shrank_on_the_server_is_fetched_anew(server: Server, tmp_path: Path) -> None:
    (tmp_path / ".download").mkdir()
    (tmp_path / ".download" / f"{PHOTOS}.part").write_bytes(bytes(10_000_000))
    download(server, tmp_path)
    assert_complete(tmp_path)


def test_part_of_another_file_ends_as_damaged_and_then_works(server: Server, tmp_path: Path) -> None:
    (tmp_path / ".download").mkdir()
    (tmp_path / ".download" / f"{PHOTOS}.part").write_bytes(bytes(10_000))
    with pytest.raises(DownloadError, match="is damaged"):
        download(server, tmp_path)
    download(server, tmp_path)
    assert_complete(tmp_path)


def test_wrong_part_is_refused(server: Server, tmp_path: Path) -> None:
    server.break_after = [100]
    server.content_range = "bytes 5-9/10"
    with pytest.raises(DownloadError, match="another part"):
        download(server, tmp_path)


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_passing_trouble_is_overcome(server: Server, tmp_path: Path, status: int) -> None:
    server.errors = [status]
    download(server, tmp_path)
    assert_complete(tmp_path)


def test_absent_file_says_at_once_what_to_do_by_hand(server: Server, tmp_path: Path) -> None:
    del server.files[PHOTOS]
    with pytest.raises(DownloadError) as caught:
        download(server, tmp_path)
    assert "404 Not Found" in str(caught.value)
    by_hand = f"download {server.url}/{PHOTOS} and {server.url}/{TEXTS} with a browser into {tmp_path}"
    assert by_hand in str(caught.value)
    assert [name for name, _ in server.asked].count(PHOTOS) == 1
    assert (tmp_path / "Flickr8k.token.txt").exists()


def test_offline_says_what_to_do_by_hand(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"the server cannot be reached .* with a browser"):
        download_flickr8k(tmp_path, base_url="http://127.0.0.1:1", karpathy_url="http://127.0.0.1:1")


def test_archives_brought_by_hand_are_used_and_kept(server: Server, tmp_path: Path) -> None:
    for name in (PHOTOS, TEXTS):
        (tmp_path / name).write_bytes(server.files.pop(name))
    download(server, tmp_path)
    assert [name for name, _ in server.asked] == [SPLITS]
    assert (tmp_path / "Flicker8k_Dataset" / "2.jpg").exists()
    assert (tmp_path / PHOTOS).exists()


@pytest.mark.parametrize("other", [b"text", make_zip({"1.jpg": b"another"})])
def test_an_archive_brought_by_hand_that_is_of_no_use_is_named(
    server: Server, tmp_path: Path, other: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the user's own, so that to start again alone would bring the same answer for ever."""
    brought = tmp_path / PHOTOS
    brought.write_bytes(other)
    with monkeypatch.context() as patched:
        patched.setitem(onenet.datasets.download._PUBLISHED, f"{server.url}/{PHOTOS}", "0" * 32)
        with pytest.raises(DownloadError, match=re.escape(f"delete or replace {brought} and start again")):
            download(server, tmp_path)
    assert brought.read_bytes() == other
    brought.unlink()
    download(server, tmp_path)
    assert_complete(tmp_path)


def test_without_the_optional_splits_there_is_a_notice(server: Server, tmp_path: Path) -> None:
    del server.files[SPLITS]
    reports = download(server, tmp_path)
    (notice,) = [report.notice for report in reports if report.notice]
    assert "caption_datasets.zip could not be fetched" in notice
    assert (tmp_path / "Flicker8k_Dataset").is_dir()


@pytest.mark.parametrize("damage", ["truncated", "flipped", "text", "empty"])
def test_damaged_archive_is_refused_and_fetched_anew_next_time(
    server: Server, tmp_path: Path, damage: str
) -> None:
    whole = server.files[PHOTOS]
    server.files[PHOTOS] = {
        "truncated": whole[:-100],
        "flipped": whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:],
        "text": b"<html>Too many downloads today</html>",
        "empty": b"",
    }[damage]
    with pytest.raises(DownloadError, match="is damaged"):
        download(server, tmp_path)
    assert not (tmp_path / "Flicker8k_Dataset").exists()
    server.files[PHOTOS] = whole
    download(server, tmp_path)
    assert_complete(tmp_path)


@pytest.mark.parametrize(
    "name", ["../evil.jpg", "Flicker8k_Dataset/../../evil.jpg", "/evil.jpg", "C:/evil.jpg"]
)
def test_archive_that_would_write_elsewhere_is_refused(server: Server, tmp_path: Path, name: str) -> None:
    server.files[PHOTOS] = make_zip({"Flicker8k_Dataset/1.jpg": b"1", name: b"evil"})
    with pytest.raises(DownloadError, match="not safe to unpack"):
        download(server, tmp_path / "inside")
    assert not list(tmp_path.rglob("evil.jpg"))
    assert not (tmp_path / "inside" / "Flicker8k_Dataset").exists()


def test_archive_with_a_link_is_refused(server: Server, tmp_path: Path) -> None:
    link = zipfile.ZipInfo("Flicker8k_Dataset/1.jpg")
    link.external_attr = 0o120777 << 16
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    server.files[PHOTOS] = content.getvalue()
    with pytest.raises(DownloadError, match="not safe to unpack"):
        download(server, tmp_path)


def test_archive_that_swells_is_refused(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onenet.datasets.download, "MAX_UNPACKED_BYTES", 1000)
    with pytest.raises(DownloadError, match="unpack to more than it can be"):
        download(server, tmp_path)


def test_archive_of_something_else_is_refused(server: Server, tmp_path: Path) -> None:
    server.files[TEXTS] = make_zip({"readme.txt": b"hello"})
    with pytest.raises(DownloadError, match=r"holds no Flickr8k\.token\.txt"):
        download(server, tmp_path)
    assert not (tmp_path / "readme.txt").exists()


def test_folder_that_cannot_be_written_is_a_sentence(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DownloadError, match="cannot be written to"):
        download(server, tmp_path / "file" / "flickr8k")


def test_files_of_the_users_are_left_alone(server: Server, tmp_path: Path) -> None:
    """A readme of the archive is not unpacked; a file that would be written over stops it beforehand."""
    texts = {"Flickr8k.token.txt": b"1.jpg#0\tOne .", "Flickr_8k.devImages.txt": b"1.jpg"}
    server.files[TEXTS] = make_zip({"readme.txt": b"theirs", "__MACOSX/._readme.txt": b"litter", **texts})
    (tmp_path / "readme.txt").write_text("mine")
    (tmp_path / "notes.txt").write_text("mine")
    download(server, tmp_path)
    assert (tmp_path / "readme.txt").read_text() == "mine"
    assert (tmp_path / "notes.txt").read_text() == "mine"

    other = tmp_path / "other"
    other.mkdir()
    (other / "Flickr_8k.devImages.txt").write_text("mine")
    with pytest.raises(DownloadError, match=r"files of its own .*: Flickr_8k\.devImages\.txt\. Move them"):
        download(server, other)
    assert (other / "Flickr_8k.devImages.txt").read_text() == "mine"
    assert not (other / "Flickr8k.token.txt").exists()


@pytest.mark.parametrize("brought", [False, True])
def test_another_archive_than_before_is_refused(server: Server, tmp_path: Path, brought: bool) -> None:
    download(server, tmp_path)
    sums = (tmp_path / "SHA256SUMS").read_text()
    assert [line.split("  ")[1] for line in sums.splitlines()] == [PHOTOS, TEXTS, SPLITS]
    assert f"{hashlib.sha256(server.files[TEXTS]).hexdigest()}  {TEXTS}\n" in sums
    (tmp_path / "Flickr8k.token.txt").unlink()
    changed = make_zip({"Flickr8k.token.txt": b"1.jpg#0\tBought a pill ."})
    if brought:
        (tmp_path / TEXTS).write_bytes(changed)
    whole, server.files[TEXTS] = server.files[TEXTS], changed
    with pytest.raises(DownloadError, match=r"not the file that was here before, see .*SHA256SUMS"):
        download(server, tmp_path)
    assert not (tmp_path / "Flickr8k.token.txt").exists()
    assert (tmp_path / "SHA256SUMS").read_text() == sums
    if not brought:  # what was refused is not kept
        server.files[TEXTS] = whole
        download(server, tmp_path)
        assert_complete(tmp_path)


def test_another_archive_than_is_published_is_refused(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(onenet.datasets.download._PUBLISHED, f"{server.url}/{TEXTS}", "0" * 32)
    with pytest.raises(DownloadError, match=r"Flickr8k_text\.zip is not the file that is published"):
        download(server, tmp_path)
    monkeypatch.setitem(
        onenet.datasets.download._PUBLISHED,
        f"{server.url}/{TEXTS}",
        hashlib.md5(server.files[TEXTS]).hexdigest(),
    )
    download(server, tmp_path)
    assert_complete(tmp_path)


def test_two_at_once_do_not_share_a_part(server: Server, tmp_path: Path) -> None:
    """The second, here the page's beside the command line's, says who is at it and touches nothing."""
    second: list[str] = []

    def try_too(progress: DownloadProgress) -> None:
        if progress.phase == "downloading" and not second:
            with pytest.raises(DownloadError) as refused:
                download_flickr8k(tmp_path, base_url=server.url, karpathy_url=server.url)
            second.append(str(refused.value))

    download_flickr8k(tmp_path, base_url=server.url, karpathy_url=server.url, progress=try_too)
    assert second == [f"Another program is fetching Flickr8K into {tmp_path} already; wait until it is done."]
    assert_complete(tmp_path)
    assert [name for name, _ in server.asked] == [TEXTS, SPLITS, PHOTOS]


def test_a_whole_data_set_that_cannot_be_written_to_is_as_good(server: Server, tmp_path: Path) -> None:
    download(server, tmp_path)
    tmp_path.chmod(0o555)
    try:
        assert download(server, tmp_path) == []
    finally:
        tmp_path.chmod(0o755)
