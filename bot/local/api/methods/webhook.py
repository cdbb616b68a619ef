"""Posts updates to the bot's webhook, one after another, again and again until it takes them."""

import asyncio
import logging
import re
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

import httpx

from bot.local.api.chats import Chats
from bot.local.api.parameters import Parameters
from bot.local.errors import bad_request
from bot.local.store.records import Json

logger = logging.getLogger(__name__)

_RETRY_S = 0.5
_TIMEOUT_S = 60.0
_THIS_COMPUTER = frozenset({"127.0.0.1", "localhost"})
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")


async def set_webhook(chats: Chats, parameters: Parameters) -> bool:
    """`setWebhook`; http does for an address on this computer."""
    url = parameters.text("url")
    if url is None:
        return await delete_webhook(chats, parameters)
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _THIS_COMPUTER):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    secret = parameters.text("secret_token")
    if secret is not None and not _SECRET.fullmatch(secret):
        raise bad_request("secret token contains unallowed characters")
    await chats.updates.allow(parameters.array("allowed_updates", "allowed updates"))
    await _drop_pending(chats, parameters)
    await chats.updates.set_webhook({"url": url, "secret_token": secret})
    return True


async def delete_webhook(chats: Chats, parameters: Parameters) -> bool:
    """`deleteWebhook`; old updates go if asked."""
    await chats.updates.set_webhook(None)
    await _drop_pending(chats, parameters)
    return True


async def get_webhook_info(chats: Chats, parameters: Parameters) -> Json:
    """`getWebhookInfo`."""
    webhook = await chats.updates.webhook()
    return {
        "url": webhook["url"] if webhook else "",
        "has_custom_certificate": False,
        "pending_update_count": await chats.store.count_updates(),
    }


async def post_updates(chats: Chats) -> None:
    """Post updates while there is a webhook, until the chat closes."""
    async with AsyncExitStack() as stack:
        client = None
        while waiting := await chats.updates.next_for_webhook():
            if client is None:  # made late: most bots have no webhook, and certificates take long to load
                client = httpx.AsyncClient(timeout=_TIMEOUT_S, trust_env=False)
                await stack.enter_async_context(client)
            webhook, update = waiting
            if await _post(client, webhook, update):
                await chats.updates.confirm(update)
            else:
                await asyncio.sleep(_RETRY_S)


async def _post(client: httpx.AsyncClient, webhook: Json, update: Json) -> bool:
    secret = webhook["secret_token"]
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {}
    try:
        answer = await client.post(webhook["url"], json=update, headers=headers)
    except httpx.HTTPError as error:
        logger.warning("The webhook cannot be reached: %s", type(error).__name__)
        return False
    return answer.is_success


async def _drop_pending(chats: Chats, parameters: Parameters) -> None:
    if parameters.flag("drop_pending_updates"):
        await chats.store.confirm_updates(2**62)
