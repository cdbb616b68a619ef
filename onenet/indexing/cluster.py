"""Photos encoded by the workers of a Ray cluster, with Ray Data; `pip install .[ray]` brings what it needs.

A row of Ray's is a batch of photos, and a task does it. Tasks rather than actors: Ray gives a task that was
lost with its machine to any other worker, but lets those of an actor wait for one in its place, which a
smaller cluster may have no room for. A worker's process keeps its network for the tasks that come after.
"""

import contextlib
import gc
import logging
import os
import pickle
import socket
import threading
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np

from onenet.errors import OneNetError, TryAgainError
from onenet.indexing.encoding import BATCH_SIZE, Encoded, Failure, Floats, PhotoEncoder, encode
from onenet.search.index import PhotoRecord
from onenet.serving.encoders import EncoderEngine

HERE = "local"  # Ray's name for a cluster of this machine alone, which ends with the program
STORE_BYTES = 200_000_000  # of memory for what its processes send each other
CONNECT_S = 5.0
STOP_S = 10.0
ROUND = 500  # batches that Ray is given at once, and as many more as keep many workers busy
MOST_TRIES = 3  # of a batch after its first, when its workers die
_ROUND_OF_A_WORKER = 50
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_SCHEDULER_EVENTS": "0",
    "GRPC_ENABLE_FORK_SUPPORT": "0",  # of the client of Milvus, which complains when Ray starts a process
    "GRPC_VERBOSITY": "NONE",
}

Batch = Sequence[PhotoRecord]


def be_quiet() -> None:
    """Keep Ray, and what speaks to Milvus beside it, from logging; call it before either is imported."""
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)


@contextlib.contextmanager
def joined(address: str, *, cpus: int | None = None) -> Iterator[None]:
    """Take part in a cluster; what Ray prints meanwhile, also on stdout, is left out.

    Args:
        address: Of its head, such as 10.0.0.1:6379, or ray://10.0.0.1:10001, or "auto", or `HERE`.
        cpus: Processors of the cluster that is `HERE`; None: all.

    Raises:
        OneNetError: If Ray is not installed, or there is no such cluster.
    """
    with _quiet():
        try:
            import ray
            import ray.data
        except ImportError as error:
            raise OneNetError(
                "To encode on a cluster the package ray is needed: pip install 'onenet[ray]'"
            ) from error
        warnings.simplefilter("ignore")  # Ray has set its own meanwhile
        logging.getLogger("ray.data").setLevel(logging.CRITICAL)
        options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.CRITICAL}
        if address == HERE:
            options |= {"num_cpus": cpus, "object_store_memory": STORE_BYTES, "include_dashboard": False}
        try:
            _raise_unless_reached(address)
            ray.init(address=address, **options)
        except Exception as error:  # Ray raises plain ones too
            raise OneNetError(
                f"No Ray cluster can be used at {address} ({_first_line(error)}). Start one with: ray start "
                "--head; or give --ray local, for processes of this machine."
            ) from error
        try:
            yield
        finally:
            _stop_what_goes_on()
            ray.shutdown()


def encode_on_cluster(
    records: Sequence[PhotoRecord],
    encoder: PhotoEncoder,
    *,
    workers: int | None = None,
    threads: int = 1,
    batch_size: int = BATCH_SIZE,
) -> Generator[Encoded, None, None]:
    """Have the cluster that this program has joined encode photos; batches come in the order they are done.

    A batch whose worker or machine dies is done by another one. One that takes `MOST_TRIES` more workers with
    it is done again photo by photo, and the photo that does it is a failure.

    Args:
        records: Of photos that the workers find at the same paths and addresses.
        workers: How many at once at most; None: as many as the cluster has processors for.
        threads: Of each worker; so many of its machine's processors it takes.
        batch_size: Photos of a task.

    Raises:
        OneNetError: If no machine has so many processors, or none can run this.
    """
    import ray

    alone = next((each.photo for each in records if each.photo.startswith("memory://")), None)
    if alone is not None:
        raise OneNetError(f"{alone} is in the memory of this program alone; index it without --ray.")
    processors = [int(node["Resources"].get("CPU", 0)) for node in ray.nodes() if node["Alive"]]
    if max(processors, default=0) < threads:
        raise OneNetError(f"No machine of the cluster has {threads} processors; give less with --threads.")
    work = _Work(ray.put(encoder), threads)
    _raise_unless_ready(work)
    at_once = workers or sum(processors) // threads
    step = batch_size * max(ROUND, _ROUND_OF_A_WORKER * at_once)
    for start in range(0, len(records), step):
        some = records[start : start + step]
        lost = yield from _round(work, _batches(some, batch_size), workers)
        singles = _batches([record for batch in lost for record in batch], 1)
        for (record,) in (yield from _round(work, singles, workers)):
            reason = "Each worker that tried to read it failed or died of it; try it alone, without --ray."
            nothing = np.zeros((0, 0), np.float32)
            yield Encoded([], nothing, [Failure(record, reason, is_lasting=False)])


class _Work:
    """What a worker does with a row: it goes there pickled, with a reference to the encoder alone."""

    def __init__(self, encoder: Any, threads: int) -> None:
        self.encoder, self.threads = encoder, threads

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        network, prepare, worker = self.open()
        batch: Batch = pickle.loads(row["batch"])

        def represent(photos: list[Any]) -> Floats:
            return network.represent(np.stack(photos))

        (encoded,) = encode(batch, prepare, represent, batch_size=len(batch), worker=worker)
        return {"number": row["number"], "encoded": pickle.dumps(encoded)}

    def open(self) -> tuple[EncoderEngine, Callable[[Any], Floats], str]:
        """Give the network of this process and its way of preparing photos, and how the process is called."""
        return _opened(self.encoder, self.threads)


@cache
def _opened(encoder: Any, threads: int) -> tuple[EncoderEngine, Callable[[Any], Floats], str]:
    import ray

    sent: PhotoEncoder = ray.get(encoder)
    name = f"{ray.get_runtime_context().get_node_id()[:12]}/{os.getpid()}"
    return sent.open(threads=threads), sent.transform, name


def _round(
    work: _Work, batches: Sequence[Batch], workers: int | None
) -> Generator[Encoded, None, list[Batch]]:
    """Give what becomes of batches; return those of which nothing does, for all that die doing them."""
    if not batches:
        return []
    import ray.data
    from ray.exceptions import RayError

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    context.max_errored_blocks = -1  # they are seen by that they are missing
    rows = [{"number": number, "batch": pickle.dumps(batch)} for number, batch in enumerate(batches)]
    data = ray.data.from_items(rows, override_num_blocks=len(rows)).map(
        work,
        num_cpus=work.threads,
        compute=ray.data.TaskPoolStrategy(size=workers),
        ray_remote_args_fn=_of_each_task,
    )
    left = dict(enumerate(batches))
    found = _rows(data)
    try:
        for row in found:
            if left.pop(row["number"], None) is not None:
                yield pickle.loads(row["encoded"])
    except RayError as error:
        raise TryAgainError(
            f"The cluster cannot be reached any more ({_first_line(error)}). What is done is saved, and the "
            "same command goes on from there."
        ) from error
    finally:
        found.close()
    return [*left.values()]


def _rows(data: Any) -> Generator[dict[str, Any], None, None]:
    """Give the rows as they are done, fetched by this thread.

    Ray Data's own iterators fetch ahead in threads that go on for a while when nobody iterates any more, and
    one that still asks for something after the program has left the cluster ends the program.
    """
    import ray
    from ray.data.block import BlockAccessor

    for bundle in data.iter_internal_ref_bundles():
        for block in ray.get(bundle.block_refs):
            yield from BlockAccessor.for_block(block).iter_rows(public_row_format=True)


def _of_each_task() -> dict[str, Any]:
    return {"max_retries": MOST_TRIES}


def _batches(records: Sequence[PhotoRecord], size: int) -> list[Batch]:
    return [records[start : start + size] for start in range(0, len(records), size)]


def _raise_unless_ready(work: _Work) -> None:
    """Find out with one worker whether this program and what it needs is there too."""
    import ray
    from ray.exceptions import RayError

    def name() -> str:
        return work.open()[2]

    try:
        ray.get(ray.remote(name).options(num_cpus=work.threads).remote())
    except RayError as error:
        reason = str(error).strip().splitlines()[-1][:200]
        raise OneNetError(
            f"The workers of the cluster cannot run One Network ({reason}); on each machine: "
            "pip install 'onenet[ray]'"
        ) from error


def _stop_what_goes_on() -> None:
    """Let Ray Data's thread end if it was stopped in the middle: else it would join the cluster once more."""
    gc.collect()
    for thread in threading.enumerate():
        if thread.name.startswith("StreamingExecutor"):
            thread.join(STOP_S)


def _raise_unless_reached(address: str) -> None:
    """Try whether somebody answers there: Ray itself waits for five minutes, and ends the program then."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if host and port.isdecimal():
        with socket.create_connection((host.strip("[]"), int(port)), CONNECT_S):
            return


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Leave out what Ray says: news of its cluster go to stdout, where answers are."""
    be_quiet()
    with (
        open(os.devnull, "w", encoding="utf-8") as nowhere,
        warnings.catch_warnings(),
        contextlib.redirect_stdout(nowhere),
    ):
        warnings.simplefilter("ignore")
        yield


def _first_line(error: Exception) -> str:
    said = (isinstance(error, OSError) and error.strerror) or str(error)
    return said.strip().splitlines()[0].removesuffix(".")[:200] if said.strip() else type(error).__name__
