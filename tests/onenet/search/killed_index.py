"""Kill whoever changes an index at each of its writes to the disk in turn, and look what is left.

`python -m tests.onenet.search.killed_index FOLDER PART PARTS` prints how many writes there were, of which it
has looked at one in so many. The system stops a child process at every call to it; at the chosen one, before
it is done, the child is killed. Linux alone.
"""

import ctypes
import os
import platform
import shutil
import signal
import struct
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

import onenet.search.compaction
import onenet.search.segments
import onenet.search.stored
from onenet.search import ImageIndex, PhotoRecord, compact
from onenet.search.index_file import IndexFile
from onenet.search.segments import files_of, vectors_folder

NETWORK = "network-1"
D = 8
# Some go into the database, most into the files; between, the files are sorted.
STEPS = [*(("+", range(n, n + 3)) for n in range(0, 12, 3)), ("-", range(1, 12, 10)), ("+", range(12, 18))]
# Numbers of write, pwrite64, fsync, fdatasync, ftruncate, rename, mkdir, rmdir, unlink, fallocate, their kin.
CALLS = {
    "x86_64": {1, 18, 20, 74, 75, 77, 82, 83, 84, 87, 258, 263, 264, 285, 296, 316, 326, 328},
    "aarch64": {34, 35, 38, 46, 47, 64, 66, 68, 70, 82, 83, 276, 285, 287},
}.get(platform.machine(), set())
_TRACE_ME, _NEXT_CALL, _SET_OPTIONS, _CALL_INFO = 0, 24, 0x4200, 0x420E
_END_WITH_ME, _MARK_CALLS = 1 << 20, 1

_ptrace = ctypes.CDLL(None, use_errno=True).ptrace
_ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


def vector(number: int) -> np.ndarray:
    return np.random.default_rng(number).normal(size=D).astype(np.float32)


def record(number: int) -> PhotoRecord:
    return PhotoRecord(f"/photos/{number % 3}/{number}.jpg", number, number)


def add(index: ImageIndex, numbers: range) -> None:
    index.add([record(number) for number in numbers], np.stack([vector(number) for number in numbers]))


def change(path: Path, acknowledge: Callable[[str], None]) -> None:
    """Change an index in all ways; what is told of must stay."""
    index = ImageIndex(NETWORK, D)
    for verb, numbers in STEPS:
        if verb == "+":
            add(index, numbers)
        else:
            index.remove([record(number).photo for number in numbers])
        index.save(path)
        acknowledge("done")
        if verb == "-":
            index.mark_unreadable(record(30), "Broken.")
            index.save(path)
            for _ in compact(path):
                pass
    for _ in compact(path):
        pass


def killed(work: Callable[[], None], at: int) -> bool:
    """Do something in a child process that is killed at its write of that number; whether it came to that."""
    child = os.fork()
    if not child:
        _ptrace(_TRACE_ME, 0, None, None)
        os.kill(os.getpid(), signal.SIGSTOP)
        try:
            work()
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    _ptrace(_SET_OPTIONS, child, None, _END_WITH_ME | _MARK_CALLS)
    writes, info = 0, ctypes.create_string_buffer(88)
    while True:
        if _ptrace(_NEXT_CALL, child, None, None):
            raise OSError(ctypes.get_errno(), "ptrace is not permitted")
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0
            return False
        _ptrace(_CALL_INFO, child, len(info), ctypes.cast(info, ctypes.c_void_p))
        entering, number = info.raw[0] == 1, struct.unpack_from("<Q", info.raw, 24)[0]
        if entering and number in CALLS:
            writes += 1
            if writes == at:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                return True


def look(path: Path, told: Sequence[str]) -> None:
    """Compare what is there with what was told of."""
    states: list[set[int]] = [set()]
    for verb, numbers in STEPS:
        states.append(states[-1] | {*numbers} if verb == "+" else states[-1] - {*numbers})
    if not path.exists():
        assert not told
        return
    index = ImageIndex.load(path, fingerprint=NETWORK)  # which checks each record against its vector
    there = {int(Path(photo).stem) for photo in index.photos}
    # Of what comes next it may be that all is done and was only not told of.
    assert there in states[len(told) : len(told) + 2], (sorted(there), len(told))
    for number in there:
        expected = vector(number) / np.linalg.norm(vector(number))
        np.testing.assert_allclose(index.representation_of(record(number).photo), expected, atol=1e-3)
    found = index._nearest(vector(5) / np.linalg.norm(vector(5)), 100)
    assert {photo for photo, _ in found} == set(index.photos)


def repair(path: Path) -> None:
    """Go on as the next run would; no file is left that nobody needs."""
    index = ImageIndex.load(path, fingerprint=NETWORK) if path.exists() else ImageIndex(NETWORK, D)
    add(index, range(18))
    index.save(path)
    for _ in compact(path):
        pass
    file, folder = IndexFile(path), vectors_folder(path)
    needed = {each.name for segment in file.head().segments for each in files_of(folder, segment.name)}
    file.close()
    del index
    there = {name for name in os.listdir(folder) if not name.startswith(".")}
    assert there <= needed, there - needed
    assert {name for name in os.listdir(path.parent) if not name.endswith(".lock")} == {
        path.name,
        folder.name,
    }
    assert len(ImageIndex.load(path, fingerprint=NETWORK)) == 18


def main(folder: Path, part: int, parts: int) -> None:
    for module, name, value in (
        (onenet.search.stored, "NEWEST_MOST", 4),
        (onenet.search.compaction, "EXACT_ROWS", 6),
        (onenet.search.compaction, "GROUP_ROWS", 3),
    ):
        setattr(module, name, value)
    path = folder / f"place{part}" / "index"
    at = part + 1 - parts
    is_over = False
    while not is_over:
        at += parts
        shutil.rmtree(path.parent, ignore_errors=True)
        path.parent.mkdir(parents=True)
        reader, writer = os.pipe()
        is_over = not killed(lambda to=writer: change(path, lambda line: tell(to, line)), at)
        os.close(writer)
        with os.fdopen(reader) as file:
            told = file.read().splitlines()
        try:
            look(path, told)
            repair(path)
        except BaseException:
            print(f"killed at write {at}, after {told}", file=sys.stderr)
            raise
    print(at - 1)  # or one in so many less


def tell(to: int, line: str) -> None:
    os.write(to, f"{line}\n".encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
