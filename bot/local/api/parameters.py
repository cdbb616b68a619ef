"""The fields and files of one Bot API call, however they were encoded."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from bot.local.errors import ApiError, bad_request
from bot.local.limits import MAX_UPLOAD_BYTES
from bot.local.store.files import Upload

_MAX_BODY_BYTES = 10 * MAX_UPLOAD_BYTES + 1024 * 1024


class Parameters:
    """Fields by name; a form has them as text, a JSON body as JSON values."""

    def __init__(self, fields: dict[str, Any], files: dict[str, Upload]) -> None:
        self.fields = fields
        self.files = files

    def text(self, name: str) -> str | None:
        """A text, or None if it is missing or empty."""
        value = self.fields.get(name)
        return None if value in (None, "") else str(value)

    def integer(self, name: str) -> int | None:
        """A whole number, or None if it is missing or no number, which Telegram does not tell apart."""
        try:
            return int(self.fields[name])
        except (KeyError, TypeError, ValueError):
            return None

    def flag(self, name: str) -> bool:
        """Whether a yes-or-no field says yes."""
        return str(self.fields.get(name, "")).lower() in ("true", "1", "yes", "t", "y")

    def parsed(self, name: str, what: str) -> Any:
        """A field that holds JSON, or None; `what` names it in the error."""
        value = self.fields.get(name)
        if not isinstance(value, str) or not value:
            return value if value != "" else None
        try:
            return json.loads(value)
        except ValueError:
            raise bad_request(f"can't parse {what} JSON object") from None

    def mapping(self, name: str, what: str) -> dict[str, Any] | None:
        """A field that holds a JSON object, or None."""
        value = self.parsed(name, what)
        if value is not None and not isinstance(value, dict):
            raise bad_request(f"can't parse {what}: expected an Object")
        return value

    def array(self, name: str, what: str) -> list[Any] | None:
        """A field that holds a JSON array, or None."""
        value = self.parsed(name, what)
        if value is not None and not isinstance(value, list):
            raise bad_request(f"can't parse {what}: expected an Array")
        return value


@asynccontextmanager
async def uploaded_form(
    request: Request, *, max_files: int = 1000
) -> AsyncIterator[list[tuple[str, str | UploadFile]]]:
    """The parts of a form in order; their temporary files live as long as the context."""
    if int(request.headers.get("content-length", 0)) > _MAX_BODY_BYTES:
        raise ApiError(413, "Request Entity Too Large")
    try:
        async with request.form(max_files=max_files) as form:
            yield form.multi_items()
    except (HTTPException, UnicodeDecodeError) as error:
        raise bad_request(str(getattr(error, "detail", "strings must be encoded in UTF-8"))) from None


async def read_parameters(request: Request) -> Parameters:
    """What query string and body hold, be it urlencoded, multipart or JSON."""
    fields: dict[str, Any] = dict(request.query_params)
    files: dict[str, Upload] = {}
    content_type = request.headers.get("content-type", "")
    if content_type.startswith("application/json"):
        fields |= _json_object(await request.body())
    elif content_type.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        async with uploaded_form(request) as parts:
            for name, value in parts:
                if isinstance(value, str):
                    fields[name] = value
                else:
                    files[name] = await read_upload(value)
    return Parameters(fields, files)


async def read_upload(part: UploadFile) -> Upload:
    """The bytes of an uploaded file.

    Raises:
        ApiError: 413 if it is over 50 MB.
    """
    if (part.size or 0) > MAX_UPLOAD_BYTES:
        raise ApiError(413, "Request Entity Too Large")
    return Upload(part.filename or "file", await part.read(), part.content_type or "application/octet-stream")


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body or b"{}")
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise bad_request("can't parse request body as JSON object")
    return value
