"""The connection to a Bot API server: patient with the network, forgiving towards servers that know less."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any
from urllib.parse import urlsplit

from telegram import LinkPreviewOptions
from telegram.constants import ParseMode
from telegram.error import BadRequest, InvalidToken, NetworkError, TelegramError, TimedOut
from telegram.ext import AIORateLimiter, Defaults, ExtBot
from telegram.request import HTTPXRequest

from bot.settings import Settings, SettingsError
from bot.statistics import note_request

logger = logging.getLogger(__name__)

Result = bool | dict[str, Any] | list[dict[str, Any]]

# Without these the bot still works: a server that fails at one of them is told apart from a failing bot.
OPTIONAL_METHODS = frozenset({"setMyCommands", "sendChatAction", "answerCallbackQuery", "deleteWebhook"})
RETRY_DELAYS_S = (1.0, 3.0)
MAX_RETRIES_AFTER_FLOOD = 3
CONNECTIONS = 32


class PatientLimiter(AIORateLimiter):
    """Keeps Telegram's limits, waits when told to, tries again when the network fails.

    Args:
        limited: Whether the server has Telegram's limits; the local chat has none.
        retry_delays_s: Pauses before a request is repeated after a network error. A request that only timed
            out is not repeated: it may have arrived.
    """

    def __init__(self, *, limited: bool, retry_delays_s: Sequence[float] = RETRY_DELAYS_S) -> None:
        if limited:
            super().__init__(max_retries=MAX_RETRIES_AFTER_FLOOD)
        else:
            super().__init__(overall_max_rate=0, group_max_rate=0, max_retries=MAX_RETRIES_AFTER_FLOOD)
        self._retry_delays_s = retry_delays_s
        self._failed_methods: set[str] = set()

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Result]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: int | None,
    ) -> Result:
        """Make one request; see `telegram.ext.BaseRateLimiter`."""
        note_request(endpoint)
        if endpoint in OPTIONAL_METHODS:
            return await self._try(callback, args, kwargs, endpoint)
        for delay_s in (*self._retry_delays_s, None):
            try:
                return await super().process_request(callback, args, kwargs, endpoint, data, rate_limit_args)
            except NetworkError as error:
                if delay_s is None or isinstance(error, BadRequest | TimedOut):
                    raise
                logger.info("%s failed (%s), once more in %g s", endpoint, error, delay_s)
                await asyncio.sleep(delay_s)
        raise AssertionError("the last attempt returns or raises")

    async def _try(
        self,
        callback: Callable[..., Coroutine[Any, Any, Result]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
    ) -> bool:
        try:
            await callback(*args, **kwargs)
        except TelegramError as error:
            if endpoint == "deleteWebhook" and not isinstance(error, InvalidToken | BadRequest):
                raise  # with the webhook in place no message would come: the start has to be tried again
            level = logging.DEBUG if endpoint in self._failed_methods else logging.WARNING
            self._failed_methods.add(endpoint)
            logger.log(level, "The server did not accept %s (%s); going on without", endpoint, error)
            return False
        return True


class Connection(ExtBot[int]):
    """The bot's side of the connection; it says what is wrong when it cannot begin."""

    def __repr__(self) -> str:
        return f"Connection[{_server_of(self)}]"  # the library's own shows the token

    async def initialize(self) -> None:
        """Ask the server who we are.

        Raises:
            SettingsError: If the server refuses the token.
            NetworkError: If there is no answer; the caller tries again.
        """
        try:
            await super().initialize()
        except InvalidToken:
            raise SettingsError(
                f"{_server_of(self)} does not accept BOT_TOKEN: copy it once more from @BotFather, "
                "or check BOT_API_URL."
            ) from None
        except NetworkError as error:
            logger.warning("No answer from %s yet (%s); trying again", _server_of(self), error)
            raise


def connect(
    settings: Settings, *, limited: bool = True, retry_delays_s: Sequence[float] = RETRY_DELAYS_S
) -> Connection:
    """Make the connection that the settings describe; nothing is sent yet.

    Args:
        settings: The token and the server's address.
        limited: Whether the server has Telegram's limits; the local chat has none.
        retry_delays_s: See `PatientLimiter`.
    """
    return Connection(
        token=settings.bot_token.reveal(),
        base_url=f"{settings.bot_api_url}/bot",
        base_file_url=f"{settings.bot_api_url}/file/bot",
        request=_request(settings, CONNECTIONS),
        get_updates_request=_request(settings, 1),
        defaults=Defaults(
            parse_mode=ParseMode.HTML,
            allow_sending_without_reply=True,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        ),
        rate_limiter=PatientLimiter(limited=limited, retry_delays_s=retry_delays_s),
    )


def _request(settings: Settings, connections: int) -> HTTPXRequest:
    return HTTPXRequest(
        connection_pool_size=connections,
        connect_timeout=10.0,
        read_timeout=30.0,
        write_timeout=30.0,
        pool_timeout=60.0,
        media_write_timeout=60.0,
        # A proxy of the environment leads out of this machine, never back into it.
        httpx_kwargs={"trust_env": urlsplit(settings.bot_api_url).hostname not in ("127.0.0.1", "localhost")},
    )


def _server_of(bot: ExtBot[int]) -> str:
    return bot.base_url.partition("/bot")[0]
