"""What is said of where a caption comes from."""

from bot.language import _
from bot.language.phrases import caption, left_out
from onenet.captions import Reasons
from onenet.pictures import Notes


def reasons(found: Reasons) -> str:
    """Explain the picture that shows where each word of a caption comes from."""
    lines = [caption(found.text or " ".join(found.words)), ""]
    if any(found.is_seen):
        lines.append(_("In colour: where I saw each word, and how many times likelier the photo makes it."))
    else:
        lines.append(_("I see none of these words in this photo."))
    if not all(found.is_seen):
        lines.append(
            _("Grey: words that the photo explains little; most follow by grammar from those before them.")
        )
    return "\n".join([*lines, *left_out(found.unknown_words)])


def notes() -> Notes:
    """Give what the picture says of words that the photo does not speak for."""
    return Notes(
        # Translators: on a picture, beside a grey word of a caption; as short as can be.
        by_grammar=_("by grammar"),
        # Translators: on a picture, beside a word of a caption for something that the photo does not show.
        not_here=_("not here"),
    )


def no_photo() -> str:
    """Say how to ask why."""
    return _("Reply to a photo with /why, and I show where in it I saw each word of its caption.")


def photo_out_of_reach() -> str:
    """Say that the photo behind an answer cannot be had, but otherwise."""
    return _("I do not keep photos, so I cannot see that one from here. Reply to the photo itself with /why.")
