"""What a printed number is: ours, national, international, a service, or unknown.

The steps, first match: nothing; one of ours; anything but digits after an optional plus: unknown; N11 as dialed: service
(so 911 is never cut); then the outside prefix comes off; plus, country and ten digits: national; plus: international;
the international prefix and at least four digits; the long distance prefix and ten digits; ten digits not beginning with
0 or 1; seven digits: national with the area code; N11; a leading 0: service; else unknown. Plans of other countries than
the one with ten-digit national numbers are not built.

Source: C-018 (called area); North American numbering plan.
"""

import re
from typing import Final

import msgspec

from ain_scp.tickets.site import Extensions, Site

_N11 = re.compile(r"[2-9]11").fullmatch
_NATIONAL = 10
_LOCAL = 7
_ABROAD = 4


class Named(msgspec.Struct, frozen=True, gc=False):
    """A number in one form, and its kind: internal, national, international, service or unknown."""

    number: str | None
    kind: str | None


_NOTHING: Final = Named(None, None)
MOST_KNOWN: Final = 4096


class Numbers:
    """The numbers of one site, as one layout prints them."""

    def __init__(self, site: Site, layout: str) -> None:
        self.ours = Extensions(site.extensions)
        self._known: dict[tuple[str, str], Named] = {}
        self._site = site
        self._outside = site.outside_prefix if site.dialed_includes_access_code.get(layout, False) else ""

    def called(self, number: str | None, direction: str) -> Named:
        """The called number of a call; what came in or stayed inside is one of ours as it is."""
        if direction in ("incoming", "internal"):
            return Named(number, "internal")
        return self._remembered(number, self._outside)

    def calling(self, number: str | None, direction: str) -> str | None:
        """The calling number of a call."""
        if direction in ("outgoing", "internal"):
            return number
        return self._remembered(number, "").number

    def _remembered(self, number: str | None, outside: str) -> Named:
        """A number's name; those seen last are kept, however many there are."""
        if number is None:
            return _NOTHING
        found = self._known.get((number, outside))
        if found is None:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            found = self._known[number, outside] = self._name(number, outside)
        return found

    def _name(self, number: str, outside: str) -> Named:
        if number in self.ours:
            return Named(number, "internal")
        digits = number.removeprefix("+")
        if not (digits.isascii() and digits.isdigit()):
            return Named(number, "unknown")
        if digits != number:
            return self._with_plus(digits)
        if _N11(digits):
            return Named(digits, "service")
        if outside and len(digits) > len(outside):
            digits = digits.removeprefix(outside)
        return self._dialed(digits)

    def _with_plus(self, digits: str) -> Named:
        country = self._site.country
        if country and digits.startswith(country) and len(digits) == len(country) + _NATIONAL:
            return Named(digits[len(country) :], "national")
        return Named(digits, "international")

    def _dialed(self, digits: str) -> Named:
        site, length = self._site, len(digits)
        abroad, long = site.international_prefix, site.long_distance_prefix
        if abroad and digits.startswith(abroad) and length - len(abroad) >= _ABROAD:
            return Named(digits[len(abroad) :], "international")
        if long and digits.startswith(long) and length - len(long) == _NATIONAL:
            return Named(digits[len(long) :], "national")
        if length == _NATIONAL and digits[0] not in "01":
            return Named(digits, "national")
        if length == _LOCAL:
            return Named(site.area_code + digits, "national")
        if _N11(digits) or digits[0] == "0":
            return Named(digits, "service")
        return Named(digits, "unknown")
