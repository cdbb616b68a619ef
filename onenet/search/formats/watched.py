"""A file that is watched: what the system fails at when it is read, told from what is wrong with the file."""

import errno
import io


class WatchedFile(io.BufferedReader):
    """A file that is read, and keeps what the system failed at: some decoders make something else of it.

    Attributes:
        failure: What it failed at last, if it did.
    """

    failure: OSError | None = None

    def read(self, size: int | None = -1, /) -> bytes:
        """Return so many bytes, fewer only at the end.

        Raises:
            OSError: If it cannot be read.
        """
        try:
            return super().read(size)
        except OSError as error:
            if is_of_system(error):
                self.failure = error
            raise


def is_of_system(error: BaseException | None) -> bool:
    """Tell what the system raises from what decoders do; EINVAL is a wrong place in a damaged file."""
    if isinstance(error, OSError):
        return error.errno not in (None, errno.EINVAL)
    return isinstance(error, MemoryError)
