import asyncio
from pathlib import Path

import pytest
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update

from bot.chats.chats import GROUP_DEFAULTS, ChatSettings
from bot.features.settings import texts as replies
from tests.bot.conftest import (
    Bot,
    all_answered,
    buttons,
    greeted_group,
    is_silent_about,
    running_bot,
    toast,
)
from tests.bot.local_chat import GROUP, PRIVATE, Json, LocalChat


async def settings_message(bot: Bot, chat_id: int, sender: int = PRIVATE) -> Json:
    sent = await bot.chat.send_text("/settings", chat_id=chat_id, sender=sender)
    return await bot.chat.wait_for(buttons, after=sent)


async def settings_of(bot: Bot, chat_id: int) -> ChatSettings:
    return await bot.services.chats.settings(bot.application.bot.id, chat_id)


async def press(bot: Bot, message: Json, button: str, sender: int = PRIVATE) -> str:
    return await toast(bot.chat, await bot.chat.press(message, button, sender=sender))


async def shows(bot: Bot, message: Json, part: str) -> Json:
    """The message, as soon as its text or a button says this."""
    return await bot.chat.wait_for(
        lambda m: m["message_id"] == message["message_id"] and part in " | ".join((m["text"], *buttons(m))),
        chat_id=message["chat"]["id"],
    )


async def test_a_group_is_changed_by_buttons_of_one_message(bot: Bot) -> None:
    message = await settings_message(bot, GROUP)
    for before, after in (
        ("Captions: only when asked", "Captions: every photo"),
        ("Say “seen before”: on", "Say “seen before”: off"),
        ("Found photos: one numbered picture", "Found photos: an album"),
    ):
        assert await press(bot, message, before) == ""
        await shows(bot, message, after)
    assert await settings_of(bot, GROUP) == ChatSettings(
        captions="every", seen_before=False, pictures="album"
    )
    assert await settings_of(bot, PRIVATE) != await settings_of(bot, GROUP)
    await press(bot, message, "Captions: every photo")
    await shows(bot, message, "Captions: only when asked")
    assert [m for m in await bot.chat.messages(GROUP) if m["message_id"] > message["message_id"]] == []


async def test_quiet_hours_have_a_page_of_their_own(bot: Bot) -> None:
    message = await settings_message(bot, GROUP)
    await press(bot, message, "Quiet hours: none")
    page = await shows(bot, message, "22-7")
    assert "UTC" in page["text"]
    await press(bot, message, "22-7")
    await shows(bot, message, "End +30 min")
    await press(bot, message, "End +30 min")
    await shows(bot, message, "22:00-7:30 UTC")
    for button, shown in (
        ("Time zone: UTC", "Europe"),
        ("Europe", "Berlin"),
        ("Berlin", "Time zone: Berlin"),
        ("Back", "Quiet hours: 22:00-7:30 Berlin"),
    ):
        await press(bot, message, button)
        await shows(bot, message, shown)
    settings = await settings_of(bot, GROUP)
    assert settings == ChatSettings(zone="Europe/Berlin", quiet_begin=22 * 60, quiet_end=7 * 60 + 30)


async def test_who_changes_something_else_does_not_announce_what_another_did(bot: Bot) -> None:
    first, second = await settings_message(bot, GROUP), await settings_message(bot, GROUP)
    await asyncio.gather(
        press(bot, first, "Memory: off"), press(bot, second, "Found photos: one numbered picture")
    )
    await all_answered(bot)
    settings = await settings_of(bot, GROUP)
    assert (settings.remembers, settings.pictures) == (True, "album")
    told = await bot.chat.messages(GROUP, after=second["message_id"])
    assert [m["text"].startswith("From now on I remember") for m in told] == [True]


async def test_memory_is_announced_in_the_group(bot: Bot) -> None:
    message = await settings_message(bot, GROUP)
    await press(bot, message, "Memory: off")
    told = await bot.chat.wait_for(after=message)
    assert told["text"].startswith("From now on I remember the photos that are sent here.")
    assert (await settings_of(bot, GROUP)).remembers
    await press(bot, message, "Memory: on")
    assert (await bot.chat.wait_for(after=told))["text"] == "I remember no more photos of this chat."
    assert await settings_of(bot, GROUP) == GROUP_DEFAULTS


async def test_in_private_fewer_buttons_are_there(bot: Bot) -> None:
    message = await settings_message(bot, PRIVATE)
    assert buttons(message) == [
        "Memory: off",
        "Say “seen before”: on",
        "Found photos: an album",
        "Teaching words: on",
    ]
    await press(bot, message, "Memory: off")
    await shows(bot, message, "Memory: on")
    assert (await settings_of(bot, PRIVATE)).remembers


async def test_only_admins_may_ask_and_press(bot: Bot) -> None:
    admin, member = await bot.chat.new_person(), await bot.chat.new_person()
    group = await greeted_group(bot, admins=(admin,), members=(member,))
    message = await settings_message(bot, group, sender=admin)
    sent = await bot.chat.send_text("/settings", chat_id=group, sender=member)
    answer = await bot.chat.wait_for(after=sent)
    assert answer["text"] == replies.admins_only()
    assert buttons(answer) == []
    assert await press(bot, message, "Memory: off", sender=member) == replies.admins_only()
    assert await settings_of(bot, group) == GROUP_DEFAULTS
    assert await press(bot, message, "Memory: off", sender=admin) == ""
    assert (await settings_of(bot, group)).remembers


async def test_who_is_no_admin_any_more_may_not_press(bot: Bot) -> None:
    admin = await bot.chat.new_person()
    group = await greeted_group(bot, admins=(admin,))
    message = await settings_message(bot, group, sender=admin)
    await bot.chat.set_admin(group, admin, False)
    assert await press(bot, message, "Memory: off", sender=admin) == replies.admins_only()
    await bot.chat.set_status(group, admin, "left")
    assert await press(bot, message, "Memory: off", sender=admin) == replies.admins_only()
    assert not (await settings_of(bot, group)).remembers


async def test_an_example_button_is_no_way_round(bot: Bot) -> None:
    """“run:/settings” runs the command for who pressed it, not for the bot that wrote the message."""
    member = await bot.chat.new_person()
    group = await greeted_group(bot, members=(member,))
    await bot.chat.set_admin(group, bot.application.bot.id)
    keyboard = InlineKeyboardMarkup.from_button(InlineKeyboardButton("x", callback_data="run:/settings"))
    await bot.application.bot.send_message(group, "made up", reply_markup=keyboard)
    message = await bot.chat.wait_for(buttons, chat_id=group)
    await bot.chat.press(message, "x", sender=member)
    assert (await bot.chat.wait_for(after=message))["text"] == replies.admins_only()


async def test_a_hidden_admin_writes_in_the_name_of_the_group(bot: Bot) -> None:
    await bot.application.process_update(written_by_chat(bot, GROUP))
    assert buttons(await bot.chat.wait_for(chat_id=GROUP))


async def test_a_channel_writing_into_the_group_is_no_admin(bot: Bot) -> None:
    await bot.application.process_update(written_by_chat(bot, -100987))
    assert (await bot.chat.wait_for(chat_id=GROUP))["text"] == replies.admins_only()


async def test_a_message_of_before_a_restart_still_works(chat: LocalChat, tmp_path: Path) -> None:
    async with running_bot(chat, tmp_path / "data") as bot:
        message = await settings_message(bot, GROUP)
        await press(bot, message, "Captions: only when asked")
    async with running_bot(chat, tmp_path / "data") as bot:
        assert (await settings_of(bot, GROUP)).captions == "every"
        await press(bot, message, "Quiet hours: none")
        await shows(bot, message, "23-8")
        await press(bot, message, "23-8")
        await shows(bot, message, "23:00-8:00")
        assert await settings_of(bot, GROUP) == ChatSettings(
            captions="every", zone="UTC", quiet_begin=23 * 60, quiet_end=8 * 60
        )


async def test_two_old_messages_do_what_they_say(bot: Bot) -> None:
    first, second = await settings_message(bot, GROUP), await settings_message(bot, GROUP)
    await press(bot, first, "Captions: only when asked")
    await shows(bot, first, "Captions: every photo")
    await press(bot, second, "Captions: only when asked")
    await shows(bot, second, "Captions: every photo")
    assert (await settings_of(bot, GROUP)).captions == "every"


@pytest.mark.parametrize("data", ["set:", "set:main:language=xx", "set:main:captions=never", "set:quiet:?"])
async def test_made_up_buttons_do_nothing(bot: Bot, data: str) -> None:
    keyboard = InlineKeyboardMarkup.from_button(InlineKeyboardButton("x", callback_data=data))
    await bot.application.bot.send_message(GROUP, "made up", reply_markup=keyboard)
    message = await bot.chat.wait_for(buttons, chat_id=GROUP)
    assert await press(bot, message, "x") == replies.outdated()
    assert await settings_of(bot, GROUP) == GROUP_DEFAULTS


async def test_what_privacy_mode_takes_is_said(chat: LocalChat, tmp_path: Path) -> None:
    chat.server.privacy_mode = True
    async with running_bot(chat, tmp_path / "data") as bot:
        message = await settings_message(bot, GROUP)
        assert replies.privacy_hint() not in message["text"]
        await press(bot, message, "Captions: only when asked")
        assert replies.privacy_hint() in (await shows(bot, message, "Captions: every photo"))["text"]


async def test_settings_for_another_bot_are_not_ours(bot: Bot) -> None:
    assert await is_silent_about(bot, await bot.chat.send_text("/settings@other_bot", chat_id=GROUP))


def written_by_chat(bot: Bot, sender_chat_id: int) -> Update:
    chat = {"id": GROUP, "type": "supergroup", "title": "Friends"}
    message = {
        "message_id": 900,
        "date": 1,
        "chat": chat,
        "sender_chat": {**chat, "id": sender_chat_id},
        "from": {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"},
        "text": "/settings",
    }
    update = Update.de_json({"update_id": 900, "message": message}, bot.application.bot)
    assert update is not None
    return update
