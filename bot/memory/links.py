"""Links: the way back from a remembered photo to its message."""

from bot.memory.table import RememberedPhoto

_SUPERGROUPS_BELOW = -1_000_000_000_000  # so the Bot API numbers them


def link_to(photo: RememberedPhoto, username: str | None = None) -> str:
    """Give the address of a photo's message; "" where messages have none: outside supergroups.

    Args:
        photo: Of a chat.
        username: Of the chat, if it is a public one.
    """
    chat_id = photo.chat.chat_id
    if chat_id >= _SUPERGROUPS_BELOW or not can_be_replied_to(photo):
        return ""
    return f"https://t.me/{username or f'c/{_SUPERGROUPS_BELOW - chat_id}'}/{photo.message.message_id}"


def can_be_replied_to(photo: RememberedPhoto) -> bool:
    """Tell whether a photo's message is in the chat as it is now; it is not, if a group was moved since."""
    return photo.sent_in == photo.chat.chat_id
