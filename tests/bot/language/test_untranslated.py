"""Every sentence that a chat may see goes through `_`, as far as the source tells."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[3]
BOT = [path for path in (PROJECT / "bot").rglob("*.py") if "local" not in path.parts]
SERVING = [
    path
    for package in ("network", "captions", "search", "words", "pictures", "maps", "dreams")
    for path in (PROJECT / "onenet" / package).rglob("*.py")
]
# Calls that show what they are given first, or by these names.
SHOWING = {
    "reply_text",
    "send_message",
    "answer",
    "edit_text",
    "edit_message_text",
    "edit_caption",
    "edit_message_caption",
    "InlineKeyboardButton",
    "InlineQueryResultsButton",
    "BotCommand",
}
SHOWN = {"text", "caption", "description", "title"}
# Files whose functions give texts.
TEXTS = ("texts.py", "notes.py", "phrases.py", "naming.py", "network.py", "about.py", "learnt.py")
# Errors that people in chats may meet; those of files, folders and settings are told to whoever runs the
# program, in English, also where they have no type of their own.
SEEN = r"(OneNet|Photo|Language|Description|UnknownWord|Busy|ChatBusy|LeftOut)Error"
OWNERS_FILES = {
    "onenet/search/finding.py",
    "onenet/search/photos.py",
    "bot/__main__.py",
    "bot/delivery/updates.py",
    "bot/delivery/running.py",
    "bot/store/lock.py",
    "bot/store/room.py",
}

_MADE_OF_TEXTS = (ast.JoinedStr, ast.FormattedValue, ast.BinOp, ast.BoolOp, ast.IfExp, ast.Tuple)


def literal(node: ast.expr) -> Iterator[str]:
    """The text that stands in an expression itself, not in what it calls."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            yield node.value
    elif isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("format", "join"):
            for part in (node.func.value, *node.args):
                yield from literal(part)
    elif isinstance(
        node, ast.JoinedStr | ast.FormattedValue | ast.BinOp | ast.BoolOp | ast.IfExp | ast.Tuple
    ):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr) and not (isinstance(node, ast.IfExp) and child is node.test):
                yield from literal(child)


def words_in(node: ast.expr) -> list[str]:
    """The words of that text; tags, commands and what buttons send back are none."""
    text = " ".join(literal(node))
    return re.findall(r"[^\W\d_]{2,}", re.sub(r"</?[a-z][^<>]*>|&\w+;|(?<!\w)/\w+|\b[a-z]+:\w*", " ", text))


def bypasses(source: str, *, gives_texts: bool) -> list[str]:
    """The lines where words are shown, or given as texts, without being translated."""
    found = []
    for node in ast.walk(ast.parse(source)):
        shown: list[ast.expr] = []
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in SHOWING:
                shown = [*node.args[:1], *(each.value for each in node.keywords if each.arg in SHOWN)]
        elif gives_texts and isinstance(node, ast.Return) and node.value is not None:
            shown = [node.value]
        found += [f"{node.lineno}: {' '.join(words)}" for each in shown if (words := words_in(each))]
    return found


def unmarked_errors(source: str) -> list[str]:
    """The lines where one of our errors is raised with a sentence that no catalogue can have."""
    return [
        f"{node.lineno}: {node.func.id}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and re.fullmatch(SEEN, node.func.id)
        and node.args
        and isinstance(node.args[0], ast.Constant | ast.JoinedStr)
    ]


@pytest.mark.parametrize("path", BOT, ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_what_a_chat_sees_is_translated(path: Path) -> None:
    gives_texts = path.name.endswith(TEXTS)
    assert bypasses(path.read_text(encoding="utf-8"), gives_texts=gives_texts) == []


def test_errors_that_a_chat_sees_are_marked() -> None:
    for path in (*BOT, *SERVING):
        name = path.relative_to(PROJECT).as_posix()
        if name not in OWNERS_FILES:
            assert unmarked_errors(path.read_text(encoding="utf-8")) == [], name


@pytest.mark.parametrize(
    "source",
    [
        'await message.reply_text("Hello there")',
        'await message.reply_text(f"Hello {name}")',
        'await message.reply_text("Hello" if new else texts.again())',
        'await press.answer(text="Too late")',
        'InlineKeyboardButton("Stop it", callback_data="stop")',
        'def a() -> str:\n    return f"<b>Languages</b>: {names}"',
        'def a() -> str:\n    return "\\n".join(("Well", b))',
        'def a() -> str:\n    return "The network knows {all}".format(all=b)',
    ],
)
def test_a_sentence_that_is_not_translated_is_found(source: str) -> None:
    assert len(bypasses(source, gives_texts=True)) == 1


@pytest.mark.parametrize(
    "source",
    [
        'await message.reply_text(_("Hello there"))',
        'await message.reply_text(f"<b>{heading(code)}:</b>\\n{words}")',
        'InlineKeyboardButton(_("Stop it"), callback_data="map:stop")',
        'def a() -> str:\n    return _("Hello {name}").format(name="you")',
        'def a() -> str:\n    return f"/translate {to}: {words}"',
    ],
)
def test_what_is_translated_is_no_finding(source: str) -> None:
    assert bypasses(source, gives_texts=True) == []


def test_an_error_with_a_sentence_of_its_own_is_found() -> None:
    assert unmarked_errors('raise LanguageError(f"The network knows {known}, not “{code}”.")') == [
        "1: LanguageError"
    ]
    assert unmarked_errors('raise OneNetError(N_("The network knows nothing."))') == []
    assert unmarked_errors("raise PhotoError(TOO_LARGE)") == []
