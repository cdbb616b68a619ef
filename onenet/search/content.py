"""What is in a file, summed up: by that a photo is known again that was moved, copied or touched."""

import hashlib
import os
import stat

from onenet.search.index_file import PhotoRecord

MOST_BYTES = 64_000_000  # of a larger file the reading would take long; it is told by size and time alone


def digest_of(record: PhotoRecord) -> int:
    """Sum up what is in a file in 8 bytes, not 0; 0 if it is not as it was listed, or very large.

    Two different files of a collection of 100 million and of the same size have the same one by chance with a
    probability of less than one in a thousand.
    """
    if not 0 < record.size_bytes <= MOST_BYTES or not is_as_listed(record):
        return 0
    try:
        with open(record.photo, "rb") as file:
            found = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=8)).digest()
    except OSError:
        return 0
    return int.from_bytes(found, "big", signed=True) or 1


def is_as_listed(record: PhotoRecord) -> bool:
    """Whether a file still has the size and time that it had when it was listed."""
    try:
        status = os.stat(record.photo)
    except OSError:
        return False
    is_same = (status.st_size, status.st_mtime_ns) == (record.size_bytes, record.modified_ns)
    return is_same and stat.S_ISREG(status.st_mode)
