"""The bot with its indexes on a Milvus: real, at a port, killed, hanging and back again."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.memory.names import own_id
from bot.store.installation import installation_in
from bot.store.keys import ChatKey
from onenet.errors import IndexAwayError, IndexFileError
from onenet.search import MilvusChats, MilvusConnection, MilvusIndex, PhotoRecord
from tests.bot.conftest import Bot, is_photo, is_text, running_bot, until
from tests.bot.features.privacy.test_memory import ask, photo_answered
from tests.bot.local_chat import PRIVATE, LocalChat
from tests.bot.memory.test_memory import GREEN, RED, found_by, message, reading
from tests.milvus_server import MilvusServer, milvus_server

pytest.importorskip("pymilvus")
pytest.importorskip("milvus_lite")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

AWAY = "I cannot search photos just now"


@pytest.fixture
def remembers() -> bool:
    return True


@pytest.fixture
def milvus(tmp_path: Path) -> Iterator[MilvusServer]:
    with milvus_server(tmp_path / "milvus") as server:
        yield server


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.app.INDEX_ANSWERS_S", 2.0)
    monkeypatch.setattr("bot.gallery.gallery.AWAY_S", 0.1)
    monkeypatch.setattr("bot.memory.comparing.AGAIN_S", 0.1)
    monkeypatch.setattr("bot.memory.comparing.LOOK_S", 0.5)


@pytest.fixture
async def bot(chat: LocalChat, tmp_path: Path, milvus: MilvusServer) -> AsyncIterator[Bot]:
    async with running_bot(chat, tmp_path / "data", remembers=True, index_url=milvus.url) as bot:
        yield bot


def on_server(milvus: MilvusServer, owner: str, fingerprint: str = "fake") -> set[tuple[str, int]]:
    """Chat and number of each photo that the server has of one bot."""
    chats = MilvusChats(MilvusConnection(milvus.url), fingerprint, owner)
    return {(chat, own_id(name) or 0) for page in chats.pages() for chat, name in page}


def owner_of(bot: Bot) -> str:
    return installation_in(bot.services.settings.data_dir)


async def has_on_server(bot: Bot, milvus: MilvusServer, count: int) -> None:
    async def is_so() -> bool:
        return len(await asyncio.to_thread(on_server, milvus, owner_of(bot))) == count

    await until(is_so)


async def remember(bot: Bot, chat: ChatKey, number: int, representation: Any = RED) -> str:
    memory = bot.services.memory
    return (await memory.remember(chat, message(number), reading(representation))).name


async def test_gallery_and_chats_are_searched_there(bot: Bot, milvus: MilvusServer) -> None:
    await bot.fill_gallery("red", "dark red", "green")
    sent = await photo_answered(bot, "pink")
    await has_on_server(bot, milvus, 1)
    asked = await bot.chat.send_text("/find red")
    await bot.chat.wait_for(lambda m: "red.jpg" in m.get("caption", ""), after=asked)
    gallery = MilvusIndex(milvus.url, "fake")
    assert sorted(Path(photo).stem for photo in gallery.photos) == ["dark red", "green", "red"]
    gallery.close()
    assert not list((bot.services.settings.data_dir / "indexes").glob("*"))
    answer = await ask(bot, "/forget", reply_to=sent)
    assert answer["text"] == "Forgotten: 1 photo, for good."
    assert await asyncio.to_thread(on_server, milvus, owner_of(bot)) == set()  # before that was said


async def test_no_chat_can_look_into_another(bot: Bot, milvus: MilvusServer) -> None:
    own, other = ChatKey(bot.chat.bot_id, PRIVATE), ChatKey(bot.chat.bot_id, PRIVATE + 1)
    mine, theirs = await remember(bot, own, 1), await remember(bot, other, 2, GREEN)
    await has_on_server(bot, milvus, 2)
    memory, index = bot.services.memory, bot.services.memory._index
    assert await found_by(memory, own) == [1]
    assert await found_by(memory, other, GREEN) == [2]
    # Whoever knows the numbers of another chat's photos finds nothing by them.
    ids = [own_id(mine), own_id(theirs)]
    found = await asyncio.to_thread(index.among(other, ids).search, RED, 9)
    assert [match.photo for match in found] == [theirs]
    known, _ = await asyncio.to_thread(index.known, other, ids)
    assert known == [own_id(theirs)]
    assert await asyncio.to_thread(index.nearest_to, other, own_id(mine), ids) == []
    assert await memory.representations(other, [mine]) == {}
    group = await bot.chat.new_group("Strangers")
    await bot.chat.wait_for(is_text, chat_id=group)
    answer = await ask(bot, "/find red", chat_id=group)
    assert not [m for m in await bot.chat.messages(group) if is_photo(m)]
    assert "no photos to search yet" in answer["text"]


async def test_other_bots_on_the_server_are_left_alone(bot: Bot, milvus: MilvusServer) -> None:
    stranger = MilvusChats(MilvusConnection(milvus.url), "fake", "another")
    record = PhotoRecord("chat:1", 0, 0)
    await asyncio.to_thread(stranger.of(f"{bot.chat.bot_id}:{PRIVATE}").add, [record], RED[np.newaxis])
    chat = ChatKey(bot.chat.bot_id, PRIVATE)
    await remember(bot, chat, 1, GREEN)
    await has_on_server(bot, milvus, 1)
    assert [m.score for m in (await bot.services.memory.similar(chat, RED, 5)).matches] == []
    assert bot.services.comparing is not None
    bot.services.comparing.compare()
    await bot.services.memory.forget_chat(chat)
    await has_on_server(bot, milvus, 0)
    assert len(await asyncio.to_thread(on_server, milvus, "another")) == 1


async def test_what_others_index_there_is_not_for_everyone(bot: Bot, milvus: MilvusServer) -> None:
    private = bot.services.settings.data_dir / "gallery private" / "a.jpg"  # its path begins as the gallery's
    private.parent.mkdir(parents=True)
    private.write_bytes(b"")
    index = MilvusIndex(milvus.url, "fake")
    await asyncio.to_thread(index.add, [PhotoRecord(str(private.resolve()), 0, 0)], RED[np.newaxis])
    await bot.fill_gallery("green")
    found = await bot.services.gallery.search(RED, 5)
    assert [Path(match.photo).name for match in found] == ["green.jpg"]
    assert await asyncio.to_thread(len, index) == 2
    index.close()


async def test_while_it_is_away_photos_are_captioned_and_nothing_is_lost(
    bot: Bot, milvus: MilvusServer
) -> None:
    await bot.fill_gallery("red")
    await photo_answered(bot, "red")
    await has_on_server(bot, milvus, 1)
    milvus.kill()
    await until(lambda: bot.services.gallery.is_away)
    sent = await photo_answered(bot, "green")  # captioned, and remembered
    (bot.gallery / "blue.jpg").write_bytes((bot.gallery / "red.jpg").read_bytes()[:-1] + b"\0")
    for question in ("/find red", "/similar"):
        reply_to = sent if question == "/similar" else None
        answer = await ask(bot, question, reply_to=reply_to)
        assert AWAY in answer["text"]
        assert milvus.url not in answer["text"]
    assert "puppy" in (await ask(bot, "/similar dog"))["text"]  # words
    milvus.start()
    await until(lambda: not bot.services.gallery.is_away)
    await has_on_server(bot, milvus, 2)
    await until(lambda: bot.services.gallery.state().photos == 2)
    assert sorted(await found_by(bot.services.memory, ChatKey(bot.chat.bot_id, PRIVATE), GREEN))
    asked = await bot.chat.send_text("/find green")
    assert "a green wall" in (await bot.chat.wait_for(is_photo, after=asked))["caption"]


async def test_a_bot_that_is_there_first_does_what_it_can(chat: LocalChat, tmp_path: Path) -> None:
    server = MilvusServer(tmp_path / "milvus")
    try:
        async with running_bot(chat, tmp_path / "data", remembers=True, index_url=server.url) as bot:
            await photo_answered(bot, "green")
            assert AWAY in (await ask(bot, "/find green"))["text"]
            await asyncio.to_thread(server.start)
            await until(lambda: not bot.services.gallery.is_away)
            await has_on_server(bot, server, 1)
            asked = await bot.chat.send_text("/find green")
            assert "a green wall" in (await bot.chat.wait_for(is_photo, after=asked))["caption"]
    finally:
        server.kill()


async def test_the_loop_never_waits_for_one_that_hangs(
    bot: Bot, milvus: MilvusServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: set[str] = set()
    ask_it = MilvusConnection._ask

    def noted(self: MilvusConnection, *args: Any, **options: Any) -> Any:
        threads.add(threading.current_thread().name)
        return ask_it(self, *args, **options)

    monkeypatch.setattr(MilvusConnection, "_ask", noted)
    await bot.fill_gallery("red")
    await photo_answered(bot, "red")
    await has_on_server(bot, milvus, 1)
    milvus.hang()
    with pytest.raises(IndexAwayError):
        await bot.services.gallery.search(RED, 1)
    assert bot.services.gallery.is_away
    await photo_answered(bot, "green")
    begun = time.monotonic()
    with pytest.raises(IndexAwayError):
        await bot.services.gallery.search(RED, 1)
    assert time.monotonic() - begun < 2.0  # as long as it was waited for an answer the first time
    assert (await bot.services.memory.forget_chat(ChatKey(bot.chat.bot_id, PRIVATE))) == 2
    milvus.go_on()
    await until(lambda: not bot.services.gallery.is_away)
    assert len(await bot.services.gallery.search(RED, 1)) == 1
    await has_on_server(bot, milvus, 0)
    assert threading.main_thread().name not in threads
    assert threads


async def test_the_network_works_on_while_whoever_searches_waits_for_one_that_hangs(
    bot: Bot, milvus: MilvusServer
) -> None:
    await bot.fill_gallery("red")
    await photo_answered(bot, "red")
    await has_on_server(bot, milvus, 1)
    gallery, memory, chat = bot.services.gallery, bot.services.memory, ChatKey(bot.chat.bot_id, PRIVATE)
    for search in (gallery.search, partial(memory.similar, chat)):
        milvus.hang()
        searching = asyncio.create_task(search(RED, 1))
        await asyncio.sleep(0.1)
        begun = time.monotonic()
        await bot.services.worker.call(len, "")
        assert time.monotonic() - begun < 1.0  # it is waited for 2 s
        with pytest.raises(IndexAwayError):
            await searching
        milvus.go_on()
        await until(lambda: not gallery.is_away)
    assert len(await found_by(memory, chat)) == 1


async def test_what_was_forgotten_while_it_was_away_goes_when_the_bot_is_back(
    chat: LocalChat, tmp_path: Path, milvus: MilvusServer
) -> None:
    options: dict[str, Any] = {"remembers": True, "index_url": milvus.url}
    async with running_bot(chat, tmp_path / "data", **options) as bot:
        owner, bot_id = owner_of(bot), chat.bot_id
        await photo_answered(bot, "red")
        await photo_answered(bot, "green")
        await has_on_server(bot, milvus, 2)
        milvus.kill()
        await until(lambda: bot.services.gallery.is_away)
        await bot.services.memory.forget_chat(ChatKey(bot_id, PRIVATE))
        await remember(bot, ChatKey(bot_id, PRIVATE), 999)
    milvus.start()
    assert len(on_server(milvus, owner)) == 2
    async with running_bot(chat, tmp_path / "data", **options) as bot:

        async def is_right() -> bool:
            rows = await bot.services.database.rows("SELECT photo_id FROM remembered_photos", ())
            there = await asyncio.to_thread(on_server, milvus, owner)
            return {number for _, number in there} == {int(row[0]) for row in rows} != set()

        await until(is_right)


async def test_of_another_network_nothing_is_left(bot: Bot, milvus: MilvusServer) -> None:
    before = MilvusChats(MilvusConnection(milvus.url), "before", owner_of(bot))
    record = PhotoRecord("chat:1", 0, 0)
    await asyncio.to_thread(before.of("1:1").add, [record], RED[np.newaxis])
    assert bot.services.comparing is not None
    bot.services.comparing.compare()
    await until(lambda: not on_server(milvus, owner_of(bot), "before"))


async def test_a_group_that_becomes_a_supergroup_takes_its_photos_along(
    bot: Bot, milvus: MilvusServer
) -> None:
    bot_id = bot.chat.bot_id
    await remember(bot, ChatKey(bot_id, -5), 1)
    await has_on_server(bot, milvus, 1)
    await bot.services.memory.migrate(bot_id, -5, -1005)
    await until(lambda: {chat for chat, _ in on_server(milvus, owner_of(bot))} == {f"{bot_id}:-1005"})
    assert await found_by(bot.services.memory, ChatKey(bot_id, -1005)) == [1]


async def test_a_file_does_as_a_server_does(chat: LocalChat, tmp_path: Path) -> None:
    options: dict[str, Any] = {"remembers": True, "index_url": f"file:{tmp_path / 'lite.db'}"}
    for start in (1, 2):
        async with running_bot(chat, tmp_path / "data", **options) as bot:
            if start == 1:
                await bot.fill_gallery("red")
                await photo_answered(bot, "green")
            else:
                await until(lambda: bot.services.gallery.state().phase == "ready")
                assert bot.engine.batches == [1]  # of the start; nothing is read again
            asked = await bot.chat.send_text("/find green")
            assert "a green wall" in (await bot.chat.wait_for(is_photo, after=asked))["caption"]
            await until(lambda: bot.services.gallery.state().photos == 1)


async def test_without_the_package_it_is_a_sentence(
    chat: LocalChat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(IndexFileError, match=r"onenet\[milvus\]"):
        async with running_bot(chat, tmp_path / "data", index_url="http://127.0.0.1:9"):
            pass
