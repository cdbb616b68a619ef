"""Notes: what is said without a result, most of it when something cannot be done. Plain text."""

from bot.language import _
from onenet.errors import IndexAwayError


def something_went_wrong() -> str:
    """Tell of a failure of ours."""
    return _("Something went wrong here; it has been noted. Please try again in a minute.")


def forgotten() -> str:
    """Say that an answer is too old for its buttons."""
    return _("I no longer remember that answer. Please send the photo or the question once more.")


def already_on_it() -> str:
    """Calm someone who presses a button twice."""
    return _("I am on it already.")


def no_words() -> str:
    """Stand in for a caption that came out empty."""
    return _("I have no words for this one.")


def only_caption() -> str:
    """Say that there is no other caption."""
    return _("I have no other words for this one.")


def no_more_photos() -> str:
    """Say that a description's photos are all shown."""
    return _("Those were all the photos there are.")


def no_more_alike() -> str:
    """Say that all photos like one are shown."""
    return _("There are no more photos like this.")


def none_alike() -> str:
    """Say that no photo is like one."""
    return _("No photo that I know is like this one.")


def most_alike() -> str:
    """Announce photos like one."""
    return _("The most similar photos:")


def nothing_fits() -> str:
    """Announce photos that fit a description badly."""
    return _("Nothing that I know fits this well; the closest are:")


def still_reading() -> str:
    """Say that the gallery cannot be searched yet."""
    return _("I am still reading the gallery. Please try again in a moment.")


def search_away() -> str:
    """Say that the server with the index does not answer, and what works without."""
    return _(IndexAwayError.TEMPLATE)


def lost_text() -> str:
    """Say that the text behind a button has gone."""
    return _("I can no longer see your message. Please write it once more.")


def send_a_photo_or_text() -> str:
    """Say what can be sent."""
    return _("I can look at photos and read text. Send me a photo, or tap /help.")


def unknown_command() -> str:
    """Point to /help."""
    return _("I do not know that command. /help lists those I know.")


def no_pictures_here() -> str:
    """Say why there is no picture."""
    return _("I may not send pictures and files here; an admin of this group can allow it.")
