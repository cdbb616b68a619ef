"""What is said of the photos that a question about the chat's memory finds."""

from collections.abc import Sequence
from datetime import date

from babel.dates import format_date

from bot.chats.clock import day_of
from bot.language import _, ngettext, number, spoken
from bot.language.phrases import quote
from bot.memory.table import RememberedPhoto
from onenet.asking import Recollection

DATES = 5  # in a sentence


def recalled(
    question: Recollection,
    photos: Sequence[RememberedPhoto],
    people: Sequence[str],
) -> str:
    """Answer with a sentence: dates, senders, or how many."""
    if not photos:
        return nothing()
    count = len(photos)
    match question.kind:
        case "when":
            return _("On {dates}.").format(dates=_listed([_date(day) for day in _days(photos)]))
        case "who" if people:
            return _("Sent by {people}.").format(people=_listed([quote(name) for name in people]))
        case "count":
            text = ngettext("I remember {count} photo of that.", "I remember {count} photos of that.", count)
            return text.format(count=number(count))
        case "what" if people:
            text = ngettext("{person} sent {count} photo.", "{person} sent {count} photos.", count)
            return text.format(person=quote(people[0]), count=number(count))
    return _("This is what I remember of it:")


def nothing() -> str:
    """Say that no remembered photo fits."""
    return _("Nothing that I remember fits.")


def empty() -> str:
    """Say that no photo is remembered."""
    return _("I remember no photos of this chat yet. Send one, or let me remember them with /memory on.")


def nobody(name: str) -> str:
    """Say that nobody of that name sent a photo."""
    return _("I remember no photo here by anybody called “{name}”.").format(name=quote(name))


def _days(photos: Sequence[RememberedPhoto]) -> list[date]:
    days = dict.fromkeys(day_of(each.message.sent_at) for each in photos)
    return sorted([*days][:DATES])


def _date(day: date) -> str:
    return format_date(day, "long", locale=spoken())


def _listed(parts: Sequence[str]) -> str:
    # Translators: goes between two dates or names in a list.
    return _("; ").join(parts)
