"""What people ask in inline mode, and what the bot answered."""

import asyncio
import secrets
import time
from dataclasses import dataclass, field

from bot.local.errors import ApiError, bad_request
from bot.local.store.records import Json

ANSWERED_IN_S = 30.0
_KEPT_S = 600.0


@dataclass(frozen=True)
class InlineQuery:
    """A query; `answer` gets the fields of the bot's answer, `results` among them."""

    id: str
    sender: Json
    query: str
    asked_at: float = field(default_factory=time.monotonic)
    answer: "asyncio.Future[Json]" = field(default_factory=asyncio.Future)


class InlineQueries:
    """The queries of the last minutes; a restart forgets them, as no client waits any more."""

    def __init__(self) -> None:
        self._asked: dict[str, InlineQuery] = {}

    def ask(self, sender: Json, query: str) -> InlineQuery:
        """A new query."""
        oldest = time.monotonic() - _KEPT_S
        self._asked = {id_: asked for id_, asked in self._asked.items() if asked.asked_at > oldest}
        asked = InlineQuery(str(secrets.randbits(62)), sender, query)
        self._asked[asked.id] = asked
        return asked

    def find(self, query_id: str) -> InlineQuery | None:
        """A query, answered or not."""
        return self._asked.get(query_id)

    def waiting(self, query_id: str) -> InlineQuery:
        """A query whose answer somebody waits for.

        Raises:
            ApiError: If there is none, or it was answered, or it is too old.
        """
        asked = self._asked.get(query_id)
        if asked is None or asked.answer.done() or time.monotonic() - asked.asked_at > ANSWERED_IN_S:
            raise too_old()
        return asked


def too_old() -> ApiError:
    """The refusal of a query that nobody waits for any more."""
    return bad_request("query is too old and response timeout expired or query ID is invalid")
