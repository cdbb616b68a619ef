"""What is said of a photo that was changed by words."""

from bot.language import _
from bot.language.phrases import left_out, quote
from onenet.search import ChangeQuery, photo_terms


def changed(answer: ChangeQuery) -> str:
    """Tell what became of a photo, how the words were understood, and how to search for them alone."""
    words = quote(answer.description)
    if photo_terms(answer.description) is not None:
        how = _("Your photo, with words added and taken away: {words}").format(words=words)
    else:
        how = _("Your photo, moved toward: {words}").format(words=words)
    lines = [how, _("I imagined: <b>{caption}</b>").format(caption=quote(answer.imagined))]
    return "\n".join([*lines, *left_out(answer.unknown_words)])


def words_alone() -> str:
    """Say how to look for the words without the photo."""
    return _("For your words alone, send /find without replying to a photo.")


def which_photo() -> str:
    """Say that words to add and take away need a photo."""
    return _("Reply to a photo with that, and I add your words to it and take them away.")
