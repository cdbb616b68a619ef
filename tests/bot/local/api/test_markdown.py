"""Telegram's two kinds of Markdown; the errors are those of Telegram's own server."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.local.api import formatting
from bot.local.errors import ApiError
from tests.bot.local.api.test_formatting import cut

RESERVED = "_*[]()~`>#+-=|{}.!"


def shown(source: str, mode: str) -> tuple[str, list[tuple[str, str]]]:
    text, entities = formatting.parse(source, mode)
    return text, [(entity["type"], cut(text, entity)) for entity in entities]


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("*bold* _it_ `x` plain", "bold it x plain", [("bold", "bold"), ("italic", "it"), ("code", "x")]),
        (r"\\*not\\* 2 < 3 (a.b)!", "*not* 2 < 3 (a.b)!", []),
        ("[here](https://example.org/)", "here", [("text_link", "here")]),
        ("[nothing](nothing)", "nothing", []),
        ("```python\nx = 1\n```", "x = 1", [("pre", "x = 1")]),
        ("*one _two*", "one _two", [("bold", "one _two")]),
        ("🐶 *🐈*", "🐶 🐈", [("bold", "🐈")]),
    ],
)
def test_the_old_kind(source: str, text: str, entities: list[tuple[str, str]]) -> None:
    assert shown(source.replace("\\\\", "\\"), "Markdown") == (text, entities)


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("*b* _i_ __u__ ~s~ ||h|| `c`", "b i u s h c", "bold italic underline strikethrough spoiler code"),
        ("*one _two_*", "one two", "bold italic"),
        ("__*x*__", "x", "bold underline"),
        ("```c\nx*y\n```", "x*y", "pre"),
        ("`a_b\\`c`", "a_b`c", "code"),
        ("[here](https://example.org/a_(b\\))", "here", "text_link"),
        ("![👍](tg://emoji?id=5368324170671202286)", "👍", "custom_emoji"),
        (">one\n>two\nthree", "one\ntwo\nthree", "blockquote"),
        ("so:\n>one\n>two||\nthree", "so:\none\ntwo\nthree", "expandable_blockquote"),
        ("_🐶_ *🐈*", "🐶 🐈", "italic bold"),
    ],
)
def test_the_new_kind(source: str, text: str, entities: str) -> None:
    found = shown(source, "MarkdownV2")
    assert (found[0], [kind for kind, _ in found[1]]) == (text, entities.split())


def test_what_entities_cover_and_carry() -> None:
    quote = formatting.parse("so:\n>one\n>two||\nthree", "MarkdownV2")
    assert cut(quote.text, quote.entities[0]) == "one\ntwo"
    (link,) = formatting.parse("[x](https://example.org/a_(b\\))", "MarkdownV2").entities
    assert link["url"] == "https://example.org/a_(b)"
    (code,) = formatting.parse("```python\nx```", "MarkdownV2").entities
    assert code["language"] == "python"
    (emoji,) = formatting.parse("![x](tg://emoji?id=5)", "MarkdownV2").entities
    assert emoji["custom_emoji_id"] == "5"


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("1.5", "Character '.' is reserved and must be escaped with the preceding '\\'"),
        ("a > b", "Character '>' is reserved and must be escaped with the preceding '\\'"),
        ("a | b", "Character '|' is reserved and must be escaped with the preceding '\\'"),
        ("🏟 🏟_abacaba", "Can't find end of Italic entity at byte offset 9"),
        ("🏟 🏟_abac * asd ", "Can't find end of Bold entity at byte offset 15"),
        ("🏟 🏟`", "Can't find end of Code entity at byte offset 9"),
        ("🏟 🏟```a", "Can't find end of Pre entity at byte offset 9"),
        ("🏟 🏟```a ", "Can't find end of PreCode entity at byte offset 9"),
        ("🏟 🏟__🏟 🏟_", "Can't find end of Italic entity at byte offset 20"),
        ("🏟 🏟[x", "Can't find end of TextUrl entity at byte offset 9"),
        ("[x](y", "Can't find end of a URL at byte offset 4"),
        ("![x]", "Custom emoji entity must contain a tg://emoji URL"),
        (">one *two\nthree", "Can't find end of Bold entity at byte offset 5"),
    ],
)
def test_errors_of_the_new_kind(source: str, error: str) -> None:
    with pytest.raises(ApiError) as raised:
        formatting.parse(source, "MarkdownV2")
    assert raised.value.description == f"Bad Request: can't parse entities: {error}"


@pytest.mark.parametrize("source", ["*bold", "x ```a", "[x"])
def test_an_entity_of_the_old_kind_has_an_end(source: str) -> None:
    with pytest.raises(ApiError, match="Can't find end of the entity starting at byte offset"):
        formatting.parse(source, "Markdown")


def test_no_other_kind_is_known() -> None:
    with pytest.raises(ApiError, match="unsupported parse_mode"):
        formatting.parse("x", "XML")


@given(st.text(st.characters(max_codepoint=0x1F9FF, exclude_categories=["Cs", "Cc", "Z"]), min_size=1))
def test_escaped_text_comes_back_as_it_was(text: str) -> None:
    escaped = "".join(f"\\{each}" if each in RESERVED + "\\" else each for each in text)
    assert formatting.parse(escaped, "MarkdownV2").text == text


@given(st.text(st.sampled_from([*"_*[]()`~|>!\\\n a🐶"])))
def test_entities_lie_inside_the_text_whatever_is_sent(source: str) -> None:
    for mode in ("Markdown", "MarkdownV2"):
        try:
            text, entities = formatting.parse(source, mode)
        except ApiError:
            continue
        end: Any = formatting.utf16_length(text)
        assert all(0 <= each["offset"] < each["offset"] + each["length"] <= end for each in entities)
