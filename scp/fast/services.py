"""The short way of the services beside the dialing plan's: a query like an earlier one differs in digits, so does its answer.

    shape known? -> digits of the called number, the caller, the LATA -> what they lead to -> the answer's form, filled

A shape is learned from a query that the general node answered, with the services that its message and address lead to, in
order; an answer's form for each outcome and carrier, announcement or length of name. A form is kept only when filling it gives
that very answer again. Options that copy parts of the query into the answer, or ask for a notification, leave it to the general
node. Where there is an innermost part it is asked first, and told what it did not know.

Limits: 4 masks of one length, 512 shapes, 4,096 forms of one shape.
Source: B4-012; services design section 10; performance.md section 2.
"""

from collections import Counter
from collections.abc import Callable
from typing import Final, Protocol, final

from ain_scp.portability.service import Portability
from ain_scp.provisioning.services import LnpTables
from ain_scp.scp.fast.draws import Draws
from ain_scp.scp.fast.ported import Key, PortedEndings
from ain_scp.scp.fast.recent import Memory
from ain_scp.scp.fast.terminating import LineEndings
from ain_scp.scp.fast.tollfree import TollFreeEndings
from ain_scp.scp.overload.codes import called_code, is_emergency
from ain_scp.scp.service_logic.call import MESSAGES
from ain_scp.scp.service_logic.service_call import service_query_of
from ain_scp.scp.service_logic.services import ServiceLogic
from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.ain.codec import decode_parameters
from ain_scp.signaling.ain.operations import operation
from ain_scp.signaling.flat.rows import CALLED, CALLING, CHARGE, LATA, USER_SLOT
from ain_scp.signaling.flat.walk import QUERY, Flat
from ain_scp.signaling.shapes.holes import SWAP, cut
from ain_scp.signaling.shapes.known import Known, Place, mask_of
from ain_scp.signaling.shapes.layout import Layout, layout_of
from ain_scp.signaling.tcap import decode_package
from ain_scp.terminating.service import Terminating
from ain_scp.terms.service import LNP, TERMINATING, TOLLFREE, ServiceQuery
from ain_scp.tollfree.service import TollFree

MASKS: Final = 4
MOST_SHAPES: Final = 512
MOST_FORMS: Final = 4096
DIGITS: Final = 5
"""Octets of ten digits."""
_HEAD: Final = 2
"""Nature and plan, before the digits."""
_CALLED_HOLE: Final = {0x8F: _HEAD}
_HOLES: Final[dict[str, dict[int, int]]] = {
    LNP: _CALLED_HOLE,
    TOLLFREE: _CALLED_HOLE,
    TERMINATING: _CALLED_HOLE | {0x92: _HEAD, 0x93: _HEAD, 0x9F2B: _HEAD, 0xBA: _HEAD, 0x9F21: 1},
}
"""Parameters of an answer with a hole: by service and tag, how many octets stand before it (of displayText the element's tag
and length, of genericName its mark)."""

PORTED: Final = 0
TOLL_FREE: Final = 1
TOLL_FREE_BY_ADDRESS: Final = 2
LINE: Final = 3
"""What a row of services.csv leads to."""

Found = tuple[Key, tuple[bytes, ...]]
"""What a query comes to, and what fills the holes of the answer."""


@final
class Form:
    """The octets of an answer between SLS, transaction ID and holes."""

    __slots__ = ("constants",)

    def __init__(self, constants: list[bytes]) -> None:
        self.constants = constants

    def fill(self, sls: bytes, transaction: bytes, values: tuple[bytes, ...]) -> bytes:
        """The answer; as many values as holes."""
        parts = self.constants
        if len(values) == 1:
            return b"".join((parts[0], sls, parts[1], transaction, parts[2], values[0], parts[3]))
        made = [parts[0], sls, parts[1], transaction, parts[2]]
        for value, after in zip(values, parts[3:], strict=True):
            made += (value, after)
        return b"".join(made)


def form_of(answer: bytes, layout: Layout, service: str, values: tuple[bytes, ...]) -> Form | None:
    """An answer cut at its holes; None when there are others than these values fill."""
    heads = _HOLES[service]
    sls, transaction = layout.sls_at, layout.transaction_at
    holes = [
        (start + heads[tag], end)
        for tag, start, end in layout.invokes[0].parameters
        if tag in heads and start + heads[tag] < end
    ]
    parts = cut(answer, [(sls, sls + 1), (transaction, transaction + 4), *holes])
    if parts is None or [end - start for start, end in holes] != [len(value) for value in values]:
        return None
    return Form(parts[::2])


@final
class Asked:
    """A shape of query: where its parts stand, the services it leads to, and the forms of its answers.

    `calling` and `caller` (the number that pays, else the calling one) and `lata`: first octet and number of digits, (0, 0)
    where there are none. `model`: the query without the digits, if it is one about a line. `nodes`: the point codes that its
    answers go to. Not `proven`: one of them is said to be out of reach, so the next query is the general node's, which proves the contrary.
    """

    __slots__ = (
        "called_at", "caller", "calling", "forms", "lata", "mask", "model", "nodes", "origin_at", "package_at", "package_end",
        "proven", "rows", "sls_at", "transaction_at",
    )  # fmt: skip

    def __init__(
        self, flat: Flat, rows: list[int], nodes: tuple[int, int], model: ServiceQuery | None
    ) -> None:
        self.rows = rows
        self.nodes = nodes
        self.proven = True
        self.model = model
        self.sls_at = flat.label_at + 11
        self.origin_at = flat.label_at
        self.transaction_at = flat.transaction_at
        self.called_at = flat.at[CALLED] + _HEAD
        self.package_at, self.package_end = flat.package_at, flat.package_end
        charge = _number(flat, CHARGE)
        self.calling = _number(flat, CALLING)
        self.caller = charge if charge[1] else self.calling
        self.lata = _number(flat, LATA)
        self.mask = mask_of(len(flat.octets), _varying(flat))
        self.forms: dict[Key, Form] = {}


class ServicesPart(Protocol):
    """What the innermost part does for the services (`ain_scp.scp.fast.core_services`, when it is compiled)."""

    def change(self, tables: LnpTables | None) -> None:
        """Ask other tables of ported numbers, over the same base, from now on; None: leave them to the general node."""

    def run(
        self,
        datagrams: list[bytes],
        answers: list[bytes | None],
        recent: Memory,
        now: int,
        second: int,
        draws: Draws | None,
    ) -> None:
        """Answer the messages after those answered while they are known here. `draws`: each uses up one."""

    def learn(self, octets: bytes, asked: Asked, key: Key, form: Form) -> None:
        """Take what was learned, if it is of the usual form."""

    def doubt(self, point_code: int | None) -> None:
        """Answer no query of a node, or of any, until it was learned from again."""

    def tell(self, answers: Counter[tuple[str, str]]) -> None:
        """Add what was answered to the counts by service and outcome, and forget it."""


MakePart = Callable[[LnpTables | None, TollFreeEndings | None], ServicesPart]


@final
class QuickServices:
    """Shapes and forms over one service logic. `by_chance`: what is asked may depend on the draw."""

    def __init__(self, services: ServiceLogic, make_part: MakePart | None = None) -> None:
        self._services = services
        self._shapes: Known[Asked] = Known(MASKS, MOST_SHAPES)
        self._toll_free: TollFreeEndings | None = None
        self._lines: LineEndings | None = None
        self._outcomes: dict[Key, int] = {}
        for service in services.services.values():
            if isinstance(service, TollFree) and not service.tables.options.notify:
                self._toll_free = TollFreeEndings(service.tables)
            if isinstance(service, Terminating):
                self._lines = LineEndings(service)
        tables = _quick_tables(services)
        self._ported = None if tables is None else PortedEndings(tables)
        chances = [one.by_chance for one in (self._toll_free, self._lines) if one is not None]
        self.by_chance = any(chances)
        self._part = None if make_part is None else make_part(tables, self._toll_free)

    def follow(self, services: ServiceLogic) -> bool:
        """Go on over other tables of ported numbers; False, and nothing is changed, when anything else is different."""
        before = self._services
        if services.tables is not before.tables or any(
            services.services.get(name) is not one for name, one in before.services.items() if name != LNP
        ):
            return False
        tables = _quick_tables(services)
        if (tables is None) != (self._ported is None):
            return False
        self._services = services
        self._ported = None if tables is None else PortedEndings(tables)
        if self._part is not None:
            self._part.change(tables)
        return True

    def run(
        self,
        datagrams: list[bytes],
        answers: list[bytes | None],
        recent: Memory,
        now: int,
        second: int,
        draws: Draws,
    ) -> int:
        """Answer the messages after those answered while they are known here; how many. Uses up draws only if `by_chance`."""
        start, part = len(answers), self._part
        while len(answers) < len(datagrams):
            if part is not None:
                part.run(datagrams, answers, recent, now, second, draws if self.by_chance else None)
                if len(answers) == len(datagrams):
                    break
            made = self.answer(datagrams[len(answers)], recent, now, second, draws)
            if made is None:
                break
            answers.append(made)
            if self.by_chance:
                draws.skip(1)
        return len(answers) - start

    def answer(self, octets: bytes, recent: Memory, now: int, second: int, draws: Draws) -> bytes | None:
        """The answer; None: not known, perhaps a repetition, or not of ten digits. `second` is local."""
        asked = self._shapes.find(octets)
        if asked is None or not asked.proven:
            return None
        at, origin = asked.transaction_at, asked.origin_at
        transaction = octets[at : at + 4]
        name = octets[origin : origin + 4] + transaction
        if recent.knows(name):
            return None
        found = self._lead(asked, octets, second, draws.peek() if self.by_chance else 0)
        form = None if found is None else asked.forms.get(found[0])
        if found is None or form is None:
            return None
        made = form.fill(octets[asked.sls_at : asked.sls_at + 1], transaction, found[1])
        recent.keep(name, now, octets[asked.package_at : asked.package_end], made)
        self._outcomes[found[0]] = self._outcomes.get(found[0], 0) + 1
        if self._part is not None:
            self._part.learn(octets, asked, found[0], form)
        return made

    def doubt(self, point_code: int | None) -> None:
        """A node, or any, may be out of reach: its next query is the general node's, which proves the contrary."""
        for asked in self._shapes.every():
            if point_code is None or point_code in asked.nodes:
                asked.proven = False
        if self._part is not None:
            self._part.doubt(point_code)

    def tell(self, answers: Counter[tuple[str, str]]) -> None:
        """Add what was answered to the counts by service and outcome, and forget it."""
        if self._part is not None:
            self._part.tell(answers)
        if self._outcomes:
            for (service, outcome, _), count in self._outcomes.items():
                answers[service, outcome] += count
            self._outcomes.clear()

    def _lead(self, asked: Asked, octets: bytes, second: int, draw: int) -> Found | None:
        """What a query comes to; None: not known here."""
        at = asked.called_at
        digits = octets[at : at + DIGITS].translate(SWAP).hex()
        if not digits.isdecimal():
            return None
        ported, toll_free, lines = self._ported, self._toll_free, self._lines
        for row in asked.rows:
            if row == PORTED:
                if ported is None:
                    return None
                key, number = ported.of(digits)
                return key, (bytes.fromhex(number).translate(SWAP),)
            if row == LINE:
                if lines is None or asked.model is None:
                    return None
                if lines.claims(digits):
                    caller, lata = _digits(octets, asked.calling), _digits(octets, asked.lata)
                    plain = (caller + lata + "0").isdecimal()
                    return lines.of(asked.model, digits, caller, lata, second, draw) if plain else None
                continue
            if toll_free is None:
                return None
            if row == TOLL_FREE_BY_ADDRESS or toll_free.claims(digits):
                caller, lata = _digits(octets, asked.caller), _digits(octets, asked.lata)
                if not (caller + lata + "0").isdecimal():
                    return None
                key, number = toll_free.of(digits, caller, lata, second, draw)
                return key, (bytes.fromhex(number).translate(SWAP),) if number else ()
        return None

    # Learning

    def may_learn(self, flat: Flat, recent: Memory) -> bool:
        """Whether a message is a query about ten digits that was not asked before, and no emergency call."""
        label, transaction = flat.label_at, flat.transaction_at
        return (
            flat.package == QUERY
            and _number(flat, CALLED)[1] == 2 * DIGITS
            and not recent.knows(flat.octets[label : label + 4] + flat.octets[transaction : transaction + 4])
            and not is_emergency(called_code(flat))
        )

    def learn(self, flat: Flat, answer: bytes, second: int, draw: int) -> None:
        """Keep the shape of a query, and the form of the answer that the general node gave then and with this draw."""
        octets, layout = flat.octets, layout_of(answer)
        if layout is None or len(layout.invokes) != 1:
            return
        asked = self._shapes.find(octets) or self._shape_of(flat)
        if asked is not None:
            asked.proven = True
        found = None if asked is None else self._lead(asked, octets, second, draw)
        if asked is None or found is None or len(asked.forms) >= MOST_FORMS:
            return
        form = form_of(answer, layout, found[0][0], found[1])
        at, sls = asked.transaction_at, asked.sls_at
        if form is not None and form.fill(octets[sls : sls + 1], octets[at : at + 4], found[1]) == answer:
            asked.forms[found[0]] = form
            self._shapes.keep(octets, asked.mask, asked)

    def _shape_of(self, flat: Flat) -> Asked | None:
        """A query's shape; None where it leads to a service that is not answered here."""
        data = m3ua.decode(flat.octets).protocol_data
        unit = sccp.decode(data.payload) if data is not None else None
        if data is None or not isinstance(unit, sccp.UnitData):
            return None
        title = unit.called.global_title
        kind = title.translation_type if title is not None else None
        message, criteria = MESSAGES.get(flat.code, ""), flat.integer("triggerCriteriaType")
        rows: list[int] = []
        model: ServiceQuery | None = None
        for row, service in self._services.offered(message, criteria, unit.called.ssn, kind):
            if isinstance(service, Portability):
                rows.append(PORTED)
                break
            if isinstance(service, Terminating):
                rows.append(LINE)
                model = _model(flat.code, unit)
                continue
            if not isinstance(service, TollFree):
                return None
            addressed = row.ssn is not None or row.translation_type is not None
            rows.append(TOLL_FREE_BY_ADDRESS if addressed else TOLL_FREE)
        nodes = data.opc, data.opc if unit.calling.point_code is None else unit.calling.point_code
        return Asked(flat, rows, nodes, model) if rows else None


def _model(code: int, unit: sccp.UnitData) -> ServiceQuery | None:
    """A query as its service sees it, at no particular time; None for an operation that is not known."""
    known, part = operation(code), decode_package(unit.data).components[0]
    if known is None:
        return None
    return service_query_of(code, decode_parameters(known, part.parameter or b""), unit.called, 0, 0)


def _quick_tables(services: ServiceLogic) -> LnpTables | None:
    """The tables of ported numbers, if their answers copy nothing of the query."""
    tables = services.portability()
    return None if tables is None or tables.options.copy_charge else tables


def _digits(octets: bytes, place: Place) -> str:
    """The digits that stand in a place; empty for none."""
    start, count = place
    return octets[start : start + (count + 1) // 2].translate(SWAP).hex()[:count] if count else ""


def _number(flat: Flat, slot: int) -> Place:
    """First octet and number of the digits of a parameter; (0, 0) where there are none."""
    start, end = flat.at[slot], flat.end[slot]
    count = 2 * (end - start - _HEAD) - (flat.octets[start] >> 7)
    return (start + _HEAD, count) if start and count > 0 else (0, 0)


def _varying(flat: Flat) -> list[Place]:
    """The octets that may differ between queries of a shape: digits, and what says nothing that a service asks."""
    at, end, octets = flat.at, flat.end, flat.octets
    sls, transaction = flat.label_at + 11, flat.transaction_at
    found = [(sls, sls + 1), (transaction, transaction + 4)]
    found += [(at[one] + _HEAD, end[one]) for one in (CALLED, CALLING, CHARGE, LATA) if at[one]]
    if octets[at[USER_SLOT] : at[USER_SLOT] + 2] == b"\x81\x05":
        found.append((at[USER_SLOT] + _HEAD, end[USER_SLOT]))
    return found
