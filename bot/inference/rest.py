"""Whether anybody's question is worked on, for what is done beside and gives way to all of them."""

import threading


class Rest:
    """Is disturbed by any number of questions, and there again when all have been left; for any thread."""

    def __init__(self) -> None:
        self._questions = 0
        self._lock = threading.Lock()
        self._undisturbed = threading.Event()
        self._undisturbed.set()

    def disturb(self) -> None:
        """Begin with a question."""
        with self._lock:
            self._questions += 1
            self._undisturbed.clear()

    def leave(self) -> None:
        """End with one."""
        with self._lock:
            self._questions -= 1
            if not self._questions:
                self._undisturbed.set()

    def wait(self, most_s: float) -> bool:
        """Wait until there is rest, for so many seconds at most; whether there is."""
        return self._undisturbed.wait(most_s)
