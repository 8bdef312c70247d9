"""AMA records rated by the tariffs: each answered call with its gross price and what its flag makes of it.

The line of the calling number decides the tariff. A plan's discounts need an account and are not given here.

Source: charging design 3.6, 9.1; A-230 to A-235.
"""

from pathlib import Path
from typing import Literal

import click
import msgspec

from ain_scp.ain.ama.command import runs_of
from ain_scp.ain.ama.pricing import facts_of
from ain_scp.ain.faults import Trouble
from ain_scp.ain.forms import write_line
from ain_scp.ain.rate.page import row_text
from ain_scp.billing.ama.record import AmaRecord, SequencedAma
from ain_scp.billing.rating.applied import call_usage
from ain_scp.billing.rating.contract import treated
from ain_scp.billing.rating.forms import LineForm, charge_form
from ain_scp.billing.rating.rate import rate
from ain_scp.billing.rating.standard import circumstances, flag_of
from ain_scp.billing.rating.usage import FULL_DAY_MS, MS, Charge, Line, Refusal, Usage
from ain_scp.provisioning.charging import Charging
from ain_scp.provisioning.snapshot import Snapshot


class RatedRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One record and its price: `gross` by the tariff, `amount` what its flag leaves of it; the lines add up to it."""

    line: int
    ok: bool = True
    sequence: int
    call: str
    amount: str
    gross: str
    currency: str
    disposition: Literal["SUPPRESSED", "DISCOUNTED", "NORMAL"]
    lines: tuple[LineForm, ...]


class RefusedRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record that has no price."""

    line: int
    ok: bool = False
    sequence: int
    call: str
    reason: Refusal


def rate_records(
    snapshot: Snapshot, charging: Charging, source: Path, *, explain: bool, as_json: bool
) -> int:
    """Print one line for each answered call; the exit code is 1 when any has no price."""
    items = [item for run in runs_of(source) for item in run if item.record.answer_ms is not None]
    if not items:
        raise Trouble(f"{source}: no AMA record of an answered call")
    results = [rated(snapshot, charging, item, number) for number, item in enumerate(items, 1)]
    for item, result in zip(items, results, strict=True):
        if as_json:
            write_line(result)
        else:
            click.echo(_text(item.record, result, explain=explain))
    return int(any(not result.ok for result in results))


def rated(
    snapshot: Snapshot, charging: Charging, item: SequencedAma, number: int
) -> RatedRecord | RefusedRecord:
    """Rate one record of an answered call."""
    record = item.record
    found = rate(charging, _usage(snapshot, charging, record))
    if isinstance(found, str):
        return RefusedRecord(line=number, sequence=item.sequence, call=record.call_id, reason=found)
    charge, disposition = _under_flag(snapshot, record, found)
    form = charge_form(charge, charging.digits)
    return RatedRecord(
        line=number,
        sequence=item.sequence,
        call=record.call_id,
        amount=form.amount,
        gross=form.gross,
        currency=form.currency,
        disposition=disposition,
        lines=form.lines,
    )


def _usage(snapshot: Snapshot, charging: Charging, record: AmaRecord) -> Usage:
    foreign = "+" if record.jurisdiction == "INTERNATIONAL" else ""
    return call_usage(
        snapshot,
        charging,
        record.calling_number,
        foreign + record.called_number,
        record.answer_ms or record.start_ms,
        ((MS, record.duration_ms),),
    )


def _under_flag(
    snapshot: Snapshot, record: AmaRecord, charge: Charge
) -> tuple[Charge, Literal["SUPPRESSED", "DISCOUNTED", "NORMAL"]]:
    """Apply the record's flag: one line more says what it takes away, and by which row."""
    facts = facts_of(record, snapshot)
    customer = snapshot.customer_by_group.get(record.customer_group)
    flag = None if customer is None else flag_of(customer, record.ama_slp_id)
    if facts is None or customer is None or flag is None:
        return charge, "NORMAL"
    day = (record.answer_ms or record.start_ms) // FULL_DAY_MS
    made = treated(snapshot, customer, (flag,), charge.gross, circumstances(snapshot, facts, flag, day))
    where = made.row.where if made.row is not None else customer.rows.where
    taken = made.amount - charge.gross
    row = f"{where.file.rpartition('/')[2]}:{where.line}"
    lines = (*charge.lines, Line(row, flag, 1, "", taken, taken)) if taken else charge.lines
    return msgspec.structs.replace(charge, amount=made.amount, lines=lines), made.disposition


def _text(record: AmaRecord, result: RatedRecord | RefusedRecord, *, explain: bool) -> str:
    head = f"{result.sequence:>11}  {record.call_id:<14}{record.calling_number:<16}{record.called_number:<16}"
    if isinstance(result, RefusedRecord):
        return f"{head}{result.reason}"
    lines = [f"{head}{result.gross:>10}{result.amount:>10} {result.currency}  {result.disposition}"]
    return "\n".join([*lines, *map(row_text, result.lines)] if explain else lines)
