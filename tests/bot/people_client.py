"""Who is in the local chat, for tests: new people and groups, who comes and goes, and inline mode."""

from collections.abc import Sequence
from typing import Literal

from bot.local import LocalServer
from tests.bot.page_client import PRIVATE, Json, PageClient


class PeopleClient(PageClient):
    """Makes people and groups, and asks in inline mode."""

    def __init__(self, server: LocalServer) -> None:
        super().__init__(server)
        self.bot_id = int(server.token.partition(":")[0])
        self._inline_answers: list[Json] = []

    # People and groups

    async def new_person(
        self, first_name: str | None = None, *, language: str | None = "en", username: str | None = None
    ) -> int:
        """Somebody new; the id is also that of their private chat with the bot."""
        details = {"first_name": first_name, "language": language, "username": username}
        return int((await self._post("/local/people", **details))["user"]["id"])

    async def change_language(self, language: str) -> None:
        """Let the page's person have a browser in this language."""
        await self._post("/local/me", language=language.lower())

    async def new_group(
        self,
        title: str = "Group",
        *,
        kind: Literal["group", "supergroup"] = "supergroup",
        admins: Sequence[int] = (),
        members: Sequence[int] = (),
        with_bot: bool = True,
    ) -> int:
        """A group that "You" own; the bot is added to it."""
        people = {"admins": list(admins), "members": list(members)}
        answer = await self._post("/local/groups", title=title, kind=kind, with_bot=with_bot, **people)
        return int(answer["chat"]["id"])

    async def set_status(self, chat_id: int, user_id: int, status: str, *, actor: int | None = None) -> None:
        """Make someone "administrator", "member", "left" or "kicked"."""
        await self._post(f"/local/chats/{chat_id}/members", user_id=user_id, status=status, actor=actor)

    async def set_admin(self, chat_id: int, user_id: int, is_admin: bool = True) -> None:
        """Make someone (`bot_id`: the bot) an administrator, or one no longer."""
        await self.set_status(chat_id, user_id, "administrator" if is_admin else "member")

    async def add_bot(self, chat_id: int, *, actor: int | None = None) -> None:
        """Add the bot to a group; in a private chat: unblock it."""
        await self.set_status(chat_id, self.bot_id, "member", actor=actor)

    async def remove_bot(self, chat_id: int, *, actor: int | None = None) -> None:
        """Remove the bot from a group; in a private chat: block it."""
        await self.set_status(chat_id, self.bot_id, "kicked", actor=actor)

    async def migrate(self, chat_id: int) -> int:
        """Let a group become a supergroup; the new id."""
        return int((await self._post(f"/local/chats/{chat_id}/migrate"))["chat_id"])

    async def commands(self, chat_id: int = PRIVATE, *, sender: int | None = None) -> list[Json]:
        """The bot's commands that someone is shown in a chat."""
        params = {} if sender is None else {"sender": sender}
        commands: list[Json] = (await self._get(f"/local/chats/{chat_id}/commands", **params))["commands"]
        return commands

    # Inline mode

    async def inline(
        self, query: str, *, sender: int = PRIVATE, offset: str = "", timeout_s: float = 10, **details: str
    ) -> list[Json]:
        """Write behind the bot's name in any chat; the results that the bot offers.

        Args:
            details: `chat_type`, by default "sender": the private chat with the bot.
        """
        body = {"query": query, "sender": sender, "offset": offset, "timeout_s": timeout_s, **details}
        answer = await self._post("/local/inline", **body)
        self._inline_answers.append({**answer, "sender": sender})
        results: list[Json] = answer["results"]
        return results

    async def choose(self, result: Json, *, chat_id: int = PRIVATE, sender: int | None = None) -> Json:
        """Send one of the results of `inline` as a message of the one who asked: the latest, or `sender`."""
        answers = [
            answer
            for answer in self._inline_answers
            if result in answer["results"] and sender in (None, answer["sender"])
        ]
        assert answers, "nobody was offered this"
        query_id = answers[-1]["inline_query_id"]
        path = f"/local/chats/{chat_id}/chosen"
        message: Json = (await self._post(path, inline_query_id=query_id, result_id=result["id"]))["message"]
        return message
