from pathlib import Path
from typing import Any

import pytest
from telegram import Message, User

from bot.chats.access import TELL_EVERY_S, TOLD_MOST, Access, Verdict
from bot.messages.incoming import Arrival, Incoming
from bot.store.keys import ChatKey
from tests.bot.conftest import settings_for

NO_BOT: Any = None
GROUP, OTHER_GROUP, PERSON, OWNER, STORAGE = -100, -200, 5, 1, -300


def access(tmp_path: Path, **lists: Any) -> Access:
    lists = {name: frozenset(ids) for name, ids in lists.items()}
    return Access(settings_for(tmp_path, owner_id=OWNER, storage_chat=STORAGE, **lists))


def said(chat_id: int, user_id: int, **content: Any) -> Arrival:
    chat = {"id": chat_id, "type": "private" if chat_id > 0 else "group"}
    user = {"id": user_id, "is_bot": False, "first_name": "A"}
    message = Message.de_json({"message_id": 1, "date": 1, "chat": chat, "from": user, **content}, None)
    incoming = Incoming(message, ChatKey(1, chat_id))
    return Arrival(1, "message", NO_BOT, message.chat, message.from_user, incoming)


def asked_inline(user_id: int) -> Arrival:
    return Arrival(1, "inline_query", NO_BOT, None, User(user_id, "A", is_bot=False))


def test_without_lists_all_are_welcome(tmp_path: Path) -> None:
    everyone = access(tmp_path)
    for update in (said(GROUP, PERSON), said(PERSON, PERSON), asked_inline(PERSON)):
        assert everyone.verdict(update) == "welcome"


@pytest.mark.parametrize(
    ("update", "verdict"),
    [
        (said(GROUP, PERSON), "welcome"),
        (said(PERSON, PERSON), "refused"),  # a person of an allowed group may not write in private
        (asked_inline(PERSON), "refused"),
        (said(9, 9), "welcome"),
        (asked_inline(9), "welcome"),
        (said(OTHER_GROUP, 9), "refused"),  # nor does an allowed person bring a group along
        (said(OTHER_GROUP, OWNER), "refused"),
        (said(OWNER, OWNER), "welcome"),
        (asked_inline(OWNER), "welcome"),
        (said(STORAGE, PERSON), "welcome"),
    ],
)
def test_only_those_on_the_list_are_welcome(tmp_path: Path, update: Arrival, verdict: Verdict) -> None:
    assert access(tmp_path, allowed_chats={GROUP, 9}).verdict(update) == verdict


@pytest.mark.parametrize(
    ("update", "verdict"),
    [
        (said(PERSON, PERSON), "banned"),
        (said(OTHER_GROUP, PERSON), "banned"),
        (said(GROUP, 9), "banned"),
        (asked_inline(PERSON), "banned"),
        (said(OTHER_GROUP, 9), "welcome"),
        (said(OWNER, OWNER), "welcome"),
    ],
)
def test_a_ban_holds_everywhere_but_not_for_the_owner(
    tmp_path: Path, update: Arrival, verdict: Verdict
) -> None:
    assert access(tmp_path, banned_chats={GROUP, PERSON, OWNER}).verdict(update) == verdict


def test_a_ban_goes_before_the_list(tmp_path: Path) -> None:
    both = access(tmp_path, allowed_chats={PERSON}, banned_chats={PERSON})
    assert both.verdict(said(PERSON, PERSON)) == "banned"


@pytest.mark.parametrize(
    "moved",
    [
        said(GROUP, PERSON, migrate_to_chat_id=OTHER_GROUP),
        said(OTHER_GROUP, PERSON, migrate_from_chat_id=GROUP),
    ],
)
def test_an_allowed_group_stays_so_as_a_supergroup(
    tmp_path: Path, moved: Arrival, caplog: pytest.LogCaptureFixture
) -> None:
    listed = access(tmp_path, allowed_chats={GROUP})
    assert listed.verdict(said(OTHER_GROUP, PERSON)) == "refused"
    assert listed.verdict(moved) == "welcome"
    assert listed.verdict(said(OTHER_GROUP, PERSON)) == "welcome"
    assert "write the new number into ALLOWED_CHATS" in caplog.text


def test_a_group_cannot_bring_in_another_by_moving(tmp_path: Path) -> None:
    listed = access(tmp_path, allowed_chats={GROUP})
    assert listed.verdict(said(OTHER_GROUP, PERSON, migrate_from_chat_id=-400)) == "refused"
    assert listed.verdict(said(OTHER_GROUP, PERSON)) == "refused"


def test_a_refused_chat_is_told_once_an_hour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("bot.chats.access.time.monotonic", lambda: now)
    told = access(tmp_path)
    assert told.is_to_be_told(PERSON)
    assert not told.is_to_be_told(PERSON)
    assert told.is_to_be_told(GROUP)
    now += TELL_EVERY_S
    assert told.is_to_be_told(PERSON)


def test_whom_it_told_does_not_grow_without_bound(tmp_path: Path) -> None:
    told = access(tmp_path)
    for chat_id in range(1, TOLD_MOST + 10):
        assert told.is_to_be_told(chat_id)
    assert told.is_to_be_told(1)  # forgotten
    assert not told.is_to_be_told(TOLD_MOST)
