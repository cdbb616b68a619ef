"""Inline mode: what people ask behind the bot's name, and what they choose."""

import asyncio
from typing import Any

import pytest

from tests.bot.local.conftest import Api, picture
from tests.bot.local_chat import GROUP, PRIVATE, LocalChat

Json = dict[str, Any]
TOO_OLD = "Bad Request: query is too old and response timeout expired or query ID is invalid"


async def asked(api: Api) -> Json:
    """The query that waits for the bot."""
    updates = await api("getUpdates", timeout=5)
    await api("getUpdates", offset=updates[-1]["update_id"] + 1)
    query: Json = updates[-1]["inline_query"]
    return query


async def photo_id(api: Api, color: str = "teal") -> str:
    message = await api("sendPhoto", {"photo": ("a.jpg", picture(color=color))})
    return str(message["photo"][-1]["file_id"])


def result(number: int, photo: str, **details: Any) -> Json:
    return {"type": "photo", "id": str(number), "photo_file_id": photo, **details}


async def test_a_query_its_answer_and_the_choice(api: Api, chat: LocalChat) -> None:
    person = await chat.new_person("Bo", language="ru")
    photo = await photo_id(api)
    waiting = asyncio.create_task(chat.inline("a dog", sender=person, offset="10", chat_type="group"))
    query = await asked(api)
    assert (query["query"], query["offset"], query["chat_type"]) == ("a dog", "10", "group")
    assert (query["from"]["id"], query["from"]["language_code"]) == (person, "ru")
    offered = [result(1, photo, caption="<b>dog</b>", parse_mode="HTML"), result(2, photo)]
    assert await api(
        "answerInlineQuery",
        inline_query_id=query["id"],
        results=offered,
        cache_time=0,
        is_personal=True,
        next_offset="20",
        button={"text": "Settings", "start_parameter": "settings"},
    )
    assert await waiting == offered
    with pytest.raises(AssertionError, match="nobody was offered this"):
        await chat.choose(offered[0], chat_id=GROUP, sender=PRIVATE)
    message = await chat.choose(offered[0], chat_id=GROUP, sender=person)
    assert (message["caption"], message["caption_entities"][0]["type"]) == ("dog", "bold")
    assert message["photo"][-1]["file_id"] == photo
    updates = await api("getUpdates")
    assert updates[0]["message"] == message
    assert (message["from"]["id"], message["via_bot"]["id"], message["chat"]["id"]) == (person, 42, GROUP)
    assert updates[1]["chosen_inline_result"] == {"result_id": "1", "from": query["from"], "query": "a dog"}


async def test_other_words_and_articles_are_sent_as_text(api: Api, chat: LocalChat) -> None:
    words = {"message_text": "<i>none</i>", "parse_mode": "HTML"}
    buttons = {"inline_keyboard": [[{"text": "More", "callback_data": "more"}]]}
    offered = [
        {"type": "article", "id": "a", "title": "Nothing", "input_message_content": words},
        result(2, await photo_id(api), input_message_content=words, reply_markup=buttons),
    ]
    waiting = asyncio.create_task(chat.inline("?"))
    await api("answerInlineQuery", inline_query_id=(await asked(api))["id"], results=offered)
    await waiting
    first, second = [await chat.choose(each) for each in offered]
    assert (first["text"], first["entities"][0]["type"]) == ("none", "italic")
    assert (second["text"], "photo" in second) == ("none", False)
    chosen = (await api("getUpdates"))[-1]["chosen_inline_result"]
    await chat.press(second, "More")
    query = (await api("getUpdates"))[-1]["callback_query"]
    assert query["inline_message_id"] == chosen["inline_message_id"]
    assert "message" not in query


async def test_an_empty_answer_is_one(api: Api, chat: LocalChat) -> None:
    waiting = asyncio.create_task(chat.inline("unheard of"))
    await api("answerInlineQuery", inline_query_id=(await asked(api))["id"], results=[])
    assert await waiting == []


async def test_no_answer_is_said(api: Api, chat: LocalChat) -> None:
    with pytest.raises(AssertionError, match="The bot did not answer the inline query in 1 s"):
        await chat.inline("anybody?", timeout_s=1)
    assert (await asked(api))["query"] == "anybody?"


@pytest.mark.parametrize(
    ("results", "description"),
    [
        ([result(n, "PHOTO") for n in range(51)], "RESULTS_TOO_MUCH"),
        ([result(1, "PHOTO"), result(1, "PHOTO")], "RESULT_ID_DUPLICATE"),
        ([{**result(1, "PHOTO"), "id": ""}], "RESULT_ID_INVALID"),
        ([{**result(1, "PHOTO"), "id": "é" * 33}], "RESULT_ID_INVALID"),
        ([result(1, "nonsense")], "wrong file identifier/HTTP URL specified"),
        ([result(1, "DOCUMENT")], "can't use file of type Document as Photo"),
        ([result(1, "PHOTO", caption="x" * 1025)], "message caption is too long"),
        (
            [result(1, "PHOTO", caption="<b>", parse_mode="HTML")],
            "can't parse entities: Can't find end tag corresponding to start tag \"b\"",
        ),
        (
            [{"type": "photo", "id": "1", "photo_url": "https://example.org/a.jpg"}],
            "only photos sent before, by photo_file_id, and articles are known here",
        ),
        ([{"type": "article", "id": "1", "title": "x"}], "MESSAGE_EMPTY"),
        (
            [{"type": "article", "id": "1", "input_message_content": {"message_text": "x"}}],
            "ARTICLE_TITLE_EMPTY",
        ),
        (["x"], "can't parse inline query result: expected an Object"),
        (
            [result(1, "PHOTO", reply_markup={"inline_keyboard": [[{"text": "x"}]]})],
            "text buttons are unallowed in the inline keyboard",
        ),
    ],
)
async def test_results_that_telegram_refuses(
    api: Api, chat: LocalChat, results: list[Any], description: str
) -> None:
    photo = await photo_id(api)
    document = (await api("sendDocument", {"document": ("a", b"x")}))["document"]["file_id"]
    known = {"PHOTO": photo, "DOCUMENT": document}
    offered = [
        {**each, "photo_file_id": known.get(each["photo_file_id"], "nonsense")}
        if "photo_file_id" in each
        else each
        for each in results
    ]
    waiting = asyncio.create_task(chat.inline("a dog"))
    ids = {"inline_query_id": (await asked(api))["id"]}
    assert await api.error("answerInlineQuery", **ids, results=offered) == f"Bad Request: {description}"
    assert not waiting.done(), "whoever asked still waits"
    at_most = [{**result(n, photo), "id": f"{n:064}"} for n in range(50)]
    assert await api("answerInlineQuery", **ids, results=at_most)
    assert await waiting == at_most


async def test_a_query_is_answered_once_and_in_time(
    api: Api, chat: LocalChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await api.error("answerInlineQuery", inline_query_id="7", results=[]) == TOO_OLD
    waiting = asyncio.create_task(chat.inline("a dog"))
    ids = {"inline_query_id": (await asked(api))["id"]}
    assert await api.error("answerInlineQuery", **ids, results=[], next_offset="x" * 65) == (
        "Bad Request: NEXT_OFFSET_INVALID"
    )
    assert (await api.error("answerInlineQuery", **ids, results=[], button={})).endswith('field "text"')
    assert await api("answerInlineQuery", **ids, results=[])
    assert await api.error("answerInlineQuery", **ids, results=[]) == TOO_OLD
    await waiting
    monkeypatch.setattr("bot.local.store.inline.ANSWERED_IN_S", 0)
    waiting = asyncio.create_task(chat.inline("a cat", timeout_s=0.5))
    late = {"inline_query_id": (await asked(api))["id"]}
    assert await api.error("answerInlineQuery", **late, results=[]) == TOO_OLD
    with pytest.raises(AssertionError, match="did not answer"):
        await waiting


async def test_what_was_not_offered_cannot_be_chosen(api: Api, chat: LocalChat) -> None:
    waiting = asyncio.create_task(chat.inline("a dog"))
    query = await asked(api)
    await api("answerInlineQuery", inline_query_id=query["id"], results=[result(1, await photo_id(api))])
    await waiting
    for query_id, result_id in ((query["id"], "2"), ("7", "1")):
        body = {"inline_query_id": query_id, "result_id": result_id}
        answer = await chat._client.post(f"/local/chats/{PRIVATE}/chosen", json=body)
        assert (answer.status_code, answer.json()["error"]) == (404, "There is no such result.")


async def test_a_choice_is_told_only_to_who_wants_it(api: Api, chat: LocalChat) -> None:
    await api("getUpdates", allowed_updates=["inline_query"])
    waiting = asyncio.create_task(chat.inline("a dog"))
    ids = {"inline_query_id": (await asked(api))["id"]}
    await api("answerInlineQuery", **ids, results=[result(1, await photo_id(api))])
    await chat.choose((await waiting)[0])
    assert await api("getUpdates") == []
