"""What is said while something is in the making, and when it is stopped."""

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.language import _

BAR = 12


def with_bar(title: str, share: float) -> str:
    """Show under a line of HTML how far something is, 0 to 1."""
    done = round(share * BAR)
    return f"{title}\n<code>{'█' * done}{'░' * (BAR - done)}</code>"


def stop_keyboard(data: str) -> InlineKeyboardMarkup:
    """Offer to give something up.

    Args:
        data: What the button sends back.
    """
    return InlineKeyboardMarkup.from_button(InlineKeyboardButton(_("Stop"), callback_data=data))


def nothing_to_stop() -> str:
    """Say that something was ready, or given up, before it could be stopped."""
    return _("There is nothing left to stop.")


def stopping() -> str:
    """Say that something will be given up in a moment."""
    return _("I stop.")
