"""Words taught in the chat; the fake engine takes all that is as red as the examples for what they show."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.features.privacy.export import export
from bot.features.teach.texts import words
from bot.memory.taught import Example
from bot.store.keys import ChatKey
from onenet.teaching import MAX_EXAMPLES, MAX_WORDS
from onenet.teaching.lexicon import MAX_LETTERS
from tests.bot.conftest import (
    Bot,
    all_answered,
    buttons,
    greeted_group,
    is_photo,
    is_text,
    jpeg,
    running_bot,
    shown,
    toast,
)
from tests.bot.local_chat import PRIVATE, LocalChat


async def answer_to(bot: Bot, text: str, **sent: Any) -> dict[str, Any]:
    """Say something, and give the first text that comes back."""
    said = await bot.chat.send_text(text, **sent)
    answer = await bot.chat.wait_for(is_text, after=said, chat_id=said["chat"]["id"])
    await all_answered(bot)
    return answer


async def teach(bot: Bot, colour: str = "red", name: str = "Rex", **sent: Any) -> dict[str, Any]:
    """Teach a word by a picture, and give the answer."""
    [photo] = await bot.chat.send_photos([jpeg(colour)], caption=f"/teach {name}", **sent)
    answer = await bot.chat.wait_for(is_text, after=photo, chat_id=photo["chat"]["id"])
    await all_answered(bot)
    return answer


async def test_a_word_is_taught_and_said_from_then_on_after_a_restart_too(
    chat: LocalChat, tmp_path: Path
) -> None:
    async with running_bot(chat, tmp_path / "data") as bot:
        answer = await teach(bot)
        assert answer["text"] == "I have learnt Rex, from 1 photo. Three to five make me surer."
        [photo] = await chat.send_photos([jpeg("red", (80, 40))])
        caption = await chat.wait_for(is_text, after=photo)
        assert caption["text"] == "Rex: a red wall"
        assert "Not Rex" in buttons(caption)
        [other] = await chat.send_photos([jpeg("green")])
        assert (await chat.wait_for(is_text, after=other))["text"] == "A green wall"
        reply = await answer_to(bot, "/teach Rex", reply_to=photo)
        assert reply["text"] == (
            "I know Rex from 1 photo now. Copies of a photo count once. Three to five make me surer."
        )
    async with running_bot(chat, tmp_path / "data") as bot:
        [photo] = await chat.send_photos([jpeg("red")])
        assert (await chat.wait_for(is_text, after=photo))["text"] == "Rex: a red wall"


async def test_one_can_ask_whether_it_is_there(bot: Bot) -> None:
    await teach(bot)
    for colour, said in (("red", "Yes\n\n"), ("green", "No\n\n")):
        [photo] = await bot.chat.send_photos([jpeg(colour)])
        await bot.chat.wait_for(is_text, after=photo)
        answer = await answer_to(bot, "/ask is there a Rex?", reply_to=photo)
        assert answer["text"].startswith(said)
        assert not buttons(answer)  # of where it is seen nothing is known


async def test_all_photos_of_an_album_are_examples(bot: Bot) -> None:
    photos = await bot.chat.send_photos([jpeg("red"), jpeg("pink"), jpeg("dark red")], caption="/teach Rex")
    answer = await bot.chat.wait_for(is_text, after=photos[-1])
    assert answer["text"] == "I have learnt Rex, from 3 photos."


async def test_a_taught_word_gets_more_examples_up_to_a_bound(bot: Bot) -> None:
    chat = ChatKey(bot.application.bot.id, PRIVATE)
    shown = [Example(row) for row in np.eye(300, dtype=np.float32)[10 : 10 + MAX_EXAMPLES]]
    for count in (5, 10, 15, 20):
        lesson = await bot.services.taught.teach(chat, "Rex", shown[:count])
        assert (lesson.examples, lesson.has_copies) == (count, count > 5)
    for count, colour in ((20, "red"), (20, "pink")):
        answer = await teach(bot, colour, "REX")
        assert answer["text"].startswith(f"I know Rex from {count} photos now.")
    assert "takes the place of the oldest" in answer["text"]
    assert "Copies" not in answer["text"]
    [[kept]] = await bot.services.database.rows("SELECT COUNT(*) FROM taught_examples", ())
    assert kept == MAX_EXAMPLES


async def test_a_word_that_the_network_had_read_is_taught_all_the_same(bot: Bot) -> None:
    answer = await teach(bot, "red", "dog")
    assert answer["text"].startswith("I have learnt dog, from 1 photo.")
    assert "I had read the word before; in this chat it now means what you showed me." in answer["text"]
    assert "had read" not in (await teach(bot, "red", "dog"))["text"]


async def test_a_thousand_words_are_too_many(bot: Bot) -> None:
    await teach(bot)
    chat = ChatKey(bot.application.bot.id, PRIVATE)
    photo = np.eye(1, 300, dtype=np.float32)[0]
    for number in range(MAX_WORDS - 1):
        await bot.services.taught.teach(chat, f"word {number}", [Example(photo)])
    answer = await teach(bot, "red", "one more")
    assert answer["text"].startswith(f"I know {MAX_WORDS} taught words already")
    assert (await teach(bot, "pink", "Rex"))["text"].startswith("I know Rex from 2 photos now.")
    asked = await bot.chat.send_text("/words")
    await all_answered(bot)
    said = [each for each in await bot.chat.messages(PRIVATE) if each["message_id"] > asked["message_id"]]
    listed = [line for each in said for line in each.get("text", "").splitlines()]
    assert len(listed) == MAX_WORDS + 1
    assert listed[-1] == f"word {MAX_WORDS - 2}"


def test_the_longest_words_fit_into_the_messages_that_list_them() -> None:
    names = [f"{number:03d}a" + "😀" * (MAX_LETTERS - 4) for number in range(MAX_WORDS)]
    texts = words(names)
    assert "\n".join(texts).splitlines()[1:] == names
    assert all(len(text.encode("utf-16-le")) // 2 <= 4096 for text in texts)


async def test_a_name_of_many_letters_or_none_gets_a_sentence(bot: Bot) -> None:
    assert (await teach(bot, "red", "x" * 41))["text"].startswith("That word has 41 letters")
    assert "choose another" in (await teach(bot, "red", "the"))["text"]
    assert (await answer_to(bot, "/unteach nobody"))["text"].startswith("Nobody has taught me “nobody” here.")
    assert (await answer_to(bot, "/find Rex"))["text"].startswith("I never read any of these words.")


async def test_what_was_taught_is_looked_for_among_no_photos(bot: Bot) -> None:
    await bot.services.chats.set(bot.application.bot.id, PRIVATE, remembers=False)
    await teach(bot)
    for text in ("/find Rex", "/similar Rex"):
        assert "There are no photos to search yet." in (await answer_to(bot, text))["text"]


async def test_what_was_said_last_of_a_photo_counts(bot: Bot) -> None:
    await teach(bot)
    [photo] = await bot.chat.send_photos([jpeg("red")])
    caption = await bot.chat.wait_for(is_text, after=photo)
    await all_answered(bot)
    await bot.chat.press(caption, "Not Rex")
    await all_answered(bot)
    assert (await bot.chat.message(caption))["text"] == "A red wall"
    assert "Nobody has taught me a word here" in (await answer_to(bot, "/words"))["text"]
    await answer_to(bot, "/teach Rex", reply_to=photo)
    assert (await answer_to(bot, "/words"))["text"] == "This chat has taught me:\nRex"
    [again] = await bot.chat.send_photos([jpeg("red", (70, 50))])
    assert (await bot.chat.wait_for(is_text, after=again))["text"] == "Rex: a red wall"


async def test_a_mistake_is_learnt_from(bot: Bot) -> None:
    await teach(bot)
    [photo] = await bot.chat.send_photos([jpeg("pink")])
    caption = await bot.chat.wait_for(is_text, after=photo)
    assert caption["text"] == "Rex: a red wall"
    await all_answered(bot)
    assert await toast(bot.chat, await bot.chat.press(caption, "Not Rex")) == "I see, that is not Rex."
    await all_answered(bot)
    corrected = await bot.chat.message(caption)
    assert corrected["text"] == "A red wall"
    assert buttons(corrected) == [each for each in buttons(caption) if each != "Not Rex"]
    await bot.chat.press(corrected, "Another caption")
    await all_answered(bot)
    assert "Rex" not in (await bot.chat.message(caption))["text"]
    [again] = await bot.chat.send_photos([jpeg("pink", (50, 50))])
    assert (await bot.chat.wait_for(is_text, after=again))["text"] == "A red wall"
    [same] = await bot.chat.send_photos([jpeg("red")])
    still = await bot.chat.wait_for(is_text, after=same)
    assert still["text"] == "Rex: a red wall"
    await answer_to(bot, "/unteach Rex")
    query = await bot.chat.press(still, "Not Rex")
    assert "no longer remember" in await toast(bot.chat, query)


async def test_what_was_taught_is_found(bot: Bot) -> None:
    await bot.fill_gallery("red", "green", "violet", "blue")
    await teach(bot)
    said = await bot.chat.send_text("/find rex blue")
    answer = await bot.chat.wait_for(is_text, after=said)
    assert answer["text"].startswith("Looking for: Rex · blue\n")
    assert shown(await bot.chat.wait_for_all(is_photo, 4, after=said))[0] == "violet"
    await all_answered(bot)
    further = await bot.chat.send_text("without blue", reply_to=answer)
    moved = await bot.chat.wait_for(is_text, after=further)
    assert moved["text"].startswith("Looking for: Rex · blue · without: blue\n")
    await all_answered(bot)
    further = await bot.chat.send_text("without rex", reply_to=answer)
    moved = await bot.chat.wait_for(is_text, after=further)
    assert moved["text"].startswith("Looking for: Rex · blue · without: Rex\n")
    await all_answered(bot)
    said = await bot.chat.send_text("/similar Rex")
    assert (await bot.chat.wait_for(is_text, after=said))["text"] == "The most similar photos:"
    assert shown(await bot.chat.wait_for_all(is_photo, 2, after=said))[0] == "red"


async def test_a_photo_is_changed_by_what_was_taught_too(bot: Bot) -> None:
    await bot.fill_gallery("red", "green", "violet", "blue")
    await teach(bot)
    [photo] = await bot.chat.send_photos([jpeg("blue")])
    caption = await bot.chat.wait_for(is_text, after=photo)
    await all_answered(bot)
    for replied in (photo, caption):
        said = await bot.chat.send_text("/find rex", reply_to=replied)
        answer = await bot.chat.wait_for(is_text, after=said)
        assert answer["text"].startswith("Looking for: like the photo · Rex\n")
        assert "For your words alone, send /find without replying to a photo." in answer["text"]
        assert buttons(answer) == ["More like this", "More like the …", "Back"]
        assert shown(await bot.chat.wait_for_all(is_photo, 4, after=said))[0] == "violet"
        await all_answered(bot)
    further = await bot.chat.send_text("without rex", reply_to=answer)
    moved = await bot.chat.wait_for(is_text, after=further)
    assert moved["text"].startswith("Looking for: like the photo · Rex · without: Rex\n")


async def test_words_are_listed_with_pictures_and_untaught(bot: Bot) -> None:
    assert "Nobody has taught me a word here" in (await answer_to(bot, "/words"))["text"]
    await teach(bot)
    await teach(bot, "green", "our office")
    listed = await answer_to(bot, "/words")
    assert listed["text"] == "This chat has taught me:\nRex\nour office"
    pictures = await bot.chat.wait_for_all(is_photo, 2, after=listed)
    assert [each["caption"] for each in pictures] == ["Rex", "our office"]
    assert (await answer_to(bot, "/unteach rex"))["text"] == "I have forgotten rex."
    assert "Nobody has taught me “rex” here" in (await answer_to(bot, "/unteach rex"))["text"]
    assert (await answer_to(bot, "/words"))["text"] == "This chat has taught me:\nour office"


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Granny’s car", "granny's car"),
        ("Granny's car", "Granny’s car"),
        ("Rex", "Ｒｅｘ"),  # noqa: RUF001
        ("snow-cat", "snow\u2011cat"),
        ("my heart ❤", "my heart ❤\ufe0f"),
    ],
)
async def test_a_word_is_untaught_however_its_signs_are_written(bot: Bot, name: str, written: str) -> None:
    await teach(bot, "red", name)
    assert (await answer_to(bot, f"/unteach {written}"))["text"] == f"I have forgotten {written}."
    assert "Nobody has taught me a word here" in (await answer_to(bot, "/words"))["text"]


async def test_every_word_has_its_picture_in_albums_of_ten(bot: Bot) -> None:
    await teach(bot)
    [[file_id]] = await bot.services.database.rows("SELECT file_id FROM taught_examples", ())
    chat = ChatKey(bot.application.bot.id, PRIVATE)
    for number, row in enumerate(np.eye(300, dtype=np.float32)[10:20]):
        await bot.services.taught.teach(chat, f"word {number}", [Example(row, file_id=str(file_id))])
    listed = await answer_to(bot, "/words")
    pictures = await bot.chat.wait_for_all(is_photo, 11, after=listed)
    assert [each["caption"] for each in pictures] == ["Rex", *(f"word {number}" for number in range(10))]
    assert len({each["media_group_id"] for each in pictures[:10]}) == 1
    assert "media_group_id" not in pictures[10]


async def test_people_are_not_taught_and_what_is_missing_is_explained(bot: Bot) -> None:
    assert (await teach(bot, "blue", "Ann"))["text"] == "I see only people there."
    assert (await teach(bot, "red", "123"))["text"].startswith("“123” has no letters")
    for text in ("/teach", "/teach Rex", "/unteach"):
        answer = await answer_to(bot, text)
        assert answer["text"].startswith(f"{text.split()[0]}: ")
        assert answer["text"].endswith(f", for example:\n{text.split()[0]} Rex")
        assert buttons(answer) == [], "it would lack its photo"
    assert "Nobody has taught me a word here" in (await answer_to(bot, "/words"))["text"]


async def test_it_is_known_in_its_chat_alone_and_can_be_switched_off(bot: Bot) -> None:
    await teach(bot)
    group = await greeted_group(bot)
    assert "Nobody" in (await answer_to(bot, "/words", chat_id=group))["text"]
    await bot.services.chats.set(bot.application.bot.id, PRIVATE, teaches=False)
    assert "switched off" in (await teach(bot))["text"]
    [photo] = await bot.chat.send_photos([jpeg("red")])
    assert (await bot.chat.wait_for(is_text, after=photo))["text"] == "A red wall"


@pytest.mark.parametrize("remembers", [True])
async def test_it_is_exported_and_forgotten_with_the_chat(bot: Bot) -> None:
    await teach(bot)
    chat = ChatKey(bot.application.bot.id, PRIVATE)
    [part] = [part async for part in export(bot.services.database, chat)]
    [row] = json.loads(part.content)["taught"]
    assert (row["name"], row["is_it"], row["user_id"]) == ("Rex", 1, PRIVATE)
    assert "I have forgotten what you taught me here." in (await answer_to(bot, "/forget mine"))["text"]
    assert "Nobody" in (await answer_to(bot, "/words"))["text"]
    await teach(bot)
    await bot.services.memory.forget_chat(chat)
    assert await bot.services.database.rows("SELECT * FROM taught_examples", ()) == []
