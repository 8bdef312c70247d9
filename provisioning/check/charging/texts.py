"""`summaries.toml` and `messages.toml`: what is added up, and what is said at set-up.

Source: charging design 8.20, 8.21, 10.2, 10.3; CH-19, CH-27.
"""

import re

from ain_scp.provisioning.check.charging.cells import one_of, toml_money
from ain_scp.provisioning.check.findings import hint, shown
from ain_scp.provisioning.check.options import Section
from ain_scp.provisioning.rows_charging import MessageRow, SummaryRow

OF = ("MINUTES", "COST", "CALLS", "SAVINGS")
BY = ("DAY", "NUMBER", "AREA", "CITY", "STATE", "COUNTRY", "BAND", "PLAN", "TYPE")
RESETS = ("BILL", "PERIOD", "NEVER")
INCLUDES = ("BALANCE", "USAGE", "PLAN_USAGE", "SAVINGS", "PROMO", "ORDER_NUMBER")
PLACEHOLDERS = ("BALANCE", "USAGE", "SAVINGS", "PLAN", "PROMO", "ORDER_NUMBER")

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_MOST_KEYS = 1_000_000

SummarySections = list[tuple[Section, SummaryRow]]
MessageSections = list[tuple[Section, MessageRow]]


def read_summaries(options: Section) -> SummarySections:
    """Read `summaries.toml`; state without a bound is refused (CH-19)."""
    found: SummarySections = []
    names: dict[tuple[str, str], int] = {}
    for section in options.sections("summary"):
        row = _summary(section)
        line = names.setdefault((row.name, row.owner), row.where.line)
        if line != row.where.line:
            section.error("name", f"summary {row.name} of {row.owner} is already in line {line}", "duplicate")
        found.append((section, row))
        section.finish()
    options.finish()
    return found


def _summary(section: Section) -> SummaryRow:
    by = _by(section)
    numbers = tuple(str(value) for _, value in section.items("numbers", str)) if "numbers" in section else ()
    keys = section.integer("keys", 1, _MOST_KEYS, "row") if "keys" in section else 0
    if by == "NUMBER" and not numbers and not keys:
        text = "summary by NUMBER keeps one entry for every number ever called: name the numbers"
        section.error("by", f"{text}, or keys = N for the N largest (approximate)", "CH-19")
    scheme = section.word("scheme")
    if by == "BAND" and not scheme:
        section.error("by", "a summary by BAND names its scheme", "row")
    return SummaryRow(
        name=section.word("name", required=True),
        owner=section.text("owner", required=True),
        of=one_of(section, "of", OF),
        by=by,
        numbers=numbers,
        keys=keys,
        scheme=scheme,
        reset=one_of(section, "reset", RESETS),
        bill_at=toml_money(section, "bill_at"),
        where=section.where,
    )


def _by(section: Section) -> str:
    words = [(at, str(value)) for at, value in section.items("by", str)] if "by" in section else []
    for at, word in words:
        if word not in BY:
            section.error(
                "by", f"by {shown(word)} must be one of {', '.join(BY)}{hint(word, BY)}", "toml", at
            )
    if len(words) > 1:
        section.error("by", "by names one parameter", "row", 1)
    return words[0][1] if words else ""


def read_messages(options: Section) -> MessageSections:
    """Read `messages.toml`."""
    found: MessageSections = []
    for section in options.sections("message"):
        include = (
            tuple(str(value) for _, value in section.items("include", str)) if "include" in section else ()
        )
        for place, word in enumerate(include):
            if word not in INCLUDES:
                text = f"include {shown(word)} must be one of {', '.join(INCLUDES)}{hint(word, INCLUDES)}"
                section.error("include", text, "toml", place)
        row = MessageRow(
            owner=section.text("owner", required=True),
            include=include,
            plan=section.word("plan"),
            promo=section.text("promo"),
            order_number=section.text("order_number"),
            text=section.text("text"),
            where=section.where,
        )
        _check_text(section, row.text)
        found.append((section, row))
        section.finish()
    options.finish()
    return found


def _check_text(section: Section, text: str) -> None:
    for match in _PLACEHOLDER.finditer(text):
        if match[1] not in PLACEHOLDERS:
            known = ", ".join(PLACEHOLDERS)
            section.error("text", f"{shown(match[0])[1:-1]} is no placeholder: {known}", "CH-27")
