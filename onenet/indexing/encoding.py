"""Photos read and represented, a batch at a time: here, or wherever an encoder has been sent."""

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from onenet.errors import OneNetError, PhotoError
from onenet.indexing.addresses import (
    MAX_REMOTE_BYTES,
    NOT_LOOKED_AT,
    fetch,
    is_address,
    is_too_large,
    look_at,
)
from onenet.network.network_file import read_network_file
from onenet.network.transforms import Transform
from onenet.precision import FLOAT32
from onenet.search.content import digest_of
from onenet.search.index import PhotoRecord
from onenet.search.photos import is_passing, read_photo
from onenet.search.prefetch import READERS, do_ahead
from onenet.serving.encoders import EncoderEngine, open_encoder
from onenet.serving.exported import serve_file

Floats = NDArray[np.float32]

BATCH_SIZE = 32
READERS_OF_ADDRESSES = 8  # threads, which wait for a server more than they read


@dataclass(frozen=True)
class Failure:
    """A photo that could not be represented.

    Attributes:
        is_lasting: Whether it is the photo's own fault, and will stay so until it changes.
    """

    record: PhotoRecord
    reason: str
    is_lasting: bool


@dataclass(frozen=True)
class Encoded:
    """A batch of photos that is done.

    Attributes:
        records: Of those that could be read.
        representations: Theirs, shape (len(records), D), unit length.
        failures: The others.
        worker: Who did it.
    """

    records: Sequence[PhotoRecord]
    representations: Floats
    failures: Sequence[Failure]
    worker: str = ""


@dataclass(frozen=True)
class PhotoEncoder:
    """All that represents photos, to be sent to machines that have no network's file.

    Attributes:
        graph: The encoder's, an ONNX file.
        fingerprint: Of the network that it is taken from.
        precision: In which photos are looked at.
    """

    graph: bytes
    transform: Transform
    fingerprint: str
    precision: str = FLOAT32

    @classmethod
    def of_file(cls, checkpoint: Path, *, precision: str = FLOAT32) -> "PhotoEncoder":
        """Take the encoder out of a network's file.

        Raises:
            CheckpointError: If the file is missing, damaged or of another version.
            OneNetError: If its encoder is not served without PyTorch.
        """
        file = read_network_file(checkpoint)
        graph = serve_file(checkpoint, file).encoder_graph
        if not graph:
            raise OneNetError(
                f"The encoder of {checkpoint} runs in PyTorch alone, and is not sent to other machines; "
                "index without --ray."
            )
        transform = Transform(**file.header["transform"]["serving"])
        return cls(graph, transform, file.fingerprint, precision)

    def open(self, *, threads: int | None = None) -> EncoderEngine:
        """Open the graph: it takes photos that `transform` has prepared.

        Args:
            threads: Of the processor; None: as many as the process may use.
        """
        return open_encoder(self.graph, precision=self.precision, threads=threads)


def encode(
    records: Iterable[PhotoRecord],
    prepare: Callable[[Image], Any],
    represent: Callable[[list[Any]], Floats],
    *,
    batch_size: int = BATCH_SIZE,
    readers: int | None = None,
    worker: str = "",
) -> Generator[Encoded, None, None]:
    """Read photos and represent them, a batch a step, in their order.

    Args:
        records: Those of which only the name is known are looked at first.
        prepare: Makes of a photo what `represent` needs; called on threads that read ahead.
        represent: Makes representations, shape (B, D), of what was prepared of B photos.
        batch_size: Photos, readable or not.
        readers: Threads; None: as many as suit the first photo.
        worker: Named in what is given.
    """
    records = iter(records)
    first = list(islice(records, 1))
    if readers is None:
        readers = READERS_OF_ADDRESSES if first and is_address(first[0].photo) else READERS

    def read(record: PhotoRecord) -> tuple[PhotoRecord, Any] | Failure:
        return _read(record, prepare)

    sources = chain(first, records)
    with closing(do_ahead(sources, read, ahead=2 * batch_size, readers=readers)) as reading:
        while batch := list(islice(reading, batch_size)):
            done = [each for each in batch if not isinstance(each, Failure)]
            failures = [each for each in batch if isinstance(each, Failure)]
            prepared = [photo for _, photo in done]
            found = represent(prepared) if prepared else np.zeros((0, 0), np.float32)
            yield Encoded([record for record, _ in done], found, failures, worker)


def _read(record: PhotoRecord, prepare: Callable[[Image], Any]) -> tuple[PhotoRecord, Any] | Failure:
    """Give a photo as it is prepared, with its size and time from before it was read."""
    try:
        if record.size_bytes == NOT_LOOKED_AT:
            record = look_at(record.photo)
        if is_too_large(record):
            return _too_large(record)
        source = fetch(record)
    except OneNetError as error:
        return Failure(record, str(error), is_lasting=False)
    if isinstance(source, bytes) and len(source) > MAX_REMOTE_BYTES:
        return _too_large(record)
    if not isinstance(source, bytes):
        record = replace(record, digest=digest_of(record))
    try:
        return record, prepare(read_photo(source))
    except PhotoError as error:
        is_lasting = not is_passing(error) and record.size_bytes != NOT_LOOKED_AT
        return Failure(record, str(error), is_lasting)


def _too_large(record: PhotoRecord) -> Failure:
    limit = MAX_REMOTE_BYTES // 1_000_000
    reason = f"{record.photo} is larger than {limit} MB, too large to be fetched into memory."
    return Failure(record, reason, record.size_bytes != NOT_LOOKED_AT)
