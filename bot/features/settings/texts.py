"""Settings: the message of /settings and its buttons, which carry all that a press needs."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.chats.chats import ChatSettings, zone_of
from bot.features.settings import zones
from bot.language import _

SET = "set:"
MAIN, QUIET = "main", "quiet"
Page = tuple[str, InlineKeyboardMarkup]
PRESETS = ((22, 7), (23, 8), (0, 8))
DAY = 24 * 60
STEP = 30  # minutes

_CHOICES: Mapping[str, Mapping[str, Any]] = {
    "captions": {"asked": "asked", "every": "every"},
    "remembers": {"0": False, "1": True},
    "seen_before": {"0": False, "1": True},
    "teaches": {"0": False, "1": True},
    "pictures": {"sheet": "sheet", "album": "album"},
    "quiet_begin": {str(minute): minute for minute in range(DAY)},
    "quiet_end": {str(minute): minute for minute in range(DAY)},
}


def read(data: str) -> tuple[str, dict[str, Any]] | None:
    """Understand what a button sends: the page to show and the changes to make; None if it is not ours."""
    match = re.fullmatch(rf"{SET}({MAIN}|{QUIET}|{zones.PAGE}):([\w=,/+-]*)", data)
    if match is None:
        return None
    changes = {}
    for part in filter(None, match[2].split(",")):
        name, _sign, value = part.partition("=")
        choices = zones.by_name() if name == "zone" else _CHOICES.get(name, {})
        if value not in choices:
            return None
        changes[name] = choices[value]
    return match[1], changes


def completed(changes: dict[str, Any], before: ChatSettings) -> dict[str, Any]:
    """Add what else has to change: who sets quiet hours or a zone for the first time keeps the other."""
    if before.zone or not {"zone", "quiet_begin", "quiet_end"} & set(changes):
        return changes
    zone, begin, end = before.quiet_hours
    return {"zone": zone, "quiet_begin": begin, "quiet_end": end, **changes}


def text(page: str, settings: ChatSettings, now: datetime, *, hint: str = "") -> str:
    """Say what can be set.

    Args:
        page: MAIN, QUIET, or one of the zones.
        now: With its time zone, UTC.
        hint: What else there is to know.
    """
    if page == QUIET:
        return _quiet_text(settings, now)
    if page != MAIN:
        return _("<b>Time zone</b>\nWhose clock shall the quiet hours go by?")
    title = _("<b>Settings of this chat</b>\nTap a line to change it.")
    return "\n\n".join(filter(None, (title, hint)))


def keyboard(page: str, settings: ChatSettings, *, is_private: bool) -> InlineKeyboardMarkup:
    """Make the buttons of a page: each sends what shall be, so that an old message does what it says."""
    if page == QUIET:
        return _quiet_keyboard(settings)
    if page != MAIN:
        return _zones_keyboard(page)
    rows = [[_remembers(settings)], [_seen_before(settings)], [_pictures(settings)], [_teaches(settings)]]
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


def hours(begin: int, end: int) -> str:
    """Write minutes of a day as a clock shows them."""
    return "-".join(f"{minute // 60}:{minute % 60:02}" for minute in (begin, end))


def _button(text: str, page: str, **changes: object) -> InlineKeyboardButton:
    values = ",".join(f"{name}={_value(value)}" for name, value in changes.items())
    return InlineKeyboardButton(text, callback_data=f"{SET}{page}:{values}")


def _value(value: object) -> str:
    return str(int(value) if isinstance(value, bool) else value)


def _teaches(settings: ChatSettings) -> InlineKeyboardButton:
    if settings.teaches:
        return _button(_("Teaching words: on"), MAIN, teaches=False)
    return _button(_("Teaching words: off"), MAIN, teaches=True)


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
    zone, begin, end = settings.quiet_hours
    if begin == end:
        return _button(_("Quiet hours: none"), QUIET)
    return _button(_("Quiet hours: {hours}").format(hours=f"{hours(begin, end)} {zones.label(zone)}"), QUIET)


def _quiet_text(settings: ChatSettings, now: datetime) -> str:
    zone, begin, end = settings.quiet_hours
    clock = f"{now.astimezone(zone_of(zone)):%H:%M} {zones.label(zone)}"
    lines = [
        _("<b>Quiet hours</b>\nIn them I say nothing that I was not asked for."),
        _("My clock for this chat shows {time}.").format(time=clock),
    ]
    if begin != end:
        lines.insert(1, _("Now set: {hours}").format(hours=f"{hours(begin, end)} {zones.label(zone)}"))
    return "\n\n".join(lines)


def _quiet_keyboard(settings: ChatSettings) -> InlineKeyboardMarkup:
    zone, begin, end = settings.quiet_hours
    rows = [[_hours_button(_("None"), 0, 0)]]
    rows.append([_hours_button(f"{first}-{last}", first * 60, last * 60) for first, last in PRESETS])
    if begin != end:
        rows.append(_step_buttons(_("Begin"), [(begin + step, end) for step in (-STEP, STEP)]))
        rows.append(_step_buttons(_("End"), [(begin, end + step) for step in (-STEP, STEP)]))
    rows.append([_button(_("Time zone: {zone}").format(zone=zones.label(zone)), zones.REGIONS_PAGE)])
    rows.append([_button(_("Back"), MAIN)])
    return InlineKeyboardMarkup(rows)


def _hours_button(name: str, begin: int, end: int) -> InlineKeyboardButton:
    return _button(name, QUIET, quiet_begin=begin % DAY, quiet_end=end % DAY)


def _step_buttons(name: str, spans: list[tuple[int, int]]) -> list[InlineKeyboardButton]:
    """Make the buttons for half an hour earlier and later."""
    return [
        _hours_button(f"{name} {sign}{STEP} min", begin, end)
        for sign, (begin, end) in zip("-+", spans, strict=True)
    ]


def _zones_keyboard(page: str) -> InlineKeyboardMarkup:
    """Offer regions, or the zones of one, some at a time."""
    shown = zones.shown_on(page)
    buttons = [_button(label, QUIET, zone=name) for name, label in shown.zones]
    buttons += [_button(label, other) for other, label in shown.regions]
    rows = [buttons[start : start + 3] for start in range(0, len(buttons), 3)]
    turns = [_button(sign, other) for sign, other in (("←", shown.before), ("→", shown.next)) if other]
    back = QUIET if page == zones.REGIONS_PAGE else zones.REGIONS_PAGE
    return InlineKeyboardMarkup([*rows, *([turns] if turns else []), [_button(_("Back"), back)]])
