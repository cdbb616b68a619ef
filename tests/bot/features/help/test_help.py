import json
from functools import partial
from typing import Any

import pytest
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update

from bot.language import DEFAULT_LANGUAGE, LANGUAGES, notes, speaking, translations_for
from bot.language import phrases as replies
from tests.bot.commands import COMMANDS
from tests.bot.conftest import Bot, buttons, is_photo, jpeg, toast
from tests.bot.fake_engine import FakeEngine
from tests.bot.local_chat import PRIVATE


async def test_start_greets_with_examples_to_tap(bot: Bot) -> None:
    sent = await bot.chat.send_text("/start")
    answer = await bot.chat.wait_for(after=sent)
    assert answer["text"].startswith("One Network: one small neural network")
    assert "Add a folder of photos" in answer["text"]
    assert buttons(answer) == [label for command in COMMANDS for _, label in replies.examples_of(command)]
    await bot.fill_gallery("red")
    sent = await bot.chat.send_text("/start")
    assert "no photos" not in (await bot.chat.wait_for(after=sent))["text"]


async def test_every_command_is_in_help(bot: Bot) -> None:
    sent = await bot.chat.send_text("/help")
    lines = (await bot.chat.wait_for(after=sent))["text"].splitlines()
    for command in COMMANDS:
        assert f"/{command.name} — {command.description}" in lines
    titles = [
        line for line in lines if line in ("Photos", "Words", "Play and look around", "This chat", "About me")
    ]
    assert len(titles) == 5
    assert lines.index("Photos") + 1 == lines.index(f"/caption — {COMMANDS[0].description}")
    assert [command.name for command in COMMANDS if command.group == "words"] == [
        *("analogy", "teach", "words", "unteach", "odd", "walk")
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_help_tells_in_every_language_how_one_talks(language: str) -> None:
    with speaking(translations_for(language)):
        lines = replies.help_text(FakeEngine(), COMMANDS).splitlines()
    told = {}
    for name in ("ask", "teach", "words", "unteach"):
        [line] = [each for each in lines if f"/{name} " in each]
        told[name] = line
    english = {command.name: command.description for command in COMMANDS}
    assert language == DEFAULT_LANGUAGE or not any(english[name] in line for name, line in told.items())


async def test_every_example_of_help_can_be_tapped(bot: Bot) -> None:
    sent = await bot.chat.send_text("/help")
    answer = await bot.chat.wait_for(after=sent)
    expected = {
        "/similar dog": "Closest to dog:",
        "/similar beach": "I never read “beach”",  # the fake engine's words are few
        "/analogy man men woman": "man is to men as woman is to women",
        "/find a dog in the snow": "I never read any of these words.",
        "/odd dog puppy cat truck": "I never read “truck”",
        "/walk dog beach": "I never read “beach”",
        "/map words": "The words that I read most",
        "/map photos": "There are no photos to search yet.",
        "/dream a dog runs through the snow": "I never read any of these words.",
    }
    labels = {
        example.typed: example.label for command in COMMANDS for example in replies.examples_of(command)
    }
    assert list(labels) == list(expected)
    assert buttons(answer) == list(labels.values())
    assert not [label for label in labels.values() if label.startswith("/")]
    assert len(answer["reply_markup"]["inline_keyboard"]) < len(labels)  # some side by side
    for example, start in expected.items():
        last = (await bot.chat.messages())[-1]
        await bot.chat.press(answer, labels[example])
        answers = partial(_begins, start)
        await bot.chat.wait_for(answers, timeout_s=30, after=last)


def _begins(start: str, message: dict[str, Any]) -> bool:
    return str(message.get("text") or message.get("caption") or "").startswith(start)


@pytest.mark.usefixtures("menus")
async def test_the_command_menu_is_set(bot: Bot) -> None:
    state = await bot.chat.state()
    assert [command["command"] for command in state["commands"]] == [
        command.name for command in COMMANDS if "private" in command.menus
    ]


async def test_about_shows_the_networks_card_and_what_is_kept(bot: Bot) -> None:
    await bot.fill_gallery("red", "blue")
    sent = await bot.chat.send_text("/about")
    text = (await bot.chat.wait_for(after=sent))["text"]
    for part in ("mean_colour", "Flickr8K", "CIDEr 48", "Photos in the gallery: 2", "cannot do", "is kept"):
        assert part in text


async def test_commands_are_read_in_any_case_and_with_the_bots_name(bot: Bot) -> None:
    for text in ("/HELP", "/help@onenet_local_bot", "/Help@OneNet_Local_Bot please"):
        sent = await bot.chat.send_text(text)
        assert "Tap an example" in (await bot.chat.wait_for(after=sent))["text"]


@pytest.mark.parametrize("text", ["/dance", "/helpme", "/help_", "/1"])
async def test_an_unknown_command_points_to_help(bot: Bot, text: str) -> None:
    sent = await bot.chat.send_text(text)
    assert (await bot.chat.wait_for(after=sent))["text"] == notes.unknown_command()


async def test_an_unknown_command_under_a_photo_points_to_help(bot: Bot) -> None:
    [sent] = await bot.chat.send_photos([jpeg("red")], caption="/dance")
    assert (await bot.chat.wait_for(after=sent))["text"] == notes.unknown_command()


async def test_plain_text_is_offered_what_can_be_done_with_it(bot: Bot) -> None:
    await bot.fill_gallery("red", "blue")
    sent = await bot.chat.send_text("a <b>blue</b> wall")
    answer = await bot.chat.wait_for(after=sent)
    assert "“a <b>blue</b> wall”" in answer["text"]
    assert buttons(answer) == ["Find photos of this"]
    sent = await bot.chat.send_text("a blue wall")
    answer = await bot.chat.wait_for(after=sent)
    await bot.chat.press(answer, "Find photos of this")
    assert (await bot.chat.wait_for(after=answer))["text"].startswith("You wrote: a blue wall")
    photo = await bot.chat.wait_for(is_photo, after=answer)
    assert "blue.jpg" in photo["caption"]


async def test_a_single_word_is_offered_similar_words(bot: Bot) -> None:
    sent = await bot.chat.send_text("dog")
    answer = await bot.chat.wait_for(after=sent)
    assert buttons(answer) == ["Find photos of this", "Similar words"]
    await bot.chat.press(answer, "Similar words")
    assert (await bot.chat.wait_for(after=answer))["text"].startswith("Closest to dog:")


@pytest.mark.parametrize("text", ["🐶", "/ 5", "привет, сеть", "<script>&amp;", "x" * 4000, "a\n\n\nb"])
async def test_any_text_gets_an_answer(bot: Bot, text: str) -> None:
    sent = await bot.chat.send_text(text)
    assert (await bot.chat.wait_for(after=sent))["text"].startswith("What shall I do with “")


@pytest.mark.parametrize(
    "content",
    [
        {"voice": {"file_id": "v", "file_unique_id": "v", "duration": 3}},
        {"location": {"latitude": 1.0, "longitude": 2.0}},
        {},
    ],
)  # fmt: skip
async def test_anything_else_in_private_gets_a_sentence(bot: Bot, content: dict[str, object]) -> None:
    await bot.application.process_update(update(bot, "message", content))
    assert (await bot.chat.wait_for())["text"] == notes.send_a_photo_or_text()


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("edited_message", {"text": "/help", "edit_date": 2}),
        ("edited_message", {"text": "dog", "edit_date": 2}),
        ("message", {"new_chat_title": "Friends"}),
        ("channel_post", {"text": "/help"}),
    ],
)  # fmt: skip
async def test_edits_of_old_messages_service_messages_and_channel_posts_are_not_answered(
    bot: Bot, kind: str, content: dict[str, object]
) -> None:
    await bot.application.process_update(update(bot, kind, content))
    assert bot.requests("sendMessage") == []


async def test_a_button_of_another_version_is_a_toast(bot: Bot) -> None:
    old = ("dance", "run:/dance", "run:", "text:dance", "another2", "another", "more")
    keyboard = InlineKeyboardMarkup.from_row([InlineKeyboardButton(data, callback_data=data) for data in old])
    await bot.application.bot.send_message(PRIVATE, "from long ago", reply_markup=keyboard)
    message = await bot.chat.wait_for()
    for data in old:
        assert await toast(bot.chat, await bot.chat.press(message, data)) == notes.forgotten()


async def test_a_text_that_has_gone_is_a_toast(bot: Bot) -> None:
    keyboard = InlineKeyboardMarkup.from_button(InlineKeyboardButton("go", callback_data=replies.FIND_TEXT))
    await bot.application.bot.send_message(PRIVATE, "What shall I do?", reply_markup=keyboard)
    message = await bot.chat.wait_for()
    assert await toast(bot.chat, await bot.chat.press(message, "go")) == notes.lost_text()


def update(bot: Bot, kind: str, content: dict[str, object]) -> Update:
    """An update that the page cannot make."""
    chat_type = "channel" if kind == "channel_post" else "private"
    message = {
        "message_id": 900,
        "date": 1,
        "chat": {"id": PRIVATE, "type": chat_type, "first_name": "You"},
        "from": {"id": PRIVATE, "is_bot": False, "first_name": "You"},
    }
    data = {"update_id": 900, kind: {**message, **content}}
    return Update.de_json(json.loads(json.dumps(data)), bot.application.bot)


async def test_a_button_under_a_picture_of_ours_is_about_its_words_alone(bot: Bot) -> None:
    """The picture is not the presser's: nothing is said of it, nor is it changed by the words."""
    await bot.fill_gallery("red", "green")
    sent = await bot.chat.send_text("/dream red")
    dream = await bot.chat.wait_for(lambda m: is_photo(m) and "Find" in "".join(buttons(m)), after=sent)
    await bot.chat.press(dream, next(button for button in buttons(dream) if "Find" in button))
    answer = await bot.chat.wait_for(lambda m: "I imagined" in m.get("text", ""), after=dream)
    assert answer["text"] == "You wrote: red\nI imagined: a red wall"
