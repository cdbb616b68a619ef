"""Indexes of before, one file of records and float32 vectors, rewritten whole: read, to be taken over."""

import json
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from onenet.search.index_file import FILE_FORMAT, PhotoRecord

FILE_VERSION = "1"


class OtherFileError(Exception):
    """It is a file of tensors, but none that this program wrote."""


@dataclass(frozen=True)
class IndexMadeBefore:
    """What such a file says.

    Attributes:
        version: Of the format; what a later one says is not known.
        vectors: Shape (len(records), D), float32.
    """

    version: str
    fingerprint: str
    vectors: NDArray[np.float32]
    records: list[PhotoRecord]
    unreadable: list[tuple[PhotoRecord, str]]
    missing_since: dict[str, float]


def read_index_made_before(path: Path) -> IndexMadeBefore:
    """Read such a file.

    Raises:
        OtherFileError: If it is another file of tensors.
        ValueError: If it is damaged.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            if metadata.get("format") != FILE_FORMAT:
                raise OtherFileError
            vectors, records = file.get_tensor("vectors"), file.get_tensor("records")
        if metadata["checksum"] != _checksum(vectors, records):
            raise ValueError("the checksum differs")
        listing = json.loads(records.tobytes())
        if vectors.dtype != np.float32 or vectors.shape[:1] != (len(listing["photos"]),):
            raise ValueError(f"{len(listing['photos'])} photos have vectors of shape {vectors.shape}")
        return IndexMadeBefore(
            metadata["version"],
            metadata["fingerprint"],
            vectors,
            [PhotoRecord(*fields) for fields in listing["photos"]],
            [(PhotoRecord(*fields), reason) for *fields, reason in listing["unreadable"]],
            {place: float(since) for place, since in listing.get("missing_since", {}).items()},
        )
    except (OSError, SafetensorError, KeyError, TypeError) as error:
        raise ValueError(str(error)) from error


def _checksum(vectors: NDArray[np.float32], records: NDArray[np.uint8]) -> str:
    return f"{zlib.crc32(records.tobytes(), zlib.crc32(vectors.tobytes())):08x}"
