"""Photos, documents and other files on disk, under the file ids the Bot API gives them."""

import asyncio
import hashlib
import mimetypes
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.local.errors import bad_request
from bot.local.limits import MAX_DOWNLOAD_BYTES
from bot.local.store.database import Store
from bot.local.store.pictures import CONVERTED_FORMATS, jpeg_sizes
from bot.local.store.records import Json, StoredFile

_PICTURES = frozenset({"photo", "thumbnail"})
_FILE_IDS = {
    "photo": "AgACAgQAAxk",
    "thumbnail": "AAMCBAADGQE",
    "document": "BQACAgQAAxk",
    "sticker": "CAACAgQAAxk",
    "video": "BAACAgQAAxk",
    "animation": "CgACAgQAAxk",
}
_SIDES_PX = (90, 320, 800, 1280)


@dataclass(frozen=True)
class Upload:
    """A file that came with a request."""

    name: str
    content: bytes
    mime_type: str = "application/octet-stream"


class Files:
    """Keeps files in a folder; equal content is kept once."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._store = store
        self._folder = folder

    async def add_photo(self, content: bytes, formats: tuple[str, ...] = CONVERTED_FORMATS) -> list[Json]:
        """The PhotoSizes of a picture, re-encoded as Telegram does: JPEG, smallest first.

        Raises:
            ApiError: IMAGE_PROCESS_FAILED or PHOTO_INVALID_DIMENSIONS.
        """
        files = await asyncio.to_thread(self._write_sizes, content, "photo", _SIDES_PX, formats)
        await self._store.add_files(files)
        return [file.body for file in files]

    async def add_thumbnail(self, content: bytes, side_px: int = 320) -> Json:
        """The PhotoSize of a picture that stands for a video or sticker: JPEG, one size."""
        sides_px = (side_px,)
        files = await asyncio.to_thread(self._write_sizes, content, "thumbnail", sides_px, CONVERTED_FORMATS)
        await self._store.add_files(files)
        return files[0].body

    async def add_document(self, upload: Upload) -> Json:
        """The Document of a file, which is kept as it is."""
        return await self.add("document", upload, named(upload))

    async def add(self, kind: str, upload: Upload, details: Json) -> Json:
        """What is told of a file, which is kept as it is.

        Args:
            kind: "document", "sticker", "video" or "animation".
            details: The fields beside those that every kind has.

        Returns:
            The Document, Sticker, Video or Animation.
        """
        digest = hashlib.sha256(upload.content).hexdigest()
        path = f"{kind}s/{digest[:32]}{_safe_suffix(upload.name)}"
        await asyncio.to_thread(write_whole, self._folder / path, upload.content)
        body = {**_identity(kind, digest, len(upload.content)), **details}
        stored = StoredFile(body["file_id"], kind, None, path, len(upload.content), body)
        await self._store.add_files([stored])
        return body

    async def photo(self, file_id: str) -> list[Json]:
        """The sizes of a photo sent before."""
        found = await self._known(file_id, "photo")
        return await self._store.photo_sizes(found.photo_id or "")

    async def document(self, file_id: str) -> Json:
        """A document sent before."""
        return (await self._known(file_id, "document")).body

    async def clip(self, file_id: str, kind: str) -> Json:
        """A sticker, video or animation sent before."""
        return (await self._known(file_id, kind)).body

    async def file(self, file_id: str) -> Json:
        """The File that getFile returns."""
        found = await self._store.file(file_id)
        if found is None:
            raise bad_request("invalid file_id")
        if found.size_bytes > MAX_DOWNLOAD_BYTES:
            raise bad_request("file is too big")
        told = {name: found.body[name] for name in ("file_id", "file_unique_id", "file_size")}
        return {**told, "file_path": found.path}

    async def find(self, file_id: str) -> tuple[Path, StoredFile] | None:
        """Where the bytes of a file lie, and what is known of it."""
        found = await self._store.file(file_id)
        return (self._folder / found.path, found) if found else None

    async def download(self, path: str) -> Path | None:
        """The file at a `file_path` that getFile returned; only paths in the store are looked at."""
        size_bytes = await self._store.file_size_at(path)
        return self._folder / path if size_bytes is not None and size_bytes <= MAX_DOWNLOAD_BYTES else None

    async def _known(self, file_id: str, kind: str) -> StoredFile:
        if file_id.startswith(("http://", "https://")):
            raise bad_request("failed to get HTTP URL content")
        found = await self._store.file(file_id)
        if found is None:
            raise bad_request("wrong file identifier/HTTP URL specified")
        if found.kind != kind:
            raise bad_request(f"can't use file of type {found.kind.title()} as {kind.title()}")
        return found

    def _write_sizes(
        self, content: bytes, kind: str, sides_px: Sequence[int], formats: tuple[str, ...]
    ) -> list[StoredFile]:
        photo_id = secrets.token_hex(8) if kind == "photo" else None
        files = []
        for width, height, jpeg in jpeg_sizes(content, sides_px, formats):
            digest = hashlib.sha256(jpeg).hexdigest()
            path = f"photos/{digest[:32]}.jpg"
            write_whole(self._folder / path, jpeg)
            body = {**_identity(kind, digest, len(jpeg)), "width": width, "height": height}
            files.append(StoredFile(body["file_id"], kind, photo_id, path, len(jpeg), body))
        return files


def named(upload: Upload) -> Json:
    """`file_name` and `mime_type`."""
    name = Path(upload.name.replace("\\", "/")).name[:120] or "file"
    return {"file_name": name, "mime_type": _mime_type(name, upload.mime_type)}


def _identity(kind: str, digest: str, size_bytes: int) -> Json:
    file_id = f"{_FILE_IDS[kind]}{secrets.token_urlsafe(24)}"
    return {
        "file_id": file_id,
        "file_unique_id": f"{'AQAD' if kind in _PICTURES else 'AgAD'}{digest[:12]}",
        "file_size": size_bytes,
    }


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: a kill half-way leaves only a temporary file."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _safe_suffix(name: str) -> str:
    suffix = Path(name).suffix.lower()
    return suffix if suffix[1:].isascii() and suffix[1:].isalnum() and len(suffix) <= 8 else ""


def _mime_type(name: str, declared: str) -> str:
    guessed = mimetypes.guess_type(name)[0]
    return guessed or declared.split(";")[0].strip().lower() or "application/octet-stream"
