"""The short way of the services beside the dialing plan's: a query like an earlier one differs in digits, so does its answer.

    shape known? -> digits of the called number, the caller, the LATA -> what they lead to -> the answer's form, filled

A shape is learned from a query that the general node answered, with the services that its message and address lead to, in
order; an answer's form for each outcome and carrier or announcement. A form is kept only when filling it gives that very
answer again. Options that copy parts of the query into the answer, or ask for a notification, leave it to the general node.

Limits: 4 masks of one length, 512 shapes, 4,096 forms of one shape.
Source: B4-012; services design section 10; performance.md section 2.
"""

from collections import Counter
from typing import Final, final

from ain_scp.portability.service import Portability
from ain_scp.scp.fast.draws import Draws
from ain_scp.scp.fast.ported import Key, PortedEndings
from ain_scp.scp.fast.recent import Memory
from ain_scp.scp.fast.tollfree import TollFreeEndings
from ain_scp.scp.overload.codes import called_code, is_emergency
from ain_scp.scp.service_logic.call import MESSAGES
from ain_scp.scp.service_logic.services import ServiceLogic
from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.flat.rows import CALLED, CALLING, CHARGE, LATA, USER_SLOT
from ain_scp.signaling.flat.walk import QUERY, Flat
from ain_scp.signaling.shapes.holes import SWAP
from ain_scp.signaling.shapes.known import Known, Place, mask_of
from ain_scp.signaling.shapes.layout import Layout, layout_of
from ain_scp.tollfree.service import TollFree

MASKS: Final = 4
MOST_SHAPES: Final = 512
MOST_FORMS: Final = 4096
DIGITS: Final = 5
"""Octets of ten digits."""
_CALLED_TAG: Final = 0x8F
_HEAD: Final = 2
"""Nature and plan, before the digits."""

_PORTED: Final = 0
_TOLL_FREE: Final = 1
_TOLL_FREE_BY_ADDRESS: Final = 2
"""What a row of services.csv leads to."""


@final
class Form:
    """The octets of an answer between SLS, transaction ID and digits; `digits`: it has a number to call."""

    __slots__ = ("after", "before", "digits", "head", "middle")

    def __init__(self, answer: bytes, layout: Layout, place: int) -> None:
        sls, transaction = layout.sls_at, layout.transaction_at
        self.digits = place > 0
        self.head = answer[:sls]
        self.middle = answer[sls + 1 : transaction]
        self.before = answer[transaction + 4 : place] if place else answer[transaction + 4 :]
        self.after = answer[place + DIGITS :] if place else b""

    def fill(self, sls: bytes, transaction: bytes, number: str) -> bytes:
        """The answer that leads to a number of ten digits, or to none."""
        digits = bytes.fromhex(number).translate(SWAP)
        return b"".join((self.head, sls, self.middle, transaction, self.before, digits, self.after))


@final
class Asked:
    """A shape of query: where its parts stand, the services it leads to, and the forms of its answers.

    `caller` and `lata`: first octet and number of digits, (0, 0) where there are none.
    """

    __slots__ = ("called_at", "caller", "forms", "lata", "origin_at", "package_at", "package_end", "rows", "sls_at", "transaction_at")  # fmt: skip

    def __init__(self, flat: Flat, rows: list[int]) -> None:
        self.rows = rows
        self.sls_at = flat.label_at + 11
        self.origin_at = flat.label_at
        self.transaction_at = flat.transaction_at
        self.called_at = flat.at[CALLED] + _HEAD
        self.package_at, self.package_end = flat.package_at, flat.package_end
        charge = _number(flat, CHARGE)
        self.caller = charge if charge[1] else _number(flat, CALLING)
        self.lata = _number(flat, LATA)
        self.forms: dict[Key, Form] = {}


@final
class QuickServices:
    """Shapes and forms over one service logic. `by_chance`: what is asked may depend on the draw."""

    def __init__(self, services: ServiceLogic) -> None:
        self._services = services
        self._shapes: Known[Asked] = Known(MASKS, MOST_SHAPES)
        self._ported: PortedEndings | None = None
        self._toll_free: TollFreeEndings | None = None
        self._outcomes: dict[Key, int] = {}
        for service in services.services.values():
            if isinstance(service, Portability) and not service.tables.options.copy_charge:
                self._ported = PortedEndings(service.tables)
            if isinstance(service, TollFree) and not service.tables.options.notify:
                self._toll_free = TollFreeEndings(service.tables)
        self.by_chance = self._toll_free is not None and self._toll_free.by_chance

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
        start = at = len(answers)
        while at < len(datagrams):
            made = self.answer(datagrams[at], recent, now, second, draws)
            if made is None:
                break
            answers.append(made)
            at += 1
            if self.by_chance:
                draws.skip(1)
        return at - start

    def answer(self, octets: bytes, recent: Memory, now: int, second: int, draws: Draws) -> bytes | None:
        """The answer; None: not known, perhaps a repetition, or not of ten digits. `second` is local."""
        asked = self._shapes.find(octets)
        if asked is None:
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
        return made

    def tell(self, answers: Counter[tuple[str, str]]) -> None:
        """Add what was answered to the counts by service and outcome, and forget it."""
        if self._outcomes:
            for (service, outcome, _), count in self._outcomes.items():
                answers[service, outcome] += count
            self._outcomes.clear()

    def _lead(self, asked: Asked, octets: bytes, second: int, draw: int) -> tuple[Key, str] | None:
        """What the digits of a query lead to, and the number to call; None: not known here."""
        at = asked.called_at
        digits = octets[at : at + DIGITS].translate(SWAP).hex()
        if not digits.isdecimal():
            return None
        ported, toll_free = self._ported, self._toll_free
        for row in asked.rows:
            if row == _PORTED:
                return None if ported is None else ported.of(digits)
            if toll_free is None:
                return None
            if row == _TOLL_FREE_BY_ADDRESS or toll_free.claims(digits):
                caller, lata = _digits(octets, asked.caller), _digits(octets, asked.lata)
                if (caller + lata + "0").isdecimal():
                    return toll_free.of(digits, caller, lata, second, draw)
                return None
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
        found = None if asked is None else self._lead(asked, octets, second, draw)
        if asked is None or found is None or len(asked.forms) >= MOST_FORMS:
            return
        places = [start + _HEAD for tag, start, _ in layout.invokes[0].parameters if tag == _CALLED_TAG]
        form = Form(answer, layout, places[0] if places else 0)
        at, sls = asked.transaction_at, asked.sls_at
        if form.digits != bool(found[1]):
            return
        if form.fill(octets[sls : sls + 1], octets[at : at + 4], found[1]) == answer:
            asked.forms[found[0]] = form
            self._shapes.keep(octets, mask_of(len(octets), _varying(flat)), asked)

    def _shape_of(self, flat: Flat) -> Asked | None:
        """A query's shape; None where it leads to a service that is not answered here."""
        data = m3ua.decode(flat.octets).protocol_data
        unit = sccp.decode(data.payload) if data is not None else None
        if not isinstance(unit, sccp.UnitData):
            return None
        title = unit.called.global_title
        kind = title.translation_type if title is not None else None
        message, criteria = MESSAGES.get(flat.code, ""), flat.integer("triggerCriteriaType")
        rows: list[int] = []
        for row, service in self._services.offered(message, criteria, unit.called.ssn, kind):
            if isinstance(service, Portability):
                rows.append(_PORTED)
                break
            if not isinstance(service, TollFree):
                return None
            addressed = row.ssn is not None or row.translation_type is not None
            rows.append(_TOLL_FREE_BY_ADDRESS if addressed else _TOLL_FREE)
        return Asked(flat, rows) if rows else None


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
