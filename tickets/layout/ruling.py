"""The rules of a layout file: directions, status, answered, joins, transfers and repeats, its own or another layout's.

Source: C-001, C-010.
"""

from collections.abc import Callable
from typing import Any, Final

from ain_scp.provisioning.problems import ProvisioningError
from ain_scp.tickets.call import DIRECTIONS, STATUSES
from ain_scp.tickets.layout.asking import Asking
from ain_scp.tickets.layout.schema import Direction, Extract, Join, Layout, Test

RULES: Final = ("direction", "status", "answered", "join", "transfer", "duplicate")
DIRECTION: Final = (
    "if", "is", "by", "extension", "calling", "called", "trunk", "incoming_trunk", "extension_outgoing",
    "extension_incoming", "called_outgoing", "called_incoming", "called_internal", "called_tandem", "trunk_outgoing",
    "trunk_incoming", "trunk_internal", "trunk_tandem",
)  # fmt: skip
EXTRACT: Final = ("of", "after", "before", "last", "strip", "digits", "device")
JOIN: Final = ("key", "within_s", "more", "last", "attempts", "adds")


class Ruling(Asking):
    """The part of a layout that says what a record means. `names` are the fields that its conditions may ask for."""

    def rules(self, top: dict[str, Any], other: Callable[[str], Layout]) -> dict[str, Any]:
        """The tables of the rules, as arguments of Layout; `other` finds the layout whose rules these are."""
        name = self.text(top, (), "rules")
        if not name:
            return self._own_rules(top)
        for key in RULES:
            if key in top:
                self.wrong((key,), f"{key}: the rules are those of {name}; take one of the two out")
        try:
            found = other(name)
        except (KeyError, ProvisioningError):
            self.wrong(("rules",), f"rules = {name!r}: no such layout")
            return self._own_rules({})
        missing = _fields_asked(found) - self.names
        if missing:
            self.wrong(
                ("rules",),
                f"the rules of {name} ask for fields that are not here: {', '.join(sorted(missing))}",
            )
        return {
            "directions": found.directions,
            "status": found.status,
            "answered": found.answered,
            "join": found.join,
            "transfer": found.transfer,
            "duplicate": found.duplicate,
        }

    def _own_rules(self, top: dict[str, Any]) -> dict[str, Any]:
        rows = top.get("direction", [])
        if not isinstance(rows, list) or not rows:
            self.wrong(("direction",), "direction: expected at least one [[direction]]")
            rows = []
        answered = self.known(top.get("answered", {}), ("answered",), ("if",))
        duplicate = self.known(top.get("duplicate", {}), ("duplicate",), ("key",))
        return {
            "directions": tuple(self._direction(row, ("direction", at)) for at, row in enumerate(rows)),
            "status": self._status(top.get("status", {})),
            "answered": self._tests(answered["if"], ("answered", "if")) if "if" in answered else None,
            "join": self._join(top["join"]) if "join" in top else None,
            "transfer": self._transfer(top["transfer"]) if "transfer" in top else None,
            "duplicate": self._key(duplicate, ("duplicate",)),
        }

    def _key(self, table: dict[str, Any], path: tuple[str | int, ...]) -> tuple[str, ...]:
        return tuple(self.field_name(one, (*path, "key")) for one in self.texts(table, path, "key"))

    def _tests(self, value: object, path: tuple[str | int, ...]) -> tuple[Test, ...]:
        if not isinstance(value, dict):
            self.wrong(path, f"{path[-1]}: expected a table of conditions")
            return ()
        return tuple(self._test(key, value[key], (*path, key)) for key in value)

    def _test(self, key: str, value: object, path: tuple[str | int, ...]) -> Test:
        match key, value:
            case "field_present", str() as name:
                return Test("present", self.field_name(name, path))
            case "duration_over", int() as seconds if not isinstance(seconds, bool):
                return Test("longer", "", (), seconds)
        for how in ("starts", "matches"):
            name = key.removesuffix("_" + how)
            if name != key and name in self.names:
                return self._partly(how, name, value, path)
        given = value if isinstance(value, list) else []
        values = tuple(str(one).strip() for one in given if type(one) in (str, int))
        if not values or len(values) < len(given):
            self.wrong(path, f"{key}: expected a list of texts or whole numbers")
        return Test("is", self.field_name(key, path), values)

    def _partly(self, how: str, name: str, value: object, path: tuple[str | int, ...]) -> Test:
        match how, value:
            case "matches", str() as regex:
                return Test(how, name, (self.regex(regex, path),))
            case "starts", [*ones] if ones and all(isinstance(one, str) for one in ones):
                return Test(how, name, tuple(map(str, ones)))
        self.wrong(path, f"{path[-1]}: expected a list of beginnings or a regular expression")
        return Test(how, name)

    def _direction(self, value: object, path: tuple[str | int, ...]) -> Direction:
        table = self.known(value, path, DIRECTION)
        by, outcome = self.text(table, path, "by"), table.get("is", "")
        said = ""
        if isinstance(outcome, dict):
            said, outcome = (
                self.field_name(self.known(outcome, path, ("field",)).get("field"), (*path, "is")),
                "",
            )
        if by not in ("", "numbers"):
            self.wrong((*path, "by"), 'by = "numbers" is all there is')
        if not by and not said and outcome not in (*DIRECTIONS, "event"):
            self.wrong((*path, "is"), f"is = {outcome!r}: expected one of {', '.join(DIRECTIONS)}, event")
        parties = {
            key: self._extract(table[key], (*path, key)) for key in table if key not in ("if", "is", "by")
        }
        when = self._tests(table["if"], (*path, "if")) if "if" in table else ()
        return Direction(when=when, outcome=str(outcome), said=said, by_numbers=bool(by), parties=parties)

    def _extract(self, value: object, path: tuple[str | int, ...]) -> Extract:
        if isinstance(value, str):
            return Extract(of=self.field_name(value, path))
        table = self.known(value, path, EXTRACT)
        if "device" in table:
            return Extract(of=self.field_name(table["device"], path), strip="E")
        return Extract(
            of=self.field_name(table.get("of"), path),
            after=self.text(table, path, "after"),
            before=self.text(table, path, "before"),
            last=self.flag(table, path, "last"),
            strip=self.text(table, path, "strip"),
            digits=self.flag(table, path, "digits"),
        )

    def _status(self, value: object) -> tuple[tuple[str, tuple[Test, ...]], ...]:
        table = self.known(value, ("status",), STATUSES)
        return tuple((name, self._tests(table[name], ("status", name))) for name in table)

    def _join(self, value: object) -> Join:
        path = ("join",)
        table = self.known(value, path, JOIN)
        adds = self.text(table, path, "adds")
        if adds not in ("", "duration"):
            self.wrong((*path, "adds"), 'adds = "duration" is all there is')
        return Join(
            key=self._key(table, path),
            within_s=self.whole(table, path, "within_s", 86_400),
            more=self._tests(table["more"], (*path, "more")) if "more" in table else None,
            last=self._tests(table["last"], (*path, "last")) if "last" in table else None,
            attempts=self.flag(table, path, "attempts"),
            adds=bool(adds),
        )

    def _transfer(self, value: object) -> tuple[tuple[Test, ...], str]:
        path = ("transfer",)
        table = self.known(value, path, ("if", "to"))
        return self._tests(table.get("if"), (*path, "if")), self.field_name(table.get("to"), (*path, "to"))


def _fields_asked(layout: Layout) -> set[str]:
    """The fields that the rules of a layout name."""
    tests = [test for row in layout.directions for test in row.when]
    tests += [test for _name, found in layout.status for test in found]
    tests += list(layout.answered or ())
    names = {test.field for test in tests} | set(layout.duplicate)
    names |= {party.of for row in layout.directions for party in row.parties.values()}
    if layout.join is not None:
        names |= {
            *layout.join.key,
            *(test.field for test in (*(layout.join.more or ()), *(layout.join.last or ()))),
        }
    if layout.transfer is not None:
        names |= {layout.transfer[1], *(test.field for test in layout.transfer[0])}
    return names - {""}
