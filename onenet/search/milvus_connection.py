"""A connection to Milvus: made when it is needed, made anew when it was lost.

Once it did not answer, whoever asks is told so at once, for a while or until a check finds it back: what
needs no index does not wait for one that is away.
"""

import importlib.util
import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from onenet.errors import IndexAwayError, IndexFileError
from onenet.paths import shown_url

T = TypeVar("T")

PATIENCE_S = 60.0  # for which an answer is waited, and that a collection is ready to be searched
CONNECT_S = 10.0
PAUSE_S = 30.0  # from a failure to the next try, unless a check finds it back before
MOST = 16_384  # rows that Milvus gives at once
# Without it Milvus gives any rows, not the first ones; so pymilvus asks where it goes on from a key itself.
_IN_ORDER = {"iterator": "True", "reduce_stop_for_best": "True"}
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n", "\r": r"\r", "\t": r"\t"})
# Else gRPC itself tries again ever more seldom, up to every two minutes, and says meanwhile that it cannot.
_GRPC = {"grpc.use_local_subchannel_pool": 1, "grpc.max_reconnect_backoff_ms": 1000}


class MilvusConnection:
    """Asks Milvus; may be used by several threads.

    Args:
        url: Of a server, such as http://host:19530, or file:PATH for Milvus Lite.
        patience_s: For which an answer is waited.

    Attributes:
        times_connected: Differs when it was away meanwhile, and may have lost what it had.
    """

    def __init__(self, url: str, *, patience_s: float = PATIENCE_S) -> None:
        self.url = url
        self.patience_s = patience_s
        self.times_connected = 0
        self._client: Any = None
        self._ready: set[str] = set()  # collections that are known to be there, and loaded
        self._reason = ""  # why it does not answer
        self._again_at = 0.0

    @property
    def is_away(self) -> bool:
        """Whether it did not answer when it was asked last."""
        return bool(self._reason)

    @property
    def shown(self) -> str:
        """The address without a password, for people to read."""
        return shown_url(self.url)

    def close(self) -> None:
        """Let go of it; whoever asks again is connected again."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def check(self) -> None:
        """Find out whether it answers, at once though it did not before.

        Raises:
            IndexAwayError: If it does not.
            IndexFileError: If pymilvus is not installed.
        """
        self._ask(lambda client: client.list_collections(timeout=self.patience_s), at_once=True)

    def collections(self) -> list[str]:
        """Name all collections."""
        return self._ask(lambda client: list(client.list_collections(timeout=self.patience_s)))

    def has(self, name: str) -> bool:
        """Whether there is a collection, which can then be searched."""
        return self._ask(lambda client: self._is_ready(client, name))

    def make(self, name: str, how: Callable[[Any], None]) -> None:
        """Make a collection if there is none."""

        def make(client: Any) -> None:
            if not self._is_ready(client, name):
                how(client)
                self._ready.add(name)

        self._ask(make)

    def do(self, name: str, method: str, **arguments: Any) -> Any:
        """Call a method of the client about a collection that is there."""

        def do(client: Any) -> Any:
            self._is_ready(client, name)
            return getattr(client, method)(name, timeout=self.patience_s, **arguments)

        return self._ask(do)

    def pages(self, name: str, condition: str, fields: Sequence[str]) -> Iterator[list[dict[str, Any]]]:
        """Give all rows that a condition is about, in the order of their keys, many a step."""
        last = ""
        while self.has(name):
            after = f"{condition} and key > {literal(last)}"
            rows = self.do(
                name, "query", filter=after, output_fields=[*fields, "key"], limit=MOST, **_IN_ORDER
            )
            if not rows:  # fewer than asked for may come before the last ones
                return
            yield list(rows)
            last = max(row["key"] for row in rows)

    def _is_ready(self, client: Any, name: str) -> bool:
        """Whether a collection is there; a server that was started anew may have to load it first."""
        if name not in self._ready:
            if not client.has_collection(name, timeout=self.patience_s):
                return False
            client.load_collection(name, timeout=self.patience_s)
            self._ready.add(name)
        return True

    def _ask(self, what: Callable[[Any], T], *, at_once: bool = False) -> T:
        """Ask; if the connection is gone, once more over a new one. All that is asked may be asked twice."""
        if self._reason and not at_once and time.monotonic() < self._again_at:
            raise IndexAwayError(self.shown, self._reason)
        raise_unless_installed()
        from grpc import RpcError, StatusCode
        from pymilvus import MilvusException

        for attempt in (1, 2):
            try:
                answer = what(self._connected())
            except (MilvusException, RpcError, OSError, ValueError) as error:
                self._client = None
                code = error.code() if isinstance(error, RpcError) and hasattr(error, "code") else None
                if attempt == 2 or code == StatusCode.DEADLINE_EXCEEDED:
                    self._again_at = time.monotonic() + PAUSE_S
                    self._reason = _reason(error, self.url)
                    raise IndexAwayError(self.shown, self._reason) from error
            else:
                self._reason = ""
                return answer
        raise AssertionError

    def _connected(self) -> Any:
        client = self._client
        if client is None:
            from pymilvus import MilvusClient

            logging.getLogger("pymilvus").setLevel(logging.CRITICAL)  # its failures are told of here
            self._ready.clear()
            is_file = self.url.startswith("file:")
            place = os.path.abspath(file_of(self.url)) if is_file else self.url
            client = self._client = MilvusClient(
                place, timeout=min(CONNECT_S, self.patience_s), grpc_options=_GRPC
            )
            self.times_connected += 1
        return client


def literal(text: str) -> str:
    """Write a text in a condition; not as JSON does, some of whose escapes not every Milvus reads."""
    return f'"{text.translate(_ESCAPES)}"'


def raise_unless_installed() -> None:
    """Find out whether Milvus can be talked to at all.

    Raises:
        IndexFileError: If pymilvus is not installed.
    """
    if importlib.util.find_spec("pymilvus") is None:
        raise IndexFileError("To reach Milvus the package pymilvus is needed: pip install 'onenet[milvus]'")


def file_of(url: str) -> str:
    """Return the path in a file:PATH."""
    return url.removeprefix("file:").removeprefix("//")


def _reason(error: Exception, url: str) -> str:
    if hasattr(error, "details") and callable(error.details):  # of gRPC
        text = str(error.details())
    else:
        text = str(getattr(error, "message", "") or error)
    return (text.splitlines() or [type(error).__name__])[0][:200].replace(url, shown_url(url))
