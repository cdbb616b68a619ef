"""“Typing” above a chat: shown as long as the work takes, and never broken off amid a call."""

import asyncio
from typing import cast

from telegram import Message
from telegram.constants import ChatAction

from bot.delivery import showing as module
from bot.delivery.showing import showing


class SlowChat:
    """A chat whose server answers when it is let; notes what it was told and what became of the calls."""

    def __init__(self) -> None:
        self.begun: list[ChatAction] = []
        self.ended: list[str] = []
        self.asked, self.may_answer = asyncio.Event(), asyncio.Event()

    async def reply_chat_action(self, action: ChatAction) -> bool:
        self.begun.append(action)
        self.asked.set()
        try:
            await self.may_answer.wait()
        except asyncio.CancelledError:
            self.ended.append("broken off")
            raise
        self.ended.append("answered")
        return True

    @property
    def message(self) -> Message:
        return cast(Message, self)


async def test_a_call_on_its_way_is_neither_waited_for_nor_broken_off() -> None:
    chat = SlowChat()
    async with asyncio.timeout(10):
        async with showing(chat.message, ChatAction.TYPING):
            await chat.asked.wait()
        assert chat.ended == []  # the block is over, the call is not
        [task] = module._tasks
        chat.may_answer.set()
        await task
    assert (chat.begun, chat.ended) == ([ChatAction.TYPING], ["answered"])
    assert not module._tasks


async def test_an_error_of_the_block_ends_the_showing_too() -> None:
    chat = SlowChat()
    async with asyncio.timeout(10):
        try:
            async with showing(chat.message, ChatAction.TYPING):
                await chat.asked.wait()
                raise ZeroDivisionError
        except ZeroDivisionError:
            [task] = module._tasks
            chat.may_answer.set()
            await task
    assert chat.ended == ["answered"]


async def test_an_action_within_another_takes_its_place() -> None:
    chat = SlowChat()
    chat.may_answer.set()
    async with asyncio.timeout(10), showing(chat.message, ChatAction.TYPING):
        await chat.asked.wait()
        chat.asked.clear()
        async with showing(chat.message, ChatAction.UPLOAD_PHOTO):
            await chat.asked.wait()
    assert chat.begun == [ChatAction.TYPING, ChatAction.UPLOAD_PHOTO]
