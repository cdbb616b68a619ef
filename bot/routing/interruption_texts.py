"""What is said when an answer may have got lost."""

from bot.language import _


def interrupted() -> str:
    """Apologise for an answer that was under way when the bot ended."""
    return _("I was interrupted while answering this. If there is no answer above, please send it again.")


def uncertain() -> str:
    """Apologise for an answer of which nobody knows whether it arrived."""
    return _(
        "The connection broke while I was answering this. If there is no answer above, please send it again."
    )
