"""Fetch Flickr8K: resumes where it broke off, checks what arrives, unpacks only what belongs there."""

import filecmp
import hashlib
import http.client
import os
import re
import shutil
import stat
import time
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from onenet.errors import DownloadError
from onenet.files import HeldError, held, replace_file

FLICKR8K_URL = "https://github.com/jbrownlee/Datasets/releases/download/Flickr8k"
KARPATHY_URL = "https://cs.stanford.edu/people/karpathy/deepimagesent"

PHOTOS_FOLDER = "Flicker8k_Dataset"  # spelt like this in the official archive
TOKEN_FILE = "Flickr8k.token.txt"
KARPATHY_FILE = "dataset_flickr8k.json"
TEXT_FILES = "|".join(
    map(re.escape, (TOKEN_FILE, *(f"Flickr_8k.{split}Images.txt" for split in ("train", "dev", "test"))))
)
SUMS_FILE = "SHA256SUMS"
# MD5 of the public archives at FLICKR8K_URL, by which other projects check them; their makers publish none.
# Of what arrives the SHA-256 is written down beside it, so that another one is noticed the next time.
_PUBLISHED = {
    f"{FLICKR8K_URL}/Flickr8k_Dataset.zip": "f18a1e2920de5bd84dae7cf08ec78978",
    f"{FLICKR8K_URL}/Flickr8k_text.zip": "bf6c1abcb8e4a833b7f922104de18627",
}

MAX_ARCHIVE_BYTES = 2 << 30
MAX_UNPACKED_BYTES = 4 << 30
TIMEOUT_S = 30.0
# After a break: wait this long before each further try. Every byte that arrives sets the count back.
RETRY_PAUSES_S = (0.5, 1.0, 2.0, 4.0)
_CHUNK_BYTES = 1 << 18
_NEEDED = ("Flickr8k_Dataset.zip", "Flickr8k_text.zip")


@dataclass(frozen=True)
class DownloadProgress:
    """How far one archive has come.

    Attributes:
        phase: What is being done with it.
        file: The archive's name.
        done_bytes: Bytes on disk so far, those of earlier runs included; or unpacked so far.
        total_bytes: None if the server does not say.
        notice: A sentence for the user about something that went wrong but does not matter much, else empty.
    """

    phase: Literal["downloading", "unpacking", "done"]
    file: str
    done_bytes: int
    total_bytes: int | None
    notice: str = ""


ReportProgress = Callable[[DownloadProgress], None]


@dataclass(frozen=True)
class _Archive:
    """A zip file of the data set.

    Attributes:
        name: Of the file.
        url: Of the folder it is in.
        wanted: Matches the names of the files in it that are wanted, whatever folder they are in there.
        into: The folder to put them into, or "".
        proof: What is there once all of it has been unpacked.
    """

    name: str
    url: str
    wanted: re.Pattern[str]
    into: str
    proof: str


class _BrokenOffError(Exception):
    """The connection failed; the same request may work in a moment."""


class _RefusedError(Exception):
    """The server will not give the file, however often it is asked."""


def download_flickr8k(
    folder: Path,
    *,
    base_url: str = FLICKR8K_URL,
    karpathy_url: str = KARPATHY_URL,
    progress: ReportProgress | None = None,
) -> Path:
    """Fetch and unpack Flickr8K into the official layout.

    What is there already is not fetched again, and nothing of the user's is written over; an archive that
    lies in the folder is used; a download that was broken off goes on where it stopped. Karpathy's splits are
    optional: without them there is a notice.

    Args:
        folder: Gets `Flicker8k_Dataset/`, `Flickr8k.token.txt`, `Flickr_8k.*Images.txt` and, where possible,
            `dataset_flickr8k.json`.
        base_url: Where `Flickr8k_Dataset.zip` and `Flickr8k_text.zip` are.
        karpathy_url: Where `caption_datasets.zip` is.
        progress: Called often from this thread; what it raises ends the download, which can go on later.

    Returns:
        The folder.

    Raises:
        DownloadError: If an archive cannot be fetched or is not what it should be; says what to do by hand.
    """
    report = progress or (lambda _: None)
    texts = _Archive("Flickr8k_text.zip", base_url, re.compile(TEXT_FILES), "", TOKEN_FILE)
    splits = _Archive("caption_datasets.zip", karpathy_url, re.compile(KARPATHY_FILE), "", KARPATHY_FILE)
    photos = _Archive(
        "Flickr8k_Dataset.zip", base_url, re.compile(r"[^.].*\.jpg"), PHOTOS_FOLDER, PHOTOS_FOLDER
    )
    if all((folder / archive.proof).exists() for archive in (texts, splits, photos)):
        return folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with held(folder / "download"):
            _get(texts, folder, report)
            try:
                _get(splits, folder, report)
            except DownloadError as error:
                notice = f"{error} Only Karpathy's splits are missing; the official ones do as well."
                report(DownloadProgress("done", splits.name, 0, None, notice))
            _get(photos, folder, report)
            with suppress(OSError):
                (folder / ".download.lock").unlink()  # whoever comes next finds all done
                _workshop(folder).rmdir()  # not empty: something that can be resumed
    except HeldError as error:
        raise DownloadError(
            f"Another program is fetching Flickr8K into {folder} already; wait until it is done."
        ) from error
    except OSError as error:
        raise DownloadError(
            f"Flickr8K cannot be written to {folder} ({error.strerror or error}). Make room for 3 GB."
        ) from error
    return folder


def _get(archive: _Archive, folder: Path, report: ReportProgress) -> None:
    if (folder / archive.proof).exists():
        return
    brought = folder / archive.name
    if brought.is_file():
        _check_and_unpack(brought, archive, folder, report)
        return
    fetched = _workshop(folder) / archive.name
    if not fetched.is_file():
        try:
            _fetch(f"{archive.url}/{archive.name}", fetched, report)
        except (_BrokenOffError, _RefusedError) as error:
            raise DownloadError(
                f"{archive.name} could not be fetched: {error}. "
                f"Try again later, it goes on where it stopped; or {_by_hand(archive, folder)}"
            ) from error
    try:
        _check_and_unpack(fetched, archive, folder, report)
    except DownloadError:
        fetched.unlink()
        raise
    fetched.unlink()


def _check_and_unpack(path: Path, archive: _Archive, folder: Path, report: ReportProgress) -> None:
    """Compare an archive with what is published of it and with the one that was here before; unpack it.

    Raises:
        DownloadError: If it is another one, or damaged.
    """
    sha256, md5 = _sums_of(path)
    known = _known_sums(folder)
    is_published = md5 == _PUBLISHED.get(f"{archive.url}/{archive.name}", md5)
    if zipfile.is_zipfile(path) and not (is_published and sha256 == known.get(archive.name, sha256)):
        place = f"was here before, see {folder / SUMS_FILE}" if is_published else "is published"
        raise DownloadError(
            f"{archive.name} is not the file that {place}: it may be damaged or another one; "
            f"{_again(path, archive, folder)}, or {_by_hand(archive, folder)}"
        )
    _unpack(path, archive, folder, report)
    if archive.name not in known:
        lines = [f"{each}  {name}\n" for name, each in sorted({**known, archive.name: sha256}.items())]
        replace_file(folder / SUMS_FILE, "".join(lines).encode())


def _sums_of(path: Path) -> tuple[str, str]:
    """Give a file's SHA-256 and MD5."""
    sums = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            for each in sums:
                each.update(chunk)
    return sums[0].hexdigest(), sums[1].hexdigest()


def _known_sums(folder: Path) -> dict[str, str]:
    """Read the SHA-256 of the archives that were here before, by name, as `sha256sum` writes them."""
    path = folder / SUMS_FILE
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
    found = (re.fullmatch(r"([0-9a-f]{64}) [ *](.+)", line) for line in lines)
    return {match[2]: match[1] for match in found if match is not None}


def _workshop(folder: Path) -> Path:
    return folder / ".download"


# --- fetching -------------------------------------------------------------------------------------------


def _fetch(url: str, target: Path, report: ReportProgress) -> None:
    """Download into `target`, which appears when it is complete; until then there is `target`.part."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")

    def report_bytes(done: int, total: int | None) -> None:
        report(DownloadProgress("downloading", target.name, done, total))

    furthest = _size(part)
    failures = 0
    while True:
        try:
            _fetch_rest(url, part, report_bytes)
        except _BrokenOffError:
            failures = 0 if _size(part) > furthest else failures + 1
            if failures > len(RETRY_PAUSES_S):
                raise
            furthest = max(furthest, _size(part))
            time.sleep(RETRY_PAUSES_S[max(failures - 1, 0)])
        else:
            os.replace(part, target)
            return


def _fetch_rest(url: str, part: Path, report: Callable[[int, int | None], None]) -> None:
    """Ask once for what is missing of a file and append it.

    Raises:
        _BrokenOffError: If less than the whole file arrived.
        _RefusedError: If asking again is of no use.
    """
    have = _size(part)
    headers = {"User-Agent": "onenet", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, headers=headers), timeout=TIMEOUT_S
        ) as answer:
            start = have if answer.status == 206 else 0  # 200: the server ignores Range and starts anew
            total = _total_bytes(answer, start)
            _check_room(part, start, total)
            with part.open("r+b" if have else "wb") as file:
                file.seek(start)
                file.truncate()
                for chunk in _chunks(answer):
                    file.write(chunk)
                    start += len(chunk)
                    if start > MAX_ARCHIVE_BYTES:
                        part.unlink()
                        raise _RefusedError("it is larger than it can be")
                    report(start, total)
            if total is not None and start != total:
                raise _BrokenOffError(f"the connection broke off after {start} of {total} bytes")
    except urllib.error.HTTPError as error:
        with error:
            if error.code == 416 and have:
                _check_complete(part, have, error.headers.get("Content-Range", ""))
            elif error.code in (408, 429) or error.code >= 500:
                raise _BrokenOffError(f"the server answers {error.code} {error.reason}") from error
            else:
                raise _RefusedError(f"the server answers {error.code} {error.reason}") from error
    except urllib.error.URLError as error:
        raise _BrokenOffError(f"the server cannot be reached ({error.reason})") from error
    except (TimeoutError, ConnectionError, http.client.HTTPException) as error:
        raise _BrokenOffError(f"the connection broke off ({error or type(error).__name__})") from error


def _chunks(answer: http.client.HTTPResponse) -> Iterator[bytes]:
    try:
        while chunk := answer.read1(_CHUNK_BYTES):
            yield chunk
    except (OSError, http.client.HTTPException) as error:
        raise _BrokenOffError(f"the connection broke off ({error or type(error).__name__})") from error


def _total_bytes(answer: http.client.HTTPResponse, start: int) -> int | None:
    if answer.status == 206:
        place = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", answer.headers.get("Content-Range", ""))
        if place is None or int(place[1]) != start:
            raise _RefusedError("the server sends another part than it was asked for")
        if place[2] != "*":
            return int(place[2])
    length = answer.headers.get("Content-Length", "")
    return start + int(length) if length.isdecimal() else None


def _check_complete(part: Path, have: int, content_range: str) -> None:
    """Accept that there is nothing to send from there on (416), unless the file there is another one now."""
    if content_range in ("", f"bytes */{have}"):
        return
    part.unlink()
    raise _BrokenOffError("the file on the server has changed")


def _check_room(part: Path, have: int, total: int | None) -> None:
    if total is None:
        return
    if total > MAX_ARCHIVE_BYTES:
        raise _RefusedError(f"{total} bytes is more than it can be")
    if total - have > (free := shutil.disk_usage(part.parent).free):
        raise _RefusedError(f"it needs {(total - have) >> 20} MB, and {free >> 20} MB are free on the disk")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


# --- unpacking ------------------------------------------------------------------------------------------


def _unpack(path: Path, archive: _Archive, folder: Path, report: ReportProgress) -> None:
    """Unpack what is wanted into the folder; it appears there whole, the proof of it last.

    Raises:
        DownloadError: If the archive is damaged, unsafe or another one.
    """
    unpacked = _workshop(folder) / f"{archive.name}.unpacked"
    shutil.rmtree(unpacked, ignore_errors=True)
    try:
        with zipfile.ZipFile(path) as content:
            members = _wanted_members(content, archive)
            total = sum(member.file_size for member in members)
            done = 0
            for member in members:
                target = unpacked / archive.into / PurePosixPath(member.filename).name
                target.parent.mkdir(parents=True, exist_ok=True)
                with content.open(member) as source, target.open("wb") as file:
                    shutil.copyfileobj(source, file, _CHUNK_BYTES)  # checks size and CRC at its end
                done += member.file_size
                report(DownloadProgress("unpacking", archive.name, done, total))
        if not (unpacked / archive.proof).exists():
            raise DownloadError(f"{path.name} holds no {archive.proof}; {_by_hand(archive, folder)}")
        names = sorted(os.listdir(unpacked), key=lambda name: name == archive.proof)
        _refuse_to_overwrite(unpacked, folder, names)
        for name in names:
            os.replace(unpacked / name, folder / name)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise DownloadError(f"{path.name} is damaged ({error}); {_again(path, archive, folder)}.") from error
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)
    report(DownloadProgress("done", archive.name, done, total))


def _refuse_to_overwrite(unpacked: Path, folder: Path, names: Sequence[str]) -> None:
    """Check that no file of another content is in the way.

    Raises:
        DownloadError: If there is one; all names are told.
    """
    there = [name for name in names if (folder / name).exists()]
    others = [name for name in there if not filecmp.cmp(unpacked / name, folder / name, shallow=False)]
    if others:
        raise DownloadError(
            f"{folder} has files of its own that Flickr8K would write over: {', '.join(others)}. "
            "Move them, or choose another folder."
        )


def _wanted_members(content: zipfile.ZipFile, archive: _Archive) -> list[zipfile.ZipInfo]:
    """Choose what to unpack; one entry that would leave the folder, and the whole archive is refused."""
    for member in content.infolist():
        name = PurePosixPath(member.filename)
        unsafe = name.is_absolute() or ".." in name.parts or "\\" in member.filename or ":" in member.filename
        if unsafe or stat.S_ISLNK(member.external_attr >> 16):
            raise DownloadError(
                f"{archive.name} is not safe to unpack: “{member.filename}” would leave the folder. "
                "Get it from another place."
            )
    members = [
        member
        for member in content.infolist()
        if archive.wanted.fullmatch(PurePosixPath(member.filename).name)
    ]
    if sum(member.file_size for member in members) > MAX_UNPACKED_BYTES:
        raise DownloadError(f"{archive.name} would unpack to more than it can be. Get it from another place.")
    return members


def _again(path: Path, archive: _Archive, folder: Path) -> str:
    """Say what to do about an archive that is of no use: a fetched one is deleted, a user's stays."""
    if path == folder / archive.name:
        return f"delete or replace {path} and start again"
    return "start again to fetch it once more"


def _by_hand(archive: _Archive, folder: Path) -> str:
    names = _NEEDED if archive.name in _NEEDED else (archive.name,)
    urls = " and ".join(f"{archive.url}/{name}" for name in names)
    return f"download {urls} with a browser into {folder} and start again."
