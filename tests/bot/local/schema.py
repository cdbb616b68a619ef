"""Checks objects and requests against the Bot API's own machine-readable description."""

import json
import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bot.local.api.controls import SeenRequest
from bot.local.store.files import Upload

_ROOT = Path(__file__).parents[3]
_FILE = Path(os.environ.get("BOT_API_JSON", _ROOT.parent / "shared" / "telegram" / "bot-api-10.1.json"))
_SCALARS: dict[str, type | tuple[type, ...]] = {
    "Integer": int,
    "Float": (int, float),
    "String": str,
    "Boolean": bool,
    "True": bool,
}
_NEVER_FORM = "attach://"

needs_bot_api = pytest.mark.skipif(
    not _FILE.is_file(),
    reason="no bot-api-10.1.json: put it into ../shared/telegram or name it in BOT_API_JSON",
)


class SchemaError(AssertionError):
    """Something the Bot API does not describe."""


@cache
def bot_api() -> dict[str, Any]:
    return dict(json.loads(_FILE.read_text(encoding="utf-8")))


def check_result(method: str, result: Any) -> None:
    """Fail unless a method may return this."""
    _check_any(result, bot_api()["methods"][method]["returns"], method)


def check_object(value: Any, type_name: str) -> None:
    """Fail unless a value is of a type of the Bot API, down to its last field."""
    _check(value, type_name, type_name)


def check_request(request: SeenRequest) -> None:
    """Fail unless a call has only documented fields, all required ones, and the right types."""
    described = bot_api()["methods"].get(request.method)
    if described is None:
        raise SchemaError(f"{request.method} is no method of the Bot API")
    attached = {name for name, value in request.fields.items() if isinstance(value, Upload)}
    attached -= {field["name"] for field in described.get("fields", [])}
    text = json.dumps([value for value in request.fields.values() if isinstance(value, str)])
    unused = [name for name in attached if f"{_NEVER_FORM}{name}" not in text]
    if unused:
        raise SchemaError(f"{request.method}: nothing refers to the files {unused}")
    fields = {name: value for name, value in request.fields.items() if name not in attached}
    _check_fields(fields, described.get("fields", []), request.method, from_form=True)


def check_requests(requests: Iterable[SeenRequest]) -> None:
    for request in requests:
        check_request(request)


def _check_fields(
    value: dict[str, Any], fields: list[dict[str, Any]], where: str, *, from_form: bool = False
) -> None:
    known = {field["name"]: field for field in fields}
    for name, item in value.items():
        if name not in known:
            raise SchemaError(f"{where}: no field {name!r} is documented")
        types = known[name]["types"]
        _check_any(_from_form(item, types) if from_form else item, types, f"{where}.{name}")
    missing = [name for name, field in known.items() if field["required"] and name not in value]
    if missing:
        raise SchemaError(f"{where}: required fields are missing: {missing}")


def _check_any(value: Any, types: list[str], where: str) -> None:
    failures = []
    for type_name in types:
        try:
            return _check(value, type_name, where)
        except SchemaError as error:
            failures.append(str(error))
    raise SchemaError("; ".join(failures))


def _check(value: Any, type_name: str, where: str) -> None:
    if type_name.startswith("Array of "):
        if not isinstance(value, list):
            raise SchemaError(f"{where}: {value!r} is no {type_name}")
        for number, item in enumerate(value):
            _check(item, type_name.removeprefix("Array of "), f"{where}[{number}]")
    elif type_name in _SCALARS:
        _check_scalar(value, type_name, where)
    elif type_name == "InputFile":
        if not isinstance(value, Upload):
            raise SchemaError(f"{where}: {value!r} is no uploaded file")
    else:
        described = bot_api()["types"][type_name]
        if "subtypes" in described:
            return _check_any(value, described["subtypes"], where)
        if not isinstance(value, dict):
            raise SchemaError(f"{where}: {value!r} is no {type_name}")
        _check_fields(value, described.get("fields", []), where)


def _check_scalar(value: Any, type_name: str, where: str) -> None:
    fits = isinstance(value, _SCALARS[type_name])
    if isinstance(value, bool) and type_name in ("Integer", "Float"):
        fits = False
    if type_name == "True" and value is not True:
        fits = False
    if not fits:
        raise SchemaError(f"{where}: {value!r} is no {type_name}")


def _from_form(value: Any, types: list[str]) -> Any:
    """What a form's text stands for: text stays text where text is allowed."""
    if not isinstance(value, str) or "String" in types:
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def is_available() -> bool:
    return _FILE.is_file()
