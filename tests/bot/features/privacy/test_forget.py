"""Forgetting over HTTP: who may, what goes, and that nothing else does."""

import json
from pathlib import Path
from typing import Any

import pytest
from telegram import Update

from bot.features.privacy import texts as replies
from bot.features.privacy.export import export
from bot.language import notes
from bot.memory.table import PhotoMessage
from bot.search.sheets import Sheets
from bot.store.forgettings import Forgettings
from bot.store.keys import AnswerKey, ChatKey
from tests.bot.conftest import (
    Bot,
    all_answered,
    buttons,
    is_photo,
    is_text,
    jpeg,
    running_bot,
    toast,
    until,
)
from tests.bot.features.privacy.test_memory import ask, counted, photo_answered, remembering_group, settled
from tests.bot.inference.test_worker import occupy
from tests.bot.local_chat import PRIVATE, Json, LocalChat


@pytest.fixture
def remembers() -> bool:
    return True


async def send(bot: Bot, group: int, sender: int | None, colour: str = "red") -> Json:
    return (await bot.chat.send_photos([jpeg(colour)], chat_id=group, sender=sender))[0]


async def test_a_photo_is_forgotten_at_once(bot: Bot) -> None:
    sent = await photo_answered(bot, "red")
    await photo_answered(bot, "green")
    answer = await ask(bot, "/forget", reply_to=sent)
    assert answer["text"] == "Forgotten: 1 photo, for good."
    assert await counted(bot, PRIVATE) == 1
    asked = await bot.chat.send_text("/find red")
    photo = await bot.chat.wait_for(is_photo, after=asked)
    assert "a green wall" in photo["caption"]
    assert (await ask(bot, "/forget", reply_to=sent))["text"] == replies.not_remembered()


async def test_the_buttons_of_its_answer_forget_it_too(bot: Bot) -> None:
    sent = await photo_answered(bot, "red")
    answer = next(m for m in await bot.chat.messages() if m.get("text") == "A red wall")
    await ask(bot, "/forget", reply_to=sent)
    said = await toast(bot.chat, await bot.chat.press(answer, "Another caption"))
    assert said.startswith("I no longer remember that answer")


@pytest.mark.parametrize("to", ["the caption", "the photo found"])
async def test_forget_works_in_reply_to_the_bots_answers(bot: Bot, to: str) -> None:
    sent = await photo_answered(bot, "red")
    answer = await bot.chat.wait_for(lambda m: m.get("text") == "A red wall", after=sent)
    if to == "the photo found":
        asked = await bot.chat.send_text("/find red")
        answer = await bot.chat.wait_for(is_photo, after=asked)
    assert (await ask(bot, "/forget", reply_to=answer))["text"].startswith("Forgotten: 1 photo")
    assert await counted(bot, PRIVATE) == 0


async def test_in_a_group_only_the_sender_or_an_admin_may(bot: Bot) -> None:
    sender, other = await bot.chat.new_person(), await bot.chat.new_person()
    group = await remembering_group(bot, sender, other)
    photos = [await send(bot, group, sender, colour) for colour in ("red", "green")]
    await settled(bot, group, 2)
    answer = await ask(bot, "/forget", chat_id=group, sender=other, reply_to=photos[0])
    assert answer["text"] == replies.not_yours()
    assert await counted(bot, group) == 2
    await ask(bot, "/forget", chat_id=group, sender=sender, reply_to=photos[0])
    assert await counted(bot, group) == 1
    await ask(bot, "/forget", chat_id=group, reply_to=photos[1])  # “You” own the group
    assert await counted(bot, group) == 0


async def test_mine_forgets_mine_alone(bot: Bot) -> None:
    sender, other = await bot.chat.new_person(), await bot.chat.new_person()
    group = await remembering_group(bot, sender, other)
    for person, colour in ((sender, "red"), (sender, "green"), (other, "blue")):
        await send(bot, group, person, colour)
    await settled(bot, group, 3)
    answer = await ask(bot, "/forget mine", chat_id=group, sender=sender)
    assert answer["text"] == "Forgotten: 2 photos, for good."
    assert await counted(bot, group) == 1
    answer = await ask(bot, "/forget mine", chat_id=group, sender=sender)
    assert answer["text"] == "There was nothing to forget."


async def test_everything_is_for_admins_and_wants_to_be_confirmed(bot: Bot) -> None:
    person = await bot.chat.new_person()
    group = await remembering_group(bot, person)
    await send(bot, group, person)
    await settled(bot, group, 1)
    answer = await ask(bot, "/forget everything", chat_id=group, sender=person)
    assert answer["text"] == replies.only_admins()
    answer = await ask(bot, "/forget everything", chat_id=group)
    assert buttons(answer) == ["Forget everything", "Keep it"]
    assert await counted(bot, group) == 1
    said = await toast(bot.chat, await bot.chat.press(answer, "Forget everything", sender=person))
    assert said == replies.only_admins()
    assert await counted(bot, group) == 1
    await toast(bot.chat, await bot.chat.press(answer, "Forget everything"))
    assert await counted(bot, group) == 0
    assert (await bot.chat.message(answer))["text"] == replies.forgotten_everything()


async def test_everything_can_be_kept_and_another_admin_may_decide(bot: Bot) -> None:
    admin = await bot.chat.new_person()
    group = await remembering_group(bot, admin)
    await bot.chat.set_admin(group, admin)
    await send(bot, group, admin)
    await settled(bot, group, 1)
    answer = await ask(bot, "/forget everything", chat_id=group)
    await toast(bot.chat, await bot.chat.press(answer, "Keep it", sender=admin))
    assert (await bot.chat.message(answer))["text"] == replies.kept()
    assert buttons(await bot.chat.message(answer)) == []
    assert await counted(bot, group) == 1


async def test_everything_of_one_chat_is_nothing_of_another(bot: Bot) -> None:
    await photo_answered(bot, "red")
    other = await bot.chat.new_person()
    sent = await send(bot, other, None)
    await bot.chat.wait_for(is_text, after=sent)
    answer = await ask(bot, "/forget everything")
    await toast(bot.chat, await bot.chat.press(answer, "Forget everything"))
    assert (await counted(bot, PRIVATE), await counted(bot, other)) == (0, 1)


async def test_forget_alone_explains_itself_and_its_button_is_the_askers(bot: Bot) -> None:
    sender, other = await bot.chat.new_person(), await bot.chat.new_person()
    group = await remembering_group(bot, sender, other)
    for person, colour in ((sender, "red"), (other, "green")):
        await send(bot, group, person, colour)
    await settled(bot, group, 2)
    answer = await ask(bot, "/forget", chat_id=group, sender=sender)
    assert "/forget mine" in answer["text"]
    for presser, left in ((other, 2), (PRIVATE, 2), (sender, 1)):
        await toast(bot.chat, await bot.chat.press(answer, "Forget my photos", sender=presser))
        assert await counted(bot, group) == left


async def test_a_reply_to_something_else_has_nothing_to_forget(bot: Bot) -> None:
    sent = await bot.chat.send_text("hello")
    await bot.chat.wait_for(is_text, after=sent)
    assert (await ask(bot, "/forget", reply_to=sent))["text"] == replies.not_remembered()


async def kept_answers(bot: Bot, chat_id: int) -> int:
    rows = await bot.services.database.rows("SELECT 1 FROM answers WHERE chat_id = ?", (chat_id,))
    return len(rows)


@pytest.mark.parametrize("is_old", [False, True])
async def test_mine_takes_what_answers_were_about_where_nothing_is_remembered(bot: Bot, is_old: bool) -> None:
    await ask(bot, "/memory off")
    await photo_answered(bot, "red")
    await ask(bot, "/find green")
    await all_answered(bot)
    assert await kept_answers(bot, PRIVATE) > 0
    if is_old:  # of a version that did not keep who had asked
        await bot.services.database.write("UPDATE answers SET asker = 0", ())
    assert (await ask(bot, "/forget mine"))["text"] == replies.answers_forgotten()
    assert await kept_answers(bot, PRIVATE) == 0
    assert (await ask(bot, "/forget mine"))["text"] == "There was nothing to forget."


async def test_the_answers_to_others_hold_nothing_of_a_forgotten_photo(bot: Bot) -> None:
    sender, other = await bot.chat.new_person(), await bot.chat.new_person()
    group = await remembering_group(bot, sender, other, pictures="sheet")
    photo = await send(bot, group, sender)
    await send(bot, group, other, "green")
    await settled(bot, group, 2)
    asked = await bot.chat.send_text("/find red", chat_id=group, sender=other)
    sheet = await bot.chat.wait_for(is_photo, after=asked)
    await all_answered(bot)
    said = await bot.chat.send_text("like the first", chat_id=group, sender=other, reply_to=sheet)
    like = await bot.chat.wait_for(is_photo, after=said)
    await all_answered(bot)
    await ask(bot, "/forget", chat_id=group, sender=sender, reply_to=photo)
    chat = ChatKey(bot.chat.bot_id, group)
    [part] = [part async for part in export(bot.services.database, chat)]
    cells = [cell for answer in json.loads(part.content)["answers"] for cell in json.loads(answer["sheet"])]
    assert [name.partition(": ")[2] for _, name, *_ in cells] == ["", "a green wall"]
    assert [bool(link) for *_, link, _ in cells] == [False, True]
    assert await toast(bot.chat, await bot.chat.press(sheet, "1")) == "That photo is no longer there."
    assert await toast(bot.chat, await bot.chat.press(like, "More like this")) == notes.forgotten()


async def test_mine_takes_the_answers_to_me_alone(bot: Bot) -> None:
    await bot.fill_gallery("red")
    sender, other = await bot.chat.new_person(), await bot.chat.new_person()
    group = await bot.chat.new_group("Friends", members=(sender, other))
    await bot.chat.wait_for(chat_id=group)
    for person in (sender, other):
        photo, _ = await bot.chat.send_photos(
            [jpeg("red"), jpeg("green")], chat_id=group, sender=person, caption="/caption"
        )
        await bot.chat.wait_for(is_text, after=photo)
        await bot.chat.wait_for(
            is_photo, after=await bot.chat.send_text("/find red", chat_id=group, sender=person)
        )
    await all_answered(bot)
    before = await kept_answers(bot, group)
    answer = await ask(bot, "/forget mine", chat_id=group, sender=sender)
    assert answer["text"] == replies.answers_forgotten()
    assert await kept_answers(bot, group) == before // 2
    rows = await bot.services.database.rows("SELECT DISTINCT asker FROM answers WHERE chat_id = ?", (group,))
    assert [row[0] for row in rows] == [other]


async def test_the_answer_to_ones_question_can_be_forgotten_by_a_reply_to_it(bot: Bot) -> None:
    await ask(bot, "/memory off")
    sender = await bot.chat.new_person()
    group = await bot.chat.new_group("Friends", members=(sender,))
    [photo] = await bot.chat.send_photos([jpeg("red")], chat_id=group, sender=sender, caption="/caption")
    answer = await bot.chat.wait_for(lambda m: m.get("text") == "A red wall", after=photo)
    await all_answered(bot)
    other = await bot.chat.new_person()
    refusal = await ask(bot, "/forget", chat_id=group, sender=other, reply_to=answer)
    assert refusal["text"] == replies.not_yours()
    said = await ask(bot, "/forget", chat_id=group, sender=sender, reply_to=answer)
    assert said["text"] == replies.answers_forgotten()
    assert await kept_answers(bot, group) == 0


@pytest.mark.parametrize("to", ["own", "copy"])
async def test_who_sends_the_same_photo_again_does_not_keep_it_from_being_forgotten(
    bot: Bot, to: str
) -> None:
    sender, other = await bot.chat.new_person(), await bot.chat.new_person()
    group = await remembering_group(bot, sender, other)
    photo = await send(bot, group, sender)
    [copy] = await bot.chat.send_photos([photo["photo"][-1]["file_id"]], chat_id=group, sender=other)
    await settled(bot, group, 2)
    await bot.chat.wait_for(lambda m: "Seen here before" in m.get("text", ""), after=copy)
    answer = await ask(bot, "/forget", chat_id=group, sender=sender, reply_to=photo if to == "own" else copy)
    assert answer["text"] == "Forgotten: 1 photo, for good."
    key = ChatKey(bot.chat.bot_id, group)
    kept = await bot.services.memory.photos.at(key, copy["message_id"])
    assert [each.message.user_id for each in kept] == [other]
    await ask(bot, "/forget", chat_id=group, reply_to=copy)  # “You” own the group
    assert await counted(bot, group) == 0


ANONYMOUS = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}


async def test_an_admin_who_hides_presses_their_own_buttons(bot: Bot) -> None:
    admin, member = await bot.chat.new_person(), await bot.chat.new_person()
    group = await remembering_group(bot, admin, member)
    await bot.chat.set_admin(group, admin)
    chat = {"id": group, "type": "supergroup", "title": "Friends of walls"}
    said = {
        "message_id": 999,
        "date": 1,
        "chat": chat,
        "from": ANONYMOUS,
        "sender_chat": chat,
        "text": "/forget",
    }
    update = Update.de_json({"update_id": 999, "message": said}, bot.application.bot)
    await bot.application.update_queue.put(update)
    answer = await bot.chat.wait_for(buttons, chat_id=group)
    key = ChatKey(bot.chat.bot_id, group)
    photo = PhotoMessage(998, group, "photo", "id", "unique", "id", 1.0)
    await bot.services.memory.photos.add(key, photo, None)
    refusal = await toast(bot.chat, await bot.chat.press(answer, "Forget my photos", sender=member))
    assert (refusal, await counted(bot, group)) == (replies.only_asker(), 1)
    await toast(bot.chat, await bot.chat.press(answer, "Forget my photos", sender=admin))
    assert await counted(bot, group) == 0


async def test_no_admin_presses_the_buttons_of_a_person(bot: Bot) -> None:
    person = await bot.chat.new_person()
    group = await remembering_group(bot, person)
    answer = await ask(bot, "/forget", chat_id=group, sender=person)
    refusal = await toast(bot.chat, await bot.chat.press(answer, "Forget my photos"))
    assert refusal == replies.only_asker()


@pytest.mark.parametrize("wish", ["/forget", "/forget mine", "/forget everything"])
@pytest.mark.parametrize("kind", ["photo", "album", "lesson"])
async def test_what_is_forgotten_while_it_is_read_is_not_kept_afterwards(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, wish: str, kind: str
) -> None:
    noted: list[ChatKey] = []
    note = Forgettings.note

    def noting(forgettings: Forgettings, chat: ChatKey, **what: Any) -> None:
        note(forgettings, chat, **what)
        noted.append(chat)

    monkeypatch.setattr(Forgettings, "note", noting)
    gate, busy = await occupy(bot.services.worker)
    colours = ["red", "green"] if kind == "album" else ["red"]
    caption = "/teach Rex" if kind == "lesson" else ""
    sent = await bot.chat.send_photos([jpeg(colour) for colour in colours], caption=caption)
    await until(lambda: bot.services.worker.waiting > 0, timeout_s=20)
    if wish == "/forget everything":
        await bot.chat.press(await ask(bot, wish), "Forget everything")
    else:
        for replied in sent if wish == "/forget" else [None]:
            await bot.chat.send_text(wish, reply_to=replied)
    await until(lambda: len(noted) >= (len(sent) if wish == "/forget" else 1), timeout_s=20)
    gate.opened.set()
    await busy
    await all_answered(bot)  # the photos are told of all the same
    assert await counted(bot, PRIVATE) == 0
    for table in ("answers", "taught_examples"):
        rows = await bot.services.database.rows(f"SELECT COUNT(*) FROM {table}", ())
        assert rows[0][0] == 0, table
    [again] = await bot.chat.send_photos([jpeg("blue")])
    answer = await bot.chat.wait_for(lambda m: m.get("text") == "A blue wall", after=again)
    await all_answered(bot)
    assert await counted(bot, PRIVATE) == 1
    key = AnswerKey(bot.chat.bot_id, PRIVATE, answer["message_id"])
    assert await bot.services.answers.behind(key) is not None


@pytest.mark.parametrize("wish", ["/forget", "/forget mine"])
async def test_what_is_forgotten_before_a_restart_is_not_kept_after_it(
    chat: LocalChat, tmp_path: Path, wish: str
) -> None:
    folder = tmp_path / "data"
    async with running_bot(chat, folder, remembers=True) as bot:
        gate, busy = await occupy(bot.services.worker)
        [photo] = await chat.send_photos([jpeg("red")])
        await until(lambda: bot.services.worker.waiting > 0, timeout_s=20)
        await chat.send_text(wish, reply_to=photo if wish == "/forget" else None)

        async def is_noted() -> bool:
            return bool(await bot.services.database.rows("SELECT 1 FROM forgettings", ()))

        await until(is_noted, timeout_s=20)
        copies = {path.name: path.read_bytes() for path in folder.glob("bot.sqlite3*")}
        gate.opened.set()
        await busy
        await all_answered(bot)
    for name, content in copies.items():  # as the killed bot left them
        if not name.endswith("-shm"):
            (folder / name).write_bytes(content)
    async with running_bot(chat, folder, remembers=True) as bot:
        await all_answered(bot)
        assert await counted(bot, PRIVATE) == 0
        assert await kept_answers(bot, PRIVATE) == 0
        await photo_answered(bot, "blue")
        await all_answered(bot)
        assert await counted(bot, PRIVATE) == 1
        await bot.services.database.drop_forgettings()  # nothing is open any more that came before
        assert not await bot.services.database.rows("SELECT 1 FROM forgettings", ())


@pytest.mark.parametrize("is_private", [True, False])
async def test_forget_works_in_reply_to_the_answer_to_an_album(bot: Bot, is_private: bool) -> None:
    person = await bot.chat.new_person()
    group = PRIVATE if is_private else await remembering_group(bot, person)
    sender = None if is_private else person
    parts = await bot.chat.send_photos(
        [jpeg("red"), jpeg("green")], chat_id=group, sender=sender, caption="/caption"
    )
    answer = await bot.chat.wait_for(lambda m: "wall" in m.get("text", ""), after=parts[-1], timeout_s=20)
    await settled(bot, group, 2)
    await all_answered(bot)
    other = await bot.chat.new_person()
    if not is_private:
        refusal = await ask(bot, "/forget", chat_id=group, sender=other, reply_to=answer)
        assert refusal["text"] == replies.not_yours()
    said = await ask(bot, "/forget", chat_id=group, sender=sender, reply_to=answer)
    assert said["text"].startswith("Forgotten: 2 photos")
    assert (await counted(bot, group), await kept_answers(bot, group)) == (0, 0)


async def test_a_search_that_is_forgotten_goes_on_at_none_of_its_photos(bot: Bot) -> None:
    await bot.fill_gallery("red", "green")
    asked = await bot.chat.send_text("/find red")
    await bot.chat.wait_for(is_photo, after=asked, timeout_s=20)
    answer = await bot.chat.wait_for(is_text, after=asked)
    await all_answered(bot)
    assert await kept_answers(bot, PRIVATE) > 1  # at the text, and at the photos
    said = await ask(bot, "/forget", reply_to=answer)
    assert said["text"] == replies.answers_forgotten()
    assert await kept_answers(bot, PRIVATE) == 0


async def test_a_photo_that_is_forgotten_while_it_is_drawn_leaves_no_name(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender, other = await bot.chat.new_person(), await bot.chat.new_person()
    group = await remembering_group(bot, sender, other, pictures="sheet")
    photo = await send(bot, group, sender)
    await settled(bot, group, 1)
    make, chat = Sheets.make, ChatKey(bot.chat.bot_id, group)

    async def forgetting(self: Sheets, asked: Any, answer: Any) -> Any:
        sheet = await make(self, asked, answer)
        await ask(bot, "/forget", chat_id=group, sender=sender, reply_to=photo)
        return sheet

    monkeypatch.setattr(Sheets, "make", forgetting)
    asked = await bot.chat.send_text("/find red", chat_id=group, sender=other)
    await bot.chat.wait_for(is_photo, after=asked, timeout_s=20)
    await all_answered(bot)
    [part] = [part async for part in export(bot.services.database, chat)]
    cells = [cell for answer in json.loads(part.content)["answers"] for cell in json.loads(answer["sheet"])]
    assert [(name, link) for _, name, _, link, _ in cells] == [("", "")]
