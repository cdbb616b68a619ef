import pytest

from bot.features.analogy import three_words
from bot.language.phrases import examples_of
from tests.bot.conftest import Bot, buttons, offered, toast


async def test_similar_lists_the_closest_words_to_go_on_from(bot: Bot) -> None:
    sent = await bot.chat.send_text("/similar dog")
    answer = await bot.chat.wait_for(after=sent)
    lines = answer["text"].splitlines()
    assert lines[0] == "Closest to dog:"
    assert lines[1].split() == ["0.67", "dogs"]
    assert offered(answer)[0] == "/similar dogs"
    query = await bot.chat.press(answer, "Words like dogs")
    assert await toast(bot.chat, query) == ""
    assert (await bot.chat.wait_for(after=answer))["text"].startswith("Closest to dogs:")


async def test_a_word_never_read_gets_close_spellings_to_tap(bot: Bot) -> None:
    sent = await bot.chat.send_text("/similar pupy")
    answer = await bot.chat.wait_for(after=sent)
    assert answer["text"] == "I never read “pupy”. Did you mean puppy?"
    await bot.chat.press(answer, "Words like puppy")
    assert (await bot.chat.wait_for(after=answer))["text"].startswith("Closest to puppy:")


@pytest.mark.parametrize("word", ["🐶", "собака", "<b>&amp;", "x" * 4000, "犬 " * 1000])
async def test_any_word_gets_a_sentence(bot: Bot, word: str) -> None:
    sent = await bot.chat.send_text(f"/similar {word}")
    assert (await bot.chat.wait_for(after=sent))["text"].startswith("I never read “")


async def test_analogy(bot: Bot) -> None:
    for text in ("/analogy man men woman", "/analogy man : men :: woman", "/analogy man is to men as woman"):
        sent = await bot.chat.send_text(text)
        lines = (await bot.chat.wait_for(after=sent))["text"].splitlines()
        assert lines[0] == "man is to men as woman is to women"
        assert lines[1].split() == ["1.00", "women"]


async def test_an_analogy_with_an_unknown_word_gets_a_sentence(bot: Bot) -> None:
    sent = await bot.chat.send_text("/analogy man men zebra")
    assert (await bot.chat.wait_for(after=sent))["text"].startswith("I never read “zebra”.")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a b c", ("a", "b", "c")),
        ("a : b :: c", ("a", "b", "c")),
        ("a:b::c:?", ("a", "b", "c")),
        ("a, b, c", ("a", "b", "c")),
        ("a - b, c - ?", ("a", "b", "c")),
        ("a → b = c → …", ("a", "b", "c")),
        ("a > b, c > ?", ("a", "b", "c")),
        ("a∶b∷c∶？", ("a", "b", "c")),  # noqa: RUF001
        ("男人：男孩：：女人：？", ("男人", "男孩", "女人")),  # noqa: RUF001
        ("رجل، ولد، امرأة، ؟", ("رجل", "ولد", "امرأة")),
        ("man is to men as woman is to what?", ("man", "men", "woman")),
        ("Man Is To men AS woman", ("Man", "men", "woman")),
        ("is as what", ("is", "as", "what")),
        ("t-shirt jeans hat", ("t-shirt", "jeans", "hat")),
        ("a b", None),
        ("a b c d", None),
        ("", None),
        ("?!", None),
    ],
)
def test_three_words_are_found_in_many_forms(text: str, words: tuple[str, str, str] | None) -> None:
    assert three_words(text.split()) == words


@pytest.mark.parametrize("command", ["similar", "analogy"])
async def test_without_words_there_is_an_example_to_tap(bot: Bot, command: str) -> None:
    sent = await bot.chat.send_text(f"/{command}")
    answer = await bot.chat.wait_for(after=sent)
    example = examples_of(bot.services.features.commands[command])[0].typed
    assert example in answer["text"]
    await bot.chat.press(answer, buttons(answer)[0])
    assert "dog" in (text := (await bot.chat.wait_for(after=answer))["text"]) or "women" in text
