"""How updates reach the bot: it asks for them, or they are posted to its webhook."""

import asyncio
import time
from collections.abc import Sequence

from bot.local.errors import ApiError
from bot.local.store import Json, Store

_KINDS = frozenset({"message", "edited_message", "callback_query"})
_TERMINATED = "terminated by other getUpdates request; make sure that only one bot instance is running"
_WEBHOOK_ACTIVE = (
    "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)


class Updates:
    """Updates that the bot has not confirmed; they lie in the store until it does."""

    def __init__(self, store: Store) -> None:
        self._store = store
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
            updates = await self._store.updates(limit)
            remaining_s = deadline - time.monotonic()
            if updates or remaining_s <= 0 or self.closed:
                return updates
            try:
                await asyncio.wait_for(news.wait(), remaining_s)
            except TimeoutError:
                continue
            if mine != self._polls:
                raise ApiError(409, f"Conflict: {_TERMINATED}")

    async def next_for_webhook(self) -> tuple[Json, Json] | None:
        """The webhook and the oldest update, as soon as there are both; None once the chat closes."""
        while not self.closed:
            news = self._news
            webhook = await self.webhook()
            updates = await self._store.updates(1) if webhook else []
            if webhook and updates:
                return webhook, updates[0]
            await news.wait()
        return None

    async def confirm(self, update: Json) -> None:
        """Forget an update, and those before it."""
        await self._store.confirm_updates(update["update_id"] + 1)

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
