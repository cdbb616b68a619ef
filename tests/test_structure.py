"""The plan of the code, read from its imports: packages downwards only, short chains, features alone."""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
# From below upwards: a package or file may import those before it. What stands in one row knows nothing of
# its neighbours.
BOT = (
    ("settings", "logs", "metrics", "background"),
    ("store", "language"),
    ("messages",),
    ("chats", "delivery"),
    ("inference",),
    ("photos",),
    ("gallery", "memory"),
    ("search",),
    ("routing",),
    ("features", "errors", "health"),
    ("app",),
    ("__main__",),
)
LONGEST_CHAINS = {"bot": 12, "onenet": 10}
DOORS = {"onenet", "onenet.engine", "onenet.errors", "onenet.files", "onenet.paths"}


def name(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__")


@cache
def sources() -> Mapping[str, Path]:
    """All files of the two packages, by the name of their module."""
    found = (*(PROJECT / "bot").rglob("*.py"), *(PROJECT / "onenet").rglob("*.py"))
    return {module_of(path): path for path in found}


SOURCES = sorted(sources().values())


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in it; `from bot import b` may mean the module bot.b."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            submodules = [f"{module}.{alias.name}" for alias in node.names]
            yield from (each for each in submodules if each in sources())
            if not all(each in sources() for each in submodules):
                yield module


@cache
def own_imports(module: str) -> frozenset[str]:
    """The files of the project that a file imports."""
    return frozenset(each for each in imports(sources()[module]) if each in sources()) - {module}


def beside(module: str) -> list[str]:
    """The files of the same tree, `bot/` or `onenet/`, that a file imports."""
    return [each for each in own_imports(module) if each.partition(".")[0] == module.partition(".")[0]]


@cache
def depth(module: str) -> int:
    """How many files the longest chain of imports has that begins with this one."""
    return 1 + max((depth(each) for each in beside(module)), default=0)


def chain(module: str) -> list[str]:
    """The longest chain of imports that begins with a file."""
    below = max(beside(module), key=depth, default=None)
    return [module, *(chain(below) if below is not None else [])]


def within(package: str) -> list[str]:
    return [module for module in sources() if module == package or module.startswith(f"{package}.")]


def part_of(module: str) -> str:
    """The package or file of `bot/` or `onenet/` that a module belongs to; "" for the top itself."""
    return module.partition(".")[2].partition(".")[0]


# --- packages ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("top", ["bot", "onenet"])
def test_no_chain_of_imports_is_long(top: str) -> None:
    longest = max(within(top), key=depth)
    assert depth(longest) <= LONGEST_CHAINS[top], " -> ".join(chain(longest))


@pytest.mark.parametrize("top", ["bot", "onenet"])
def test_no_two_packages_import_each_other(top: str) -> None:
    """Nor do three or more in a circle: there is an order in which all may stand."""
    below = {part_of(module): set[str]() for module in within(top)}
    for module in within(top):
        below[part_of(module)] |= {part_of(each) for each in own_imports(module) if each.startswith(top)}
    left = {part: others - {part, ""} for part, others in below.items() if part}
    while left:
        free = {part for part, others in left.items() if not others & left.keys()}
        assert free, f"these import each other: { {part: sorted(left[part] & left.keys()) for part in left} }"
        left = {part: others for part, others in left.items() if part not in free}


@pytest.mark.parametrize(
    "module", [module for module in sources() if part_of(module) and module[:3] == "bot"]
)
def test_the_bots_packages_import_downwards_only(module: str) -> None:
    rows = {part: number for number, row in enumerate(BOT) for part in row}
    part = part_of(module)
    if part == "local":
        return
    for other in own_imports(module):
        if other.startswith("bot.") and part_of(other) not in (part, "local"):
            assert rows[part_of(other)] < rows[part], f"{module} imports {other}"


def test_every_part_of_the_bot_has_its_row() -> None:
    parts = {part_of(module) for module in within("bot")} - {""}
    assert parts <= {part for row in BOT for part in row} | {"local"}


# --- features ---------------------------------------------------------------------------------------------

FEATURES = sorted({".".join(module.split(".")[:3]) for module in within("bot.features")} - {"bot.features"})


@pytest.mark.parametrize("feature", FEATURES)
def test_nothing_but_the_list_of_features_names_a_feature(feature: str) -> None:
    inside = set(within(feature))
    others = [module for module in sources() if module not in inside and own_imports(module) & inside]
    assert others == ["bot.app"]
    assert own_imports("bot.app") & inside == {feature}


@pytest.mark.parametrize("path", sorted((PROJECT / "bot" / "features").rglob("*.py")), ids=name)
def test_what_handles_is_short(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 25, f"{name(path)}: {node.name} is too long"


# --- who may know whom ------------------------------------------------------------------------------------


@pytest.mark.parametrize("module", within("onenet"))
def test_the_network_knows_nothing_of_chats(module: str) -> None:
    roots = {each.partition(".")[0] for each in imports(sources()[module])}
    assert not roots & {"telegram", "aiosqlite", "bot", "starlette", "uvicorn"}


def is_door(module: str) -> bool:
    """Whether the bot may import a module of the network: the engine, and what packages name themselves."""
    return module in DOORS or sources().get(module, Path()).name == "__init__.py"


@pytest.mark.parametrize("module", within("bot"))
def test_the_bot_reaches_the_network_through_its_doors_alone(module: str) -> None:
    found = {each for each in own_imports(module) if each.startswith("onenet")}
    closed = {each for each in found if not is_door(each)}
    assert closed <= ({"onenet.datasets.download"} if module == "bot.__main__" else set())


@pytest.mark.parametrize("module", within("bot.local"))
def test_the_local_chat_knows_nothing_of_the_bot(module: str) -> None:
    found = list(imports(sources()[module]))
    assert all(each.startswith("bot.local") for each in found if each.startswith("bot."))
    assert not {each for each in found if each.partition(".")[0] == "telegram"}


def reached_from(*modules: str) -> set[str]:
    """All modules of the project that importing some brings in, or that their functions import later."""
    found, todo = set[str](), [*modules]
    while todo:
        new = own_imports(todo.pop()) - found
        found |= new
        todo += new
    return found


def test_what_serves_never_imports_what_trains_and_measures() -> None:
    reached = reached_from("onenet.engine", "bot.app")
    assert "onenet.captions.beam_search" in reached
    assert "onenet.search.reranking" in reached
    behind = ("onenet.bench", "onenet.training", "onenet.evaluation", "onenet.datasets", "onenet.cli")
    assert not {each for each in reached if each.startswith(behind)}


@pytest.mark.parametrize("module", [each for each in within("bot") if not each.startswith("bot.local")])
def test_threads_appear_in_one_place(module: str) -> None:
    if module != "bot.inference.worker":
        roots = {each.partition(".")[0] for each in imports(sources()[module])}
        assert not roots & {"threading", "concurrent", "multiprocessing"}
