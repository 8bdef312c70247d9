"""Financial verification: flagged records are kept and shown with the price they would have had and the price charged.

The rater passes prices in (integer cents); this module only selects, adds up and prints.

Source: A-235, [0169], [0170], [0181]; requirements.md section 5.4 (verification record).
"""

from collections.abc import Iterable

import msgspec


class VerificationRecord(msgspec.Struct, frozen=True):
    """One flagged call: minutes as rated, standard price and charged price in cents."""

    ama_id: int
    ama_slp_id: str
    minutes: int
    standard_cents: int
    charged_cents: int


class VerificationTotal(msgspec.Struct, frozen=True):
    """The sums over one AMAslpID."""

    ama_slp_id: str
    records: int
    minutes: int
    standard_cents: int
    charged_cents: int


class VerificationReport(msgspec.Struct, frozen=True):
    """All flagged records in order, and the totals by AMAslpID."""

    records: tuple[VerificationRecord, ...]
    totals: tuple[VerificationTotal, ...]


def verify(records: Iterable[VerificationRecord]) -> VerificationReport:
    """Make the report; ValueError for a negative amount, which no rated call has."""
    ordered = tuple(sorted(records, key=lambda record: record.ama_id))
    by_flag: dict[str, list[VerificationRecord]] = {}
    for record in ordered:
        if min(record.minutes, record.standard_cents, record.charged_cents) < 0:
            raise ValueError(f"record {record.ama_id} has a negative amount")
        by_flag.setdefault(record.ama_slp_id, []).append(record)
    totals = tuple(_total(flag, by_flag[flag]) for flag in sorted(by_flag))
    return VerificationReport(records=ordered, totals=totals)


def _total(flag: str, records: list[VerificationRecord]) -> VerificationTotal:
    return VerificationTotal(
        ama_slp_id=flag,
        records=len(records),
        minutes=sum(record.minutes for record in records),
        standard_cents=sum(record.standard_cents for record in records),
        charged_cents=sum(record.charged_cents for record in records),
    )


def lines(report: VerificationReport) -> list[str]:
    """The report for people, one line per record and per total."""
    head = f"{'AMA id':>12} {'AMAslpID':>9} {'minutes':>9} {'standard':>12} {'charged':>12}"
    body = [
        f"{record.ama_id:>12} {record.ama_slp_id:>9} {record.minutes:>9}"
        f" {_dollars(record.standard_cents):>12} {_dollars(record.charged_cents):>12}"
        for record in report.records
    ]
    sums = [
        f"{total.records:>12} {total.ama_slp_id:>9} {total.minutes:>9}"
        f" {_dollars(total.standard_cents):>12} {_dollars(total.charged_cents):>12}"
        for total in report.totals
    ]
    return [head, *body, "totals by AMAslpID (first column: records)", *sums]


def _dollars(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"
