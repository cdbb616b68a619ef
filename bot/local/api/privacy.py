"""Which messages of a group a bot in privacy mode gets to see."""

import re

from bot.local.store.records import Json, Room

_COMMAND = re.compile(r"/\w+(?:@(\w+))?")


def is_delivered(message: Json, room: Room, bot: Json, *, privacy_mode: bool) -> bool:
    """Whether the bot hears of a person's message.

    With privacy mode on, a bot that is no administrator gets of a group, as Telegram's description of
    privacy mode says: commands meant for it, commands that name no bot (if it was the last bot to
    write; it is the only one here), messages sent via it in inline mode, replies to its messages, and
    service messages. A message that merely mentions it is not delivered, nor are the photos of an
    album beside the one whose caption is a command.
    """
    if not room.hears:
        return False
    if not privacy_mode or room.is_private or room.bot == "administrator":
        return True
    original = message.get("reply_to_message", {})
    return (
        message.get("via_bot", {}).get("id") == bot["id"]
        or original.get("from", {}).get("id") == bot["id"]
        or _is_command(message, bot)
    )


def _is_command(message: Json, bot: Json) -> bool:
    found = _COMMAND.match(message.get("text") or message.get("caption") or "")
    return found is not None and (found[1] or bot["username"]).lower() == bot["username"].lower()
