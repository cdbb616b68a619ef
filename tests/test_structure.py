"""Who may import whom: bot.py -> bot/ -> onenet/, there by the doors alone, and in both downwards only."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
SOURCES = [
    PROJECT / "bot.py",
    *sorted((PROJECT / "bot").rglob("*.py")),
    *sorted((PROJECT / "onenet").rglob("*.py")),
]
DOORS = {
    "onenet",
    "onenet.asking",
    "onenet.captions",
    "onenet.conversation",
    "onenet.datasets",
    "onenet.dreams",
    "onenet.engine",
    "onenet.errors",
    "onenet.files",
    "onenet.maps",
    "onenet.paths",
    "onenet.precision",
    "onenet.pictures",
    "onenet.process",
    "onenet.search",
    "onenet.teaching",
    "onenet.words",
}

# The parts of each package, lower ones first: a part imports those above it in this list, and no others.
LAYERS = {
    "onenet": [
        "errors",
        "paths",
        "precision",
        "files",
        "process",
        "progress",
        "network",
        "serving",  # the network without PyTorch
        "captions",
        "conversation",
        "search",
        "asking",
        "teaching",
        "words",
        "pictures",
        "maps",
        "dreams",
        "gradients",  # the network in PyTorch
        "engine",  # what serves ends here
        "__init__",
        "datasets",
        "indexing",  # archives, on many machines
        "evaluation",
        "training",
        "bench",
        "cli",
        "__main__",
    ],
    "bot": [
        "__init__",
        "local",  # a program of its own, see below
        "settings",
        "logs",
        "metrics",
        "background",
        "store",
        "language",
        "messages",
        "chats",
        "delivery",
        "inference",
        "photos",
        "gallery",
        "memory",
        "search",
        "routing",
        "features",
        "errors",
        "health",
        "app",
        "__main__",
    ],
}
LONGEST_CHAIN = {"onenet": 10, "bot": 12}  # files, each importing the next


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


def modules_named_in(path: Path) -> set[str]:
    """Every `a.b` of a `from a import b`, whether it is a module or not."""
    return {
        f"{node.module}.{alias.name}"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def name(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def part(module: str) -> str:
    """The file or folder of a package that a module belongs to: `search` of onenet.search.index."""
    return ([*module.split("."), "__init__"])[1]


@cache
def graph(package: str) -> dict[str, frozenset[str]]:
    """For each file of a package the files of it that it imports, wherever in it, as modules.

    `from a import b` is the file a.b if there is one, else a; that a.b runs a's __init__ too is not counted.
    """
    paths = {
        ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in SOURCES
        if name(path).startswith(f"{package}/")
    }
    found: dict[str, frozenset[str]] = {}
    for module, path in paths.items():
        imported: set[str] = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                full = [f"{node.module}.{alias.name}" for alias in node.names]
                imported |= {each if each in paths else node.module for each in full}
        found[module] = frozenset(imported & paths.keys()) - {module}
    return found


def longest_chain(package: str) -> list[str]:
    """The longest way from file to file along imports; a circle fails."""

    @cache
    def below(module: str) -> tuple[str, ...]:
        assert module not in on_the_way, f"{' -> '.join([*on_the_way, module])} is a circle"
        on_the_way.append(module)
        longest = max((below(other) for other in sorted(graph(package)[module])), key=len, default=())
        on_the_way.pop()
        return (module, *longest)

    on_the_way: list[str] = []
    return list(max(map(below, graph(package)), key=len))


@pytest.mark.parametrize("package", LONGEST_CHAIN)
def test_no_chain_of_imports_is_long(package: str) -> None:
    chain = longest_chain(package)
    assert len(chain) <= LONGEST_CHAIN[package], "\n".join(chain)


@pytest.mark.parametrize("package", LONGEST_CHAIN)
def test_no_two_parts_import_each_other(package: str) -> None:
    pairs = {(part(module), part(other)) for module, others in graph(package).items() for other in others}
    assert not {(one, other) for one, other in pairs if one != other and (other, one) in pairs}


@pytest.mark.parametrize("package", LAYERS)
def test_parts_import_downwards_only(package: str) -> None:
    layers = LAYERS[package]
    assert {part(module) for module in graph(package)} == set(layers)
    upwards = {
        f"{module} -> {other}"
        for module, others in graph(package).items()
        for other in others
        if part(other) != part(module) and layers.index(part(other)) > layers.index(part(module))
    }
    assert not upwards


@pytest.mark.parametrize("door", sorted(DOORS))
def test_doors_need_no_torch(door: str) -> None:
    code = f"import sys, {door}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=PROJECT, timeout=60).returncode == 0


@pytest.mark.parametrize("path", [path for path in SOURCES if name(path).startswith("onenet/")], ids=name)
def test_the_network_knows_nothing_of_chats(path: Path) -> None:
    roots = {module.partition(".")[0] for module in imports(path)}
    assert not roots & {"telegram", "aiosqlite", "bot", "starlette", "uvicorn"}


@pytest.mark.parametrize("path", [path for path in SOURCES if name(path).startswith("bot/")], ids=name)
def test_the_bot_reaches_the_network_through_its_door_alone(path: Path) -> None:
    """And takes there what the door names, no other module behind it."""
    modules = {module for module in imports(path) if module.partition(".")[0] == "onenet"}
    assert modules <= DOORS | {f"onenet.{own}" for own in ("Engine",)}
    assert not {module for module in graph("onenet") if module not in DOORS} & modules_named_in(path)


@pytest.mark.parametrize("path", [path for path in SOURCES if name(path).startswith("bot/local/")], ids=name)
def test_the_local_chat_knows_nothing_of_the_bot(path: Path) -> None:
    own = {module for module in imports(path) if module.startswith("bot") and module != "bot"}
    assert all(module.startswith("bot.local") for module in own)
    assert not {module for module in imports(path) if module.partition(".")[0] == "telegram"}


def test_the_entry_point_comes_in_by_the_doors_too() -> None:
    found = {module for module in imports(PROJECT / "bot.py") if module.startswith("onenet")}
    assert found <= DOORS


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_threads_appear_in_few_places(path: Path) -> None:
    roots = {module.partition(".")[0] for module in imports(path)}
    if name(path).startswith("bot") and not name(path).startswith(("bot/local/", "bot/inference/worker.py")):
        assert not roots & {"threading", "concurrent", "multiprocessing"}


FEATURES = sorted(
    {".".join(module.split(".")[:3]) for module in graph("bot") if module.startswith("bot.features.")}
)


@pytest.mark.parametrize("feature", FEATURES)
def test_nothing_but_the_list_of_features_names_a_feature(feature: str) -> None:
    inside = {module for module in graph("bot") if module == feature or module.startswith(f"{feature}.")}
    assert {module for module, others in graph("bot").items() if others & inside} - inside == {"bot.app"}
    assert graph("bot")["bot.app"] & inside == {feature}


@pytest.mark.parametrize("path", sorted((PROJECT / "bot" / "features").rglob("*.py")), ids=name)
def test_what_handles_is_short(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.AsyncFunctionDef):
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
    assert "onenet.captions.beams" in reached
    offline = tuple(f"onenet.{folder}" for folder in ("indexing", "evaluation", "training", "bench", "cli"))
    assert not {module for module in reached if module.startswith(offline)}
    assert not {"onenet.datasets.features", "onenet.datasets.flickr8k"} & reached_from("onenet.engine")


def called_in_the_loop(path: Path, owner: str, method: str) -> list[int]:
    """Lines of a file on which an `async def` calls `owner.method` itself, not in a function for a thread."""
    lines: list[int] = []

    def look(node: ast.AST, *, in_the_loop: bool) -> None:
        match node:
            case ast.AsyncFunctionDef():
                in_the_loop = True
            case ast.FunctionDef() | ast.Lambda():
                in_the_loop = False
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr)) if in_the_loop:
                if (name, attr) == (owner, method):
                    lines.append(node.lineno)
        for child in ast.iter_child_nodes(node):
            look(child, in_the_loop=in_the_loop)

    look(ast.parse(path.read_text(encoding="utf-8")), in_the_loop=False)
    return lines


@pytest.mark.parametrize("path", [*SOURCES, *sorted((PROJECT / "tests").rglob("*.py"))], ids=name)
def test_nobody_waits_for_a_locked_database_in_the_loop(path: Path) -> None:
    """Who holds the lock may need that loop to let go: `tests.bot.database_file` waits in a thread."""
    assert called_in_the_loop(path, "sqlite3", "connect") == []
