"""The router: which feature answers what came in, behind the guards that each of them needs."""

import re
from collections.abc import Awaitable, Callable

from bot.chats.rights import may_manage
from bot.delivery.answered import Answered
from bot.delivery.pressing import PressedButton, Pressing
from bot.language import notes
from bot.messages.incoming import Arrival, Incoming, Press
from bot.routing.feature import Button, Command, Features, Listener, Place, shown
from bot.routing.interruptions import Interruptions


class Router:
    """Gives each arrival to the one feature that answers it.

    No feature can forget a guard, for none has its own: a message is answered once however often it is edited
    or delivered, a button that is being worked on is not worked on again, what is for administrators asks
    whether somebody is one, and the chat sees that something is done.

    Args:
        features: What the bot does.
        answered: Knows which messages were answered.
        pressing: Knows which buttons are being worked on.
        interruptions: Apologises for what was being answered when the bot ended.
        owner_id: Whose commands the owner's are; None: nobody's.
    """

    def __init__(
        self,
        features: Features,
        answered: Answered,
        pressing: Pressing,
        interruptions: Interruptions,
        owner_id: int | None,
    ) -> None:
        self._features = features
        self._answered = answered
        self._pressing = pressing
        self._interruptions = interruptions
        self._owner_id = owner_id

    async def route(self, arrival: Arrival) -> None:
        """Let whatever came be answered; channels' posts, and most edits, by nobody."""
        for feature in self._features.all:
            for gate in feature.gates:
                if await gate(arrival):
                    return
        if await self._interruptions.apologise(arrival):
            return
        if arrival.press is not None:
            await self._press(arrival.press)
        elif arrival.inline_query is not None:
            for feature in self._features.all:
                if feature.inline is not None:
                    await feature.inline(arrival.inline_query)
        elif arrival.message is not None:
            await self._answer(arrival.message)

    async def wants(self, arrival: Arrival) -> bool:
        """Tell whether something will be done about what came; the talk of a group is none of ours."""
        if any(feature.refuses(arrival) for feature in self._features.all):
            return False
        message = arrival.message
        if message is None:
            return True
        listener = await self._listener_of(message, "first")
        if listener is None and self._command_of(message) is not None:
            return True
        for place in ("usual", "last"):
            listener = listener or await self._listener_of(message, place)
        return listener is not None and (listener.wants is None or await listener.wants(message))

    def is_urgent(self, press: Press) -> bool:
        """Tell whether a button does its work at once, whatever else its chat waits for."""
        button = self._button_of(press)
        return button is not None and button.is_urgent

    async def _answer(self, message: Incoming) -> None:
        if await self._listen(message, "first"):
            return
        command = self._command_of(message)
        if command is not None:
            await self._once(message, lambda asked: self._features.run(command, asked))
        elif not await self._listen(message, "usual"):
            await self._listen(message, "last")

    def _command_of(self, message: Incoming) -> Command | None:
        owner_commands = {command.name: command for command in self._features.owner_commands}
        is_owner = message.sender == self._owner_id and message.chat.chat_id == self._owner_id
        if is_owner and not message.is_edited and message.command in owner_commands:
            return owner_commands[message.command]
        return self._features.commands.get(message.command)

    async def _listen(self, message: Incoming, place: Place) -> bool:
        """Let the first listener that accepts a message answer it; False if none does."""
        listener = await self._listener_of(message, place)
        if listener is None:
            return False

        async def answer(asked: Incoming) -> None:
            async with shown(asked, listener.shows):
                await listener.handler(asked)

        await (self._once(message, answer) if listener.is_once else answer(message))
        return True

    async def _listener_of(self, message: Incoming, place: Place) -> Listener | None:
        listeners = (
            listener
            for feature in self._features.all
            for listener in feature.listeners
            if listener.place == place and (listener.takes_edits or not message.is_edited)
        )
        for listener in listeners:
            if listener.accepts(message) and (listener.takes is None or await listener.takes(message)):
                return listener
        return None

    async def _once(self, message: Incoming, handler: Callable[[Incoming], Awaitable[None]]) -> None:
        async with self._answered.answering(message) as fresh:
            if fresh:
                await handler(message)

    async def _press(self, press: Press) -> None:
        button = self._button_of(press)
        if button is None or press.place is None or (press.on is None and not button.takes_old):
            await press.answer(notes.forgotten())
            return
        if button.admins_only is not None and not await may_manage(press.place, press.person.id):
            await press.answer(button.admins_only(), show_alert=True)
            return
        presser = press.person.id if button.is_personal else 0
        with self._pressing.holding(PressedButton(press.key, press.data, presser)) as is_first:
            if not is_first:
                await press.answer(notes.already_on_it())
                return
            async with shown(press.on, button.shows):
                await button.handler(press)

    def _button_of(self, press: Press) -> Button | None:
        buttons = (button for feature in self._features.all for button in feature.buttons)
        return next((button for button in buttons if re.fullmatch(button.pattern, press.data)), None)
