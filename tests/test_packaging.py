"""`pip install .`: what the wheel holds, and that it works in a folder elsewhere."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from onenet.paths import DEFAULT_CHECKPOINT

PROJECT = Path(__file__).resolve().parent.parent
SOURCES = ("bot", "onenet", "pyproject.toml", "requirements.txt", "README.md", "LICENSE")
SHIPPED = (
    "onenet.safetensors",
    "onenet-layers.safetensors",
    "onenet-spread.safetensors",
    "words.json",
    "absent.json",
    "onenet.md",
)
# What a newcomer does first, where nothing but the wheel is known.
FIRST_STEPS = """
from pathlib import Path
from bot.__main__ import read_settings
from bot.app import build_parts
from onenet.__main__ import main
from onenet.evaluation.words import load_word_test
from onenet.paths import DEFAULT_CHECKPOINT
assert DEFAULT_CHECKPOINT.parent.name == "shipped", DEFAULT_CHECKPOINT
settings = read_settings()
assert settings.checkpoint == DEFAULT_CHECKPOINT
assert settings.data_dir == Path.cwd() / "mine", settings.data_dir
assert load_word_test().neighbours
assert main(["index", "photos"]) == 0
assert Path("data/index.safetensors").is_file()
assert main(["similar", "dog"]) == 0
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the wheel would put beside other packages."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("installed")
    for name in SOURCES:
        if (PROJECT / name).is_dir():
            shutil.copytree(PROJECT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(PROJECT / name, source)
    (source / "data").mkdir()
    for name in SHIPPED:
        shutil.copy(PROJECT / "data" / name, source / "data")
    (source / "data" / "secret.sqlite3").write_text("of the user")
    build = "import sys; from hatchling import build; print(build.build_wheel(sys.argv[1]))"
    built = subprocess.run(
        [sys.executable, "-c", build, str(target)], cwd=source, capture_output=True, text=True, timeout=300
    )
    assert built.returncode == 0, built.stderr
    [wheel] = target.glob("*.whl")
    shutil.unpack_archive(wheel, target / "site", format="zip")
    wheel.unlink()
    return target / "site"


def files_below(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path.relative_to(folder).as_posix()


@pytest.mark.slow
@pytest.mark.parametrize("package", ["bot", "onenet"])
def test_the_wheel_holds_every_file_of_the_packages(installed: Path, package: str) -> None:
    """The page, catalogues of translations and files for deployment among them."""
    found = set(files_below(installed / package))
    assert set(files_below(PROJECT / package)) <= found
    assert {name for name in found if name.startswith("shipped/")} == (
        {f"shipped/{name}" for name in SHIPPED} if package == "onenet" else set()
    )


@pytest.mark.slow
def test_the_wheel_has_the_commands_and_the_dependencies_of_requirements(installed: Path) -> None:
    [about] = installed.glob("*.dist-info")
    assert "onenet-bot = bot.__main__:" in (about / "entry_points.txt").read_text()
    metadata = (about / "METADATA").read_text(encoding="utf-8")
    needed = re.findall(r"^Requires-Dist: ([\w.-]+)(.*)$", metadata, re.MULTILINE)
    assert {canonical(name) for name, when in needed if "extra ==" not in when} == requirements()
    assert {canonical(name) for name, when in needed if "extra ==" in when} == extras()
    assert {path.name for path in installed.iterdir()} == {"bot", "onenet", about.name}


@pytest.mark.slow
@pytest.mark.skipif(not DEFAULT_CHECKPOINT.is_file(), reason="data/onenet.safetensors is not here")
def test_what_is_installed_works_in_a_folder_elsewhere(installed: Path, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DATA_DIR=mine\n")
    (tmp_path / "photos").mkdir()
    environ = {name: value for name, value in os.environ.items() if name not in ("DATA_DIR", "CHECKPOINT")}
    done = subprocess.run(
        [sys.executable, "-c", FIRST_STEPS],
        cwd=tmp_path,
        env={**environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert "dogs" in done.stdout


def test_the_commands_begin_somewhere() -> None:
    scripts = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["scripts"]
    for target in scripts.values():
        module, _, function = target.partition(":")
        tree = ast.parse((PROJECT / f"{module.replace('.', '/')}.py").read_text())
        assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def requirements(file: str = "requirements.txt") -> set[str]:
    """The packages that a list names, without those of a list that it includes."""
    text = (PROJECT / file).read_text(encoding="utf-8")
    return {canonical(name) for name in re.findall(r"^([A-Za-z][\w.-]*)", text, re.MULTILINE)}


def extras() -> set[str]:
    """The packages that nobody needs who does not ask for what they are for, by `pip install .[NAME]`."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = [line for lines in project["optional-dependencies"].values() for line in lines]
    return {canonical(re.split(r"[^\w.-]", line)[0]) for line in named}


def imported_by(path: Path) -> set[str]:
    """The top-level packages that a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return {name.partition(".")[0] for name in names}


# What measures networks needs more than what serves: METEOR, and other people's models.
MEASURES = {"requirements-dev.txt", "onenet/bench/requirements.txt"}
FASTER = "onenet/serving/requirements.txt"  # that nobody needs


@pytest.mark.parametrize(
    ("folder", "lists"),
    [
        ("bot", set()),
        ("onenet", {*MEASURES, FASTER}),
        ("tests", {"requirements-dev.txt"}),
    ],
    ids=["bot", "onenet", "tests"],
)
def test_what_is_imported_is_declared(folder: str, lists: set[str]) -> None:
    declared = extras().union(*(requirements(each) for each in {"requirements.txt", *lists}))
    imported = set().union(*(imported_by(path) for path in (PROJECT / folder).rglob("*.py")))
    distributions = packages_distributions()
    others = imported - sys.stdlib_module_names - {"bot", "onenet", "tests"}
    missing = {
        root
        for root in others
        if not declared & {canonical(each) for each in distributions.get(root, [root])}
    }
    assert missing == set()
