"""Why the network does not answer: too much waits, it took too long, the bot is about to end."""

from onenet.errors import N_, OneNetError


class BusyError(OneNetError):
    """The queue is full.

    Attributes:
        wait_s: Seconds after which there should be room.
    """

    def __init__(self, wait_s: int) -> None:
        self.wait_s = wait_s
        super().__init__(N_("Many are asking me at once. Please try again in {wait_s} s."), wait_s=wait_s)


class TooSlowError(OneNetError):
    """A job did not finish in time."""

    def __init__(self) -> None:
        super().__init__(N_("That took too long, so I stopped. Please try again in a minute."))


class StoppedError(OneNetError):
    """The bot is about to end."""

    def __init__(self) -> None:
        super().__init__(N_("I am being restarted. Please try again in a minute."))
