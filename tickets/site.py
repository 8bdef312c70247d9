"""The site a PBX stands at: its zone, its extensions and how outside numbers are dialed there.

Source: C-001, C-018 (called area).
"""

import re
from typing import Final

import msgspec

from ain_scp.terms.zone import Zone
from ain_scp.tickets.names import UNREADABLE

_PATTERN: Final = re.compile(r"[0-9xX*#]+")


class Site(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A `site.toml`. `extensions` are patterns (x = any digit); an empty prefix is none."""

    name: str
    zone: str
    extensions: tuple[str, ...] = ()
    schema: int = 1
    country: str = "1"
    area_code: str = ""
    outside_prefix: str = ""
    international_prefix: str = ""
    long_distance_prefix: str = ""
    dialed_includes_access_code: dict[str, bool] = {}
    zone_of: dict[str, str] = {}

    def zone_for(self, layout: str) -> Zone:
        """The zone in which a layout's PBX prints its times."""
        return Zone(self.zone_of.get(layout, self.zone))


class SiteError(ValueError):
    """A site that cannot be used; the text names the key and what is expected."""


def read_site(text: str, file: str = "site.toml") -> Site:
    """Read a site file; SiteError names file and key."""
    try:
        site = msgspec.toml.decode(text, type=Site)
    except UNREADABLE as fault:
        raise SiteError(f"{file}: {fault}") from fault
    problems = list(_problems(site))
    if problems:
        raise SiteError("\n".join(f"{file}: {problem}" for problem in problems))
    return site


def _problems(site: Site) -> "list[str]":
    found = []
    if site.schema != 1:
        found.append(f"schema = {site.schema}: 1 is the only one there is")
    for zone in (site.zone, *site.zone_of.values()):
        try:
            Zone(zone)
        except ValueError as fault:
            found.append(str(fault))
    found += [
        f"extensions: {one!r} may hold digits, x, * and # only"
        for one in site.extensions
        if not _PATTERN.fullmatch(one)
    ]
    for key in ("country", "area_code", "outside_prefix", "international_prefix", "long_distance_prefix"):
        value = getattr(site, key)
        if value and not (value.isascii() and value.isdigit()):
            found.append(f"{key} = {value!r}: expected digits")
    return found


class Extensions:
    """Which numbers are ours."""

    def __init__(self, patterns: tuple[str, ...]) -> None:
        one = "|".join(re.escape(pattern).replace("x", "[0-9]").replace("X", "[0-9]") for pattern in patterns)
        self._ours = re.compile(one).fullmatch if patterns else None

    def __contains__(self, number: object) -> bool:
        return self._ours is not None and isinstance(number, str) and self._ours(number) is not None
