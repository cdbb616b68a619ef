from pathlib import Path

import pytest

from tests.bot.commands import COMMANDS, OWNER_COMMANDS
from tests.bot.conftest import Bot, running_bot
from tests.bot.local_chat import GROUP, PRIVATE, LocalChat


async def menu(chat: LocalChat, chat_id: int, sender: int) -> list[str]:
    return [command["command"] for command in await chat.commands(chat_id, sender=sender)]


@pytest.mark.usefixtures("menus")
async def test_each_place_has_its_menu(bot: Bot) -> None:
    member, admin = await bot.chat.new_person(), await bot.chat.new_person()
    group = await bot.chat.new_group(members=(member,), admins=(admin,))
    in_group = await menu(bot.chat, group, member)
    photos = ["caption", "similar", "why", "mix", "analogy", "find", "odd", "walk", "inside", "game", "map"]
    photos += ["dream", "memory", "forget", "privacy"]
    assert in_group == [*photos, "language", "help", "about"]
    assert sorted(await menu(bot.chat, group, admin)) == sorted([*in_group, "export", "settings"])
    assert await menu(bot.chat, member, member) == [command.name for command in COMMANDS]


@pytest.mark.usefixtures("menus")
async def test_only_the_owner_is_shown_the_owners_commands(chat: LocalChat, tmp_path: Path) -> None:
    person = await chat.new_person()
    own = [command.name for command in OWNER_COMMANDS]
    async with running_bot(chat, tmp_path / "data", owner_id=PRIVATE):
        assert await menu(chat, PRIVATE, PRIVATE) == [command.name for command in COMMANDS] + own
        assert not set(await menu(chat, person, person)) & set(own)
        assert not set(await menu(chat, GROUP, PRIVATE)) & set(own)
