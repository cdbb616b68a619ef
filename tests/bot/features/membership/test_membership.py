from pathlib import Path

import pytest

from bot.features.membership import texts as onboarding
from tests.bot.conftest import Bot, is_silent_about, jpeg, running_bot, until
from tests.bot.local_chat import GROUP, PRIVATE, LocalChat

BACK = "Hello again!"


async def is_in(bot: Bot, chat_id: int) -> bool | None:
    """Whether the bot believes to be in a chat; None if it does not know it."""
    query = "SELECT left_at IS NULL FROM chats WHERE bot_id = ? AND chat_id = ?"
    row = await bot.services.database.row(query, (bot.application.bot.id, chat_id))
    return None if row is None else bool(row[0])


async def left(bot: Bot, chat_id: int) -> None:
    """Wait until the bot knows that it has left."""
    for _ in range(1000):
        if await is_in(bot, chat_id) is False:
            return
        await bot.chat.messages()  # takes a moment
    raise AssertionError("it did not notice")


async def test_a_group_is_greeted_with_what_to_know(bot: Bot) -> None:
    group = await bot.chat.new_group("Hikers")
    hello = await bot.chat.wait_for(chat_id=group)
    for part in ("One Network", "@onenet_local_bot", "remember nothing", "/settings", "/help", "/caption"):
        assert part in hello["text"]
    assert await is_in(bot, group)
    assert len([m for m in await bot.chat.messages(group) if m["from"]["is_bot"] and "text" in m]) == 1


async def test_with_privacy_mode_on_it_says_what_it_does_not_see(chat: LocalChat, tmp_path: Path) -> None:
    chat.server.privacy_mode = True
    async with running_bot(chat, tmp_path / "data") as bot:
        group = await bot.chat.new_group(kind="group")
        hello = await bot.chat.wait_for(chat_id=group)
        assert "I do not see other messages here" in hello["text"]
        assert "@onenet_local_bot" not in hello["text"]


@pytest.mark.parametrize("privacy_mode", [True, False])
async def test_commands_and_replies_work_either_way(
    chat: LocalChat, tmp_path: Path, privacy_mode: bool
) -> None:
    chat.server.privacy_mode = privacy_mode
    async with running_bot(chat, tmp_path / "data") as bot:
        group = await bot.chat.new_group()
        hello = await bot.chat.wait_for(chat_id=group)
        [photo] = await bot.chat.send_photos([jpeg("red")], chat_id=group)
        sent = await bot.chat.send_text("/caption", chat_id=group, reply_to=photo)
        assert (await bot.chat.wait_for(after=sent))["text"] == "A red wall"
        sent = await bot.chat.send_text("dog?", chat_id=group, reply_to=hello)
        assert "“dog?”" in (await bot.chat.wait_for(after=sent))["text"]
        sent = await bot.chat.send_text("@onenet_local_bot dog", chat_id=group)
        if privacy_mode:
            assert await is_silent_about(bot, sent)
        else:
            assert "“dog”" in (await bot.chat.wait_for(after=sent))["text"]


async def test_back_within_a_month_it_is_brief(bot: Bot) -> None:
    group = await bot.chat.new_group()
    hello = await bot.chat.wait_for(chat_id=group)
    await bot.services.chats.set(bot.application.bot.id, group, remembers=True, captions="every")
    await bot.chat.remove_bot(group)
    await left(bot, group)
    await bot.chat.add_bot(group)
    again = await bot.chat.wait_for(lambda m: "text" in m, after=hello)
    assert again["text"].startswith(BACK)
    assert "Memory is on" in again["text"]
    assert await is_in(bot, group)
    assert (await bot.services.chats.settings(bot.application.bot.id, group)).captions == "every"


async def test_back_after_a_month_it_is_new(bot: Bot) -> None:
    group = await bot.chat.new_group()
    hello = await bot.chat.wait_for(chat_id=group)
    await bot.chat.remove_bot(group)
    await left(bot, group)
    await bot.services.database.write("UPDATE chats SET left_at = left_at - 31 * 24 * 3600", ())
    await bot.chat.add_bot(group)
    again = await bot.chat.wait_for(lambda m: "text" in m, after=hello)
    assert again["text"].startswith("Hello! I am One Network")


async def test_to_become_an_admin_is_not_to_come_in(bot: Bot) -> None:
    group = await bot.chat.new_group()
    hello = await bot.chat.wait_for(chat_id=group)
    await bot.chat.set_admin(group, bot.chat.bot_id)
    await bot.chat.set_admin(group, bot.chat.bot_id, False)
    sent = await bot.chat.send_text("/about", chat_id=group)
    await bot.chat.wait_for(after=sent)
    said = [
        m
        for m in await bot.chat.messages(group)
        if hello["message_id"] < m["message_id"] < sent["message_id"]
    ]
    assert [m for m in said if "text" in m] == []


async def test_a_group_that_moves_is_not_greeted_again(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.features.membership.handlers.MOVE_S", 2.0)
    group = await bot.chat.new_group(kind="group")
    await bot.chat.wait_for(chat_id=group)
    supergroup = await bot.chat.migrate(group)
    await until(lambda: supergroup in bot.services.chats.moved)
    await bot.application.stop()  # after what is being handled
    await bot.application.start()
    assert [m for m in await bot.chat.messages(supergroup) if m["from"]["is_bot"] and "text" in m] == []


async def test_a_person_who_blocks_the_bot_has_left(bot: Bot) -> None:
    person = await bot.chat.new_person()
    await bot.chat.wait_for(after=await bot.chat.send_text("/help", chat_id=person))
    assert await is_in(bot, person)
    await bot.chat.remove_bot(person)
    await left(bot, person)
    await bot.chat.add_bot(person)
    await bot.chat.wait_for(after=await bot.chat.send_text("/help", chat_id=person))
    assert await is_in(bot, person)
    answers = [m for m in await bot.chat.messages(person) if m["from"]["is_bot"]]
    assert len(answers) == 2  # neither answer to a greeting that nobody asked for


async def test_a_chat_of_before_is_met_when_it_speaks_to_the_bot(bot: Bot) -> None:
    sent = await bot.chat.send_text("hello, you all", chat_id=GROUP)
    assert await is_silent_about(bot, sent)  # asks /about
    assert await is_in(bot, GROUP)
    person = await bot.chat.new_person()
    assert await is_in(bot, person) is None
    await bot.chat.wait_for(after=await bot.chat.send_text("dog", chat_id=person))
    assert await is_in(bot, person)


async def test_a_message_to_nobody_makes_no_acquaintance(bot: Bot) -> None:
    await bot.chat.send_text("hello, you all", chat_id=GROUP)
    await bot.chat.wait_for(after=await bot.chat.send_text("dog"))
    assert await is_in(bot, GROUP) is None


MUTED = "Bad Request: not enough rights to send text messages to the chat"
KICKED = "Forbidden: bot was kicked from the supergroup chat"


@pytest.mark.parametrize(("status", "description"), [(400, MUTED), (403, KICKED)])
async def test_a_group_where_the_bot_may_not_write_makes_no_noise(
    bot: Bot, caplog: pytest.LogCaptureFixture, status: int, description: str
) -> None:
    bot.chat.server.faults.add("sendMessage", status=status, times=50, description=description)
    group = await bot.chat.new_group()
    await until(lambda: len(bot.requests("sendMessage")) == 1)  # the greeting
    for word in ("dog", "man", "cat"):
        await bot.chat.send_text(f"/similar {word}", chat_id=group)
    await until(lambda: len(bot.requests("sendMessage")) == 4)
    bot.chat.server.faults.clear()
    if status == 403:
        await left(bot, group)
    else:
        await bot.chat.wait_for(after=await bot.chat.send_text("/help"))
        assert await is_in(bot, group)
    assert len([request for request in bot.requests("sendMessage") if request["chat_id"] == str(group)]) == 4
    assert [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")] == []


async def test_who_writes_at_once_does_not_take_the_greeting_away(bot: Bot) -> None:
    group = await bot.chat.new_group()
    await bot.chat.send_text("/similar dog", chat_id=group)
    said = await bot.chat.wait_for_all(lambda m: "text" in m, 2, chat_id=group)
    assert any(message["text"].startswith("Hello!") for message in said)


async def test_a_refused_group_is_told_and_left(chat: LocalChat, tmp_path: Path) -> None:
    allowed = frozenset({GROUP, PRIVATE})
    async with running_bot(chat, tmp_path / "data", allowed_chats=allowed) as bot:
        group = await bot.chat.new_group()
        answer = await bot.chat.wait_for(lambda m: "text" in m, chat_id=group)
        assert answer["text"] == onboarding.refused()
        await until(lambda: len(bot.requests("leaveChat")) == 1)
        await left_or_unknown(bot, group)
        sent = await bot.chat.send_text("/help", chat_id=GROUP)
        assert "Tap an example" in (await bot.chat.wait_for(after=sent))["text"]


async def test_a_refused_person_is_told_once(chat: LocalChat, tmp_path: Path) -> None:
    async with running_bot(chat, tmp_path / "data", allowed_chats=frozenset({PRIVATE})) as bot:
        person = await bot.chat.new_person()
        sent = await bot.chat.send_text("/help", chat_id=person)
        assert (await bot.chat.wait_for(after=sent))["text"] == onboarding.refused()
        await bot.chat.send_photos([jpeg("red")], chat_id=person)
        await bot.chat.send_text("/caption", chat_id=person)
        await bot.chat.wait_for(after=await bot.chat.send_text("/help"))
        assert len([m for m in await bot.chat.messages(person) if m["from"]["is_bot"]]) == 1
        assert bot.requests("leaveChat") == []
        assert bot.requests("getFile") == []
        assert await is_in(bot, person) is None


async def test_the_banned_get_silence(chat: LocalChat, tmp_path: Path) -> None:
    troll = await chat.new_person()
    group = await chat.new_group(members=(troll,), with_bot=False)
    async with running_bot(chat, tmp_path / "data", banned_chats=frozenset({troll, group})) as bot:
        await bot.chat.send_text("/help", chat_id=troll)
        await bot.chat.send_text("/help", chat_id=GROUP, sender=troll)
        await bot.chat.add_bot(group)
        await until(lambda: len(bot.requests("leaveChat")) == 1)
        await bot.chat.wait_for(after=await bot.chat.send_text("/help"))
        assert {request["chat_id"] for request in bot.requests("sendMessage")} == {str(PRIVATE)}


async def test_an_allowed_group_that_moves_is_not_left(
    chat: LocalChat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.features.membership.handlers.MOVE_S", 2.0)
    group = await chat.new_group(kind="group")
    async with running_bot(chat, tmp_path / "data", allowed_chats=frozenset({group})) as bot:
        await bot.chat.wait_for(lambda m: "text" in m, chat_id=group)
        supergroup = await bot.chat.migrate(group)
        await until(lambda: supergroup in bot.services.chats.moved)
        sent = await bot.chat.send_text("/help", chat_id=supergroup)
        assert "Tap an example" in (await bot.chat.wait_for(after=sent))["text"]
        await bot.application.stop()
        await bot.application.start()
        assert bot.requests("leaveChat") == []


async def left_or_unknown(bot: Bot, chat_id: int) -> None:
    await bot.chat.wait_for(after=await bot.chat.send_text("/help"))
    assert not await is_in(bot, chat_id)
