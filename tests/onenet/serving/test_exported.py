"""The exported network: made once, kept, never another's, never damaged, safe to make twice at once."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from safetensors.numpy import load_file, save_file

from onenet.engine import Engine
from onenet.errors import CheckpointError
from onenet.network.checkpoint import save_checkpoint
from onenet.network.model import OneNet
from onenet.network.network_file import read_network_file
from onenet.network.vocabulary import Vocabulary
from onenet.serving import exported
from onenet.serving.exported import HALF_WRITTEN_S, KEPT, read_exported, serve_file
from tests.onenet.drawn import draw
from tests.onenet.networks import small_network
from tests.onenet.written import metadata_of

PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture
def file(tmp_path: Path, model: OneNet, vocabulary: Vocabulary) -> Path:
    path = tmp_path / "net.safetensors"
    save_checkpoint(path, model, vocabulary, {})
    return path


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Notes each time that graphs are made."""
    noted: list[int] = []
    make = exported.make_graphs

    def note(*arguments: object) -> dict[str, bytes]:
        noted.append(1)
        return make(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(exported, "make_graphs", note)
    return noted


def kept_of(path: Path) -> Path:
    [kept] = (path.parent / "exported").glob("*.safetensors")
    return kept


def test_it_is_made_once_and_answers_the_same(file: Path, made: list[int]) -> None:
    first, second = Engine.load(file, threads=1), Engine.load(file, threads=1)
    assert made == [1]
    assert kept_of(file).name.startswith(first.fingerprint[:32])
    photos = [draw("red", 1), draw("blue", 2)]
    seen = first.represent(photos)
    assert np.array_equal(seen, second.represent(photos))
    assert first.caption(seen) == second.caption(seen)


def test_its_graphs_are_onnx(file: Path) -> None:
    Engine.load(file)
    graphs = load_file(kept_of(file))
    assert {"encoder", "advance", "read", "write en"} <= graphs.keys()
    for graph in graphs.values():
        model = onnx.load_from_string(graph.tobytes())
        assert model.opset_import[0].version == 17
    onnx.checker.check_model(onnx.load_from_string(graphs["encoder"].tobytes()), full_check=True)


@pytest.mark.parametrize(
    "kind", ["cut off", "one bit", "another network's", "not a file of tensors", "empty"]
)
def test_one_that_is_damaged_is_made_anew(
    file: Path, made: list[int], kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    expected = Engine.load(file, threads=1).represent([draw("red", 1)])
    kept = kept_of(file)
    content = kept.read_bytes()
    if kind == "one bit":
        middle = len(content) // 2
        kept.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
    elif kind == "another network's":
        metadata = metadata_of(kept)
        save_file(load_file(kept), kept, metadata | {"identity": metadata["identity"].replace("a", "b")})
    else:
        kept.write_bytes({"cut off": content[:-1000], "empty": b""}.get(kind, b"hello" * 100))
    assert np.array_equal(Engine.load(file, threads=1).represent([draw("red", 1)]), expected)
    assert made == [1, 1]
    assert "made anew" in caplog.text
    Engine.load(file)
    assert made == [1, 1]
    assert len(kept.read_bytes()) == len(content)


def test_another_version_of_the_graphs_is_another_file(
    file: Path, made: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    Engine.load(file)
    monkeypatch.setattr(exported, "EXPORT_VERSION", 99)
    Engine.load(file)
    assert made == [1, 1]


def test_few_are_kept(tmp_path: Path, vocabulary: Vocabulary) -> None:
    path = tmp_path / "net.safetensors"
    model = small_network(vocabulary)
    for number in range(KEPT + 2):
        model.word_bias[5] = number
        save_checkpoint(path, model, vocabulary, {})
        fingerprint = Engine.load(path).fingerprint
        names = [kept.name for kept in (tmp_path / "exported").iterdir()]
        assert len(names) <= KEPT
        assert any(name.startswith(fingerprint[:32]) for name in names)


def test_what_others_keep_beside_it_stays(file: Path) -> None:
    folder = file.parent / "exported"
    folder.mkdir()
    others = [folder / f"mine-{number}.safetensors" for number in range(KEPT + 2)]
    others.append(folder / ".mine.safetensors.backup")
    for other in others:
        other.write_bytes(b"a network of mine")
        os.utime(other, (1, 1))
    Engine.load(file)
    assert all(other.is_file() for other in others)
    assert len([*folder.iterdir()]) == len(others) + 1


def test_what_a_program_left_half_written_goes_after_a_while(file: Path) -> None:
    folder = file.parent / "exported"
    folder.mkdir()
    old, new = (folder / f".{'ab' * 16}-1.safetensors.{end}" for end in ("1x2y", "3x_y"))
    for half in (old, new):
        half.write_bytes(b"half")
    an_hour_ago = new.stat().st_mtime - HALF_WRITTEN_S - 60
    os.utime(old, (an_hour_ago, an_hour_ago))
    Engine.load(file)
    assert not old.exists()
    assert new.exists()  # another program may be writing it just now
    assert kept_of(file).is_file()


def test_where_nothing_can_be_written_it_goes_without(
    file: Path, made: list[int], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "exported").write_text("no folder")
    (tmp_path / "home").write_text("no folder either")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    for times in (1, 2):
        assert Engine.load(file, threads=1).represent([draw("red", 1)]).shape == (1, 16)
        assert made == [1] * times


def test_a_folder_that_cannot_be_written_is_left_for_the_users_own(
    file: Path, made: list[int], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "exported").write_text("no folder")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    for _ in range(2):
        Engine.load(file)
    assert made == [1]
    assert list((tmp_path / "home" / ".cache" / "onenet" / "exported").iterdir())


def test_two_programs_make_it_at_once(file: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from onenet.engine import Engine; "
        "print(Engine.load(Path(sys.argv[1]), threads=1).fingerprint, 'torch' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(file)]
    programs = [subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = [program.communicate(timeout=120)[0].split() for program in programs]
    fingerprint = read_network_file(file).fingerprint
    assert said == [[fingerprint, "False"]] * 3
    content = read_network_file(file)
    kept = kept_of(file)  # one file, and nothing half made beside it
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]
    assert serve_file(file, content).has_encoder
    assert read_exported(kept, metadata_of(kept)["identity"])


def test_a_file_that_is_no_network_is_a_sentence(file: Path) -> None:
    content = read_network_file(file)
    for name in ("to_words.bias", "decoder.weight_hh_l0"):
        weights = {key: weight for key, weight in content.weights.items() if key != name}
        broken = type(content)(
            weights, content.vocabulary, content.header, content.metadata, content.fingerprint
        )
        with pytest.raises(CheckpointError, match="damaged"):
            serve_file(file, broken)


def test_what_all_places_say_together_is_what_the_photo_says(file: Path) -> None:
    engine, photo = Engine.load(file, threads=1), draw("red", 1)
    places = engine._network.represent_places(engine.prepare(photo))
    together = places.mean(axis=0)
    assert together / np.linalg.norm(together) == pytest.approx(engine.represent([photo])[0], abs=1e-5)
