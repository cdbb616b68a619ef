"""Files that are replaced whole or not at all, written by one program at a time, known by their content."""

import errno
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from onenet.errors import OneNetError

_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL}


class HeldError(OneNetError):
    """Another program is writing a file."""


def replace_file(path: Path, content: bytes | memoryview) -> None:
    """Write a file so that a reader, or a crash, sees the old content or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def held(path: Path, *, waiting: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold a file for writing; the system lets go of it however the process ends.

    The lock is a file beside it. Where the file system knows no locks, as network drives may not, it is in
    the folder for temporary files, and holds for this machine alone.

    Args:
        path: The file, which need not exist.
        waiting: Called once if another program holds it, which is then waited for; None: it is not.

    Raises:
        HeldError: If another program holds it and is not to be waited for.
        OneNetError: If the folder cannot be written to.
    """
    try:
        path = resolved(path)
        lock = _lock_of(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(blocking=False)
        except (NotImplementedError, OSError) as error:
            if isinstance(error, OSError) and error.errno not in _NO_LOCKS:
                raise
            lock = _lock_of(path, on_this_machine=True)
            lock.acquire(blocking=False)
    except Timeout:
        if waiting is None:
            raise HeldError(
                f"Another program is writing {path} just now; try again when it is done."
            ) from None
        waiting()
        lock.acquire()
    except OSError as error:
        raise OneNetError(f"{path} cannot be written ({error.strerror}); choose another place.") from error
    try:
        yield
    finally:
        lock.release()


def _lock_of(path: Path, *, on_this_machine: bool = False) -> FileLock:
    if not on_this_machine:
        return FileLock(path.with_name(f".{path.name}.lock"), thread_local=False)
    name = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    return FileLock(Path(tempfile.gettempdir()) / f"onenet-{name}.lock", thread_local=False)


def resolved(path: Path) -> Path:
    """Give a path from the root on, links followed.

    Raises:
        OSError: If links lead back to themselves, which `Path.resolve` says in another way or not at all.
    """
    try:
        path.stat()
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise
    return path.resolve()


def state_of(path: Path) -> tuple[int, ...]:
    """Tell a file's state, which differs whenever it has been replaced or written to; () if it is missing."""
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_ino, status.st_size, status.st_mtime_ns


def digest_of_contents(paths: Sequence[Path]) -> str:
    """Sum up files, in their order, by what is in them: a copy elsewhere or of another day is the same."""
    with ThreadPoolExecutor() as readers:
        digests = readers.map(_digest, paths)
        return hashlib.sha256(b"".join(digests)).hexdigest()


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def is_text(name: str) -> bool:
    """Whether a file name is UTF-8: others cannot be written into JSON, a database or a message."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
