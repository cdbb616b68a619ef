"""Command lists by scope and language, and who is shown which."""

from typing import Any

import pytest

from tests.bot.local.conftest import Api
from tests.bot.local_chat import GROUP, PRIVATE, LocalChat


def commands(*names: str) -> list[dict[str, str]]:
    return [{"command": name, "description": f"About {name}"} for name in names]


async def shown(chat: LocalChat, chat_id: int = PRIVATE, sender: int | None = None) -> str:
    """Name of the first command that someone is shown."""
    found = await chat.commands(chat_id, sender=sender)
    return str(found[0]["command"]) if found else ""


async def test_lists_are_kept_by_scope_and_language(api: Api, chat: LocalChat) -> None:
    await api("setMyCommands", commands=commands("find"))
    await api("setMyCommands", commands=commands("suche"), language_code="de")
    group = {"scope": {"type": "all_group_chats"}}
    assert await api("getMyCommands") == commands("find")
    assert await api("getMyCommands", language_code="de") == commands("suche")
    assert await api("getMyCommands", language_code="es") == []
    assert await api("getMyCommands", **group) == []
    await api("deleteMyCommands", language_code="de")
    assert await api("getMyCommands", language_code="de") == []
    assert await api("getMyCommands") == commands("find")


async def test_the_page_shows_those_of_its_person(api: Api, chat: LocalChat) -> None:
    await api("setMyCommands", commands=commands("find"))
    assert (await chat.state())["commands"] == commands("find")
    assert (await chat.wait_for_event("commands"))["commands"] == commands("find")
    await api("setMyCommands", commands=commands("about"), scope={"type": "all_group_chats"})
    assert (await chat.state())["commands"] == commands("find")
    await api("setMyCommands", commands=commands("english"), language_code="en")
    assert (await chat.state())["commands"] == commands("english")
    await api("deleteMyCommands", language_code="en")
    await api("deleteMyCommands")
    assert (await chat.state())["commands"] == []


async def test_everyone_is_shown_the_narrowest_list_in_their_language(api: Api, chat: LocalChat) -> None:
    german, british = await chat.new_person(language="de"), await chat.new_person(language="en-gb")
    group = await chat.new_group(admins=(german,), members=(british,))
    await api("setMyCommands", commands=commands("all"))
    await api("setMyCommands", commands=commands("alle"), language_code="de")
    assert [await shown(chat, each) for each in (PRIVATE, german, british)] == ["all", "alle", "all"]
    await api("setMyCommands", commands=commands("private"), scope={"type": "all_private_chats"})
    assert [await shown(chat, each) for each in (PRIVATE, german)] == ["private", "private"]
    assert await shown(chat, group, german) == "alle"
    await api("setMyCommands", commands=commands("ruling"), scope={"type": "all_chat_administrators"})
    assert [await shown(chat, group, each) for each in (german, british)] == ["ruling", "all"]
    here = {"type": "chat", "chat_id": group}
    await api("setMyCommands", commands=commands("here"), scope=here, language_code="en")
    assert [await shown(chat, group, each) for each in (german, british)] == ["ruling", "here"]
    assert await shown(chat, GROUP, british) == "all"
    mine = {"type": "chat_member", "chat_id": group, "user_id": german}
    await api("setMyCommands", commands=commands("mine"), scope=mine)
    assert [await shown(chat, group, each) for each in (german, british)] == ["mine", "here"]


@pytest.mark.parametrize(
    ("fields", "description"),
    [
        ({"commands": [{"command": "Ö", "description": "x"}]}, "BOT_COMMAND_INVALID"),
        ({"commands": [{"command": "a", "description": "x" * 257}]}, "BOT_COMMAND_DESCRIPTION_INVALID"),
        ({"commands": commands("a") * 101}, "BOT_COMMANDS_TOO_MUCH"),
        ({"commands": commands("a"), "language_code": "zh-hans"}, "invalid language code specified"),
    ],
)
async def test_lists_that_telegram_refuses(api: Api, fields: dict[str, Any], description: str) -> None:
    assert await api.error("setMyCommands", **fields) == f"Bad Request: {description}"
