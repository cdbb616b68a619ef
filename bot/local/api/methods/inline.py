"""`answerInlineQuery`: what the bot offers, checked as Telegram checks it, and the message it becomes."""

from typing import Any

from bot.local.api.chats import Chats
from bot.local.api.contents import caption_content, text_content
from bot.local.api.keyboards import read_inline_keyboard
from bot.local.api.parameters import Parameters
from bot.local.errors import bad_request
from bot.local.store.records import Json

MAX_RESULTS = 50
_MAX_ID_BYTES = 64
_MAX_OFFSET_BYTES = 64


async def answer_inline_query(chats: Chats, parameters: Parameters) -> bool:
    """`answerInlineQuery`: with photos sent before, or articles."""
    asked = chats.inline.waiting(parameters.text("inline_query_id") or "")
    results = parameters.array("results", "inline query results") or []
    if len(results) > MAX_RESULTS:
        raise bad_request("RESULTS_TOO_MUCH")
    ids = [_result_id(result) for result in results]
    if len(set(ids)) < len(ids):
        raise bad_request("RESULT_ID_DUPLICATE")
    next_offset = parameters.text("next_offset") or ""
    if len(next_offset.encode()) > _MAX_OFFSET_BYTES:
        raise bad_request("NEXT_OFFSET_INVALID")
    button = parameters.mapping("button", "InlineQueryResultsButton")
    if button is not None and not isinstance(button.get("text"), str):
        raise bad_request("can't parse InlineQueryResultsButton: Can't find field \"text\"")
    for result in results:
        await result_content(chats, result)
    if not asked.answer.done():  # somebody else may have answered meanwhile
        answer = {"results": results, "next_offset": next_offset, "button": button}
        asked.answer.set_result({**answer, "is_personal": parameters.flag("is_personal")})
    return True


async def result_content(chats: Chats, result: Json) -> Json:
    """The content of the message that a result becomes.

    Raises:
        ApiError: If Telegram would not take such a result.
    """
    keyboard = read_inline_keyboard(Parameters({"reply_markup": result.get("reply_markup")}, {}))
    buttons = {"reply_markup": keyboard} if keyboard else {}
    kind, words = result.get("type"), result.get("input_message_content")
    if kind not in ("photo", "article") or (kind == "photo" and "photo_file_id" not in result):
        raise bad_request("only photos sent before, by photo_file_id, and articles are known here")
    photo = await chats.files.photo(str(result["photo_file_id"])) if kind == "photo" else None
    if kind == "article" and not str(result.get("title") or ""):
        raise bad_request("ARTICLE_TITLE_EMPTY")
    if words is not None or photo is None:
        return {**_words(words), **buttons}
    return {"photo": photo, **caption_content(result, result.get("caption_entities")), **buttons}


def _words(content: Any) -> Json:
    if not isinstance(content, dict):
        raise bad_request("MESSAGE_EMPTY")
    return text_content(Parameters({**content, "text": content.get("message_text")}, {}))


def _result_id(result: Any) -> str:
    if not isinstance(result, dict):
        raise bad_request("can't parse inline query result: expected an Object")
    result_id = str(result.get("id") or "")
    if not 1 <= len(result_id.encode()) <= _MAX_ID_BYTES:
        raise bad_request("RESULT_ID_INVALID")
    return result_id
