from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from onenet.engine import Engine
from onenet.search import ImageIndex, update_index
from tests.onenet.cli.command import COLOURS, CommandLine, FakeEngine


def serve(engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command line load this engine, or a part of it, whatever network it asks for."""
    monkeypatch.setattr(Engine, "load", lambda checkpoint, **_: engine)
    monkeypatch.setattr("onenet.words.load_words", lambda checkpoint, threads=None: engine.words)
    monkeypatch.setattr("onenet.network.network_file.read_network_file", lambda checkpoint, only: engine)


@pytest.fixture(autouse=True)
def _no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the tests use files, whatever a developer's own .env names."""
    monkeypatch.setenv("INDEX_URL", "")


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    engine = FakeEngine()
    serve(engine, monkeypatch)
    return engine


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path.resolve() / "photos"
    (folder / "more").mkdir(parents=True)
    for name in ("red", "green", "more/blue"):
        Image.new("RGB", (8, 8), COLOURS[Path(name).name]).save(folder / f"{name}.png")
    return folder


@pytest.fixture
def index_file(engine: FakeEngine, photos: Path, tmp_path: Path) -> Path:
    path = tmp_path / "index.safetensors"
    list(update_index(ImageIndex("fake"), photos, engine.represent, path=path))
    engine.represented.clear()
    return path


@pytest.fixture
def onenet_command(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(capsys)
