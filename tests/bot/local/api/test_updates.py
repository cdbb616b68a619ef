"""Which updates the bot gets, and updates that come twice or out of order."""

import asyncio
import time
from typing import Any

import pytest

from bot.local import LocalServer
from tests.bot.local.conftest import Api
from tests.bot.local_chat import GROUP, LocalChat

Json = dict[str, Any]


def texts(updates: list[Json]) -> list[str]:
    return [update["message"]["text"] for update in updates]


async def confirm(api: Api, updates: list[Json], wait_s: int = 0) -> list[Json]:
    """Confirm as a bot does, with the last of them; what comes next."""
    found: list[Json] = await api("getUpdates", offset=updates[-1]["update_id"] + 1, timeout=wait_s)
    return found


async def do_everything(api: Api, chat: LocalChat) -> None:
    """Let something of every kind happen, once."""
    buttons = {"inline_keyboard": [[{"text": "x", "callback_data": "x"}]]}
    answer = await api("sendMessage", text="choose", reply_markup=buttons)
    await chat.edit(await chat.send_text("one"), text="two")
    await chat.press(answer, "x")
    await chat.set_admin(GROUP, chat.bot_id)
    with pytest.raises(AssertionError, match="did not answer"):
        await chat.inline("a dog", timeout_s=0.05)


KINDS = ["message", "edited_message", "callback_query", "my_chat_member", "inline_query"]


async def test_all_kinds_come_unless_others_are_named(api: Api, chat: LocalChat) -> None:
    await do_everything(api, chat)
    kinds = {kind for update in await api("getUpdates") for kind in update if kind != "update_id"}
    assert kinds == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
async def test_only_the_kinds_that_are_named_come(api: Api, chat: LocalChat, kind: str) -> None:
    await api("getUpdates", allowed_updates=[kind])
    await do_everything(api, chat)
    kinds = {each for update in await api("getUpdates") for each in update if each != "update_id"}
    assert kinds == {kind}


async def test_updates_come_twice(server: LocalServer, api: Api, chat: LocalChat) -> None:
    server.faults.repeat_updates(2)
    for text in ("one", "two", "three"):
        await chat.send_text(text)
    first = await api("getUpdates")
    again = await confirm(api, first)
    assert texts(first) == ["one", "two", "three"]
    assert again == first[:2]
    assert await confirm(api, again) == []


async def test_an_update_comes_again_after_a_while(server: LocalServer, api: Api, chat: LocalChat) -> None:
    server.faults.repeat_updates(after_s=0.5)
    await chat.send_text("one")
    first = await api("getUpdates")
    began = time.monotonic()
    assert await confirm(api, first, wait_s=10) == first
    assert 0.4 < time.monotonic() - began < 8


async def test_updates_come_out_of_order(server: LocalServer, api: Api, chat: LocalChat) -> None:
    server.faults.shuffle_updates(gather_s=0)
    words = [str(number) for number in range(9)]
    for word in words:
        await chat.send_text(word)
    updates = await api("getUpdates")
    assert texts(updates) != words
    assert sorted(texts(updates)) == words
    seen: list[Json] = []
    while updates:  # a bot confirms by the last, so that what has a higher number comes again
        seen += updates
        updates = await confirm(api, updates)
    assert sorted(set(texts(seen))) == words


async def test_updates_that_come_together_are_gathered_to_be_mixed(
    server: LocalServer, api: Api, chat: LocalChat
) -> None:
    server.faults.shuffle_updates(gather_s=1.0)
    poll = asyncio.create_task(api("getUpdates", timeout=20))
    await asyncio.sleep(0.05)
    await asyncio.gather(*(chat.send_text(str(number)) for number in range(3)))
    assert len(await poll) == 3


async def test_clearing_ends_it(server: LocalServer, api: Api, chat: LocalChat) -> None:
    server.faults.repeat_updates(9)
    server.faults.shuffle_updates()
    server.faults.clear()
    for text in ("one", "two", "three"):
        await chat.send_text(text)
    updates = await api("getUpdates")
    assert texts(updates) == ["one", "two", "three"]
    assert await confirm(api, updates) == []
