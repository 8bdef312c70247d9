"""A bill as octets in each of its forms, and the reasons of one line as text.

Source: charging.md 9.1, 9.3.
"""

from collections.abc import Collection

from ain_scp.ain.faults import Trouble
from ain_scp.billing.bills.bill import Stored
from ain_scp.billing.bills.forms import FORMS, SUFFIXES, Form, octets
from ain_scp.billing.bills.print import line_words
from ain_scp.reports.text import table
from ain_scp.terms.safe_text import printable

__all__ = ["FORMS", "SUFFIXES", "Form", "octets", "why"]


def check(wanted: Collection[Form]) -> None:
    """Exit 2 with the extra's name, before anything is closed, where PDF is asked for and cannot be made."""
    from ain_scp.reports.pdf import MissingLibrary, library

    try:
        if "pdf" in wanted:
            library()
    except MissingLibrary as missing:
        raise Trouble(str(missing)) from None


def why(stored: Stored, number: int) -> str:
    """What a line is made of: its reasons, and for usage the calls with the rows that priced them."""
    lines = stored.bill.lines
    if not 1 <= number <= len(lines):
        raise Trouble(f"--why {number}: bill {stored.bill.number} has lines 1 to {len(lines)}")
    line = lines[number - 1]
    said = [f"{printable(line_words(line))}: {line.amount} {stored.bill.currency}"]
    said += [f"  {printable(reason)}" for reason in stored.reasons[number - 1]]
    if line.kind == "USAGE" and (stored.bill.calls or stored.bill.others):
        rows = [
            (call.at, call.from_, call.called, str(call.duration_ms), call.plan, call.gross, call.percent, call.charge, call.rows)
            for call in (*stored.bill.calls, *stored.bill.others)
        ]  # fmt: skip
        head = ("answer", "from", "called", "ms", "plan", "gross", "%", "charge", "rows")
        said += ["", *table(head, rows, numbers=(3, 5, 6, 7))]
    return "\n".join(said) + "\n"
