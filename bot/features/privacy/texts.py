"""What is said of what a chat remembers."""

from dataclasses import dataclass

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.language import _, ngettext
from bot.memory.texts import FORGET, FORGET_EVERYTHING, KEEP

# What a button sends back; behind it comes the number of who asked.
FORGET_MINE = f"{FORGET}mine:"


@dataclass(frozen=True)
class MemoryState:
    """Whether a chat's photos are remembered, and how many are."""

    is_on: bool
    photos: int
    is_private: bool


def state(memory: MemoryState) -> str:
    """Tell whether a chat's photos are remembered, and how many are."""
    is_private = memory.is_private
    if memory.is_on:
        first = _("I remember the photos of this chat.")
        change = _("/memory off ends it.") if is_private else _("An admin can end it with /memory off.")
    else:
        first = _("I remember no new photos of this chat.")
        change = _("/memory on begins it.") if is_private else _("An admin can begin it with /memory on.")
    more = _("/privacy tells what is kept.")  # no f-string: catalogues do not look into them
    return f"{first} {how_many(memory.photos)}\n\n{change} {more}"


def how_many(photos: int) -> str:
    """Tell how many photos of a chat are known."""
    if not photos:
        return _("There are none so far.")
    return ngettext("So far I know {count} photo.", "So far I know {count} photos.", photos).format(
        count=photos
    )


def which(*, is_private: bool) -> str:
    """Explain /forget."""
    lines = [
        _("Reply to a photo with /forget and I forget that photo."),
        _("/forget mine: all the photos that you sent here, and what my answers to you were about."),
        _("/forget everything: all that I know of this chat.")
        if is_private
        else _("/forget everything: all that I know of this chat; for admins."),
    ]
    return "\n".join(lines)


def which_keyboard(asker: int) -> InlineKeyboardMarkup:
    """Offer to forget a person's photos."""
    mine = InlineKeyboardButton(_("Forget my photos"), callback_data=f"{FORGET_MINE}{asker}")
    return InlineKeyboardMarkup([[mine]])


def sure(photos: int) -> str:
    """Ask before everything is forgotten."""
    return ngettext(
        "Shall I forget everything of this chat: {count} photo, and what my answers were about? "
        "This cannot be undone.",
        "Shall I forget everything of this chat: {count} photos, and what my answers were about? "
        "This cannot be undone.",
        photos,
    ).format(count=photos)


def sure_keyboard(asker: int) -> InlineKeyboardMarkup:
    """Let it be confirmed that everything is forgotten."""
    forget = InlineKeyboardButton(_("Forget everything"), callback_data=f"{FORGET_EVERYTHING}{asker}")
    keep = InlineKeyboardButton(_("Keep it"), callback_data=f"{KEEP}{asker}")
    return InlineKeyboardMarkup([[forget, keep]])


def forgotten(photos: int) -> str:
    """Say how many photos were forgotten."""
    if not photos:
        return _("There was nothing to forget.")
    return ngettext(
        "Forgotten: {count} photo, for good.", "Forgotten: {count} photos, for good.", photos
    ).format(count=photos)


def answers_forgotten() -> str:
    """Say that answers are no longer known to have been about anything."""
    return _("Forgotten: what my answers to you were about.")


def forgotten_everything() -> str:
    """Say that nothing is known any more."""
    return _("Forgotten: I know no photo of this chat any more, nor what my answers were about.")


def kept() -> str:
    """Say that nothing was forgotten."""
    return _("Nothing was forgotten.")


def not_remembered() -> str:
    """Say that there is no such photo."""
    return _("I do not remember that photo, so there is nothing to forget.")


def not_yours() -> str:
    """Refuse to forget another person's photo."""
    return _("Only who sent that photo, or an admin, can have it forgotten.")


def only_admins() -> str:
    """Refuse what is for admins."""
    return _("Only the admins of this group can do that.")


def only_asker() -> str:
    """Refuse a press of somebody else's button."""
    return _("This button is for whoever asked.")


def exported(part: int, photos: int) -> str:
    """Say what is in the file."""
    return ngettext(
        "All that I keep of this chat, file {part}: {count} photo.",
        "All that I keep of this chat, file {part}: {count} photos.",
        photos,
    ).format(part=part, count=photos)


def privacy(memory: MemoryState) -> str:
    """Tell exactly what is kept, for how long, and how to get rid of it."""
    photos = _(
        "<b>Photos</b>, if I remember them: 300 numbers and a caption that the network made of each, who "
        "sent it, its message, and the name that Telegram has for the file, by which I can send it again. "
        "Never the picture itself. I keep this until you have it forgotten. Only this chat can find them, "
        "and what you sent in private you alone, in inline mode."
    )
    answers = _(
        "<b>Answers with buttons</b>, for 30 days: 300 numbers, the captions, the words of a description "
        "that I know, which photos I showed, and in private the name that Telegram has for your photo, so "
        "that the buttons find it."
    )
    messages = _(
        "<b>Messages</b> to me, until they are answered, so that none gets lost; for three days a "
        "fingerprint of what was asked, so that nothing is answered twice. <b>Settings</b> and languages, "
        "until you change them."
    )
    games = _(
        "<b>Scores</b> of /game: the name of who guessed, how often, and how often right. Only this chat "
        "sees them."
    )
    taught = _(
        "<b>Words that you teach me</b>: 300 numbers of each example, who showed it, its message and the "
        "name that Telegram has for the file, until /unteach or /forget. With the answers of a search its "
        "words as you wrote them, for 30 days."
    )
    rid = _(
        "<b>To get rid of it</b>: /forget as a reply to a photo, /forget mine, /forget everything; it is "
        "gone at once. When I am removed from a group, or stopped in private, all is erased after 30 days."
    )
    see = _("<b>To see it</b>: /export sends it as a file. Nothing of it goes to anybody else.")
    head = _("<b>What I keep of this chat</b>")
    return "\n\n".join((head, photos, state(memory), answers, messages, games, taught, rid, see))
