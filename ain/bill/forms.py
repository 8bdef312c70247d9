"""A bill as octets in each of its forms, and the reasons of one line as text.

Source: charging.md 9.1, 9.3.
"""

from typing import Final, Literal

from ain_scp.ain.faults import Trouble
from ain_scp.billing.bills.bill import Bill, Stored, as_json
from ain_scp.billing.bills.print import line_words, sheet_of
from ain_scp.reports.text import sheet_text, table

Form = Literal["text", "json", "html", "pdf"]
FORMS: Final[tuple[Form, ...]] = ("text", "json", "html", "pdf")
SUFFIXES: Final[dict[Form, str]] = {"text": "txt", "json": "json", "html": "html", "pdf": "pdf"}


def octets(bill: Bill, form: Form) -> bytes:
    """The bill in one form; exit 2 with the extra's name where PDF is asked for and cannot be made."""
    if form == "json":
        return as_json(bill) + b"\n"
    sheet = sheet_of(bill)
    if form == "text":
        return sheet_text(sheet).encode()
    if form == "html":
        from ain_scp.reports.page import sheet_page

        return sheet_page(sheet).encode()
    from ain_scp.reports.pdf import MissingLibrary, sheet_pdf

    try:
        return sheet_pdf(sheet)
    except MissingLibrary as missing:
        raise Trouble(str(missing)) from None


def why(stored: Stored, number: int) -> str:
    """What is behind a line: its reasons, and for usage the calls with the rows that priced them."""
    lines = stored.bill.lines
    if not 1 <= number <= len(lines):
        raise Trouble(f"--why {number}: bill {stored.bill.number} has lines 1 to {len(lines)}")
    line = lines[number - 1]
    said = [f"{line_words(line)}: {line.amount} {stored.bill.currency}"]
    said += [f"  {reason}" for reason in stored.reasons[number - 1]]
    if line.kind == "USAGE" and (stored.bill.calls or stored.bill.others):
        rows = [
            (call.at, call.from_, call.called, str(call.duration_ms), call.plan, call.gross, call.percent, call.charge, call.rows)
            for call in (*stored.bill.calls, *stored.bill.others)
        ]  # fmt: skip
        head = ("answer", "from", "called", "ms", "plan", "gross", "%", "charge", "rows")
        said += ["", *table(head, rows, numbers=(3, 5, 6, 7))]
    return "\n".join(said) + "\n"
