"""What is said of a mix."""

from collections.abc import Sequence

from bot.language import _
from bot.language.phrases import quote
from onenet.search import MixStep


def mix(steps: Sequence[MixStep]) -> str:
    """Tell what the network says on the way from one photo to another, and what the picture shows."""
    lines = [f"{number}. {quote(step.caption)}" for number, step in enumerate(steps, 1)]
    title = _("<b>From the first photo to the second</b>")
    below = _("The small photos are those nearest to each step.")
    return "\n\n".join((title, "\n".join(lines), below))


def how_to_mix() -> str:
    """Say how two photos are given."""
    return _(
        "Send me two photos together with /mix below them, or reply to a photo with another one that has "
        "/mix below it: I show what lies between them."
    )
