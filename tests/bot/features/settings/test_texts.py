from dataclasses import asdict, replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import InlineKeyboardMarkup

from bot.chats.chats import GROUP_DEFAULTS, ChatSettings
from bot.features.settings import zones
from bot.features.settings.texts import DAY, MAIN, QUIET, completed, hours, keyboard, read, text

NOW = datetime(2026, 11, 21, 22, 5, tzinfo=UTC)
settings_of_any_kind = st.builds(
    ChatSettings,
    captions=st.sampled_from(["asked", "every"]),
    remembers=st.booleans(),
    seen_before=st.booleans(),
    pictures=st.sampled_from(["sheet", "album"]),
    quiet_from=st.integers(0, 23),
    quiet_to=st.integers(0, 23),
    utc_offset=st.integers(-12, 14),
    zone=st.sampled_from(["", "UTC", "Europe/Berlin", "America/Argentina/ComodRivadavia"]),
    quiet_begin=st.integers(0, DAY - 1),
    quiet_end=st.integers(0, DAY - 1),
)


def labels(markup: InlineKeyboardMarkup) -> dict[str, str]:
    return {button.text: str(button.callback_data) for row in markup.inline_keyboard for button in row}


def after(settings: ChatSettings, data: str) -> ChatSettings:
    found = read(data)
    assert found is not None
    return replace(settings, **completed(found[1], settings))


PAGES = [MAIN, QUIET, "zone", "zone/America/0", "zone/America/7", "zone/Asia/99", "zone/Moon/0"]


@given(settings_of_any_kind, st.sampled_from(PAGES), st.booleans())
def test_every_button_can_be_read_and_fits(settings: ChatSettings, page: str, is_private: bool) -> None:
    for data in labels(keyboard(page, settings, is_private=is_private)).values():
        assert len(data.encode()) <= 64
        assert read(data) is not None
        assert set(asdict(after(settings, data))) == set(asdict(settings))


@given(st.text() | st.from_regex(r"set:(main|quiet):[a-z_]+=[0-9a-z-]{1,3}", fullmatch=True))
def test_what_is_made_up_changes_nothing_that_cannot_be_set(data: str) -> None:
    found = read(data)
    if found is not None:
        settings = replace(GROUP_DEFAULTS, **found[1])
        assert settings.captions in ("asked", "every")
        assert settings.pictures in ("sheet", "album")
        assert 0 <= settings.quiet_begin < DAY
        assert settings.language == ""


@pytest.mark.parametrize(
    "data",
    [
        "set:",
        "set:main",
        "set:other:",
        "set:main:quiet_begin=1440",
        "set:zone:zone=Mars",
        "set:zone/x/100:",
        "set:main:language=de",
        "set:main:x",
    ],
)
def test_other_data_is_not_ours(data: str) -> None:
    assert read(data) is None


def test_a_button_says_what_is_and_does_the_other() -> None:
    settings = GROUP_DEFAULTS
    found = labels(keyboard(MAIN, settings, is_private=False))
    assert list(found) == [
        "Captions: only when asked",
        "Memory: off",
        "Say “seen before”: on",
        "Found photos: one numbered picture",
        "Teaching words: on",
        "Quiet hours: none",
    ]
    for label, other in (
        ("Captions: only when asked", "Captions: every photo"),
        ("Memory: off", "Memory: on"),
        ("Say “seen before”: on", "Say “seen before”: off"),
        ("Found photos: one numbered picture", "Found photos: an album"),
        ("Teaching words: on", "Teaching words: off"),
    ):
        changed = labels(keyboard(MAIN, after(settings, found[label]), is_private=False))
        assert after(after(settings, found[label]), changed[other]) == settings


def test_in_private_there_are_fewer() -> None:
    found = labels(keyboard(MAIN, GROUP_DEFAULTS, is_private=True))
    assert [label.partition(":")[0] for label in found] == [
        *("Memory", "Say “seen before”", "Found photos", "Teaching words")
    ]


def test_quiet_hours_are_chosen_and_moved() -> None:
    settings = GROUP_DEFAULTS
    assert list(labels(keyboard(QUIET, settings, is_private=False))) == [
        *("None", "22-7", "23-8", "0-8", "Time zone: UTC", "Back"),
    ]
    for press in ("22-7", "Begin +30 min", "Begin +30 min", "Begin +30 min", "Begin +30 min", "End -30 min"):
        settings = after(settings, labels(keyboard(QUIET, settings, is_private=False))[press])
    assert settings.quiet_hours == ("UTC", 0, 6 * 60 + 30)
    settings = after(settings, labels(keyboard(QUIET, settings, is_private=False))["Begin -30 min"])
    assert settings.quiet_hours == ("UTC", 23 * 60 + 30, 6 * 60 + 30)
    assert "23:30-6:30 UTC" in text(QUIET, settings, NOW)
    assert "shows 22:05 UTC" in text(QUIET, settings, NOW)
    settings = after(settings, labels(keyboard(QUIET, settings, is_private=False))["None"])
    assert "Now set" not in text(QUIET, settings, NOW)


def test_the_hours_of_an_older_version_are_shown_and_kept_when_a_zone_is_chosen() -> None:
    settings = replace(GROUP_DEFAULTS, quiet_from=19, quiet_to=4, utc_offset=3)
    assert "22:00-7:00 UTC+3" in text(QUIET, settings, NOW)
    assert "shows 01:05 UTC+3" in text(QUIET, settings, NOW)
    found = labels(keyboard("zone/Europe/0", settings, is_private=False))
    settings = after(settings, found["Berlin"])
    assert settings.quiet_hours == ("Europe/Berlin", 22 * 60, 7 * 60)
    assert "shows 23:05 Berlin" in text(QUIET, settings, NOW)
    settings = after(settings, labels(keyboard(QUIET, settings, is_private=False))["0-8"])
    assert settings.quiet_hours == ("Europe/Berlin", 0, 8 * 60)
    assert "Quiet hours: 0:00-8:00 Berlin" in labels(keyboard(MAIN, settings, is_private=False))
    assert labels(keyboard(QUIET, settings, is_private=False))["Time zone: Berlin"] == "set:zone:"


def test_every_zone_can_be_reached() -> None:
    pages, seen, found = ["zone"], set(), set()
    while pages:
        page = pages.pop()
        seen.add(page)
        for data in labels(keyboard(page, GROUP_DEFAULTS, is_private=False)).values():
            target, changes = read(data) or ("", {})
            found |= set(changes.values())
            if target.startswith("zone") and target not in seen:
                pages.append(target)
    assert found == set(zones.by_name())
    assert {"Asia/Kathmandu", "America/Argentina/Buenos_Aires", "UTC"} <= found
    assert len(seen) < 40


@given(st.integers(0, DAY - 1))
def test_hours_are_those_of_a_day(minute: int) -> None:
    begin, end = hours(minute, minute).split("-")
    assert begin == end
    assert 60 * int(begin.partition(":")[0]) + int(begin.partition(":")[2]) == minute
