"""The two ways the server refuses: as the Bot API does, and with a sentence for the page."""


class ApiError(Exception):
    """A Bot API call that fails, with Telegram's own code and description.

    Attributes:
        code: Telegram's `error_code`, also the HTTP status.
        description: Telegram's text; a "Bad Request: " in front for 400.
        parameters: The ResponseParameters: "retry_after", seconds, for 429, or "migrate_to_chat_id".
    """

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


def bad_request(description: str) -> ApiError:
    """A 400 in Telegram's form."""
    return ApiError(400, f"Bad Request: {description}")


class PageError(Exception):
    """A request of the chat page that cannot be met; the message is shown to the person."""

    def __init__(self, sentence: str, *, status: int = 400) -> None:
        super().__init__(sentence)
        self.status = status
