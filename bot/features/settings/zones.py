"""Time zones, some to a page of buttons: first the regions, then those of one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from zoneinfo import available_timezones

REGIONS_PAGE = "zone"
PAGE = r"zone(?:/[A-Za-z]+/\d{1,2})?"  # the regions, or a region and the number of its page
ON_A_PAGE = 24

_REGIONS = (
    "Africa",
    "America",
    "Antarctica",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)


@dataclass(frozen=True)
class ZonesShown:
    """What a page shows, each with what its button says.

    Attributes:
        regions: The pages that they lead to.
        zones: By their names.
        before: The page before; "" if there is none.
        next: The page behind; likewise.
    """

    regions: tuple[tuple[str, str], ...] = ()
    zones: tuple[tuple[str, str], ...] = ()
    before: str = ""
    next: str = ""


@cache
def by_name() -> Mapping[str, str]:
    """Give the names of all zones that can be chosen, each by itself."""
    found = sorted(name for name in available_timezones() if name.partition("/")[0] in _REGIONS)
    return {name: name for name in ("UTC", *found)}


def shown_on(page: str) -> ZonesShown:
    """Give what is on a page; the regions, if there is no such page."""
    match = re.fullmatch(r"zone/([A-Za-z]+)/(\d{1,2})", page)
    names = [name for name in by_name() if match is not None and name.startswith(f"{match[1]}/")]
    if match is None or not names:
        regions = tuple((f"zone/{region}/0", region) for region in _REGIONS)
        return ZonesShown(regions=regions, zones=(("UTC", "UTC"),))
    number = min(int(match[2]), (len(names) - 1) // ON_A_PAGE)
    some = names[number * ON_A_PAGE : (number + 1) * ON_A_PAGE]
    return ZonesShown(
        zones=tuple((name, _place(name)) for name in some),
        before=f"zone/{match[1]}/{number - 1}" if number else "",
        next=f"zone/{match[1]}/{number + 1}" if (number + 1) * ON_A_PAGE < len(names) else "",
    )


def label(zone: str) -> str:
    """Name a zone as a person would: by its place, or by the hours that it is ahead of UTC."""
    fixed = re.fullmatch(r"Etc/GMT([+-])(\d+)", zone)
    if fixed is not None:
        return f"UTC{'-' if fixed[1] == '+' else '+'}{fixed[2]}"
    return _place(zone)


def _place(name: str) -> str:
    return (name.partition("/")[2] or name).replace("_", " ")
