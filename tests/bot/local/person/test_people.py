"""Many people and groups: who is what in which chat, and how the bot learns of it."""

from typing import Any

import pytest

from bot.local import LocalServer
from tests.bot.local.conftest import Api, picture
from tests.bot.local_chat import GROUP, PRIVATE, LocalChat

Json = dict[str, Any]


async def updates(api: Api, kind: str) -> list[Json]:
    """What is in the waiting updates of a kind."""
    return [update[kind] for update in await api("getUpdates") if kind in update]


async def changes(api: Api) -> list[tuple[int, str, str]]:
    """Where the bot became what, from what."""
    return [
        (change["chat"]["id"], change["old_chat_member"]["status"], change["new_chat_member"]["status"])
        for change in await updates(api, "my_chat_member")
    ]


async def test_a_person_writes_under_their_own_name_and_language(api: Api, chat: LocalChat) -> None:
    person = await chat.new_person("Ana", language="es", username="ana")
    nameless = await chat.new_person(language=None)
    await chat.send_text("hola", chat_id=person)
    await chat.send_text("?", chat_id=nameless)
    first, second = await updates(api, "message")
    user = {"id": person, "is_bot": False, "first_name": "Ana", "username": "ana", "language_code": "es"}
    assert first["from"] == user
    assert first["chat"] == {"id": person, "type": "private", "first_name": "Ana", "username": "ana"}
    assert "language_code" not in second["from"]
    assert [len(await chat.messages(each)) for each in (person, nameless, PRIVATE)] == [1, 1, 0]
    assert (await api("sendMessage", chat_id=person, text="¡hola!"))["chat"]["id"] == person


@pytest.mark.parametrize(("kind", "group_id"), [("supergroup", -1002000000002), ("group", -5000000002)])
async def test_the_bot_hears_that_it_was_added(api: Api, chat: LocalChat, kind: Any, group_id: int) -> None:
    person = await chat.new_person()
    group = await chat.new_group("Holiday", kind=kind, admins=(person,))
    assert group == group_id
    assert await changes(api) == [(group, "left", "member")]
    (added,) = await updates(api, "message")
    assert added["new_chat_members"][0]["username"] == "onenet_local_bot"
    assert (added["from"]["id"], added["chat"]) == (PRIVATE, {"id": group, "type": kind, "title": "Holiday"})


async def test_members_administrators_and_the_owner(api: Api, chat: LocalChat) -> None:
    admin, member, stranger = [await chat.new_person() for _ in range(3)]
    group = await chat.new_group(admins=(admin,), members=(member,))
    people = {PRIVATE: "creator", admin: "administrator", member: "member", stranger: "left", 42: "member"}
    for user_id, status in people.items():
        found = await api("getChatMember", chat_id=group, user_id=user_id)
        assert (found["status"], found["user"]["id"]) == (status, user_id)
    assert await api("getChatMemberCount", chat_id=group) == 4
    rulers = await api("getChatAdministrators", chat_id=group)
    assert [ruler["user"]["id"] for ruler in rulers] == [PRIVATE, admin]
    assert await api.error("getChatMember", chat_id=group, user_id=7) == (
        "Bad Request: invalid user_id specified"
    )
    assert await api.error("getChatAdministrators", chat_id=member) == (
        "Bad Request: there are no administrators in the private chat"
    )


async def test_administrators_change(api: Api, chat: LocalChat) -> None:
    person = await chat.new_person()
    group = await chat.new_group(members=(person,))
    await chat.set_admin(group, person)
    await chat.set_admin(group, chat.bot_id)
    rulers = await api("getChatAdministrators", chat_id=group)
    assert [ruler["user"]["id"] for ruler in rulers] == [PRIVATE, person, 42]
    await chat.set_admin(group, person, False)
    assert (await api("getChatMember", chat_id=group, user_id=person))["status"] == "member"
    assert await changes(api) == [(group, "left", "member"), (group, "member", "administrator")]
    assert len(await updates(api, "message")) == 1, "there is no service message about rights"


async def test_people_come_and_go_with_service_messages(api: Api, chat: LocalChat) -> None:
    person = await chat.new_person("Bo")
    group = await chat.new_group()
    await chat.set_status(group, person, "member", actor=person)
    await chat.set_status(group, person, "left", actor=person)
    await chat.set_status(group, person, "left", actor=person)  # nothing happens twice
    _, joined, left = await updates(api, "message")
    assert [user["first_name"] for user in joined["new_chat_members"]] == ["Bo"]
    assert left["left_chat_member"]["first_name"] == "Bo"
    assert len(await changes(api)) == 1, "changes of others are another kind of update"


async def test_whoever_writes_in_a_group_is_in_it(api: Api, chat: LocalChat) -> None:
    person = await chat.new_person()
    await chat.send_text("hi", chat_id=GROUP, sender=person)
    assert (await api("getChatMember", chat_id=GROUP, user_id=person))["status"] == "member"
    assert [message["from"]["id"] for message in await updates(api, "message")] == [person]


@pytest.mark.parametrize("kind", ["group", "supergroup"])
async def test_a_bot_that_was_removed_hears_of_it_and_of_nothing_else(
    api: Api, chat: LocalChat, kind: Any
) -> None:
    group = await chat.new_group(kind=kind)
    message = await api("sendMessage", chat_id=group, text="hello")
    await chat.remove_bot(group)
    await chat.send_text("are you there?", chat_id=group)
    assert (await changes(api))[1:] == [(group, "member", "kicked")]
    assert [list(set(each) & {"left_chat_member", "text"}) for each in await updates(api, "message")][1:] == [
        ["left_chat_member"]
    ]
    forbidden = {
        "ok": False,
        "error_code": 403,
        "description": f"Forbidden: bot was kicked from the {kind} chat",
    }
    assert await api.post("sendMessage", chat_id=group, text="x") == forbidden
    assert await api.post("getChat", chat_id=group) == forbidden
    ids = {"chat_id": group, "message_id": message["message_id"]}
    assert await api.post("editMessageText", text="y", **ids) == forbidden
    await chat.add_bot(group)
    assert (await changes(api))[2:] == [(group, "kicked", "member")]
    assert await api("sendMessage", chat_id=group, text="back")


async def test_a_bot_can_leave_a_group(api: Api, chat: LocalChat) -> None:
    group = await chat.new_group()
    assert await api("leaveChat", chat_id=group) is True
    assert (await changes(api))[-1] == (group, "member", "left")
    answer = await api.post("leaveChat", chat_id=group)
    assert answer["description"] == "Forbidden: bot is not a member of the supergroup chat"
    assert (await api.post("leaveChat", chat_id=PRIVATE))["error_code"] == 400
    assert (await chat.messages(group))[-1]["left_chat_member"]["id"] == 42
    assert all("left_chat_member" not in message for message in await updates(api, "message"))


async def test_a_person_can_block_the_bot(api: Api, chat: LocalChat) -> None:
    person = await chat.new_person()
    await chat.remove_bot(person)
    answer = await api.post("sendMessage", chat_id=person, text="x")
    assert (answer["error_code"], answer["description"]) == (403, "Forbidden: bot was blocked by the user")
    await chat.add_bot(person)
    assert await changes(api) == [(person, "member", "kicked"), (person, "kicked", "member")]
    assert await updates(api, "message") == [], "in a private chat there is no service message"


async def test_a_group_becomes_a_supergroup(api: Api, chat: LocalChat) -> None:
    admin = await chat.new_person()
    group = await chat.new_group("Friends", kind="group", admins=(admin,))
    await api("getUpdates", offset=(await api("getUpdates"))[-1]["update_id"] + 1)
    new = await chat.migrate(group)
    assert await changes(api) == [(new, "left", "member")]
    old_message, new_message = await updates(api, "message")
    assert (old_message["chat"]["id"], old_message["migrate_to_chat_id"]) == (group, new)
    assert (new_message["chat"]["id"], new_message["migrate_from_chat_id"]) == (new, group)
    assert await api.post("sendMessage", chat_id=group, text="x") == {
        "ok": False,
        "error_code": 400,
        "description": "Bad Request: group chat was upgraded to a supergroup chat",
        "parameters": {"migrate_to_chat_id": new},
    }
    assert (await api("getChatMember", chat_id=new, user_id=admin))["status"] == "administrator"
    assert (await api("getChat", chat_id=new))["title"] == "Friends"
    shown = [each["id"] for each in (await chat.state())["chats"]]
    assert shown == [PRIVATE, GROUP, new]
    with pytest.raises(AssertionError, match="This group is a supergroup now"):
        await chat.send_text("too late", chat_id=group)
    with pytest.raises(AssertionError, match="only once"):
        await chat.migrate(group)


async def test_the_page_shows_only_the_chats_of_its_person(chat: LocalChat) -> None:
    await chat.new_person()
    groups = [await chat.new_group(str(number)) for number in range(60)]
    shown = [each["id"] for each in (await chat.state())["chats"]]
    assert shown == [PRIVATE, GROUP, *groups[:48]]


@pytest.mark.parametrize(
    ("path", "body", "status", "sentence"),
    [
        ("groups", {"kind": "channel"}, 400, "A chat is one of group, supergroup."),
        ("groups", {"members": [5]}, 404, "There is no such person."),
        ("groups", {"members": 5}, 404, "There is no such person."),
        (f"chats/{GROUP}/members", {"user_id": 5, "status": "left"}, 404, "There is no such person."),
        (
            f"chats/{GROUP}/members",
            {"user_id": 1001, "status": "king"},
            400,
            "A member is one of administrator, member, left, kicked.",
        ),
        (f"chats/{GROUP}/members", {"user_id": 1001, "status": "left", "actor": 42}, 403, "The bot acts by"),
        (f"chats/{GROUP}/migrate", {}, 409, "Only a group can become a supergroup, and only once."),
        ("chats/5/migrate", {}, 404, "There is no such chat."),
    ],
)
async def test_what_cannot_be_made(
    chat: LocalChat, path: str, body: Json, status: int, sentence: str
) -> None:
    answer = await chat._client.post(f"/local/{path}", json=body)
    assert answer.status_code == status
    assert answer.json()["error"].startswith(sentence)


async def test_people_and_groups_are_kept_from_other_sites(server: LocalServer, chat: LocalChat) -> None:
    for path in ("people", "groups", "inline", f"chats/{PRIVATE}/edit", f"chats/{GROUP}/members"):
        answer = await chat._client.post(f"/local/{path}", json={}, headers={"origin": "http://evil.example"})
        assert answer.status_code == 403
    assert await chat.new_person() == 2001


async def test_photos_of_different_people_come_from_them(api: Api, chat: LocalChat) -> None:
    people = [await chat.new_person() for _ in range(3)]
    for person in people:
        await chat.send_photos([picture()], chat_id=GROUP, sender=person)
    assert [message["from"]["id"] for message in await updates(api, "message")] == people
