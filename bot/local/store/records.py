"""What is kept: files, chats and who is in them; everything else is JSON as the Bot API shows it."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

Json = dict[str, Any]

GONE = frozenset({"left", "kicked"})  # statuses of ChatMember


class StoredFile(NamedTuple):
    """A file and what is known of it.

    Attributes:
        kind: "photo", "document", "sticker", "video", "animation" or "thumbnail".
        photo_id: Joins the sizes of one photo.
        path: Relative to the folder of files, with "/".
        body: The PhotoSize, Document, ... as the Bot API shows it.
    """

    file_id: str
    kind: str
    photo_id: str | None
    path: str
    size_bytes: int
    body: Json


@dataclass(frozen=True)
class Room:
    """One chat as the server keeps it.

    Attributes:
        chat: The Chat, as the Bot API shows it.
        bot: What the bot is in it: a status of ChatMember; in a private chat "kicked" if it is blocked.
        members: Statuses of people by their ids; whoever left stays in it as "left".
        migrated_to: The supergroup that this group became, if it did.
    """

    chat: Json
    bot: str = "member"
    members: dict[int, str] = field(default_factory=dict)
    migrated_to: int | None = None

    @property
    def id(self) -> int:
        """The chat's id."""
        return int(self.chat["id"])

    @property
    def is_private(self) -> bool:
        """Whether it is a chat of one person with the bot."""
        return bool(self.chat["type"] == "private")

    @property
    def hears(self) -> bool:
        """Whether the bot is there."""
        return self.bot not in GONE
