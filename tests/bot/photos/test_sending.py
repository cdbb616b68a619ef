"""A group where the bot may write but send no pictures: each command says so, and gives the text it has."""

import re

import pytest
from telegram.error import BadRequest, Forbidden

from bot.chats.rights import is_muted, lacks_media
from bot.language import notes
from tests.bot.conftest import Bot, all_answered, is_text, jpeg
from tests.bot.local_chat import GROUP

METHODS = ("sendPhoto", "sendMediaGroup", "sendDocument")
REFUSALS = (
    "Bad Request: not enough rights to send photos to the chat",
    "Bad Request: CHAT_SEND_PHOTOS_FORBIDDEN",
)


def test_being_muted_is_more() -> None:
    for refusal in (*REFUSALS, "Not enough rights to send documents to the chat"):
        assert lacks_media(BadRequest(refusal))
    for refusal in ("not enough rights to send text messages to the chat", "CHAT_SEND_PLAIN_FORBIDDEN"):
        assert is_muted(BadRequest(refusal))
        assert not lacks_media(BadRequest(refusal))
    assert not lacks_media(BadRequest("wrong file identifier"))
    assert not lacks_media(Forbidden("bot was kicked"))


async def texts_of(bot: Bot, text: str) -> list[str]:
    """What is written in answer to a command under a photo, or one without."""
    if text in ("/why", "/inside"):
        [sent] = await bot.chat.send_photos([jpeg("red")], caption=text, chat_id=GROUP)
    elif text == "/mix":
        sent = (await bot.chat.send_photos([jpeg("red"), jpeg("blue")], caption=text, chat_id=GROUP))[-1]
    else:
        sent = await bot.chat.send_text(text, chat_id=GROUP)
    await bot.chat.wait_for(is_text, after=sent)
    await all_answered(bot)
    return [m["text"] for m in await bot.chat.messages(GROUP, after=sent["message_id"]) if is_text(m)]


@pytest.mark.parametrize("refusal", REFUSALS)
@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("/why", "a"),
        ("/inside", "."),
        ("/mix", "."),
        ("/walk cat dog", "From cat to dog"),
        ("/dream red", "You wrote: red"),
        ("/find red", "You wrote: red"),
        ("/map words", "I may not send pictures"),
        ("/export", "I may not send pictures"),
    ],
)
async def test_every_command_says_so_and_gives_the_text_it_has(
    bot: Bot, text: str, begins: str, refusal: str
) -> None:
    await bot.fill_gallery("red", "green")
    for method in METHODS:
        bot.chat.server.faults.add(method, status=400, description=refusal, times=99, chat_id=GROUP)
    said = await texts_of(bot, text)
    assert re.match(begins, said[0], re.IGNORECASE)
    assert "\n".join(said).count(notes.no_pictures_here()) == 1
