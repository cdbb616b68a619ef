"""Settings: the message of /settings and its buttons, which carry all that a press needs."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.chats.chats import ChatSettings
from bot.language import _

SET = "set:"
MAIN, QUIET = "main", "quiet"
Page = tuple[str, InlineKeyboardMarkup]
OFFSETS = range(-12, 15)
PRESETS = ((22, 7), (23, 8), (0, 8))

_CHOICES: Mapping[str, Mapping[str, Any]] = {
    "captions": {"asked": "asked", "every": "every"},
    "remembers": {"0": False, "1": True},
    "seen_before": {"0": False, "1": True},
    "pictures": {"sheet": "sheet", "album": "album"},
    "quiet_from": {str(hour): hour for hour in range(24)},
    "quiet_to": {str(hour): hour for hour in range(24)},
    "utc_offset": {str(hours): hours for hours in OFFSETS},
}


def read(data: str) -> tuple[str, dict[str, Any]] | None:
    """Understand what a button sends: the page to show and the changes to make; None if it is not ours."""
    match = re.fullmatch(rf"{SET}({MAIN}|{QUIET}):([\w=,-]*)", data)
    if match is None:
        return None
    changes = {}
    for part in filter(None, match[2].split(",")):
        name, _sign, value = part.partition("=")
        if value not in _CHOICES.get(name, {}):
            return None
        changes[name] = _CHOICES[name][value]
    return match[1], changes


def text(page: str, settings: ChatSettings, now: datetime, *, hint: str = "") -> str:
    """Say what can be set.

    Args:
        page: MAIN or QUIET.
        now: With its time zone, UTC.
        hint: What else there is to know.
    """
    if page == QUIET:
        return _quiet_text(settings, now)
    title = _("<b>Settings of this chat</b>\nTap a line to change it.")
    return "\n\n".join(filter(None, (title, hint)))


def keyboard(page: str, settings: ChatSettings, *, is_private: bool) -> InlineKeyboardMarkup:
    """Make the buttons of a page: each sends what shall be, so that an old message does what it says."""
    if page == QUIET:
        return _quiet_keyboard(settings)
    rows = [[_remembers(settings)], [_seen_before(settings)], [_pictures(settings)]]
    if not is_private:  # in private all is asked for
        rows = [[_captions(settings)], *rows, [_quiet(settings)]]
    return InlineKeyboardMarkup(rows)


def privacy_hint() -> str:
    """Explain why photos are not captioned though every one shall be."""
    return _(
        "I see photos here only if I am an admin of this group, or if my owner turned privacy mode off at "
        "@BotFather."
    )


def admins_only() -> str:
    """Refuse to let someone who is no administrator change the settings of a group."""
    return _("Only admins of this group can change my settings.")


def outdated() -> str:
    """Say so when a message of /settings can no longer be used."""
    return _("That message is too old. Please send /settings again.")


def hours(quiet_from: int, quiet_to: int, offset: int = 0) -> str:
    """Write hours of UTC as a clock shows them that is some hours ahead."""
    return f"{(quiet_from + offset) % 24}:00-{(quiet_to + offset) % 24}:00"


def _button(text: str, page: str, **changes: object) -> InlineKeyboardButton:
    values = ",".join(f"{name}={_value(value)}" for name, value in changes.items())
    return InlineKeyboardButton(text, callback_data=f"{SET}{page}:{values}")


def _value(value: object) -> str:
    return str(int(value) if isinstance(value, bool) else value)


def _captions(settings: ChatSettings) -> InlineKeyboardButton:
    if settings.captions == "every":
        return _button(_("Captions: every photo"), MAIN, captions="asked")
    return _button(_("Captions: only when asked"), MAIN, captions="every")


def _remembers(settings: ChatSettings) -> InlineKeyboardButton:
    name = _("Memory: on") if settings.remembers else _("Memory: off")
    return _button(name, MAIN, remembers=not settings.remembers)


def _seen_before(settings: ChatSettings) -> InlineKeyboardButton:
    name = _("Say “seen before”: on") if settings.seen_before else _("Say “seen before”: off")
    return _button(name, MAIN, seen_before=not settings.seen_before)


def _pictures(settings: ChatSettings) -> InlineKeyboardButton:
    if settings.pictures == "sheet":
        return _button(_("Found photos: one numbered picture"), MAIN, pictures="album")
    return _button(_("Found photos: an album"), MAIN, pictures="sheet")


def _quiet(settings: ChatSettings) -> InlineKeyboardButton:
    if settings.quiet_from == settings.quiet_to:
        return _button(_("Quiet hours: none"), QUIET)
    span = hours(settings.quiet_from, settings.quiet_to, settings.utc_offset)
    return _button(_("Quiet hours: {hours}").format(hours=f"{span} {_zone(settings)}"), QUIET)


def _quiet_text(settings: ChatSettings, now: datetime) -> str:
    clock = f"{now + timedelta(hours=settings.utc_offset):%H:%M} {_zone(settings)}"
    lines = [
        _("<b>Quiet hours</b>\nIn them I say nothing that I was not asked for."),
        _("My clock for this chat shows {time}. It does not know of summer time.").format(time=clock),
    ]
    if settings.quiet_from != settings.quiet_to:
        span = hours(settings.quiet_from, settings.quiet_to, settings.utc_offset)
        lines.insert(1, _("Now set: {hours}").format(hours=f"{span} {_zone(settings)}"))
    return "\n\n".join(lines)


def _quiet_keyboard(settings: ChatSettings) -> InlineKeyboardMarkup:
    rows = [[_button(_("None"), QUIET, quiet_from=0, quiet_to=0)], _preset_buttons(settings.utc_offset)]
    begin, end, offset = settings.quiet_from, settings.quiet_to, settings.utc_offset
    if begin != end:
        rows.append(_step_buttons(_("Begin"), [((begin + step) % 24, end) for step in (-1, 1)]))
        rows.append(_step_buttons(_("End"), [(begin, (end + step) % 24) for step in (-1, 1)]))
    rows.append([_clock_button(settings, step) for step in (-1, 1) if offset + step in OFFSETS])
    rows.append([_button(_("Back"), MAIN)])
    return InlineKeyboardMarkup(rows)


def _preset_buttons(offset: int) -> list[InlineKeyboardButton]:
    return [
        _button(f"{begin}-{end}", QUIET, quiet_from=(begin - offset) % 24, quiet_to=(end - offset) % 24)
        for begin, end in PRESETS
    ]


def _step_buttons(name: str, spans: list[tuple[int, int]]) -> list[InlineKeyboardButton]:
    """Make the buttons for an hour earlier and an hour later."""
    return [
        _button(f"{name} {sign}1 h", QUIET, quiet_from=begin, quiet_to=end)
        for sign, (begin, end) in zip("-+", spans, strict=True)
    ]


def _clock_button(settings: ChatSettings, step: int) -> InlineKeyboardButton:
    """Set the clock; the quiet hours stay what the clock shows, so in UTC they move the other way."""
    name = _("Clock")
    moved = {"quiet_from": (settings.quiet_from - step) % 24, "quiet_to": (settings.quiet_to - step) % 24}
    if settings.quiet_from == settings.quiet_to:
        moved = {}
    sign = "+" if step > 0 else "-"
    return _button(f"{name} {sign}1 h", QUIET, utc_offset=settings.utc_offset + step, **moved)


def _zone(settings: ChatSettings) -> str:
    return f"UTC{settings.utc_offset:+d}" if settings.utc_offset else "UTC"
