"""How updates reach the bot: it asks for them, or they are posted to its webhook."""

import asyncio
import random
import time
from collections.abc import Sequence
from contextlib import suppress
from math import inf

from bot.local.api.faults import Faults
from bot.local.errors import ApiError
from bot.local.store.database import Store
from bot.local.store.records import Json

_KINDS = frozenset(
    {
        "message",
        "edited_message",
        "callback_query",
        "my_chat_member",
        "inline_query",
        "chosen_inline_result",
    }
)
_MIXED = 100
_TERMINATED = "terminated by other getUpdates request; make sure that only one bot instance is running"
_WEBHOOK_ACTIVE = (
    "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)


class Updates:
    """Updates that the bot has not confirmed; they lie in the store until it does."""

    def __init__(self, store: Store, faults: Faults) -> None:
        self._store = store
        self._faults = faults
        self._again: list[tuple[float, Json]] = []  # to be repeated: when at the earliest, and what
        self._news = asyncio.Event()
        self._polls = 0
        self.closed = False

    def close(self) -> None:
        """End all long polls."""
        self.closed = True
        self.wake()

    def wake(self) -> None:
        """Let whoever waits look again."""
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def poll(self, *, offset: int | None, limit: int, timeout_s: float) -> list[Json]:
        """Updates not confirmed yet; waits for one as long as allowed.

        Raises:
            ApiError: 409 if another poll comes meanwhile, or there is a webhook.
        """
        if await self.webhook():
            raise ApiError(409, f"Conflict: {_WEBHOOK_ACTIVE}")
        self._polls += 1
        mine = self._polls
        self.wake()
        if offset:
            await self._store.confirm_updates(offset)
        deadline = time.monotonic() + timeout_s
        while True:
            news = self._news
            updates = await self._waiting(limit)
            remaining_s = deadline - time.monotonic()
            if updates or remaining_s <= 0 or self.closed:
                return self._deliver(updates)
            try:
                await asyncio.wait_for(news.wait(), min(remaining_s, self._until_repeat_s()))
            except TimeoutError:
                continue
            if mine != self._polls:
                raise ApiError(409, f"Conflict: {_TERMINATED}")

    async def next_for_webhook(self) -> tuple[Json, Json] | None:
        """The webhook and the oldest update, as soon as there are both; None once the chat closes."""
        while not self.closed:
            news = self._news
            webhook = await self.webhook()
            updates = await self._waiting(_MIXED if self._faults.updates_shuffled else 1) if webhook else []
            if webhook and updates:
                return webhook, updates[0]
            with suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), self._until_repeat_s())
        return None

    async def confirm(self, update: Json) -> None:
        """Forget an update that was posted."""
        await self._store.confirm_update(update["update_id"])
        self._deliver([update])

    async def _waiting(self, limit: int) -> list[Json]:
        """What is to be delivered now: what is due again, and then the oldest of what is not confirmed."""
        shuffled = self._faults.updates_shuffled
        if shuffled and await self._store.count_updates():
            await asyncio.sleep(self._faults.gather_s)
        now = time.monotonic()
        due = [update for due_at, update in self._again if due_at <= now]
        updates = [*due, *await self._store.updates(limit)][:limit]
        return _mixed(updates) if shuffled else updates

    def _deliver(self, updates: list[Json]) -> list[Json]:
        """Note what is delivered now, and what of it shall come again."""
        repeated = [update for _, update in self._again if update in updates]
        self._again = [(due_at, update) for due_at, update in self._again if update not in repeated]
        fresh = [update for update in updates if update not in repeated]
        repeats = self._faults.take_repeats(len(fresh))
        self._again += [(time.monotonic() + repeats.after_s, update) for update in fresh[: repeats.times]]
        return updates

    def _until_repeat_s(self) -> float:
        return max(min((due_at for due_at, _ in self._again), default=inf) - time.monotonic(), 0.0)

    async def allow(self, kinds: Sequence[str] | None) -> None:
        """Remember which kinds of updates the bot wants; an empty list means all."""
        if kinds is not None and kinds != await self._store.setting("allowed_updates", []):
            await self._store.set_setting("allowed_updates", list(kinds))

    async def are_allowed(self, kind: str) -> bool:
        """Whether the bot wants updates of a kind."""
        return kind in (await self._store.setting("allowed_updates", []) or _KINDS)

    async def webhook(self) -> Json | None:
        """The `url` and `secret_token` of the webhook, or None."""
        webhook: Json | None = await self._store.setting("webhook", None)
        return webhook

    async def set_webhook(self, webhook: Json | None) -> None:
        """Post updates to this address from now on, or to none."""
        await self._store.set_setting("webhook", webhook)
        self.wake()


def _mixed(updates: list[Json]) -> list[Json]:
    """The updates in an order that is not theirs, if there are several."""
    mixed = random.sample(updates, len(updates))
    return mixed[::-1] if mixed == updates else mixed
