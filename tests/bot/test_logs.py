import io
import logging
from collections.abc import Iterator

import pytest

from bot.logs import HIDDEN, RedactingFormatter, configure_logging

TOKEN = "12345:AbC-dEf_123"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """A logger's output through the formatter."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(RedactingFormatter([TOKEN, ""]))
    logger = logging.getLogger("tests.redacted")
    logger.propagate = False
    logger.addHandler(handler)
    yield stream
    logger.removeHandler(handler)


@pytest.mark.parametrize("url", [f"https://x/bot{TOKEN}/getMe", "https://x/bot12345%3AAbC-dEf_123/getMe"])
def test_the_token_is_hidden_in_messages_arguments_and_tracebacks(log: io.StringIO, url: str) -> None:
    logger = logging.getLogger("tests.redacted")
    logger.error(url)
    logger.error("%s failed", url)
    try:
        raise ValueError(url)
    except ValueError:
        logger.exception("it failed")
    assert "AbC" not in log.getvalue()
    assert log.getvalue().count(HIDDEN) >= 3
    assert "Traceback" in log.getvalue()


def test_the_addresses_of_requests_are_not_logged() -> None:
    before = logging.root.handlers[:], logging.root.level
    try:
        configure_logging("DEBUG", [TOKEN])
        assert not logging.getLogger("httpx").isEnabledFor(logging.INFO)
        assert not logging.getLogger("httpcore").isEnabledFor(logging.DEBUG)
        assert logging.getLogger("bot").isEnabledFor(logging.DEBUG)
    finally:
        logging.root.handlers[:], level = before
        logging.root.setLevel(level)


def test_a_name_neither_acts_upon_the_terminal_nor_begins_a_line(log: io.StringIO) -> None:
    name = "\x1b[2J\n2026-01-01 ERROR bot: a line of its own"
    try:
        raise OSError(name)
    except OSError:
        logging.getLogger("tests.redacted").exception("%s could not be read", name)
    first, *traceback = log.getvalue().splitlines()
    assert r"\x1b[2J\x0a2026-01-01 ERROR bot: a line of its own could not be read" in first
    assert traceback[0].startswith("Traceback")
    assert "\x1b" not in log.getvalue()
