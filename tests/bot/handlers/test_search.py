import pytest

from tests.bot.conftest import Bot, buttons, is_photo, is_text, shown


async def test_find_tells_what_it_imagined_and_sends_photos_with_scores(bot: Bot) -> None:
    await bot.fill_gallery("red", "green", "violet", "blue", "pink")
    sent = await bot.chat.send_text("/find a blue wall")
    answer = await bot.chat.wait_for(is_text, after=sent)
    assert answer["text"] == "You wrote: a blue wall\nI imagined: a blue wall"
    photos = await bot.chat.wait_for_all(is_photo, 4, after=sent)
    assert shown(photos)[0] == "blue"
    scores = [float(photo["caption"].split()[0]) for photo in photos]
    assert scores == sorted(scores, reverse=True)
    assert buttons(answer) == ["More like this"]
    await bot.chat.press(answer, "More like this")
    assert len(await bot.chat.wait_for_all(is_photo, 5, after=sent)) == 5


async def test_words_it_never_read_are_named(bot: Bot) -> None:
    sent = await bot.chat.send_text("/find red zeppelin <i>")
    answer = await bot.chat.wait_for(is_text, after=sent)
    assert "I never read “zeppelin”, “<i>”, so I left that out." in answer["text"]


async def test_without_a_gallery_it_imagines_and_says_how_to_add_one(bot: Bot) -> None:
    sent = await bot.chat.send_text("/find a green wall")
    answer = await bot.chat.wait_for(after=sent)
    assert "I imagined: a green wall" in answer["text"]
    assert "Add a folder of photos" in answer["text"]
    assert buttons(answer) == []


@pytest.mark.parametrize("description", ["zeppelin", "🐶🐶", "собака в снегу", "雪の中の犬", "<script>"])
async def test_nothing_left_to_search_for_gets_a_sentence(bot: Bot, description: str) -> None:
    sent = await bot.chat.send_text(f"/find {description}")
    assert (await bot.chat.wait_for(after=sent))["text"].startswith("I never read any of these words.")


async def test_a_description_of_4000_characters_gets_a_sentence(bot: Bot) -> None:
    sent = await bot.chat.send_text("/find " + "red " * 1000)
    assert "too long" in (await bot.chat.wait_for(after=sent))["text"]


@pytest.mark.parametrize("text", ["/find", "/find    ", "/find\n"])
async def test_an_empty_description_gets_an_example_to_tap(bot: Bot, text: str) -> None:
    sent = await bot.chat.send_text(text)
    answer = await bot.chat.wait_for(after=sent)
    assert buttons(answer) == ["/find a dog in the snow"]


async def test_find_says_when_the_gallery_is_still_being_read(bot: Bot) -> None:
    bot.services.gallery._state = type(bot.services.gallery._state)(phase="indexing")
    sent = await bot.chat.send_text("/find red")
    assert "still reading the gallery" in (await bot.chat.wait_for(after=sent))["text"]
