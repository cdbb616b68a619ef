"""What nobody said to the bot is never stored, and what was is gone from all files soon after its answer."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.routing.router import Router
from tests.bot.conftest import Bot, all_answered, is_text, jpeg, running_bot, until
from tests.bot.local_chat import GROUP, LocalChat

SECRET = "xylophone"


@pytest.fixture
async def bot(chat: LocalChat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bot]:
    monkeypatch.setattr("bot.store.scrubbing.EVERY_S", 0.1)
    async with running_bot(chat, tmp_path / "data") as bot:
        yield bot


@pytest.fixture
def stored(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    return contents_of_writes(bot, monkeypatch, "inbox")


def contents_of_writes(bot: Bot, monkeypatch: pytest.MonkeyPatch, part: str) -> list[str]:
    """What is written from now on by statements with this part, in their order."""
    contents: list[str] = []
    write = bot.services.database.write

    async def noting(query: str, values: Any, **others: Any) -> int:
        contents.extend(str(value) for value in values if part in query)
        return await write(query, values, **others)

    monkeypatch.setattr(bot.services.database, "write", noting)
    return contents


def files_with(folder: Path, word: str) -> list[str]:
    needles = [word.encode(each) for each in ("utf-8", "utf-16-le")]
    return [
        path.name
        for path in folder.rglob("*")
        if path.is_file() and any(needle in path.read_bytes() for needle in needles)
    ]


async def chatter(bot: Bot) -> None:
    """What people say to each other."""
    chat = bot.chat
    said = await chat.send_text(f"my {SECRET}", chat_id=GROUP)
    await chat.edit(said, text=f"your {SECRET}")
    await chat.send_text(f"/other@other_bot {SECRET}", chat_id=GROUP)
    await chat.send_text(f"/nothing {SECRET}", chat_id=GROUP)
    [photo] = await chat.send_photos([jpeg("red")], caption=f"a {SECRET}", chat_id=GROUP)
    await chat.send_text(f"nice {SECRET}", chat_id=GROUP, reply_to=photo)
    await chat.send_photos([jpeg("red"), jpeg("green")], caption=f"two {SECRET}s", chat_id=GROUP)
    await chat.send_document(b"text", f"{SECRET}.txt", caption=SECRET, chat_id=GROUP)
    await chat.send_video(b"played", thumbnail=jpeg("red"), caption=SECRET, chat_id=GROUP)
    answer = await chat.wait_for(after=await chat.send_text("/about", chat_id=GROUP))
    await chat.send_text(f"haha {SECRET}", chat_id=GROUP, reply_to=answer)
    await chat.send_document(b"text", f"{SECRET}.txt", chat_id=GROUP, reply_to=answer)


async def test_what_people_say_to_each_other_is_never_stored(bot: Bot, stored: list[str]) -> None:
    await chatter(bot)
    await all_answered(bot)
    assert [content for content in stored if SECRET in content] == []
    assert len(stored) > 0  # /about was
    assert files_with(bot.services.settings.data_dir, SECRET) == []
    assert not bot.services.inbox._passing


async def test_what_was_said_to_the_bot_is_gone_soon_after_its_answer(bot: Bot, stored: list[str]) -> None:
    chat = bot.chat
    asked = [await chat.send_text(f"/find red {SECRET} number {number}") for number in range(40)]
    await chat.send_photos([jpeg("red")], caption=f"look, {SECRET}")
    await chat.send_photos([jpeg("red"), jpeg("green")], caption=f"/caption {SECRET}", chat_id=GROUP)
    await chat.send_text(f"@onenet_local_bot {SECRET}?", chat_id=GROUP)
    await chat.send_text(f"{SECRET}")
    await chat.send_document(b"text", f"{SECRET}.txt")
    await chat.edit(asked[0], text=f"/find green {SECRET}")
    await chat.inline(f"red {SECRET}")
    await chat.wait_for(is_text, after=asked[-1])
    await all_answered(bot)
    assert len([content for content in stored if SECRET in content]) > 40
    await until(lambda: not files_with(bot.services.settings.data_dir, SECRET), timeout_s=10)


async def test_what_a_killed_bot_has_left_is_gone_after_the_next_start(
    chat: LocalChat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.scrubbing.EVERY_S", 0.1)
    folder = tmp_path / "data"
    async with running_bot(chat, folder) as bot:
        await chat.wait_for(after=await chat.send_text(f"/find red {SECRET}"))
        await all_answered(bot)
        await bot.services.scrubbing.stop()
        await chat.wait_for(after=await chat.send_text(f"/find green {SECRET}"))
        await all_answered(bot)
        copies = {path.name: path.read_bytes() for path in folder.glob("bot.sqlite3*")}
    assert any(SECRET.encode() in content for content in copies.values())  # in the log of changes
    for name, content in copies.items():
        if not name.endswith("-shm"):
            (folder / name).write_bytes(content)
    async with running_bot(chat, folder):
        await until(lambda: not files_with(folder, SECRET), timeout_s=10)


@pytest.mark.parametrize(
    ("settings", "is_kept"),
    [({}, False), ({"captions": "every"}, True), ({"remembers": True}, True)],
)
async def test_photos_are_kept_where_something_is_done_about_them(
    bot: Bot, stored: list[str], settings: dict[str, Any], is_kept: bool
) -> None:
    me = bot.application.bot.id
    await bot.services.chats.meet(me, GROUP, "supergroup")
    await bot.services.chats.set(me, GROUP, **settings)
    await bot.chat.send_photos([jpeg("red")], caption=f"my {SECRET}", chat_id=GROUP)
    await bot.chat.send_photos([jpeg("red"), jpeg("green")], caption=f"our {SECRET}", chat_id=GROUP)
    await all_answered(bot)
    assert len([content for content in stored if SECRET in content]) == (2 if is_kept else 0)


@pytest.mark.parametrize("lists", ["allowed_chats", "banned_chats"])
async def test_nothing_of_a_refused_chat_is_stored(
    chat: LocalChat, tmp_path: Path, lists: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Messages, photos, albums, presses, inline queries, and that the bot came in or left."""
    stranger, friend = await chat.new_person(f"Ann {SECRET}"), await chat.new_person("Bo")
    listed = friend if lists == "allowed_chats" else stranger
    folder = tmp_path / "data"
    async with running_bot(chat, folder) as bot:
        asked = await chat.send_text("/help", chat_id=stranger)
        help_text = await chat.wait_for(after=asked)
        await all_answered(bot)
        await bot.services.database.write("DELETE FROM inbox", ())
    async with running_bot(chat, folder, **{lists: frozenset({listed})}) as bot:
        contents = contents_of_writes(bot, monkeypatch, "INTO inbox")
        said = await chat.send_text(f"/find {SECRET}", chat_id=stranger)
        await chat.edit(said, text=f"/similar {SECRET}")
        await chat.send_photos([jpeg("red"), jpeg("green")], caption=SECRET, chat_id=stranger)
        await chat.send_document(b"text", f"{SECRET}.txt", chat_id=stranger)
        await chat.press(help_text, "Find: a dog in the snow", sender=stranger)
        with pytest.raises(AssertionError, match="did not answer"):
            await chat.inline(f"red {SECRET}", sender=stranger, timeout_s=0.2)
        if lists == "allowed_chats":
            group = await chat.new_group(f"Group {SECRET}")
            await until(lambda: bool(bot.requests("leaveChat")))
            assert int(bot.requests("leaveChat")[0]["chat_id"]) == group
        await chat.remove_bot(stranger, actor=stranger)
        await all_answered(bot)
        assert contents == []
        left = "SELECT left_at IS NOT NULL FROM chats WHERE chat_id = ?"
        assert await bot.services.database.rows(left, (stranger,)) == [(1,)]  # to be erased
        await chat.wait_for(after=await chat.send_text("/about", chat_id=friend))
        assert len(contents) > 0
        assert files_with(folder, SECRET) == []


async def test_albums_that_nobody_asked_about_are_not_kept_even_without_words(
    bot: Bot, stored: list[str]
) -> None:
    await bot.chat.send_photos([jpeg("red"), jpeg("green")], chat_id=GROUP)
    await all_answered(bot)
    assert stored == []
    assert not bot.services.inbox._passing


@pytest.mark.parametrize("asked_at", range(3))
@pytest.mark.parametrize("caption", ["/caption", "@onenet_local_bot"])
async def test_albums_that_are_asked_about_are_kept_whole(
    bot: Bot, stored: list[str], asked_at: int, caption: str
) -> None:
    """Whichever part says so, and however far the others are by then."""
    parts, colours = [], ("red", "green", "blue")
    for place, colour in enumerate(colours):
        words = caption if place == asked_at else ""
        parts += await bot.chat.send_photos([jpeg(colour)], caption=words, chat_id=GROUP, album="7")
        await until(lambda count=place + 1: bot.services.inbox.open_updates == count)  # type: ignore[misc]
    answer = await bot.chat.wait_for(is_text, after=parts[-1])
    assert all(colour in answer["text"] for colour in colours)
    await all_answered(bot)
    states = await bot.services.database.rows("SELECT state, content FROM inbox", ())
    assert {tuple(row) for row in states} == {("answered", "")}
    messages = [json.loads(content)["message"] for content in stored if content.lstrip().startswith('{"')]
    kept = sorted(each["message_id"] for each in messages)
    assert kept == [part["message_id"] for part in parts]


async def test_a_flood_of_talk_is_never_written_at_all(bot: Bot) -> None:
    row = await bot.services.database.row("SELECT total_changes()", ())
    for number in range(20):
        await bot.chat.send_text(f"{SECRET} {number}", chat_id=GROUP)
    await all_answered(bot)
    assert await bot.services.database.row("SELECT total_changes()", ()) == row


async def test_who_is_asked_whether_it_is_wanted_says_as_what_answers(bot: Bot) -> None:
    """Whatever is answered is kept before."""
    asked: list[bool] = []
    wants = Router.wants

    async def noting(self: Router, arrival: Any) -> bool:
        asked.append(await wants(self, arrival))
        return asked[-1]

    queue = bot.application.update_queue
    router = queue._wants.__self__  # type: ignore[attr-defined]
    queue._wants = lambda arrival: noting(router, arrival)  # type: ignore[attr-defined]
    for text in ("/help", "hello", "/nothing", "/start inline", "what is this?"):
        sent = await bot.chat.send_text(text)
        await bot.chat.wait_for(after=sent)
    for text in ("/help", "@onenet_local_bot dog", "/nothing@onenet_local_bot"):
        sent = await bot.chat.send_text(text, chat_id=GROUP)
        await bot.chat.wait_for(after=sent)
    await asyncio.sleep(0)
    assert asked == [True] * 8
