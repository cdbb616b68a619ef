"""What a bot tells about itself: its name and descriptions, by language."""

import re

from bot.local.api.chats import Chats
from bot.local.api.parameters import Parameters
from bot.local.errors import bad_request
from bot.local.store.records import Json

_LIMITS = {"name": 64, "description": 512, "short_description": 120}
_LANGUAGE = re.compile(r"[a-z]{2}")


async def set_my_name(chats: Chats, parameters: Parameters) -> bool:
    """`setMyName`; the name without a language is the one in getMe and on the page."""
    name = await _set(chats, parameters, "name")
    if name and not parameters.text("language_code"):
        await chats.rename_bot({"first_name": name})
    return True


async def get_my_name(chats: Chats, parameters: Parameters) -> Json:
    """`getMyName`."""
    return {"name": await _get(chats, parameters, "name") or chats.bot["first_name"]}


async def set_my_description(chats: Chats, parameters: Parameters) -> bool:
    """`setMyDescription`."""
    await _set(chats, parameters, "description")
    return True


async def get_my_description(chats: Chats, parameters: Parameters) -> Json:
    """`getMyDescription`."""
    return {"description": await _get(chats, parameters, "description")}


async def set_my_short_description(chats: Chats, parameters: Parameters) -> bool:
    """`setMyShortDescription`."""
    await _set(chats, parameters, "short_description")
    return True


async def get_my_short_description(chats: Chats, parameters: Parameters) -> Json:
    """`getMyShortDescription`."""
    return {"short_description": await _get(chats, parameters, "short_description")}


async def _set(chats: Chats, parameters: Parameters, what: str) -> str:
    words = (parameters.text(what) or "").strip()
    if len(words) > _LIMITS[what]:
        raise bad_request(f"{what} is too long")
    kept = {**await chats.store.setting(what, {}), _language(parameters): words}
    await chats.store.set_setting(what, {language: each for language, each in kept.items() if each})
    return words


async def _get(chats: Chats, parameters: Parameters, what: str) -> str:
    """The words in a language, else those for all languages."""
    kept = await chats.store.setting(what, {})
    return str(kept.get(_language(parameters)) or kept.get("", ""))


def _language(parameters: Parameters) -> str:
    language = parameters.text("language_code") or ""
    if language and not _LANGUAGE.fullmatch(language):
        raise bad_request("invalid language code specified")
    return language
