"""Onboarding: what the bot says when it comes into a chat, or may not."""

from bot.language import _
from bot.language.phrases import quote


def hello(name: str, username: str, *, sees_everything: bool) -> str:
    """Introduce the bot to a group.

    Args:
        name: The bot's first name.
        username: The bot's, without the @; "" if the server gives none.
        sees_everything: Whether it is shown messages that are neither commands nor replies to it.
    """
    return "\n\n".join(
        (
            _(
                "Hello! I am <b>{name}</b>, one small neural network: I caption photos, find photos by a "
                "description and play with words."
            ).format(name=quote(name)),
            _call_me(name, username) if sees_everything else _send_commands(),
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


def _call_me(name: str, username: str) -> str:
    mention = f"@{username}" if username else name
    return _(
        "Talk to me: a command, a reply to me, or my name, {mention}. Under a photo or as a reply to one: "
        "“{mention}”, /caption or /similar."
    ).format(mention=quote(mention))


def _send_commands() -> str:
    return _(
        "Talk to me: a command or a reply to me. I do not see other messages here. For a caption, reply "
        "/caption to a photo; /find a dog in the snow looks for photos."
    )
