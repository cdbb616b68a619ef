"""A chat of an earlier version opens: made_by_3b8698b, with drawn pictures, is of that commit."""

import io
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from tests.bot.local.conftest import Api
from tests.bot.local_chat import GROUP, PRIVATE, LocalChat, local_chat

MADE = Path(__file__).parents[1] / "made_by_3b8698b"
BO = 2001
CREW_BEFORE, CREW = -5000000002, -1002000000002


@pytest.fixture
async def chat(tmp_path: Path) -> AsyncIterator[LocalChat]:
    shutil.copytree(MADE, tmp_path, dirs_exist_ok=True)
    async with local_chat(tmp_path, token="42:secret") as chat:
        yield chat
    assert not list((tmp_path / "local").glob("*.damaged-*"))


async def test_its_chats_and_messages_are_shown(chat: LocalChat) -> None:
    state = await chat.state()
    assert [each["id"] for each in state["chats"]] == [PRIVATE, GROUP, CREW]
    assert state["commands"] == [{"command": "find", "description": "Search"}]
    messages = await chat.messages()
    assert [message.get("text", message.get("caption")) for message in messages] == [
        "hello from then",
        "/caption",
        "an answer of then",
        "0",
        "1",
        None,
    ]
    assert messages[2]["reply_to_message"]["message_id"] == messages[1]["message_id"]
    assert messages[2]["reply_markup"]["inline_keyboard"][0][0]["text"] == "More"
    assert messages[3]["media_group_id"] == messages[4]["media_group_id"]
    assert [message["text"] for message in await chat.messages(GROUP)] == ["to friends"]
    assert (await chat.messages(CREW))[-1]["from"]["first_name"] == "Bo"


async def test_its_photos_and_files_can_be_fetched(chat: LocalChat) -> None:
    messages = await chat.messages()
    largest = messages[1]["photo"][-1]
    content = await chat.file(largest["file_id"])
    with Image.open(io.BytesIO(content)) as image:
        assert image.size == (largest["width"], largest["height"]) == (400, 300)
    assert await chat.file(messages[-1]["document"]["file_id"]) == b"words of then"
    api = Api(chat._client, "42:secret")
    path = (await api("getFile", file_id=largest["file_id"]))["file_path"]
    assert (await chat._client.get(f"/file/bot42:secret/{path}")).content == content


async def test_life_goes_on_in_it(chat: LocalChat) -> None:
    api = Api(chat._client, "42:secret")
    waiting = await api("getUpdates")
    assert waiting[0]["message"]["text"] == "hello from then"
    assert waiting[-1]["callback_query"]["data"] == "more"
    (photo,) = [message for message in await chat.messages() if message.get("caption") == "/caption"]
    again = await api("sendPhoto", photo=photo["photo"][-1]["file_id"])
    assert again["message_id"] == 7
    assert (await api("getChatMember", chat_id=CREW, user_id=BO))["status"] == "administrator"
    assert (await api.post("getChat", chat_id=CREW_BEFORE))["parameters"] == {"migrate_to_chat_id": CREW}
    assert await chat.new_person() == BO + 1
    assert (await api("sendMessage", chat_id=GROUP, text="next"))["message_id"] == 3
