"""Onboarding: what the bot says when it comes into a chat, or may not."""

from bot.language import _
from bot.language.phrases import quote


def hello(name: str, how_to_talk: str) -> str:
    """Introduce the bot to a group.

    Args:
        name: The bot's first name.
        how_to_talk: `call_me`, or `send_commands`.
    """
    return "\n\n".join(
        (
            _(
                "Hello! I am <b>{name}</b>, one small neural network: I caption photos, find photos by a "
                "description and play with words."
            ).format(name=quote(name)),
            how_to_talk,
            _("I remember nothing of this group until an admin turns memory on: /settings. More: /help"),
        )
    )


def hello_again(*, remembers: bool) -> str:
    """Greet a group that knows the bot."""
    text = _("Hello again! My settings for this group are as they were: /settings. More: /help")
    memory = _("Memory is on: I remember the photos sent here.")
    return f"{text}\n\n{memory}" if remembers else text


def refused() -> str:
    """Say that the bot is not for everyone."""
    return _("I am sorry: I am here for a few people and groups only, and my owner did not name this chat.")


def call_me(name: str, username: str) -> str:
    """Say how to talk to a bot that sees every message.

    Args:
        name: The bot's first name.
        username: The bot's, without the @; "" if the server gives none.
    """
    mention = f"@{username}" if username else name
    return _(
        "Talk to me: a command, a reply to me, or my name, {mention}. Under a photo or as a reply to one: "
        "“{mention}”, /caption or /similar."
    ).format(mention=quote(mention))


def send_commands(example: str) -> str:
    """Say how to talk to a bot that sees commands and replies alone.

    Args:
        example: Of a description.
    """
    text = _(
        "Talk to me: a command or a reply to me. I do not see other messages here. For a caption, reply "
        "/caption to a photo; /find {example} looks for photos."
    )
    return text.format(example=example)
