"""Photos and documents on disk, under the file ids the Bot API gives them."""

import asyncio
import hashlib
import io
import mimetypes
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from PIL import Image, ImageOps

from bot.local.errors import ApiError, bad_request
from bot.local.store import Json, Store

MAX_UPLOAD_BYTES = 50 * 1024 * 1024
MAX_PHOTO_BYTES = 10 * 1024 * 1024
MAX_DOWNLOAD_BYTES = 20 * 1024 * 1024
PHOTO_FORMATS = ("JPEG", "PNG", "WEBP")
# What a bot may upload as a photo: named, since Pillow would hand some others to outside programs.
CONVERTED_FORMATS = (*PHOTO_FORMATS, "GIF", "BMP", "TIFF")
Image.init()  # registers those that are read seldom

_SIDES_PX = (90, 320, 800, 1280)
_MAX_SIDES_SUM_PX = 10_000
_MAX_SIDE_RATIO = 20
UNREADABLE = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)

T = TypeVar("T")


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

    async def add_photo(self, content: bytes) -> list[Json]:
        """Re-encode a picture as Telegram does: JPEG, in several sizes; the PhotoSizes, smallest first.

        Raises:
            ApiError: IMAGE_PROCESS_FAILED or PHOTO_INVALID_DIMENSIONS.
        """
        sizes = await asyncio.to_thread(_photo_sizes, content)
        photo_id = secrets.token_hex(8)
        rows = []
        for width, height, jpeg in sizes:
            digest = hashlib.sha256(jpeg).hexdigest()
            path = f"photos/{digest[:32]}.jpg"
            await asyncio.to_thread(write_whole, self._folder / path, jpeg)
            file_id = f"AgACAgQAAxk{secrets.token_urlsafe(24)}"
            body = {"file_id": file_id, "file_unique_id": f"AQAD{digest[:12]}", "file_size": len(jpeg)}
            rows.append((file_id, photo_id, path, len(jpeg), {**body, "width": width, "height": height}))
        await self._store.add_files(rows)
        return [row[4] for row in rows]

    async def add_document(self, upload: Upload) -> Json:
        """Keep a file as it is; its Document."""
        name = Path(upload.name.replace("\\", "/")).name[:120] or "file"
        digest = hashlib.sha256(upload.content).hexdigest()
        path = f"documents/{digest[:32]}{_safe_suffix(name)}"
        await asyncio.to_thread(write_whole, self._folder / path, upload.content)
        file_id = f"BQACAgQAAxk{secrets.token_urlsafe(24)}"
        size_bytes = len(upload.content)
        document = {
            "file_id": file_id,
            "file_unique_id": f"AgAD{digest[:12]}",
            "file_name": name,
            "mime_type": _mime_type(name, upload.mime_type),
            "file_size": size_bytes,
        }
        await self._store.add_files([(file_id, None, path, size_bytes, document)])
        return document

    async def photo(self, file_id: str) -> list[Json]:
        """The sizes of a photo sent before."""
        photo_id, _, _, _ = await self._known(file_id)
        if photo_id is None:
            raise bad_request("can't use file of type Document as Photo")
        return await self._store.photo_sizes(photo_id)

    async def document(self, file_id: str) -> Json:
        """A document sent before."""
        photo_id, _, _, body = await self._known(file_id)
        if photo_id is not None:
            raise bad_request("can't use file of type Photo as Document")
        return body

    async def file(self, file_id: str) -> Json:
        """The File that getFile returns."""
        found = await self._store.file(file_id)
        if found is None:
            raise bad_request("invalid file_id")
        _, path, size_bytes, body = found
        if size_bytes > MAX_DOWNLOAD_BYTES:
            raise bad_request("file is too big")
        return {**{k: body[k] for k in ("file_id", "file_unique_id", "file_size")}, "file_path": path}

    async def path_of(self, file_id: str) -> tuple[Path, Json] | None:
        """Where the bytes of a file lie, and its PhotoSize or Document."""
        found = await self._store.file(file_id)
        return (self._folder / found[1], found[3]) if found else None

    async def download(self, path: str) -> Path | None:
        """The file at a `file_path` that getFile returned; only paths in the store are looked at."""
        size_bytes = await self._store.file_size_at(path)
        return self._folder / path if size_bytes is not None and size_bytes <= MAX_DOWNLOAD_BYTES else None

    async def _known(self, file_id: str) -> tuple[str | None, str, int, Json]:
        if file_id.startswith(("http://", "https://")):
            raise bad_request("failed to get HTTP URL content")
        found = await self._store.file(file_id)
        if found is None:
            raise bad_request("wrong file identifier/HTTP URL specified")
        return found


def fits_as_photo(content: bytes) -> bool:
    """Whether a messenger would send this file as a photo; it goes as a document otherwise."""
    try:
        with Image.open(io.BytesIO(content), formats=PHOTO_FORMATS) as image:
            if not _has_photo_sides(image):
                return False
            image.load()
    except UNREADABLE:
        return False
    return len(content) <= MAX_DOWNLOAD_BYTES


def _photo_sizes(content: bytes) -> list[tuple[int, int, bytes]]:
    if len(content) > MAX_DOWNLOAD_BYTES:
        raise _too_big(len(content))
    try:
        with Image.open(io.BytesIO(content), formats=CONVERTED_FORMATS) as image:
            if not _has_photo_sides(image):
                raise bad_request("PHOTO_INVALID_DIMENSIONS")
            upright = _rgb(ImageOps.exif_transpose(image))
    except UNREADABLE:
        raise bad_request("IMAGE_PROCESS_FAILED") from None
    longest_px = min(max(upright.size), _SIDES_PX[-1])
    sizes = []
    for side_px in [longest_px, *(side for side in reversed(_SIDES_PX) if side < longest_px)]:
        upright.thumbnail((side_px, side_px), Image.Resampling.LANCZOS, reducing_gap=3)
        sizes.append((upright.width, upright.height, _jpeg(upright)))
    return sizes[::-1]


def check_photo_bytes(size_bytes: int) -> None:
    """Refuse what is too heavy for a photo of a bot."""
    if size_bytes > MAX_PHOTO_BYTES:
        raise _too_big(size_bytes)


def _too_big(size_bytes: int) -> ApiError:
    limit = f"the maximum size is {MAX_PHOTO_BYTES} bytes"
    return bad_request(f"file of size {size_bytes} bytes is too big for a photo; {limit}")


def _has_photo_sides(image: Image.Image) -> bool:
    width, height = image.size
    return width + height <= _MAX_SIDES_SUM_PX and max(width, height) <= _MAX_SIDE_RATIO * min(width, height)


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16 bits: the darkest 8 of them would be cut off by convert()
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    if "A" in image.mode or "transparency" in image.info:
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")
    return image.convert("RGB")


def _jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=87, optimize=True)
    return buffer.getvalue()


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: a kill half-way leaves only a temporary file."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{secrets.token_hex(8)}.part")
    temporary.write_bytes(content)
    os.replace(temporary, path)


def _safe_suffix(name: str) -> str:
    suffix = Path(name).suffix.lower()
    return suffix if suffix[1:].isascii() and suffix[1:].isalnum() and len(suffix) <= 8 else ""


def _mime_type(name: str, declared: str) -> str:
    guessed = mimetypes.guess_type(name)[0]
    return guessed or declared.split(";")[0].strip().lower() or "application/octet-stream"
