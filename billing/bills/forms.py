"""A bill as octets in each of its forms.

Source: charging.md 6.4, 9.1, 9.3.
"""

from typing import Final, Literal

from ain_scp.billing.bills.bill import Bill, as_json
from ain_scp.billing.bills.print import sheet_of
from ain_scp.reports.text import sheet_text

Form = Literal["text", "json", "html", "pdf"]
FORMS: Final[tuple[Form, ...]] = ("text", "json", "html", "pdf")
SUFFIXES: Final[dict[Form, str]] = {"text": "txt", "json": "json", "html": "html", "pdf": "pdf"}
MEDIA: Final[dict[Form, str]] = {
    "text": "text/plain; charset=utf-8",
    "json": "application/json",
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
}


def octets(bill: Bill, form: Form) -> bytes:
    """The bill in one form; ain_scp.reports.pdf.MissingLibrary where PDF is asked for without its extra."""
    if form == "json":
        return as_json(bill) + b"\n"
    sheet = sheet_of(bill)
    if form == "text":
        return sheet_text(sheet).encode()
    if form == "html":
        from ain_scp.reports.page import sheet_page

        return sheet_page(sheet).encode()
    from ain_scp.reports.pdf import sheet_pdf

    return sheet_pdf(sheet)
