from pathlib import Path

import pytest

from bot.language import DEFAULT_LANGUAGE, LANGUAGES
from tests.bot.commands import COMMANDS, OWNER_COMMANDS
from tests.bot.conftest import Bot, running_bot
from tests.bot.local_chat import GROUP, PRIVATE, LocalChat

PRIVATE_MENU = ["similar", "ask", "find", "teach", "game", "dream", "settings", "help"]


async def menu(chat: LocalChat, chat_id: int, sender: int) -> list[str]:
    return [command["command"] for command in await chat.commands(chat_id, sender=sender)]


@pytest.mark.usefixtures("menus")
async def test_each_place_has_its_menu(bot: Bot) -> None:
    member, admin = await bot.chat.new_person(), await bot.chat.new_person()
    group = await bot.chat.new_group(members=(member,), admins=(admin,))
    in_group = await menu(bot.chat, group, member)
    assert in_group == ["caption", "ask", "find", "teach", "game", "forget", "help"]
    assert sorted(await menu(bot.chat, group, admin)) == sorted([*in_group, "settings"])
    assert await menu(bot.chat, member, member) == PRIVATE_MENU


def test_no_menu_is_long() -> None:
    for menus in ({"private"}, {"group"}, {"group", "admins"}):
        assert 6 <= sum(bool(command.menus & menus) for command in COMMANDS) <= 8


@pytest.mark.usefixtures("menus")
async def test_a_profile_says_what_the_bot_is_good_for_in_every_language(bot: Bot) -> None:
    for method, field, most in (
        ("setMyDescription", "description", 512),
        ("setMyShortDescription", "short_description", 120),
    ):
        told = {request.get("language_code"): str(request[field]) for request in bot.requests(method)}
        assert set(told) == {None, *LANGUAGES} - {DEFAULT_LANGUAGE}
        assert len(set(told.values())) == len(told)
        assert all(0 < len(words) <= most for words in told.values())
    assert bot.requests("setMyName") == []


@pytest.mark.usefixtures("menus")
async def test_only_the_owner_is_shown_the_owners_commands(chat: LocalChat, tmp_path: Path) -> None:
    person = await chat.new_person()
    own = [command.name for command in OWNER_COMMANDS]
    async with running_bot(chat, tmp_path / "data", owner_id=PRIVATE):
        assert await menu(chat, PRIVATE, PRIVATE) == PRIVATE_MENU + own
        assert not set(await menu(chat, person, person)) & set(own)
        assert not set(await menu(chat, GROUP, PRIVATE)) & set(own)
