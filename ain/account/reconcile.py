"""The ledger against the switches' AMA records: every answered call charged once, with the same amount.

A call is known by its id. What a record says of a call is its price by the tables of its own answer and the discount its plan
gives it; calls on closed bills of earlier periods stay as they are. Numbers without an account, emergency and the provider's own numbers are not charged.

Source: charging.md 9.1, 11.1 (I10).
"""

from collections.abc import Container, Iterator
from pathlib import Path
from typing import Literal

import msgspec

from ain_scp.ain.account.books import Books
from ain_scp.ain.account.change import changing, moment_of
from ain_scp.ain.account.show import engine_as_it_lies
from ain_scp.ain.faults import Trouble
from ain_scp.ain.run.records import opened
from ain_scp.ain.words import counted
from ain_scp.billing.ama.journaled import decoded
from ain_scp.billing.ama.record import AmaRecord, charged_number
from ain_scp.billing.charging import events
from ain_scp.billing.charging.desk import Desk
from ain_scp.billing.charging.features import records_of
from ain_scp.billing.charging.session import CallRecord
from ain_scp.billing.ledger.export import time_text
from ain_scp.billing.rating.applied import Applied, origin_of
from ain_scp.billing.rating.places import zone_of
from ain_scp.billing.rating.rate import amount
from ain_scp.billing.rating.usage import MS, Usage
from ain_scp.journal.reader import read_directory
from ain_scp.terms.units import DAY_MS

What = Literal["not charged", "charged twice", "another amount", "another length", "no AMA record"]


class Usages(msgspec.Struct, frozen=True):
    """One AMA record and its name: the switch and its number there."""

    name: str
    record: AmaRecord


class Difference(msgspec.Struct, frozen=True):
    """One call on which ledger and AMA do not agree; amounts are decimal text."""

    call: str
    what: What
    ledger: str | None
    ama: str | None
    record: str = ""


class Comparison(msgspec.Struct, frozen=True):
    """How many AMA records were read, how many calls were charged or should have been, and on which both sides differ."""

    records: int
    compared: int
    differences: tuple[Difference, ...]


def reconcile(books: Books, records: Path) -> Comparison:
    """Every difference, in the order of the AMA records, then what the ledger alone knows; of each partition in turn.

    Exit 2 where neither side knows a call.
    """
    engines = [engine_as_it_lies(part) for part in books.parts()]
    billed = {
        call.call
        for engine in engines
        for owner in engine.desk.charging.accounts
        for stored in engine.bills.bills(owner)
        for call in (*stored.bill.calls, *stored.bill.others)
    }
    if len(engines) > 1:  # what one partition has charged the others leave alone
        billed.update(call for engine in engines for call in engine.desk.ended)
    read = list(usages(records))
    found = [compare(engine.desk, read, billed) for engine in engines]
    compared = sum(one.compared for one in found)
    if not compared:
        raise Trouble(
            f"{records}: nothing was compared: {counted(len(read), 'AMA record')}, none of a call to be charged, "
            f"and no charged call in {books.root}"
        )
    return Comparison(len(read), compared, tuple(row for one in found for row in one.differences))


def usages(records: Path) -> Iterator[Usages]:
    """The AMA records of a record directory."""
    directory = opened(records)
    for switch in directory.switches():
        for entry in read_directory(directory.usage(switch)):
            yield Usages(f"{switch}:{entry.sequence}", decoded(entry.payload, entry.sequence).record)


def compare(desk: Desk, found: list[Usages], billed: Container[str]) -> Comparison:
    """Compare call by call; one that is on a bill, and of which nothing else is kept any more, is left alone."""
    charged: dict[str, list[CallRecord]] = {}
    for account in desk.charging.accounts:
        for one in records_of(desk, account):
            charged.setdefault(one.call, []).append(one)
    compared, differences = 0, list[Difference]()
    for usage in found:
        kept = charged.get(usage.record.call_id, [])
        expected = price(desk, usage.record, kept[0] if kept else None)
        if expected is not None and (kept or usage.record.call_id not in billed):
            compared += 1
            differences += _compare(desk, usage, expected, kept)
    seen = {usage.record.call_id for usage in found}
    for call, kept in charged.items():
        if call and call not in seen and any(one.duration_ms for one in kept):
            compared += 1
            charge = desk.text(sum(one.charge for one in kept))
            differences.append(Difference(call, "no AMA record", charge, None))
    return Comparison(len(found), compared, tuple(differences))


def price(desk: Desk, record: AmaRecord, kept: CallRecord | None) -> int | None:
    """What a record's call costs, by the tariff it was charged by or by its line's; None when it is not to be charged."""
    if record.answer_ms is None or desk.is_free(record.called_number):
        return None
    line = desk.line(record.calling_number, record.answer_ms // DAY_MS)
    if kept is not None:
        payer = "" if line is None else desk.charging.payer(line.account)
        terms, percent = Applied(payer, kept.plan, kept.tariff, kept.cos), kept.percent
    elif line is not None and desk.payer(line.account) is not None:
        terms, percent = desk.applied(line, desk.charging.payer(line.account)), None
    else:
        return None
    calling, called = record.calling_number, charged_number(record)
    usage = Usage(
        terms.tariff,
        record.answer_ms,
        ((MS, record.duration_ms),),
        origin_of(desk.snapshot, calling, called, line),
        zone_of(desk.snapshot, called, calling),
        terms.cos,
    )
    if not terms.account:
        found = amount(desk.charging, usage)
        return None if isinstance(found, str) else found
    call = desk.counting.counted(
        terms.account, terms.plan, usage, (calling, called), "DIRECT", percent=percent
    )
    return None if isinstance(call, str) else call.charge


def _compare(desk: Desk, usage: Usages, expected: int, kept: list[CallRecord]) -> Iterator[Difference]:
    call, ama = usage.record.call_id, desk.text(expected)
    if not kept:
        yield Difference(call, "not charged", None, ama, usage.name)
        return
    total = sum(one.charge for one in kept)
    if len({(one.calling, one.start_ms) for one in kept}) > 1:
        yield Difference(call, "charged twice", desk.text(total), ama, usage.name)
    elif total != expected:
        yield Difference(call, "another amount", desk.text(total), ama, usage.name)
    elif kept[0].duration_ms != usage.record.duration_ms:
        yield Difference(
            call, "another length", str(kept[0].duration_ms), str(usage.record.duration_ms), usage.name
        )


def post(books: Books, records: Path, found: tuple[Difference, ...], at: str | None) -> list[str]:
    """Post what the AMA records say; the names of those that were refused."""
    return [one for part in books.parts() for one in _post(part, records, found, at)]


def _post(books: Books, records: Path, found: tuple[Difference, ...], at: str | None) -> list[str]:
    wanted = {one.record for one in found if one.what in ("not charged", "another amount", "another length")}
    refused: list[str] = []
    with changing(books) as engine:
        moment = moment_of(at, books, engine)
        for usage in usages(records):
            if usage.name not in wanted:
                continue
            record = usage.record
            if books.partitions > 1 and not _own(engine.desk, record):
                continue
            asked = events.Record(
                at=time_text(moment.at_ms),
                from_=record.calling_number,
                called=charged_number(record),
                duration_ms=record.duration_ms,
                answer=time_text(record.answer_ms or 0),
                call=record.call_id,
                key=f"ama {usage.name}",
            )
            said = engine.serve(asked, moment.at_ms, moment.offset_ms)
            if said.reason == "CLOCK_BACK":
                last = time_text(engine.desk.ledger.now_ms)
                raise Trouble(f"{books.root}: its last record is of {last}; give a later --at")
            if not said.ok:
                refused.append(f"{usage.name}: {said.reason}")
    return refused


def _own(desk: Desk, record: AmaRecord) -> bool:
    """Whether a partition has the call of a record, or its line's account."""
    line = desk.line(record.calling_number, (record.answer_ms or 0) // DAY_MS)
    charged = desk.records_of_call(record.call_id) if record.call_id else []
    return bool(charged) or (line is not None and desk.payer(line.account) is not None)
