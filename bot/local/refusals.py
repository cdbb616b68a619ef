"""What is answered to requests that fail: a sentence for the page, Telegram's form for a bot."""

import logging
import sqlite3

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.local.errors import PageError

logger = logging.getLogger(__name__)


async def _refuse(request: Request, error: Exception) -> Response:
    status = error.status if isinstance(error, PageError) else 400
    return JSONResponse({"error": str(error)}, status_code=status)


async def _refuse_http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    if request.url.path.startswith(("/bot", "/file/bot")):
        body = {"ok": False, "error_code": error.status_code, "description": error.detail}
        return JSONResponse(body, status_code=error.status_code)
    return JSONResponse({"error": f"{error.detail}."}, status_code=error.status_code)


async def _fail(request: Request, error: Exception) -> Response:
    if isinstance(error, sqlite3.Error | OSError):
        logger.error("The local chat cannot use its files: %s", error)
        return JSONResponse({"error": f"Nothing can be kept here just now ({error})."}, status_code=507)
    logger.error("The local chat failed", exc_info=error)
    return JSONResponse({"error": "Something went wrong here; the log says what."}, status_code=500)


REFUSALS = {PageError: _refuse, HTTPException: _refuse_http, Exception: _fail}
