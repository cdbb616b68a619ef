"""Logs: readable lines on stderr in which no secret appears."""

import logging
from collections.abc import Iterable

from onenet.process import printable

HIDDEN = "**********"


class RedactingFormatter(logging.Formatter):
    """Formats a record with its traceback, then hides the secrets wherever they came from.

    Args:
        secrets: Strings to be hidden.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        # The part behind the colon alone: in an address the colon may be written %3A.
        self._secrets = [secret.rpartition(":")[2] for secret in secrets if secret]

    def format(self, record: logging.LogRecord) -> str:
        """Return the line or lines of a record; no name in it acts upon a terminal or begins a line."""
        text = printable(super().format(record))
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return text

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Return the first line of a record."""
        return printable(super().formatMessage(record), keep="")


def configure_logging(level: str, secrets: Iterable[str]) -> None:
    """Send the log of this process to stderr.

    Args:
        level: Name of the least important level to be shown.
        secrets: Strings to be hidden.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(RedactingFormatter(secrets))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # The INFO lines of the first two hold addresses, and the addresses the token.
    for noisy in ("httpx", "httpcore", "faiss", "watchfiles"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # Shows each web page that came for an answer, with a traceback; what comes of it is said elsewhere.
    logging.getLogger("telegram.request.BaseRequest").setLevel(logging.CRITICAL)
