"""Broadcasts, and the owner's other command, over HTTP."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.features.owner import texts as owner_replies
from bot.features.owner.broadcasts import RETRY_S, Broadcasts
from bot.language import notes
from tests.bot.conftest import Bot, buttons, running_bot, toast, until
from tests.bot.local_chat import GROUP, PRIVATE, Json, LocalChat

OWNER = PRIVATE
TEXT = "Tomorrow I pause for an hour."


async def meet(bot: Bot, *chat_ids: int) -> None:
    for chat_id in chat_ids:
        kind = "private" if chat_id > 0 else "supergroup"
        await bot.services.chats.meet(bot.application.bot.id, chat_id, kind)


async def prepare(bot: Bot, text: str = TEXT) -> Json:
    """The message that asks whether to send it."""
    sent = await bot.chat.send_text(f"/broadcast {text}")
    return await bot.chat.wait_for(buttons, after=sent)


async def report(bot: Bot, question: Json) -> str:
    message = await bot.chat.wait_for(
        lambda m: "of" in m.get("text", "") and "Left" in m["text"], after=question
    )
    return str(message["text"])


def got(bot: Bot, text: str = TEXT) -> list[int]:
    """Chats to which it was sent, the preview left out."""
    chats = [int(request["chat_id"]) for request in bot.requests("sendMessage") if request["text"] == text]
    return chats[1:]


async def test_it_goes_to_every_chat_after_a_confirmation(chat: LocalChat, tmp_path: Path) -> None:
    people = [await chat.new_person() for _ in range(3)]
    async with running_bot(chat, tmp_path / "data", owner_id=OWNER) as bot:
        await meet(bot, *people, GROUP)
        question = await prepare(bot)
        assert question["text"] == owner_replies.confirm(5)
        assert buttons(question) == ["Send it to 5 chats", "Do not send it"]
        assert got(bot) == []
        await bot.chat.press(question, "Send it to 5 chats")
        assert await report(bot, question) == (
            "The message went to 5 of 5 chats. Left or blocked me: 0. Not taken, or not known: 0."
        )
        assert sorted(got(bot)) == sorted([*people, GROUP, OWNER])
        assert buttons(await bot.chat.message(question)) == []
        assert await bot.services.database.rows("SELECT * FROM broadcast_chats", ()) == []
        assert await bot.services.database.rows("SELECT * FROM broadcasts", ()) == []


async def test_it_is_not_sent_when_the_owner_thinks_better_of_it(chat: LocalChat, tmp_path: Path) -> None:
    async with running_bot(chat, tmp_path / "data", owner_id=OWNER) as bot:
        await meet(bot, GROUP)
        question = await prepare(bot)
        await bot.chat.press(question, "Do not send it")
        await bot.chat.wait_for(lambda m: m.get("text") == owner_replies.dropped())
        assert got(bot) == []


async def test_the_buttons_of_an_earlier_text_have_no_effect(chat: LocalChat, tmp_path: Path) -> None:
    async with running_bot(chat, tmp_path / "data", owner_id=OWNER) as bot:
        await meet(bot, GROUP)
        first = await prepare(bot)
        second = await prepare(bot, "Something else")
        for button in buttons(first):
            assert await toast(bot.chat, await bot.chat.press(first, button)) == owner_replies.gone()
        await bot.chat.press(second, "Send it to 2 chats")
        await report(bot, second)
        assert got(bot) == []
        assert got(bot, "Something else") == [GROUP, OWNER]


async def test_two_presses_send_it_once(chat: LocalChat, tmp_path: Path) -> None:
    async with running_bot(chat, tmp_path / "data", owner_id=OWNER) as bot:
        await meet(bot, GROUP)
        question = await prepare(bot)
        data = question["reply_markup"]["inline_keyboard"][0][0]
        first = await bot.chat.press(question, data["text"])
        second = await bot.services.features.service(Broadcasts).begin(
            bot.application.bot.id, int(data["callback_data"].split(":")[2])
        )
        assert await toast(bot.chat, first) in ("", owner_replies.gone())
        await report(bot, question)
        assert sorted(got(bot)) == [GROUP, OWNER]
        assert second in (None, 2)


async def test_formatting_is_kept_and_the_rest_is_text(chat: LocalChat, tmp_path: Path) -> None:
    async with running_bot(chat, tmp_path / "data", owner_id=OWNER) as bot:
        question = await prepare(bot, "1 < 2 & <b>me</b>\n\nsecond line")
        await bot.chat.press(question, "Send it to 1 chat")
        await report(bot, question)
        said = [m["text"] for m in await bot.chat.messages() if m["from"]["is_bot"]]
        assert said.count("1 < 2 & <b>me</b>\n\nsecond line") == 2  # the preview, and the message itself


async def test_those_who_left_are_skipped_and_remembered_as_gone(chat: LocalChat, tmp_path: Path) -> None:
    blocker, kicker, gone = [await chat.new_person() for _ in range(3)]
    async with running_bot(chat, tmp_path / "data", owner_id=OWNER) as bot:
        await meet(bot, blocker, kicker, gone, GROUP)
        await bot.services.chats.leave(bot.application.bot.id, gone)
        blocked = "Forbidden: bot was blocked by the user"
        bot.chat.server.faults.add("sendMessage", status=403, times=9, description=blocked, chat_id=blocker)
        bot.chat.server.faults.add("sendMessage", status=400, times=9, chat_id=kicker)
        question = await prepare(bot)
        await bot.chat.press(question, "Send it to 4 chats")
        assert "2 of 4 chats. Left or blocked me: 1. Not taken, or not known: 1." in await report(
            bot, question
        )
        assert gone not in got(bot)
        assert await bot.services.chats.acquaintance(bot.application.bot.id, blocker) == "left"
        assert await bot.services.chats.acquaintance(bot.application.bot.id, kicker) == "here"


async def test_a_channel_gets_none(chat: LocalChat, tmp_path: Path) -> None:
    async with running_bot(chat, tmp_path / "data", owner_id=OWNER) as bot:
        await bot.services.chats.meet(bot.application.bot.id, -1009, "channel")
        assert buttons(await prepare(bot))[0] == "Send it to 1 chat"


async def test_flood_control_makes_it_wait_not_lose(
    chat: LocalChat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.features.owner.broadcasts.RETRY_S", 0.05)
    person = await chat.new_person()
    async with running_bot(chat, tmp_path / "data", owner_id=OWNER) as bot:
        await meet(bot, person)
        question = await prepare(bot)
        bot.chat.server.faults.add("sendMessage", status=502, times=5, chat_id=person)
        await bot.chat.press(question, "Send it to 2 chats")
        assert "2 of 2 chats" in await report(bot, question)
        assert len([m for m in await bot.chat.messages(person) if m["from"]["is_bot"]]) == 1
    assert RETRY_S > 1


async def test_after_a_restart_it_goes_on_and_none_gets_it_twice(chat: LocalChat, tmp_path: Path) -> None:
    people = [await chat.new_person() for _ in range(6)]
    async with running_bot(chat, tmp_path / "data", owner_id=OWNER) as bot:
        await meet(bot, *people)
        question = await prepare(bot)
        chat.server.faults.delay("sendMessage", 0.3, times=100)
        await bot.chat.press(question, "Send it to 7 chats")
        await until(lambda: len(got(bot)) >= 2)
    reached = len(got(bot))
    assert reached < 7
    chat.server.faults.clear()
    async with running_bot(chat, tmp_path / "data", owner_id=OWNER) as bot:
        assert "7 of 7 chats" in await report(bot, question)
        for person in people:
            assert [m["text"] for m in await bot.chat.messages(person) if m["from"]["is_bot"]] == [TEXT]


async def test_what_a_kill_cut_off_is_not_sent_again(chat: LocalChat, tmp_path: Path) -> None:
    person, cut_off = await chat.new_person(), await chat.new_person()
    async with running_bot(
        chat, tmp_path / "data", remembers=True
    ) as bot:  # without an owner nothing is sent
        await meet(bot, person, cut_off)
        number, chats = await bot.services.features.service(Broadcasts).draft(bot.application.bot.id, TEXT)
        assert (
            await bot.services.features.service(Broadcasts).begin(bot.application.bot.id, number)
            == chats
            == 2
        )
        query = "UPDATE broadcast_chats SET state = 'sending' WHERE chat_id = ?"
        await bot.services.database.write(query, (cut_off,))
    async with running_bot(chat, tmp_path / "data", owner_id=OWNER, remembers=True) as bot:
        told = await bot.chat.wait_for(lambda m: "The message went" in m["text"])
        assert "1 of 2 chats" in told["text"]
        assert "not known: 1" in told["text"]
        assert len(await bot.chat.messages(person)) == 1
        assert await bot.chat.messages(cut_off) == []


async def test_in_quiet_hours_it_makes_no_sound(chat: LocalChat, tmp_path: Path) -> None:
    async with running_bot(chat, tmp_path / "data", owner_id=OWNER) as bot:
        await meet(bot, GROUP)
        hour = datetime.now(UTC).hour
        quiet = {"quiet_from": hour, "quiet_to": (hour + 2) % 24}
        await bot.services.chats.set(bot.application.bot.id, GROUP, **quiet)
        question = await prepare(bot)
        await bot.chat.press(question, "Send it to 2 chats")
        await report(bot, question)
        silent = {int(r["chat_id"]): r.get("disable_notification") for r in bot.requests("sendMessage")}
        assert (silent[GROUP], silent[OWNER]) == ("true", None)


@pytest.mark.parametrize("command", ["/stats", "/broadcast hello", "/broadcast", "/STATS@onenet_local_bot"])
async def test_for_others_the_owners_commands_are_unknown(
    chat: LocalChat, tmp_path: Path, command: str
) -> None:
    person = await chat.new_person()
    async with running_bot(chat, tmp_path / "data", owner_id=OWNER) as bot:
        sent = await bot.chat.send_text(command, chat_id=person)
        assert (await bot.chat.wait_for(after=sent))["text"] == notes.unknown_command()
        sent = await bot.chat.send_text("/help", chat_id=person)
        answer = await bot.chat.wait_for(after=sent)
        assert "/stats" not in answer["text"]
        assert "/broadcast" not in answer["text"]
        assert await bot.services.database.rows("SELECT * FROM broadcasts", ()) == []


async def test_without_an_owner_nobody_is_the_owner(bot: Bot) -> None:
    sent = await bot.chat.send_text("/stats")
    assert (await bot.chat.wait_for(after=sent))["text"] == notes.unknown_command()


async def test_in_a_group_the_owner_is_one_of_many(chat: LocalChat, tmp_path: Path) -> None:
    async with running_bot(chat, tmp_path / "data", owner_id=OWNER) as bot:
        sent = await bot.chat.send_text("/stats@onenet_local_bot", chat_id=GROUP)
        assert (await bot.chat.wait_for(after=sent))["text"] == notes.unknown_command()


async def test_others_cannot_press_the_owners_buttons(chat: LocalChat, tmp_path: Path) -> None:
    person = await chat.new_person()
    async with running_bot(chat, tmp_path / "data", owner_id=OWNER) as bot:
        await meet(bot, person)
        question = await prepare(bot)
        keyboard: Any = question["reply_markup"]
        await bot.application.bot.send_message(person, "forged", api_kwargs={"reply_markup": keyboard})
        forged = await bot.chat.wait_for(buttons, chat_id=person)
        for button in buttons(forged):
            assert await toast(bot.chat, await bot.chat.press(forged, button)) == notes.forgotten()
        assert got(bot) == []
        assert await bot.services.features.service(Broadcasts).drop(
            bot.application.bot.id, 1
        )  # still a draft


async def test_an_example_button_does_not_run_the_owners_commands(chat: LocalChat, tmp_path: Path) -> None:
    async with running_bot(chat, tmp_path / "data", owner_id=OWNER) as bot:
        keyboard = {"inline_keyboard": [[{"text": "x", "callback_data": "run:/stats"}]]}
        await bot.application.bot.send_message(PRIVATE, "forged", api_kwargs={"reply_markup": keyboard})
        forged = await bot.chat.wait_for(buttons)
        assert await toast(bot.chat, await bot.chat.press(forged, "x")) == notes.forgotten()


async def test_stats_count_what_happened(chat: LocalChat, tmp_path: Path) -> None:
    async with running_bot(chat, tmp_path / "data", owner_id=OWNER) as bot:
        await bot.fill_gallery("red", "blue")
        await bot.chat.wait_for(after=await bot.chat.send_text("/help", chat_id=GROUP))
        sent = await bot.chat.send_text("hello, you all", chat_id=GROUP)
        await bot.chat.wait_for(after=await bot.chat.send_text("/help"))
        await until(lambda: sum(bot.services.metrics.counts().values()) == 3)
        sent = await bot.chat.send_text("/stats")
        lines = (await bot.chat.wait_for(after=sent))["text"].splitlines()
        assert lines[0] == "Running for 0 d 0 h 0 min"
        assert lines[1] == "Updates: 3, answered: 2"  # this one is still being answered
        assert lines[2].startswith("Answers took: 0.")
        assert lines[3:] == [
            "Waiting for the network: 0",
            "Groups: 1, people: 1, left: 0",
            "Photos remembered: 0",
            "Photos in the gallery: 2",
        ]


async def test_a_broadcast_without_words_is_explained(chat: LocalChat, tmp_path: Path) -> None:
    async with running_bot(chat, tmp_path / "data", owner_id=OWNER) as bot:
        sent = await bot.chat.send_text("/broadcast")
        assert (await bot.chat.wait_for(after=sent))["text"] == owner_replies.how_to_broadcast()
