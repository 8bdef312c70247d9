"""The short way of number portability: a query like an earlier one differs in digits, its answer in the routing number.

    shape known? -> called number's digits -> overlay, ported numbers, blocks, exchanges -> the answer's form, filled

A form is learned from an answer of the general node, and kept only when filling it gives that very answer again. It is learned where
number portability is the first service that the query's message and address lead to, whatever number is called; then digits alone
decide. Options that copy parts of the query into the answer leave all queries to the general node.

Limits: 4 masks of one length, 512 forms.
Source: B4-012; services design section 10; performance.md section 2.
"""

from typing import Final, NamedTuple, final

from ain_scp.portability.service import Portability
from ain_scp.provisioning.services import LnpTables
from ain_scp.scp.fast.recent import Memory
from ain_scp.scp.service_logic.call import MESSAGES
from ain_scp.scp.service_logic.services import ServiceLogic
from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.flat.rows import CALLED, CALLING, CHARGE, LATA, USER_SLOT
from ain_scp.signaling.flat.walk import QUERY, Flat
from ain_scp.signaling.shapes.holes import SWAP
from ain_scp.signaling.shapes.known import Known, mask_of
from ain_scp.signaling.shapes.layout import layout_of
from ain_scp.terms.service import LNP

MASKS: Final = 4
MOST: Final = 512
CALLED_TAG: Final = 0x8F
DIGITS: Final = 5
"""Octets of ten digits."""
_HEAD: Final = 2
"""Nature and plan, before the digits."""


class Form(NamedTuple):
    """Where the varying octets of a query stand, and the octets of its answer between SLS, transaction ID and digits."""

    sls_at: int
    origin_at: int
    transaction_at: int
    called_at: int
    package_at: int
    package_end: int
    head: bytes
    middle: bytes
    before: bytes
    after: bytes

    def fill(self, octets: bytes, number: str) -> bytes:
        """The answer to a query of this form that leads to a number."""
        return b"".join(
            (
                self.head,
                octets[self.sls_at : self.sls_at + 1],
                self.middle,
                octets[self.transaction_at : self.transaction_at + 4],
                self.before,
                bytes.fromhex(number).translate(SWAP),
                self.after,
            )
        )


@final
class QuickPorted:
    """Forms over the tables of one service logic. `answers` counts what was answered, by outcome."""

    def __init__(self, services: ServiceLogic, tables: LnpTables) -> None:
        self._services = services
        self._tables = tables
        self._forms: Known[Form] = Known(MASKS, MOST)

    def answer(self, octets: bytes, recent: Memory, now: int) -> tuple[bytes, str] | None:
        """The answer and its outcome; None: not known, perhaps a repetition, or not of ten digits."""
        form = self._forms.find(octets)
        if form is None:
            return None
        digits = octets[form.called_at : form.called_at + DIGITS].translate(SWAP).hex()
        asked = (
            octets[form.origin_at : form.origin_at + 4]
            + octets[form.transaction_at : form.transaction_at + 4]
        )
        if not digits.isdecimal() or recent.knows(asked):
            return None
        outcome, number = self._ask(digits)
        made = form.fill(octets, number)
        recent.turn(now)
        recent.keep(asked, now, octets[form.package_at : form.package_end], made)
        return made, outcome

    def _ask(self, digits: str) -> tuple[str, str]:
        tables = self._tables
        lrn = tables.lrn_of(digits)
        if lrn:
            return "PORTED", lrn
        block = tables.blocks.get(digits[:7])
        if block is not None:
            return "POOLED", block.lrn
        return "NOT_PORTED" if digits[:6] in tables.portable else "NOT_PORTABLE", digits

    def learn(self, flat: Flat, answer: bytes) -> None:
        """Keep the form of a query that the general node answered, if it is a plain one of number portability."""
        at, end, octets = flat.at, flat.end, flat.octets
        called, layout = at[CALLED], layout_of(answer)
        if (
            layout is None
            or flat.package != QUERY
            or len(layout.invokes) != 1
            or not _ten(octets, called, end[CALLED])
            or not self._leads_here(flat)
        ):
            return
        place = next((start for tag, start, _ in layout.invokes[0].parameters if tag == CALLED_TAG), 0)
        transaction, digits = layout.transaction_at, place + _HEAD
        if not layout.sls_at < transaction < place:
            return
        form = Form(
            flat.label_at + 11, flat.label_at, flat.transaction_at, called + _HEAD, flat.package_at, flat.package_end,
            answer[: layout.sls_at], answer[layout.sls_at + 1 : transaction], answer[transaction + 4 : digits],
            answer[digits + DIGITS :],
        )  # fmt: skip
        number = self._ask(octets[called + _HEAD : end[CALLED]].translate(SWAP).hex())[1]
        if form.fill(octets, number) == answer:
            self._forms.keep(octets, mask_of(len(octets), _varying(flat)), form)

    def _leads_here(self, flat: Flat) -> bool:
        """Whether the first row that matches a message is number portability's, which claims every query."""
        data = m3ua.decode(flat.octets).protocol_data
        unit = sccp.decode(data.payload) if data is not None else None
        if not isinstance(unit, sccp.UnitData):
            return False
        title = unit.called.global_title
        kind = title.translation_type if title is not None else None
        message, criteria = MESSAGES.get(flat.code, ""), flat.integer("triggerCriteriaType")
        return self._services.first(message, criteria, unit.called.ssn, kind) == LNP


def _ten(octets: bytes, start: int, end: int) -> bool:
    """Whether a parameter holds ten digits."""
    return bool(start) and end - start == _HEAD + DIGITS and not octets[start] & 0x80


def _varying(flat: Flat) -> list[tuple[int, int]]:
    """The octets that may differ between queries of a form: they say nothing that number portability asks."""
    at, end, octets = flat.at, flat.end, flat.octets
    sls, transaction = flat.label_at + 11, flat.transaction_at
    found = [(sls, sls + 1), (transaction, transaction + 4), (at[CALLED] + _HEAD, end[CALLED])]
    found += [(at[one] + _HEAD, end[one]) for one in (CALLING, CHARGE, LATA) if at[one]]
    if octets[at[USER_SLOT] : at[USER_SLOT] + 2] == b"\x81\x05":
        found.append((at[USER_SLOT] + _HEAD, end[USER_SLOT]))
    return found


def quick_ported(services: ServiceLogic | None) -> QuickPorted | None:
    """The short way over some services; None where there is nothing for it to do."""
    found = services.services.get(LNP) if services is not None else None
    if services is None or not isinstance(found, Portability) or found.tables.options.copy_charge:
        return None
    return QuickPorted(services, found.tables)
