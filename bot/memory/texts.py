"""What is said of the photos that a chat remembers."""

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.chats.clock import day_of
from bot.language import _, ngettext

# What the buttons send back; behind each comes the number of who asked.
FORGET = "forget:"
FORGET_EVERYTHING = f"{FORGET}everything:"
KEEP = f"{FORGET}keep:"


def own_name(caption: str, sent_at: float) -> str:
    """Name a chat's own photo: when it was sent and what the network said of it, as plain text."""
    if not caption:
        return _("From this chat, {date}").format(date=day_of(sent_at))
    return _("From this chat, {date}: {caption}").format(date=day_of(sent_at), caption=caption)


def link_keyboard(link: str) -> InlineKeyboardMarkup:
    """Lead to the message of a photo that can have no caption."""
    return InlineKeyboardMarkup([[InlineKeyboardButton(_("From this chat"), url=link)]])


def pointed_to(photo: str) -> str:
    """Say where a photo is that must not be sent on.

    Args:
        photo: Its name, HTML, with a link if there is one.
    """
    why = _("This photo is protected, so I only point to it.")
    return f"{photo}\n{why}"


def seen_before(sent_at: float, link: str, *, is_reply_to_earlier: bool) -> str:
    """Point to an earlier photo."""
    if is_reply_to_earlier:
        return _("This photo has just come once more.")
    return _linked(_("Seen here before, on {date}").format(date=day_of(sent_at)), link)


def first_photo() -> str:
    """Say with the first photo of a private chat that it is remembered."""
    return _(
        "I remember the photos of this chat, so that I can find them again for you: 300 numbers and the "
        "caption of each, never the picture. /privacy tells more, /memory off ends it."
    )


def start_note() -> str:
    """Say in the greeting of a private chat what will be remembered."""
    return _("I remember your photos here, so that you can find them again; /privacy tells what is kept.")


def turned_on(*, is_private: bool) -> str:
    """Announce that photos are remembered from now on."""
    begun = _("From now on I remember the photos that are sent here.")
    kept = _(
        "Of each I keep 300 numbers, its caption and where its message is, never the picture. "
        "/find and “More like this” then find this chat's photos too, for this chat alone."
    )
    if is_private:
        end = _("/forget as a reply to a photo forgets it, /memory off ends this, /privacy tells more.")
    else:
        end = _(
            "/forget as a reply to a photo of yours forgets it, /forget mine all of yours; "
            "an admin ends this with /memory off. /privacy tells more."
        )
    return f"<b>{begun}</b>\n{kept}\n\n{end}"


def turned_off(photos: int) -> str:
    """Say that nothing more is remembered, and ask what becomes of what was."""
    ended = _("I remember no more photos of this chat.")
    if not photos:
        return ended
    question = ngettext(
        "Shall I keep the {count} photo that I know, or forget it?",
        "Shall I keep the {count} photos that I know, or forget them?",
        photos,
    )
    return f"{ended} {question.format(count=photos)}"


def keep_or_forget_keyboard(asker: int) -> InlineKeyboardMarkup:
    """Offer to keep what is remembered, or to forget it."""
    keep = InlineKeyboardButton(_("Keep them"), callback_data=f"{KEEP}{asker}")
    forget = InlineKeyboardButton(_("Forget everything"), callback_data=f"{FORGET_EVERYTHING}{asker}")
    return InlineKeyboardMarkup([[keep, forget]])


def _linked(text: str, link: str) -> str:
    return f'<a href="{link}">{text}</a>' if link else text
