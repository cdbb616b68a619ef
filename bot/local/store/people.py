"""Who there is: people, chats, and who is what in which chat."""

from dataclasses import replace

from bot.local.store.database import Store
from bot.local.store.records import Json, Room

ME: Json = {"id": 1001, "is_bot": False, "first_name": "You", "language_code": "en"}
GROUP_CHAT: Json = {"id": -1002000000001, "type": "supergroup", "title": "Friends"}

_FIRST_BASIC_GROUP = -5_000_000_001


class People:
    """All people and chats: read once, and every change is written at once.

    Args:
        store: Where they are kept.
        bot: The bot's own User.
    """

    def __init__(self, store: Store, bot: Json) -> None:
        self._store = store
        self.bot = bot  # another object after each change: messages hold it as it was
        self.users: dict[int, Json] = {}
        self.rooms: dict[int, Room] = {}

    async def load(self) -> None:
        """Read everybody; the page's person and the first group are there from the beginning."""
        self.bot = {**self.bot, **await self._store.setting("bot", {})}
        self.users = {user["id"]: user for user in await self._store.people()}
        rooms = sorted(map(_from_json, await self._store.chats()), key=_age)
        self.rooms = {room.id: room for room in rooms}
        if ME["id"] not in self.users:
            await self._add_user(ME)
            await self._put(Room(GROUP_CHAT, members={ME["id"]: "creator"}))

    def user(self, user_id: int | None) -> Json | None:
        """The User with this id, the bot included."""
        return self.bot if user_id == self.bot["id"] else self.users.get(user_id or 0)

    @property
    def me(self) -> Json:
        """The User at the page."""
        return self.users[ME["id"]]

    def room(self, chat_id: int | None) -> Room | None:
        """The chat with this id."""
        return self.rooms.get(chat_id or 0)

    def status(self, room: Room, user_id: int) -> str:
        """What someone is in a chat: a status of ChatMember."""
        return room.bot if user_id == self.bot["id"] else room.members.get(user_id, "left")

    async def rename_bot(self, names: Json) -> None:
        """Give the bot another `first_name` or `username`."""
        kept = {**await self._store.setting("bot", {}), **names}
        await self._store.set_setting("bot", kept)
        self.bot = {**self.bot, **kept}

    async def add_person(self, *, first_name: str | None, username: str | None, language: str | None) -> Json:
        """The User of a new person, who has a private chat with the bot."""
        user_id = max(2000, *self.users) + 1
        user_id += user_id == self.bot["id"]
        known = {"first_name": first_name or f"Person {user_id}", "username": username}
        user = {"id": user_id, "is_bot": False, **known, "language_code": language}
        return await self._add_user({name: value for name, value in user.items() if value is not None})

    async def set_language(self, user_id: int, language: str) -> Json:
        """The User of a person whose app is in another language from now on; messages hold the old one."""
        user = {**self.users[user_id], "language_code": language}
        self.users[user_id] = user
        await self._store.put_person(user)
        return user

    async def add_group(self, title: str, kind: str, members: dict[int, str]) -> Room:
        """A new "group" or "supergroup" without the bot."""
        chat = {"id": self._next_id(kind), "type": kind, "title": title}
        return await self._put(Room(chat, bot="left", members=members))

    async def set_status(self, chat_id: int, user_id: int, status: str) -> Room:
        """The chat in which someone is something else now."""
        room = self.rooms[chat_id]
        if user_id == self.bot["id"]:
            return await self._put(replace(room, bot=status))
        return await self._put(replace(room, members={**room.members, user_id: status}))

    async def migrate(self, room: Room) -> Room:
        """The supergroup that a group becomes, with its members and another id."""
        chat = {**room.chat, "id": self._next_id("supergroup"), "type": "supergroup"}
        new = replace(room, chat=chat)
        await self._put(replace(room, migrated_to=new.id), new)
        return new

    async def _add_user(self, user: Json) -> Json:
        self.users[user["id"]] = user
        names: Json = {name: user[name] for name in ("first_name", "username") if name in user}
        await self._store.put_person(user)
        await self._put(Room({"id": user["id"], "type": "private", **names}, members={user["id"]: "member"}))
        return user

    async def _put(self, *rooms: Room) -> Room:
        self.rooms.update({room.id: room for room in rooms})  # first: others may ask while it is written
        await self._store.put_chats({room.id: _to_json(room) for room in rooms})
        return rooms[-1]

    def _next_id(self, kind: str) -> int:
        alike = [chat_id for chat_id, room in self.rooms.items() if room.chat["type"] == kind]
        first = GROUP_CHAT["id"] if kind == "supergroup" else _FIRST_BASIC_GROUP
        return min([first, *alike]) - 1


def _age(room: Room) -> tuple[bool, int]:
    """The order in which chats came, as far as ids tell: people first; groups count downwards."""
    return room.id < 0, abs(room.id)


def _to_json(room: Room) -> Json:
    return {"chat": room.chat, "bot": room.bot, "members": room.members, "migrated_to": room.migrated_to}


def _from_json(body: Json) -> Room:
    members = {int(user_id): status for user_id, status in body["members"].items()}
    return Room(body["chat"], body["bot"], members, body["migrated_to"])
