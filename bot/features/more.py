"""More: the buttons under found photos, for the next ones and for each of a numbered picture alone."""

from bot.language import notes
from bot.language.phrases import MORE_LIKE_THIS
from bot.messages.incoming import Press
from bot.messages.keys import key_of
from bot.routing.feature import Button, Feature
from bot.search.answers import Answers
from bot.search.texts import LIKE_PART, SHOW_PICTURE, picture_gone


class More:
    """Sends what else there is to an answer.

    Args:
        answers: Know what was answered.
    """

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    async def more_like_this(self, press: Press) -> None:
        """Send the next photos for an answer, or for one photo of an album."""
        assert press.on is not None
        part = int(press.data.removeprefix(LIKE_PART)) if press.data.startswith(LIKE_PART) else 0
        answer = await self._answers.behind(key_of(press.on.message, part))
        if answer is None or not self._answers.is_of_this_network(answer):
            await press.answer(notes.forgotten())
            return
        is_sent = await self._answers.send_more(press.on, part, answer)
        none_left = notes.no_more_photos() if answer.token_ids else notes.no_more_alike()
        await press.answer(None if is_sent else none_left)

    async def show_picture(self, press: Press) -> None:
        """Send one of the photos on a numbered picture."""
        assert press.on is not None
        answer = await self._answers.behind(press.key)
        number = int(press.data.removeprefix(SHOW_PICTURE))
        if answer is None or not 0 < number <= len(answer.sheet):
            await press.answer(notes.forgotten())
            return
        is_sent = await self._answers.send_one(press.on, answer.sheet[number - 1])
        await press.answer(None if is_sent else picture_gone())


def feature(answers: Answers) -> Feature:
    """Make the feature of the buttons under found photos."""
    more = More(answers)
    return Feature(
        "more",
        buttons=(
            Button(rf"{MORE_LIKE_THIS}|{LIKE_PART}\d{{1,4}}", more.more_like_this),
            Button(rf"{SHOW_PICTURE}\d{{1,4}}", more.show_picture),
        ),
    )
