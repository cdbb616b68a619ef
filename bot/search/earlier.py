"""The photo that an earlier answer of ours is about, for a command that replies to that answer."""

from typing import Protocol

from bot.messages.incoming import Incoming
from bot.search.texts import is_sheet
from bot.store.answers import Answer


class KnownAnswers(Protocol):
    """The part of `bot.search.answers.Answers` that knows what was answered."""

    async def behind_reply(self, asked: Incoming) -> Answer | None:
        """Give the answer of ours that a message replies to."""

    def is_of_this_network(self, answer: Answer) -> bool:
        """Tell whether the numbers of an answer mean something to the network."""


async def photo_replied_to(asked: Incoming, answers: KnownAnswers) -> Answer | None:
    """Give what is known of a photo if a message replies to an answer of ours about it; None: it does not.

    An answer that tells of a search, or shows many photos as one picture, is about no photo.
    """
    answer = await answers.behind_reply(asked) if asked.photo is None else None
    if answer is None or asked.replied is None or not answers.is_of_this_network(answer):
        return None
    is_search = answer.search is not None or bool(answer.token_ids)
    if not answer.about or is_search or is_sheet(asked.replied.message.reply_markup):
        return None
    return Answer(
        answer.representation,
        answer.captions,
        photos_shown=own_photos(answer),
        about=answer.about,
        language=answer.language,
    )


def own_photos(answer: Answer) -> tuple[str, ...]:
    """Give those photos that an answer is about itself; what was found for it may be found once more."""
    return tuple(photo for photo in answer.photos_shown if photo not in answer.sent)
