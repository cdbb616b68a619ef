"""What whoever tests a bot can turn and see: faults, privacy mode, the bot's latest calls."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bot.local.api.faults import Faults

_KEPT_REQUESTS = 10_000


class SeenRequest(NamedTuple):
    """A call of the bot: the method's name and its fields as sent; an upload as `Upload` without bytes."""

    method: str
    fields: dict[str, Any]


@dataclass
class Controls:
    """The controls of one bot.

    Attributes:
        faults: What shall go wrong.
        requests: The latest calls, oldest first.
        privacy_mode: Whether the bot gets to see of groups only what is meant for it.
    """

    faults: Faults = field(default_factory=Faults)
    requests: list[SeenRequest] = field(default_factory=list)
    privacy_mode: bool = False

    def see(self, request: SeenRequest) -> None:
        """Note a call."""
        self.requests.append(request)
        del self.requests[:-_KEPT_REQUESTS]
