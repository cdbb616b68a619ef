"""Who may import whom: bot.py -> bot/ -> onenet/, and from bot/ only its door."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
SOURCES = [
    PROJECT / "bot.py",
    *sorted((PROJECT / "bot").rglob("*.py")),
    *sorted((PROJECT / "onenet").rglob("*.py")),
]
DOORS = {"onenet.engine", "onenet.errors"}


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in it; `from bot import b` may mean the module bot.b."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""
            if node.module in ("bot", "onenet"):
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def name(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


@pytest.mark.parametrize("path", [path for path in SOURCES if name(path).startswith("onenet/")], ids=name)
def test_the_network_knows_nothing_of_chats(path: Path) -> None:
    roots = {module.partition(".")[0] for module in imports(path)}
    assert not roots & {"telegram", "aiosqlite", "bot", "starlette", "uvicorn"}


@pytest.mark.parametrize("path", [path for path in SOURCES if name(path).startswith("bot/")], ids=name)
def test_the_bot_reaches_the_network_through_its_door_alone(path: Path) -> None:
    assert {module for module in imports(path) if module.startswith("onenet")} <= DOORS | {"onenet"}


@pytest.mark.parametrize("path", [path for path in SOURCES if name(path).startswith("bot/local/")], ids=name)
def test_the_local_chat_knows_nothing_of_the_bot(path: Path) -> None:
    own = {module for module in imports(path) if module.startswith("bot") and module != "bot"}
    assert all(module.startswith("bot.local") for module in own)
    assert not {module for module in imports(path) if module.partition(".")[0] == "telegram"}


def test_what_serves_needs_nothing_of_training() -> None:
    """All that the door reaches; functions included, which import late."""
    files = {name(path).removesuffix(".py").replace("/", "."): path for path in SOURCES}
    reached, open_ends = set(), {"onenet.engine"}
    while open_ends:
        module = open_ends.pop()
        reached.add(module)
        open_ends |= {found for found in imports(files[module]) if found in files} - reached
    assert "onenet.search.reranking" in reached
    assert not reached & {
        "onenet.evaluation",
        "onenet.evaluation.run",
        "onenet.datasets.features",
        "onenet.datasets.flickr8k",
    }
    assert not {module for module in reached if module.startswith("onenet.training")}


def test_the_entry_point_adds_only_the_download() -> None:
    found = {module for module in imports(PROJECT / "bot.py") if module.startswith("onenet")}
    assert found <= DOORS | {"onenet", "onenet.datasets.download"}


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_threads_appear_in_few_places(path: Path) -> None:
    roots = {module.partition(".")[0] for module in imports(path)}
    if name(path).startswith("bot") and not name(path).startswith(("bot/local/", "bot/inference/worker.py")):
        assert not roots & {"threading", "concurrent", "multiprocessing"}


@pytest.mark.parametrize("path", sorted((PROJECT / "bot" / "features").rglob("handlers.py")), ids=name)
def test_handlers_are_short(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 25, f"{name(path)}: {node.name} is too long"


def reached_from(module: str) -> set[str]:
    """All modules of the project that importing one brings in, or that its functions import later."""
    found: set[str] = set()
    todo = [module]
    while todo:
        path = PROJECT.joinpath(*todo.pop().split("."))
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if path.is_file():
            new = {other for other in imports(path) if other.startswith(("onenet.", "bot."))} - found
            found |= new
            todo += new
    return found


def test_what_serves_never_imports_what_trains_and_measures() -> None:
    reached = reached_from("onenet.engine") | reached_from("bot.app")
    assert "onenet.captions.beam_search" in reached
    assert not {name for name in reached if name.startswith(("onenet.bench", "onenet.training"))}
    assert not {name for name in reached if name.startswith(("onenet.evaluation", "onenet.cli"))}
