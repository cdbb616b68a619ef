"""Who comes, goes and rules in a chat: how the bot learns of it, and what it may ask."""

import time

from bot.local.api.chats import Chats
from bot.local.api.contents import read_chat_id
from bot.local.api.parameters import Parameters
from bot.local.errors import bad_request
from bot.local.store.records import GONE, Json, Room

_RULERS = ("creator", "administrator")
_RIGHTS = dict.fromkeys(
    (
        "can_be_edited",
        "is_anonymous",
        "can_promote_members",
        "can_post_stories",
        "can_edit_stories",
        "can_delete_stories",
        "can_manage_topics",
    ),
    False,
) | dict.fromkeys(
    (
        "can_manage_chat",
        "can_delete_messages",
        "can_manage_video_chats",
        "can_restrict_members",
        "can_change_info",
        "can_invite_users",
        "can_pin_messages",
    ),
    True,
)
_DETAILS: dict[str, Json] = {
    "creator": {"is_anonymous": False},
    "administrator": _RIGHTS,
    "kicked": {"until_date": 0},
}


def chat_member(status: str, user: Json) -> Json:
    """The ChatMember."""
    return {"status": status, "user": user, **_DETAILS.get(status, {})}


async def set_status(chats: Chats, room: Room, user: Json, status: str, *, actor: Json) -> None:
    """Let someone, maybe the bot, join or leave a chat, be an administrator or be one no longer."""
    before = chats.people.status(room, user["id"])
    if before == status:
        return
    await chats.people.set_status(room.id, user["id"], status)
    if user["id"] == chats.bot["id"]:
        await tell_of_bot(chats, room, before, status, actor=actor)
    if room.is_private or (before in GONE) == (status in GONE):
        return
    joined = {"new_chat_members": [user]}
    await chats.post_service(room.id, actor, {"left_chat_member": user} if status in GONE else joined)


async def tell_of_bot(chats: Chats, room: Room, before: str, status: str, *, actor: Json) -> None:
    """Let the bot know that it is something else in a chat."""
    change = {
        "chat": room.chat,
        "from": actor,
        "date": int(time.time()),
        "old_chat_member": chat_member(before, chats.bot),
        "new_chat_member": chat_member(status, chats.bot),
    }
    await chats.tell("my_chat_member", change)


async def migrate(chats: Chats, room: Room, *, actor: Json) -> int:
    """The id of the supergroup that a group becomes.

    As on Telegram the bot is told that it joined the supergroup, not that it left the group.
    """
    new = await chats.people.migrate(room)
    if new.hears:
        await tell_of_bot(chats, new, "left", new.bot, actor=actor)
        await chats.post_service(room.id, actor, {"migrate_to_chat_id": new.id})
        await chats.post_service(new.id, actor, {"migrate_from_chat_id": room.id})
    return new.id


async def get_chat_member(chats: Chats, parameters: Parameters) -> Json:
    """`getChatMember`."""
    room = chats.people.rooms[read_chat_id(chats, parameters)]
    user = chats.people.user(parameters.integer("user_id"))
    if user is None:
        raise bad_request("invalid user_id specified")
    return chat_member(chats.people.status(room, user["id"]), user)


async def get_chat_administrators(chats: Chats, parameters: Parameters) -> list[Json]:
    """`getChatAdministrators`: the owner first."""
    room = chats.people.rooms[read_chat_id(chats, parameters)]
    if room.is_private:
        raise bad_request("there are no administrators in the private chat")
    statuses = {**room.members, chats.bot["id"]: room.bot}
    users = {user_id: chats.people.user(user_id) for user_id in statuses}
    return [
        chat_member(status, user)
        for ruler in _RULERS
        for user_id, status in statuses.items()
        if status == ruler and (user := users[user_id]) is not None
    ]


async def get_chat_member_count(chats: Chats, parameters: Parameters) -> int:
    """`getChatMemberCount`, the bot included."""
    room = chats.people.rooms[read_chat_id(chats, parameters)]
    return 1 + sum(status not in GONE for status in room.members.values())


async def leave_chat(chats: Chats, parameters: Parameters) -> bool:
    """`leaveChat`."""
    room = chats.people.rooms[read_chat_id(chats, parameters)]
    if room.is_private:
        raise bad_request("chat member status can't be changed in private chats")
    await set_status(chats, room, chats.bot, "left", actor=chats.bot)
    return True
