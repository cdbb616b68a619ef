"""Words lie on a line here: cat 0, dog 1, dogs 1.5, puppy 2, man 10, men 11, woman 20, women 21."""

# ruff: noqa: RUF001 - signs of other scripts look like ours

from pathlib import Path

import pytest

from bot.language.phrases import examples_of
from bot.messages.command import separated
from tests.bot.conftest import Bot, buttons, is_photo, offered, running_bot
from tests.bot.fake_engine import PolyglotEngine
from tests.bot.local_chat import LocalChat

NO_PHOTOS = "Bad Request: not enough rights to send photos to the chat"


@pytest.mark.parametrize(
    "text", ["/odd cat dog dogs man", "/odd cat, dog, dogs, man?", "/odd cat | dog | dogs | man"]
)
async def test_odd_names_the_word_and_says_why(bot: Bot, text: str) -> None:
    sent = await bot.chat.send_text(text)
    answer = await bot.chat.wait_for(after=sent)
    lines = answer["text"].splitlines()
    assert lines[0] == "man does not belong."
    assert lines[1] == "How much each word is like the others:"
    assert [line.split()[1] for line in lines[2:6]] == ["dog", "dogs", "cat", "man"]
    assert lines[5].split()[0] == "0.10"  # (1/11 + 1/10 + 1/9.5) / 3
    assert lines[6] == "Without it, they make me think of “puppy”, “men”."
    assert "reply_to_message" not in answer  # in private it is plain


async def test_odd_says_when_it_is_a_close_call(bot: Bot) -> None:
    sent = await bot.chat.send_text("/odd man men woman women")  # as near one way as the other
    text = (await bot.chat.wait_for(after=sent))["text"]
    assert text.startswith("man does not belong, but it is a close call.")


async def test_a_walk_lists_its_steps_and_offers_the_way_back(bot: Bot) -> None:
    for text in ("/walk cat puppy", "/walk cat -> puppy", "/walk from cat to puppy"):
        sent = await bot.chat.send_text(text)
        answer = await bot.chat.wait_for(is_photo, after=sent)
        title, *steps = answer["caption"].splitlines()
        assert title == "From cat to puppy in 3 steps, each with its likeness to the word before:"
        assert [step.split() for step in steps] == [["0.50", "dog"], ["0.67", "dogs"], ["0.67", "puppy"]]
    assert offered(answer) == ["/walk puppy cat"]
    await bot.chat.press(answer, "The way back")
    back = await bot.chat.wait_for(is_photo, after=answer)
    assert [step.split()[1] for step in back["caption"].splitlines()[1:]] == ["dogs", "dog", "cat"]


async def test_a_single_step_is_one_step(bot: Bot) -> None:
    sent = await bot.chat.send_text("/walk man men")
    answer = await bot.chat.wait_for(is_photo, after=sent)
    assert answer["caption"].startswith("From man to men in 1 step, with its")


async def test_where_no_picture_may_be_sent_a_walk_is_text(bot: Bot) -> None:
    bot.chat.server.faults.add("sendPhoto", status=400, description=NO_PHOTOS)
    sent = await bot.chat.send_text("/walk cat puppy")
    answer = await bot.chat.wait_for(after=sent)
    assert answer["text"].startswith("From cat to puppy in 3 steps")
    assert offered(answer) == ["/walk puppy cat"]


@pytest.mark.parametrize("text", ["/odd cat dog zebra", "/walk dog zebra", "/walk <b>zebra</b> dog"])
async def test_a_word_never_read_is_named(bot: Bot, text: str) -> None:
    sent = await bot.chat.send_text(text)
    answer = await bot.chat.wait_for(after=sent)
    assert answer["text"].startswith("I never read “")
    assert "zebra" in answer["text"]


async def test_too_few_words_get_a_sentence(bot: Bot) -> None:
    sent = await bot.chat.send_text("/odd cat dog")
    assert "three or more" in (await bot.chat.wait_for(after=sent))["text"]


@pytest.mark.parametrize(
    "text", ["/odd", "/walk", "/walk dog", "/walk a b c", "/odd ?!", "/walk from a by b"]
)
async def test_without_its_words_a_command_shows_an_example(bot: Bot, text: str) -> None:
    sent = await bot.chat.send_text(text)
    answer = await bot.chat.wait_for(after=sent)
    name = text.split()[0].removeprefix("/")
    examples = examples_of(bot.services.features.commands[name])
    assert buttons(answer) == [label for _, label in examples]
    assert answer["text"].startswith(f"/{name}: ")


def test_words_keep_what_belongs_to_them() -> None:
    assert separated(["t-shirt,", "-", "man's", "snow-covered"]) == ["t-shirt", "man's", "snow-covered"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("狗，小狗，猫，汽车", ["狗", "小狗", "猫", "汽车"]),
        ("狗、小狗、猫。", ["狗", "小狗", "猫"]),
        ("水、火", ["水", "火"]),
        ("水——火", ["水", "火"]),
        ("从水到火！", ["从水到火"]),
        ("كلب، قطة، سيارة؟", ["كلب", "قطة", "سيارة"]),
        ("كلب؛ قطة", ["كلب", "قطة"]),
        ("dog – cat — man…", ["dog", "cat", "man"]),
        ("t‑shirt, man’s", ["t-shirt", "man's"]),
        ("ｄｏｇ　ｃａｔ", ["dog", "cat"]),
    ],
)
def test_what_stands_between_words_is_known_in_all_scripts(text: str, words: list[str]) -> None:
    assert separated(text.split(" ")) == words


async def test_words_of_chinese_are_told_apart(chat: LocalChat, tmp_path: Path) -> None:
    async with running_bot(chat, tmp_path / "data", PolyglotEngine()) as bot:
        for text, answer in (
            ("/odd 狗，小狗，猫，男人？", "男人 does not belong."),
            ("/analogy 猫：狗：：狗：？", "猫 is to 狗 as 狗 is to 小狗"),
        ):
            sent = await bot.chat.send_text(text)
            assert (await bot.chat.wait_for(after=sent))["text"].splitlines()[0] == answer
        sent = await bot.chat.send_text("/walk 猫、小狗")
        assert (await bot.chat.wait_for(is_photo, after=sent))["caption"].startswith("From 猫 to 小狗 in 2")
