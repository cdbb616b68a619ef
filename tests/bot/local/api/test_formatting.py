import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.local.api import formatting
from bot.local.errors import ApiError

_TAGS = {"b": "bold", "i": "italic", "u": "underline", "s": "strikethrough", "tg-spoiler": "spoiler"}


def cut(text: str, entity: dict[str, object]) -> str:
    """The part of a text that an entity covers, counted in UTF-16 units as clients do."""
    start, length = int(str(entity["offset"])), int(str(entity["length"]))
    units = text.encode("utf-16-le", "surrogatepass")
    return units[2 * start : 2 * (start + length)].decode("utf-16-le", "surrogatepass")


def shown(source: str) -> list[tuple[str, str]]:
    text, entities = formatting.parse(source, "HTML")
    return [(entity["type"], cut(text, entity)) for entity in entities]


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("plain", "plain", []),
        ("<b>bold</b> <i>it</i>", "bold it", [("bold", "bold"), ("italic", "it")]),
        ("<b>one <i>two</i></b>", "one two", [("bold", "one two"), ("italic", "two")]),
        ("&lt;b&gt; &amp;amp; &quot;&#128054;&#x1F408;", '<b> &amp; "🐶🐈', []),
        ("🐶<b>🐈</b>", "🐶🐈", [("bold", "🐈")]),
        ("<pre><code class='language-python'>x</code></pre>", "x", [("pre", "x")]),
        ("<code>/start @you</code>", "/start @you", [("code", "/start @you")]),
        ('<span class="tg-spoiler">x</span>', "x", [("spoiler", "x")]),
        ("<blockquote expandable>q</blockquote>", "q", [("expandable_blockquote", "q")]),
        ('<a href="https://example.org/?a=1&amp;b=2">here</a>', "here", [("text_link", "here")]),
        ('<a href="nothing">here</a>', "here", []),
        ("  <b> spaced </b>  ", "spaced", [("bold", "spaced")]),
        ("<b></b>x", "x", []),
        ("a < b", None, []),
        ("&nbsp; &unknown;", "&nbsp; &unknown;", []),
    ],
)
def test_html(source: str, text: str | None, entities: list[tuple[str, str]]) -> None:
    if text is None:
        with pytest.raises(ApiError):
            formatting.parse(source, "HTML")
        return
    assert formatting.parse(source, "html").text == text
    assert shown(source) == entities


def test_a_link_keeps_its_address_and_a_code_block_its_language() -> None:
    link = formatting.parse('<a href="https://example.org/?a=1&amp;b=2">x</a>', "HTML").entities[0]
    assert link["url"] == "https://example.org/?a=1&b=2"
    code = formatting.parse('<pre><code class="language-c">x</code></pre>', "HTML").entities[0]
    assert code["language"] == "c"


@pytest.mark.parametrize(
    ("source", "description"),
    [
        ("ä<img>", 'Unsupported start tag "img" at byte offset 2'),
        ("<b", "Unclosed start tag at byte offset 0"),
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ("<a =x>x</a>", 'Empty attribute name in the tag "a" at byte offset 0'),
        ('<a href="x', 'Unclosed start tag "a" at byte offset 0'),
        ("5 < 6 and 7", 'Unsupported start tag "" at byte offset 2'),
    ],
)
def test_wrong_html_is_refused_in_telegrams_words(source: str, description: str) -> None:
    with pytest.raises(ApiError) as raised:
        formatting.parse(source, "HTML")
    assert raised.value.description == f"Bad Request: can't parse entities: {description}"


@pytest.mark.parametrize(
    ("text", "entities"),
    [
        ("/start", [("bot_command", "/start")]),
        ("/find@onenet_local_bot a dog", [("bot_command", "/find@onenet_local_bot")]),
        ("hey @onenet_local_bot!", [("mention", "@onenet_local_bot")]),
        ("🐶 @onenet_local_bot", [("mention", "@onenet_local_bot")]),
        ("see https://example.org/a?b=c.", [("url", "https://example.org/a?b=c")]),
        ("see example.org, please", [("url", "example.org")]),
        ("me@example.org", [("email", "me@example.org")]),
        ("#dog #1", [("hashtag", "#dog")]),
        ("and/or 1/2 a@b @x", []),
        ("https://example.org/@somebody/#part", [("url", "https://example.org/@somebody/#part")]),
    ],
)
def test_commands_mentions_and_links_are_found(text: str, entities: list[tuple[str, str]]) -> None:
    formatted = formatting.finish(text, [])
    assert [(entity["type"], cut(text, entity)) for entity in formatted.entities] == entities


@given(st.text())
def test_escaped_text_comes_back_as_it_was(text: str) -> None:
    plain, entities = formatting.parse_html(html.escape(text, quote=True).replace("&#x27;", "'"))
    assert plain == text
    assert entities == []


@given(st.lists(st.tuples(st.sampled_from(sorted(_TAGS)), st.text(min_size=1), st.text())))
def test_entities_cover_exactly_their_text(pieces: list[tuple[str, str, str]]) -> None:
    source = "".join(f"<{tag}>{html.escape(inner)}</{tag}>{html.escape(rest)}" for tag, inner, rest in pieces)
    plain, entities = formatting.parse_html(source)
    assert plain == "".join(inner + rest for _, inner, rest in pieces)
    assert [(e["type"], cut(plain, e)) for e in entities] == [(_TAGS[tag], inner) for tag, inner, _ in pieces]


@given(st.text(), st.data())
def test_cutting_spaces_off_moves_the_entities_along(text: str, data: st.DataObject) -> None:
    source = f" \n{html.escape(text)}<b>🐶bold</b>{html.escape(data.draw(st.text()))} "
    plain, entities = formatting.parse(source, "HTML")
    assert "🐶bold" in [cut(plain, entity) for entity in entities if entity["type"] == "bold"]


@given(st.text(alphabet="<>/&;=\"' abipre-xcodespan#1", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        plain, entities = formatting.parse(text, "HTML")
    except ApiError:
        return
    length = formatting.utf16_length(plain)
    assert all(0 <= e["offset"] < e["offset"] + e["length"] <= length for e in entities)
