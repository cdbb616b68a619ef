"""What the README tells to type is tried: commands, lines of Python, and the picture of the plan."""

import io
import re
import shlex
import shutil
import tomllib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from bot.local.__main__ import main as serve_any_bot
from onenet.__main__ import build_parser, main
from onenet.cli import parser
from onenet.dreams.dreaming import DreamConfig
from onenet.engine import Engine
from onenet.paths import DEFAULT_CHECKPOINT
from tests.bot.commands import COMMANDS, OWNER_COMMANDS

skimage_data = pytest.importorskip("skimage.data")

PROJECT = Path(__file__).resolve().parent.parent
README = (PROJECT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = ("README.md", "bot/deploy/README.md", "bot/local/README.md", "data/onenet.md")
PHOTOS = Path(skimage_data.__file__).parent
# What takes minutes, data sets or the network of the world: its arguments are read, no more.
NOT_RUN = {"train", "layers", "spread", "evaluate", "bench", "download"}
PROGRAM = re.compile(r"(\.venv/bin/)?(python3? |pip3? |cp |onenet(-bot)?$)")
PLAN = PROJECT / "data" / "pictures" / "packages.svg"


def blocks(language: str, text: str = README) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def commands_in(text: str) -> Iterator[list[str]]:
    """Every command of a document, in a block or in a sentence, as its words, the comment left out."""
    lines = [line for block in blocks("sh", text) for line in block.splitlines()]
    spans = (span.replace("\n", " ") for span in re.findall(r"(?<!`)`([^`]+)`(?!`)", text))
    lines += [span for span in spans if PROGRAM.match(span)]
    for line in lines:
        for command in line.split(" && "):
            yield shlex.split(command, comments=True)


def verbs_in(text: str) -> list[list[str]]:
    """The arguments of each `python -m onenet`, in the order of the document."""
    found = [
        words[words.index("onenet") + 1 :] for words in commands_in(text) if words[1:3] == ["-m", "onenet"]
    ]
    return [arguments for arguments in found if arguments and arguments != ["VERB"]]


@pytest.fixture(scope="module")
def engine() -> Engine:
    if not DEFAULT_CHECKPOINT.is_file():
        pytest.skip("the trained network, data/onenet.safetensors, is not here")
    return Engine.load()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the photos that the README speaks of."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / "photos").mkdir()
    for name in (
        "astronaut.png",
        "brick.png",
        "chelsea.png",
        "coffee.png",
        "hubble_deep_field.jpg",
        "rocket.jpg",
    ):
        shutil.copy(PHOTOS / name, folder / "photos")
    shutil.copy(PHOTOS / "chelsea.png", folder / "cat.jpg")
    shutil.copy(PHOTOS / "rocket.jpg", folder)
    return folder


@pytest.fixture
def at_home(engine: Engine, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In that folder, with an index of its own, the network loaded already and short dreams."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(parser, "DEFAULT_INDEX", folder / "index.safetensors")
    monkeypatch.setattr(Engine, "load", lambda *_, **__: engine)
    monkeypatch.setitem(Engine.dream.__kwdefaults__, "config", DreamConfig(steps=2))


@pytest.mark.shipped
@pytest.mark.slow
@pytest.mark.usefixtures("at_home")
def test_the_commands_of_the_network_work(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One after the other, as they stand there: what `index` makes, `find` looks through."""
    done = [arguments for arguments in verbs_in(README) if arguments[0] not in {*NOT_RUN, "--help"}]
    assert {arguments[0] for arguments in done} >= {"caption", "index", "find", "similar", "dream"}
    for arguments in done:
        monkeypatch.setattr("sys.stdin", io.StringIO("1\n"))  # what a player of the game types
        code = main(arguments)
        said = capsys.readouterr()
        if arguments[0] == "game" and code == 2:  # another processor may find too few captions that differ
            assert "not much alike" in said.err
            continue
        assert (code, bool(said.out.strip())) == (0, True), f"{arguments}: {said.err}"
        if "-o" in arguments:
            assert Path(arguments[arguments.index("-o") + 1]).stat().st_size > 1000


@pytest.mark.parametrize("document", DOCUMENTS)
def test_their_arguments_are_known(document: str) -> None:
    for arguments in verbs_in((PROJECT / document).read_text(encoding="utf-8")):
        if arguments == ["--help"]:
            with pytest.raises(SystemExit, match="0"):
                build_parser().parse_args(arguments)
        else:
            assert build_parser().parse_args(arguments).run


@pytest.mark.shipped
@pytest.mark.usefixtures("at_home")
def test_the_lines_of_python_work(capsys: pytest.CaptureFixture[str]) -> None:
    [lines] = blocks("python")
    names: dict[str, Any] = {}
    exec(compile(lines, "README.md", "exec"), names)
    caption, *progress = capsys.readouterr().out.splitlines()
    assert len(caption.split()) > 2
    assert progress[0] == "0 of 6 photos"
    assert "6 of 6 photos" in progress
    assert any("chelsea.png" in line for line in progress)
    assert "Neighbour" in progress[-1]
    assert Path("photos.safetensors").is_file()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_is_one_that_is_known(document: str) -> None:
    """Those of the network are tried above; the bot's two by tests/test_bot.py."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    scripts = project["scripts"]
    for words in commands_in((PROJECT / document).read_text(encoding="utf-8")):
        match [words[0].removeprefix(".venv/bin/"), *words[1:]]:
            case ["python" | "python3", "-m", "onenet" | "pytest", *_] | ["python3", "-m", "venv", ".venv"]:
                pass
            case ["python", "-m", "bot.local", *arguments]:
                with pytest.raises(SystemExit, match="0"):
                    serve_any_bot([*arguments, "--help"])
            case ["python", "-m", "pip"] | ["pip3"] | ["pip", "install", "."]:
                pass
            case ["pip", "install", what] if extra := re.fullmatch(r"\.\[(\w+)\]", what):
                assert extra[1] in project["optional-dependencies"]
            case ["python", "-m", "pip", "install", "-r", file] | ["python", file] | ["cp", file, *_]:
                assert (PROJECT / file).is_file()
            case ["python", "-m", module, *_]:
                assert find_spec(module if module.startswith("tests.") else f"{module}.__main__")
            case ["onenet" | "onenet-bot" as name]:
                assert name in scripts
            case _:
                raise AssertionError(f"{words} is tried by no test")


@pytest.mark.parametrize("document", DOCUMENTS[:2])
def test_every_chat_command_exists(document: str) -> None:
    text = (PROJECT / document).read_text(encoding="utf-8")
    known = {command.name for command in (*COMMANDS, *OWNER_COMMANDS)}
    others = {"newbot", "setinline", "healthz", "metrics"}  # BotFather's, and addresses
    others |= {"translate"}  # of networks that write several languages
    assert set(re.findall(r"`/([a-z]+)", text)) <= known | others


def test_the_plan_shows_every_package() -> None:
    """And no folder that is not there."""
    texts = re.findall(r">([^<]+)<", PLAN.read_text(encoding="utf-8"))
    names = set(re.findall(r"\b([a-z]+)/", " ".join(texts)))
    packages = {path.parent for top in ("bot", "onenet") for path in (PROJECT / top).glob("*/__init__.py")}
    assert {path.name for path in packages} - {"deploy"} <= names
    assert names <= {path.name for path in packages} | {"bot", "onenet", "api", "person", "page", "store"}


def test_the_readme_is_short() -> None:
    assert len(README.encode()) < 12_000
