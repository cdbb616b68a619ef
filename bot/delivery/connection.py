"""The connection to a Bot API server: patient with the network, forgiving towards servers that know less."""

import asyncio
import logging
import math
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, cast

import httpx
from telegram import LinkPreviewOptions, Update, User
from telegram.constants import ParseMode
from telegram.error import (
    BadRequest,
    Conflict,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.ext import AIORateLimiter, Defaults, ExtBot

from bot.delivery.patience import seconds_of
from bot.delivery.proxy import CONNECT_S, Proxy, WayRequest, certificates, is_of_the_way, proxy_to
from bot.delivery.turn import current_trace, current_turn
from bot.settings import Settings, SettingsError

logger = logging.getLogger(__name__)

Result = bool | dict[str, Any] | list[dict[str, Any]]

# Without these the bot still works: a server that fails at one of them is told apart from a failing bot.
OPTIONAL_METHODS = frozenset(
    {
        "setMyCommands",
        "setMyDescription",
        "setMyShortDescription",
        "sendChatAction",
        "answerCallbackQuery",
        "deleteWebhook",
    }
)
RETRY_DELAYS_S = (1.0, 3.0)
MAX_RETRIES_AFTER_FLOOD = 3
SLACK_S = 0.1  # the server's clock is not ours
NOW_OR_NEVER = 0  # as `rate_limit_args` of what is of no use later: it neither waits nor is tried again
NEW_MESSAGES = ("send", "copy", "forward")
ANSWERS = (*NEW_MESSAGES, "edit", "answerInlineQuery")
CONNECTIONS = 32
READ_S = 30.0  # for an answer to begin
QUICK_S = 5.0  # where the answer needs no work: else a connection that was lost is noticed late
REFUSED_PAUSES_S = (1.0, 3.0)  # servers refuse a valid token now and then


class PatientLimiter(AIORateLimiter):
    """Keeps Telegram's limits, waits when told to, tries again when the network fails.

    Only new messages count: what is edited or looked up need not wait behind a group's answers, nor does it
    take their places.

    Only the chat that was too much for the server waits; the library's own limiter would stop all.

    Args:
        limited: Whether the server has Telegram's limits; the local chat has none.
        retry_delays_s: Pauses before a request is repeated after a network error. A message is not sent again
            when it may have arrived: whoever sends it hears of the error.

    Attributes:
        counts: How often there was a "flood" and a "network" failure so far.
    """

    def __init__(self, *, limited: bool, retry_delays_s: Sequence[float] = RETRY_DELAYS_S) -> None:
        if limited:
            super().__init__()
        else:
            super().__init__(overall_max_rate=0, group_max_rate=0)
        self.counts: Counter[str] = Counter()
        self._retry_delays_s = retry_delays_s
        self._failed_methods: set[str] = set()
        self._paused_until: dict[object, float] = {}

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Result]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: int | None,
    ) -> Result:
        """Make one request when Telegram's limits let it, again where the network fails; gives its result."""
        begun = time.monotonic()
        place = data.get("chat_id", endpoint)
        if endpoint in OPTIONAL_METHODS:
            return not self._pause_s(place) and await self._try(callback, args, kwargs, endpoint)
        is_patient = rate_limit_args != NOW_OR_NEVER
        limited = data if endpoint.startswith(NEW_MESSAGES) else {}
        if not is_patient:
            self._check_room(place, limited)
        delays_s, floods = iter(self._retry_delays_s if is_patient else ()), 0

        async def ask(*args: Any, **kwargs: Any) -> Any:
            await self._wait(place)
            try:
                return await _noted(endpoint, callback, *args, **kwargs)
            except RetryAfter as error:  # given back: the library would let all chats wait for it
                return error

        while True:
            try:
                result: Any = await super().process_request(ask, args, kwargs, endpoint, limited, None)
            except NetworkError as error:
                self.counts["network"] += 1
                delay_s = next(delays_s, None)
                if delay_s is None or not _may_be_repeated(endpoint, error):
                    raise
                logger.info("%s failed (%s), once more in %g s", endpoint, error, delay_s)
                await asyncio.sleep(delay_s)
                continue
            if not isinstance(result, RetryAfter):
                if endpoint.startswith(ANSWERS):
                    current_trace().note_sent(begun)
                return cast(Result, result)
            floods += 1
            self._pause(place, result)
            if floods > MAX_RETRIES_AFTER_FLOOD or not is_patient:
                raise result

    def _check_room(self, place: object, limited: Mapping[str, Any]) -> None:
        """Raise RetryAfter where a request would have to wait."""
        if pause_s := self._pause_s(place):
            raise RetryAfter(math.ceil(pause_s))
        bucket = self._group_limiters.get(limited.get("chat_id", ""))
        if bucket is not None and not bucket.has_capacity():
            raise RetryAfter(math.ceil(bucket.time_period / bucket.max_rate))

    def _pause(self, place: object, error: RetryAfter) -> None:
        self.counts["flood"] += 1
        wait_s = seconds_of(error)
        logger.info("Too many requests for %s: it waits %g s", place, wait_s)
        self._paused_until[place] = time.monotonic() + wait_s + SLACK_S

    def _pause_s(self, place: object) -> float:
        return max(0.0, self._paused_until.get(place, 0.0) - time.monotonic())

    async def _wait(self, place: object) -> None:
        if pause_s := self._pause_s(place):
            await asyncio.sleep(pause_s)
            await self._wait(place)  # another request may have been too much meanwhile
        self._paused_until.pop(place, None)

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

    _polled_at = float("-inf")
    _refusal = ""

    @property
    def server(self) -> str:
        """The address of the Bot API server."""
        return self.base_url.partition("/bot")[0]

    @property
    def refusal(self) -> str:
        """Why the server refused the last question for updates; "" if it did not."""
        return self._refusal

    @property
    def polled_at(self) -> float:
        """When the server answered last to the question for updates, on the monotonic clock."""
        return self._polled_at

    @property
    def failures(self) -> Mapping[str, int]:
        """How often there was a "flood" and a "network" failure so far."""
        limiter = self.rate_limiter
        return limiter.counts if isinstance(limiter, PatientLimiter) else {}

    async def get_updates(self, *args: Any, **kwargs: Any) -> tuple[Update, ...]:
        """Ask for updates, and note when the server answered, or that it refused."""
        try:
            updates = await super().get_updates(*args, **kwargs)
        except (InvalidToken, Conflict) as error:
            self._refusal = str(error)
            raise
        self._polled_at, self._refusal = time.monotonic(), ""
        return updates

    async def get_me(self, *args: Any, **kwargs: Any) -> User:
        """Ask who we are; see `telegram.Bot.get_me`."""
        return await super().get_me(*args, **{"read_timeout": QUICK_S, **kwargs})

    async def delete_webhook(self, *args: Any, **kwargs: Any) -> bool:
        """Ask for updates from now on; see `telegram.Bot.delete_webhook`."""
        return await super().delete_webhook(*args, **{"read_timeout": QUICK_S, **kwargs})

    async def set_webhook(self, *args: Any, **kwargs: Any) -> bool:
        """Ask for updates to be brought, which takes the server a while; see `telegram.Bot.set_webhook`."""
        return await super().set_webhook(*args, **{"read_timeout": 2 * QUICK_S, **kwargs})

    def __repr__(self) -> str:
        return f"Connection[{self.server}]"  # the library's own shows the token

    async def initialize(self) -> None:
        """Ask the server who we are.

        Raises:
            SettingsError: If the server refuses the token, again and again.
            TelegramError: If there is no answer; the caller tries again.
        """
        for pause_s in (*REFUSED_PAUSES_S, None):
            try:
                return await super().initialize()
            except InvalidToken:
                if pause_s is None:
                    break
                logger.warning("%s does not accept BOT_TOKEN; asking once more in %g s", self.server, pause_s)
                await asyncio.sleep(pause_s)
            except TelegramError as error:
                logger.warning("No answer from %s yet (%s); trying again", self.server, error)
                raise
        raise SettingsError(
            f"{self.server} does not accept BOT_TOKEN: copy it once more from @BotFather, "
            "or check BOT_API_URL."
        )


async def _noted(
    endpoint: str, callback: Callable[..., Coroutine[Any, Any, Result]], *args: Any, **kwargs: Any
) -> Result:
    """Make a request; the turn it is made for knows whether a message of its answer went out."""
    turn = current_turn() if endpoint.startswith(ANSWERS) and endpoint not in OPTIONAL_METHODS else None
    if turn is None:
        return await callback(*args, **kwargs)
    await turn.sending()
    try:
        result = await callback(*args, **kwargs)
    except TelegramError as error:
        if not _may_have_arrived(error):
            await turn.refused()
        raise
    await turn.sent()
    return result


def may_be_sent_later(error: TelegramError) -> bool:
    """Tell whether what could not be sent now may well be sent in some minutes.

    Servers refuse a valid token now and then, and of two that receive messages one will end.
    """
    passes = isinstance(error, NetworkError | RetryAfter | InvalidToken | Conflict)
    return passes and not isinstance(error, BadRequest)


def _may_be_repeated(endpoint: str, error: NetworkError) -> bool:
    if isinstance(error, BadRequest | TimedOut):
        return False
    return not (endpoint.startswith(NEW_MESSAGES) and _may_have_arrived(error))


def _may_have_arrived(error: TelegramError) -> bool:
    """Tell whether a failed request may have taken effect: it was sent and nothing came back."""
    cause = error.__cause__
    broke_off = isinstance(cause, httpx.HTTPError | TimeoutError)
    never_sent = is_of_the_way(cause) or isinstance(cause, httpx.PoolTimeout)
    return isinstance(error, NetworkError) and broke_off and not never_sent


class UpdatesRequest(WayRequest):
    """Asks for updates. One that is not understood arrives empty: the library would ask for it for ever."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Read an answer of the server; of updates those that cannot be understood arrive empty."""
        answer = WayRequest.parse_json_payload(payload)
        if not isinstance(answer, dict):
            raise TelegramError("The answer is none of a Bot API server")
        if isinstance(answer.get("result"), list):
            answer["result"] = [_understood(update) for update in answer["result"] if _has_number(update)]
        return answer


def _has_number(update: Any) -> bool:
    number = update.get("update_id") if isinstance(update, dict) else None
    return type(number) is int and 0 <= number < 2**63


def _understood(update: dict[str, Any]) -> dict[str, Any]:
    try:
        read = Update.de_json(update, None)
        read.to_json()
        _check_numbers(read)
    except Exception as error:  # whatever a server of another make sends
        logger.warning("Update %d is not understood (%s)", update["update_id"], type(error).__name__)
        return {"update_id": update["update_id"]}
    return update


def _check_numbers(update: Update) -> None:
    """Raise unless whatever is kept by its number has one."""
    message = update.effective_message
    numbers = [chat.id for chat in (update.effective_chat, update.effective_user) if chat is not None]
    if message is not None:
        numbers += [message.chat.id, message.message_id]
    if any(type(number) is not int for number in numbers):
        raise TypeError("a number is none")


def connect(
    settings: Settings, *, limited: bool = True, retry_delays_s: Sequence[float] = RETRY_DELAYS_S
) -> Connection:
    """Make the connection that the settings describe; nothing is sent yet.

    Args:
        settings: The token and the server's address.
        limited: Whether the server has Telegram's limits; the local chat has none.
        retry_delays_s: See `PatientLimiter`.

    Raises:
        SettingsError: If the proxy or the certificates cannot be used.
    """
    proxy, options = proxy_to(settings), {}
    if settings.bot_api_url.startswith("https:"):
        options["verify"] = certificates()
    return Connection(
        token=settings.bot_token.reveal(),
        base_url=f"{settings.bot_api_url}/bot",
        base_file_url=f"{settings.bot_api_url}/file/bot",
        request=_request(CONNECTIONS, READ_S, proxy, options),
        get_updates_request=_request(1, QUICK_S, proxy, options, UpdatesRequest),
        defaults=Defaults(
            parse_mode=ParseMode.HTML,
            allow_sending_without_reply=True,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        ),
        rate_limiter=PatientLimiter(limited=limited, retry_delays_s=retry_delays_s),
    )


def _request(
    connections: int,
    read_s: float,
    proxy: Proxy | None,
    options: Mapping[str, Any],
    kind: type[WayRequest] = WayRequest,
) -> WayRequest:
    return kind(
        proxy,
        connection_pool_size=connections,
        connect_timeout=CONNECT_S,
        read_timeout=read_s,
        write_timeout=30.0,
        pool_timeout=60.0,
        media_write_timeout=60.0,
        httpx_kwargs={"trust_env": False, **options},
    )
