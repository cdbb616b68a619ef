from pathlib import Path

import pytest

from bot.language import notes
from onenet.search import ImageIndex, Match, SearchResult, WordsQuery
from tests.bot.conftest import Bot, buttons, is_photo, is_text, jpeg, running_bot, shown, toast, until
from tests.bot.fake_engine import FakeEngine
from tests.bot.local_chat import LocalChat


class ByName(FakeEngine):
    """Ranks the four photos nearest by colour, or as many as are asked for, by their names."""

    def find(self, imagined: WordsQuery, index: ImageIndex, k: int) -> SearchResult:
        nearest = super().find(imagined, index, max(k, 4))
        names = sorted(match.photo for match in nearest.matches)
        return SearchResult([Match(photo, 1.5 - n / 4) for n, photo in enumerate(names[:k])], nearest.fits)


async def test_find_tells_what_it_imagined_and_sends_photos_with_scores(bot: Bot) -> None:
    await bot.fill_gallery("red", "green", "violet", "blue", "pink")
    sent = await bot.chat.send_text("/find a blue wall")
    answer = await bot.chat.wait_for(is_text, after=sent)
    assert answer["text"] == "You wrote: a blue wall\nI imagined: a blue wall"
    photos = await bot.chat.wait_for_all(is_photo, 4, after=sent)
    assert shown(photos)[0] == "blue"
    scores = [float(photo["caption"].split()[0]) for photo in photos]
    assert scores == sorted(scores, reverse=True)
    assert buttons(answer) == ["More like this", "More like the …"]
    await until(lambda: not bot.services.pressing)
    await bot.chat.press(answer, "More like this")
    assert len(await bot.chat.wait_for_all(is_photo, 5, after=sent)) == 5


async def test_more_like_this_goes_on_in_the_ranking_after_a_restart_too(
    chat: LocalChat, tmp_path: Path
) -> None:
    async with running_bot(chat, tmp_path / "data", ByName(), matches=2) as bot:
        await bot.fill_gallery("blue", "dark red", "green", "pink", "red", "violet")
        sent = await chat.send_text("/find red")
        answer = await chat.wait_for(is_text, after=sent)
        assert answer["text"] == "You wrote: red\nI imagined: a red wall"
        first = await chat.wait_for_all(is_photo, 2, after=sent)
        assert [photo["caption"] for photo in first] == [
            "1.50 dark red.jpg",
            "1.25 pink.jpg",
        ]
    async with running_bot(chat, tmp_path / "data", ByName(), matches=2) as bot:
        await until(lambda: bot.services.gallery.state().photos == 6)
        for count, page in ((4, ["red", "violet"]), (6, ["blue", "green"])):
            assert await toast(chat, await chat.press(answer, "More like this")) == ""
            assert shown(await chat.wait_for_all(is_photo, count, after=sent))[-2:] == page
            await until(lambda: not bot.services.pressing)
        assert await toast(chat, await chat.press(answer, "More like this")) == notes.no_more_photos()


async def test_it_says_when_nothing_fits_and_sends_the_closest(bot: Bot) -> None:
    await bot.fill_gallery("green", "violet")
    sent = await bot.chat.send_text("/find a red zeppelin")
    answer = await bot.chat.wait_for(is_text, after=sent)
    assert answer["text"] == (
        "You wrote: a red zeppelin\nI imagined: a red wall\nI never read “zeppelin”, so I left that out.\n\n"
        "Nothing that I know fits this well; the closest are:"
    )
    assert shown(await bot.chat.wait_for_all(is_photo, 2, after=sent)) == ["violet", "green"]
    await bot.fill_gallery("pink")
    for description, fits in (("a red wall", True), ("a red zeppelin", False)):
        sent = await bot.chat.send_text(f"/find {description}")
        answer = await bot.chat.wait_for(is_text, after=sent)
        assert (notes.nothing_fits() not in answer["text"]) == fits


async def test_an_answer_of_before_the_ranking_goes_on_by_likeness(chat: LocalChat, tmp_path: Path) -> None:
    async with running_bot(chat, tmp_path / "data", ByName(), matches=2) as bot:
        await bot.fill_gallery("red", "pink", "blue", "white")
        sent = await chat.send_text("/find red")
        answer = await chat.wait_for(is_text, after=sent)
        await chat.wait_for_all(is_photo, 2, after=sent)
        await until(lambda: not bot.services.pressing)
        await overwrite(bot, token_ids="[]", network="")
        assert await toast(chat, await chat.press(answer, "More like this")) == ""
        photos = await chat.wait_for_all(is_photo, 3, after=sent)
        assert shown(photos)[:2] == ["blue", "pink"]
        assert photos[2]["caption"] == "1.00 red.jpg"
        await until(lambda: not bot.services.pressing)
        assert await toast(chat, await chat.press(answer, "More like this")) == notes.no_more_alike()


async def test_an_answer_of_another_network_is_forgotten(bot: Bot) -> None:
    await bot.fill_gallery("red")
    sent = await bot.chat.send_text("/find red")
    answer = await bot.chat.wait_for(is_text, after=sent)
    await bot.chat.wait_for(is_photo, after=sent)
    await overwrite(bot, token_ids="[1, 99999, 2]", network="another")
    assert await toast(bot.chat, await bot.chat.press(answer, "More like this")) == notes.forgotten()


async def overwrite(bot: Bot, *, token_ids: str, network: str) -> None:
    query = "UPDATE answers SET token_ids = ?, network = ?"
    await bot.services.database.write(query, (token_ids, network))


async def test_photos_unlike_a_photo_are_never_sent(bot: Bot) -> None:
    await bot.fill_gallery("red", "white", "green")
    [sent] = await bot.chat.send_photos([jpeg("red")])
    answer = await bot.chat.wait_for(is_text, after=sent)
    assert shown(await bot.chat.wait_for_all(is_photo, 2, after=sent)) == ["red", "green"]
    await until(lambda: not bot.services.pressing)
    query = await bot.chat.press(answer, "More like this")
    assert await toast(bot.chat, query) == notes.no_more_alike()
    [sent] = await bot.chat.send_photos([jpeg("white")], caption="/similar")
    answer = await bot.chat.wait_for(is_text, after=sent)
    assert answer["text"] == notes.most_alike()
    assert shown(await bot.chat.wait_for_all(is_photo, 1, after=sent)) == ["white"]


async def test_it_says_when_no_photo_is_like_a_photo(bot: Bot) -> None:
    await bot.fill_gallery("red", "green")
    [sent] = await bot.chat.send_photos([jpeg("white")], caption="/similar")
    answer = await bot.chat.wait_for(is_text, after=sent)
    assert answer["text"] == notes.none_alike()
    assert buttons(answer) == []


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
    assert buttons(answer) == ["Find: a dog in the snow"]


async def test_find_says_when_the_gallery_is_still_being_read(bot: Bot) -> None:
    bot.services.gallery._state = type(bot.services.gallery._state)(phase="indexing")
    sent = await bot.chat.send_text("/find red")
    assert "still reading the gallery" in (await bot.chat.wait_for(after=sent))["text"]
