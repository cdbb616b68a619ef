import io
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bot.features.game import handlers as game
from bot.features.game.rounds import Round
from bot.features.game.service import Games
from bot.store.keys import ChatKey
from onenet.captions import Caption
from tests.bot.conftest import COLOURS, Bot, all_answered, buttons, is_photo, is_text, running_bot, toast
from tests.bot.fake_engine import FakeEngine
from tests.bot.local_chat import GROUP, PRIVATE, LocalChat

WALLS = {
    "red": "a red wall",
    "green": "grass <b>",
    "blue": "the sea and its waves",
    "white": "snow on a hill",
}
LETTERS = "ABCD"


class Painter(FakeEngine):
    """Has four captions that differ; no two of the colours are alike."""

    def caption(self, representations: NDArray[np.float32], **options: object) -> list[list[Caption]]:
        white = [row[:3].max() < 0 for row in representations]
        colours = [
            "white" if is_white else ("red", "green", "blue")[row[:3].argmax()]
            for row, is_white in zip(representations, white, strict=True)
        ]
        return [[Caption(WALLS[colour], -1.0)] for colour in colours]


@pytest.fixture
async def bot(chat: LocalChat, tmp_path: Path) -> AsyncIterator[Bot]:
    async with running_bot(chat, tmp_path / "data", Painter()) as bot:
        await bot.fill_gallery(*WALLS)
        yield bot


async def begin(bot: Bot, chat_id: int = GROUP) -> dict[str, Any]:
    sent = await bot.chat.send_text("/game", chat_id=chat_id)
    shown = await bot.chat.wait_for(is_photo, after=sent)
    await all_answered(bot)  # its message is sent before the round is kept
    assert await open_in(bot, chat_id) is not None
    return shown


async def open_in(bot: Bot, chat_id: int) -> Round | None:
    return await bot.services.features.service(Games).rounds.open_in(ChatKey(bot.application.bot.id, chat_id))


async def right_letter(bot: Bot, shown: dict[str, Any]) -> str:
    """Look at the photo, and find its caption among those on offer."""
    image = Image.open(io.BytesIO(await bot.chat.file(shown["photo"][-1]["file_id"]))).convert("RGB")
    seen = np.asarray(image, dtype=int).mean(axis=(0, 1))
    colour = min(WALLS, key=lambda name: float(np.abs(seen - COLOURS[name]).sum()))
    lines: Sequence[str] = shown["caption"].splitlines()
    [line] = [line for line in lines if line.endswith(WALLS[colour])]
    return line[0]


def others(letter: str) -> str:
    return LETTERS.replace(letter, "")


async def solved(bot: Bot, shown: dict[str, Any]) -> dict[str, Any]:
    return await bot.chat.wait_for(
        lambda m: m["message_id"] == shown["message_id"] and "Another round" in buttons(m),
        chat_id=shown["chat"]["id"],
    )


async def test_a_round_offers_four_captions_by_letter(bot: Bot) -> None:
    shown = await begin(bot)
    title, *lines, rules = shown["caption"].splitlines()
    assert title == "Which of these did I say of this photo?"
    assert sorted(line[3:] for line in lines) == sorted(WALLS.values())
    assert [line[:3] for line in lines] == ["A. ", "B. ", "C. ", "D. "]
    assert rules.startswith("Everyone’s first choice counts.")
    assert buttons(shown) == [*LETTERS, "Solve"]


async def test_in_a_group_everyone_guesses_once_and_solve_shows_the_answer(bot: Bot) -> None:
    shown = await begin(bot)
    right = await right_letter(bot, shown)
    wrong = others(right)[0]
    ann, bob = await bot.chat.new_person("Ann <i>"), await bot.chat.new_person("Bob")
    query = await bot.chat.press(shown, "Solve", sender=ann)
    assert await toast(bot.chat, query) == "Choose one first."
    query = await bot.chat.press(shown, right, sender=ann)
    assert await toast(bot.chat, query) == f"You chose {right}."
    query = await bot.chat.press(shown, wrong, sender=ann)
    assert await toast(bot.chat, query) == f"You chose {right}, and your first choice counts."
    query = await bot.chat.press(shown, wrong, sender=bob)
    assert await toast(bot.chat, query) == f"You chose {wrong}."
    assert "✅" not in (await bot.chat.message(shown))["caption"]
    await bot.chat.press(shown, "Solve", sender=bob)
    text = (await solved(bot, shown))["caption"]
    [line] = [line for line in text.splitlines() if line.startswith("✅")]
    assert line.startswith(f"✅ {right}. ")
    assert text.endswith("Right: Ann <i> (1 of 2).")
    sent = await bot.chat.send_text("/game scores", chat_id=GROUP)
    scores = await bot.chat.wait_for(is_text, after=sent)
    assert scores["text"].splitlines() == [
        "Scores of this chat",
        "1. Ann <i>: 1 of 1 right",
        "2. Bob: 0 of 1 right",
    ]


async def test_a_press_after_the_end_changes_nothing(bot: Bot) -> None:
    shown = await begin(bot)
    opened = await open_in(bot, GROUP)
    assert opened is not None
    await bot.services.features.service(Games).rounds.finish(opened)
    for button in ("A", "Solve"):
        query = await bot.chat.press(shown, button)
        assert await toast(bot.chat, query) == "This round is over. /game begins another."
    assert (await bot.chat.message(shown))["caption"] == shown["caption"]
    sent = await bot.chat.send_text("/game scores", chat_id=GROUP)
    scores = await bot.chat.wait_for(is_text, after=sent)
    assert scores["text"].startswith("Nobody has guessed here yet.")


@pytest.mark.parametrize("is_right", [True, False])
async def test_alone_the_answer_comes_at_once(bot: Bot, is_right: bool) -> None:
    shown = await begin(bot, PRIVATE)
    assert "Everyone" not in shown["caption"]
    right = await right_letter(bot, shown)
    letter = right if is_right else others(right)[1]
    await bot.chat.press(shown, letter)
    text = (await solved(bot, shown))["caption"]
    assert text.endswith("You are right!" if is_right else f"Not this time: you chose {letter}.")
    again = await bot.chat.press(await bot.chat.message(shown), "Another round")
    assert await toast(bot.chat, again) == ""
    assert await bot.chat.wait_for(is_photo, after=shown)


async def test_alone_one_may_give_up(bot: Bot) -> None:
    shown = await begin(bot, PRIVATE)
    await bot.chat.press(shown, "Solve")
    assert (await solved(bot, shown))["caption"].endswith("That was the answer.")


async def test_a_chat_has_one_round_at_a_time(bot: Bot) -> None:
    shown = await begin(bot)
    sent = await bot.chat.send_text("/game", chat_id=GROUP)
    answer = await bot.chat.wait_for(is_text, after=sent)
    assert answer["text"].startswith("This round is still open")
    assert answer["reply_to_message"]["message_id"] == shown["message_id"]
    assert buttons(await begin(bot, PRIVATE)) == [*LETTERS, "Solve"]  # another chat is another matter


async def test_a_round_ends_by_itself(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(game, "GROUP_S", 0.3)
    sent = await bot.chat.send_text("/game", chat_id=GROUP)
    shown = await bot.chat.wait_for(is_photo, after=sent)
    assert (await solved(bot, shown))["caption"].endswith("Nobody guessed.")


async def test_a_round_of_before_a_restart_ends_too(chat: LocalChat, tmp_path: Path) -> None:
    async with running_bot(chat, tmp_path / "data", Painter()) as bot:
        await bot.fill_gallery(*WALLS)
        shown = await begin(bot)
        await toast(chat, await chat.press(shown, await right_letter(bot, shown)))
        await bot.services.database.write("UPDATE game_rounds SET ends_at = ?", (time.time(),))
    async with running_bot(chat, tmp_path / "data", Painter()) as bot:
        assert (await solved(bot, shown))["caption"].endswith("Right: You (1 of 1).")


async def test_without_four_photos_that_differ_there_is_no_game(chat: LocalChat, tmp_path: Path) -> None:
    async with running_bot(chat, tmp_path / "data", Painter()) as bot:
        sent = await chat.send_text("/game")
        assert (await chat.wait_for(is_text, after=sent))["text"].startswith("There are no photos")
        await bot.fill_gallery("red", "dark red", "green", "blue")
        sent = await chat.send_text("/game")
        assert "four photos" in (await chat.wait_for(is_text, after=sent))["text"]


async def test_other_words_explain_the_game(bot: Bot) -> None:
    sent = await bot.chat.send_text("/game over")
    assert (await bot.chat.wait_for(is_text, after=sent))["text"].startswith("/game: guess what I said")


async def test_forget_mine_takes_the_score(bot: Bot) -> None:
    shown = await begin(bot, PRIVATE)
    await bot.chat.press(shown, "A")
    await solved(bot, shown)
    sent = await bot.chat.send_text("/forget mine")
    assert (await bot.chat.wait_for(is_text, after=sent))["text"] == "Forgotten: your score in the game."
    sent = await bot.chat.send_text("/game scores")
    assert (await bot.chat.wait_for(is_text, after=sent))["text"].startswith("Nobody has guessed here yet.")


async def test_a_slow_chat_holds_up_no_other(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(game, "GROUP_S", 0.5)
    other = await bot.chat.new_group("Others")
    bot.chat.server.faults.delay("editMessageCaption", 20, chat_id=GROUP)
    for chat_id in (GROUP, other):
        sent = await bot.chat.send_text("/game", chat_id=chat_id)
        shown = await bot.chat.wait_for(is_photo, after=sent)
    before = time.monotonic()
    assert (await solved(bot, shown))["caption"].endswith("Nobody guessed.")
    assert time.monotonic() - before < 10
    bot.chat.server.faults.clear()
    monkeypatch.setattr(game, "GROUP_S", 60)
    assert buttons(await begin(bot, GROUP)) == [*LETTERS, "Solve"]  # though the end of the last is not shown


async def test_a_round_that_is_due_gives_way_to_a_new_one(bot: Bot) -> None:
    """However late its end is: whoever asks for a round gets one."""
    shown = await begin(bot)
    await bot.chat.press(shown, await right_letter(bot, shown))
    await all_answered(bot)
    await bot.services.features.service(Games)._background.stop()
    await bot.services.database.write("UPDATE game_rounds SET ends_at = ?", (time.time() - 1,))
    new = await begin(bot)
    assert new["message_id"] > shown["message_id"]
    assert buttons(new) == [*LETTERS, "Solve"]
    assert (await solved(bot, shown))["caption"].endswith("Right: You (1 of 1).")
