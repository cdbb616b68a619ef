from dataclasses import asdict, replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import InlineKeyboardMarkup

from bot.chats.chats import GROUP_DEFAULTS, ChatSettings
from bot.features.settings.texts import MAIN, OFFSETS, QUIET, hours, keyboard, read, text

NOW = datetime(2026, 11, 21, 22, 5, tzinfo=UTC)
settings_of_any_kind = st.builds(
    ChatSettings,
    captions=st.sampled_from(["asked", "every"]),
    remembers=st.booleans(),
    seen_before=st.booleans(),
    pictures=st.sampled_from(["sheet", "album"]),
    quiet_from=st.integers(0, 23),
    quiet_to=st.integers(0, 23),
    utc_offset=st.sampled_from(list(OFFSETS)),
)


def labels(markup: InlineKeyboardMarkup) -> dict[str, str]:
    return {button.text: str(button.callback_data) for row in markup.inline_keyboard for button in row}


def after(settings: ChatSettings, data: str) -> ChatSettings:
    found = read(data)
    assert found is not None
    return replace(settings, **found[1])


@given(settings_of_any_kind, st.sampled_from([MAIN, QUIET]), st.booleans())
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
        assert 0 <= settings.quiet_from < 24
        assert settings.language == ""


@pytest.mark.parametrize(
    "data", ["set:", "set:main", "set:other:", "set:main:quiet_from=24", "set:main:language=de", "set:main:x"]
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
        "Quiet hours: none",
    ]
    for label, other in (
        ("Captions: only when asked", "Captions: every photo"),
        ("Memory: off", "Memory: on"),
        ("Say “seen before”: on", "Say “seen before”: off"),
        ("Found photos: one numbered picture", "Found photos: an album"),
    ):
        changed = labels(keyboard(MAIN, after(settings, found[label]), is_private=False))
        assert after(after(settings, found[label]), changed[other]) == settings


def test_in_private_there_are_fewer() -> None:
    found = labels(keyboard(MAIN, GROUP_DEFAULTS, is_private=True))
    assert [label.partition(":")[0] for label in found] == ["Memory", "Say “seen before”", "Found photos"]


def test_quiet_hours_are_chosen_and_moved() -> None:
    settings = GROUP_DEFAULTS
    assert list(labels(keyboard(QUIET, settings, is_private=False))) == [
        *("None", "22-7", "23-8", "0-8", "Clock -1 h", "Clock +1 h", "Back"),
    ]
    for press in ("22-7", "Begin +1 h", "Begin +1 h", "End -1 h"):
        settings = after(settings, labels(keyboard(QUIET, settings, is_private=False))[press])
    assert (settings.quiet_from, settings.quiet_to) == (0, 6)
    settings = after(settings, labels(keyboard(QUIET, settings, is_private=False))["Begin -1 h"])
    assert (settings.quiet_from, settings.quiet_to) == (23, 6)
    assert "23:00-6:00 UTC" in text(QUIET, settings, NOW)
    assert "shows 22:05 UTC" in text(QUIET, settings, NOW)
    settings = after(settings, labels(keyboard(QUIET, settings, is_private=False))["None"])
    assert "Now set" not in text(QUIET, settings, NOW)


def test_the_chats_clock_shows_the_hours_and_keeps_them() -> None:
    settings = replace(GROUP_DEFAULTS, quiet_from=22, quiet_to=7)
    for _ in range(3):
        settings = after(settings, labels(keyboard(QUIET, settings, is_private=False))["Clock +1 h"])
    assert (settings.utc_offset, settings.quiet_from, settings.quiet_to) == (3, 19, 4)
    assert "22:00-7:00 UTC+3" in text(QUIET, settings, NOW)
    assert "shows 01:05 UTC+3" in text(QUIET, settings, NOW)
    settings = after(settings, labels(keyboard(QUIET, settings, is_private=False))["0-8"])
    assert (settings.quiet_from, settings.quiet_to) == (21, 5)
    assert "Quiet hours: 0:00-8:00 UTC+3" in labels(keyboard(MAIN, settings, is_private=False))


@pytest.mark.parametrize(("offset", "missing"), [(-12, "Clock -1 h"), (14, "Clock +1 h")])
def test_the_clock_has_ends(offset: int, missing: str) -> None:
    found = labels(keyboard(QUIET, ChatSettings(utc_offset=offset), is_private=False))
    assert missing not in found


@given(st.integers(0, 23), st.sampled_from(list(OFFSETS)))
def test_hours_are_those_of_a_day(hour: int, offset: int) -> None:
    begin, end = (int(part.removesuffix(":00")) for part in hours(hour, hour, offset).split("-"))
    assert 0 <= begin == end < 24
