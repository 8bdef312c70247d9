"""A bill as a sheet: what a customer reads, in the order in which a customer asks. The room `reports` makes text, HTML, PDF of it.

Source: charging.md 9.3, 10; B1-005, B2-006, B6-004.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from ain_scp.billing.bills.bill import Bill, BillCall, BillLine, GroupShares
from ain_scp.billing.charging.results import Summarized
from ain_scp.billing.summaries.messages import priced
from ain_scp.figures.bars import Chart
from ain_scp.reports.sheet import Part, Sheet
from ain_scp.reports.source import Value
from ain_scp.terms.digits import spaced
from ain_scp.terms.money import currency_digits, money_text, parse_money, round_half_up

_WORDS: Final = {
    "USAGE": "Calls and other usage",
    "DISCOUNT": "Discount of your plan",
    "SHORTFALL": "Minutes agreed and not used, {}",
    "TAX": "Tax: {}",
    "ROUNDING": "Rounding to the cent",
}
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip
_MONTH: Final = 31
_DISCOUNT: Final = 6
"""The column of the calls' own discounts, left out where none has one."""
_TYPES: Final = {"DIRECT": "direct", "COLLECT": "collect", "THIRD": "third party", "SHARED": "shared"}


def sheet_of(bill: Bill) -> Sheet:
    """The whole bill, ready to be printed."""
    parts = [_lines(bill), _account(bill)]
    parts += [_group(bill, group) for group in bill.groups]
    if bill.calls:
        parts += [_usage(bill), _calls(bill, "Calls", bill.calls)]
    if bill.others:
        parts.append(_calls(bill, "Calls at your contract's price", bill.others))
    parts += _summaries(bill)
    return Sheet(_title(bill), _facts(bill), tuple(parts))


def _title(bill: Bill) -> str:
    return f"Bill {bill.number}" if bill.closes else f"Interim bill {bill.number}"


def _facts(bill: Bill) -> tuple[tuple[str, str], ...]:
    who = bill.name or bill.account or ""
    owner = f"{who} (account {bill.account})" if bill.account else who
    last = _last_day(bill.period.to)
    period = f"{day_words(bill.period.from_)} to {day_words(last)}"
    until = "" if bill.closes else f", up to {day_words(bill.issued)}"
    return (
        ("For", owner),
        ("Period", period + until),
        ("Date", day_words(bill.issued)),
        ("This bill", _money(bill, bill.totals.total)),
        ("Your balance", _owed(bill, bill.balance.after)),
    )


def _lines(bill: Bill) -> Part:
    rows = tuple(
        (number, line_words(line), _counted(line), thousands(line.amount))
        for number, line in enumerate(bill.lines, 1)
    )
    return Part(
        "What this bill is made of",
        ("Line", "", "Quantity", bill.currency),
        rows,
        numbers=(2, 3),
        fixed=(0,),
        sums=("", "Total", "", thousands(bill.totals.total)),
    )


def line_words(line: BillLine) -> str:
    """A line as a customer reads it."""
    if line.kind == "ADJUSTMENT":
        return f"{'Credit' if line.amount.startswith('-') else 'Later charge'}: {line.text}"
    return _WORDS.get(line.kind, "{}").format(line.text)


def _counted(line: BillLine) -> Value:
    """What a line counts; where that is always 1 it says nothing."""
    return f"{line.quantity:,}" if line.kind in ("USAGE", "RECURRING", "SHORTFALL") else None


def _account(bill: Bill) -> Part:
    rows = (
        ("Before this bill", _owed(bill, bill.balance.before)),
        ("Payments, less purchases", _money(bill, bill.balance.paid)),
        ("This bill", _money(bill, bill.totals.total)),
    )
    return Part(
        "Your account",
        ("", "Amount"),
        rows,
        (1,),
        sums=("After this bill", _owed(bill, bill.balance.after)),
    )


def _group(bill: Bill, group: GroupShares) -> Part:
    rows = tuple(
        (
            f"{share.account} (you)" if share.account == bill.account else share.account,
            f"{share.calls:,}",
            f"{share.minutes:,}",
            thousands(share.gross),
            thousands(share.discount),
            thousands(share.amount),
        )
        for share in group.members
    )
    calls, minutes = (
        sum(share.calls for share in group.members),
        sum(share.minutes for share in group.members),
    )
    return Part(
        f"Every member's share: {group.name or group.group}",
        ("Account", "Calls", "Minutes", "Before discounts", "Discounts", bill.currency),
        rows,
        numbers=(1, 2, 3, 4, 5),
        sums=(
            "All",
            f"{calls:,}",
            f"{minutes:,}",
            *map(thousands, (group.gross, group.discount, group.amount)),
        ),
        note="Calls made as a member in this period, as they stood when this bill was made.",
    )


def _usage(bill: Bill) -> Part:
    by_day = dict.fromkeys(_days(bill), 0)
    by_area: dict[str, int] = {}
    for call in bill.calls:
        for sums, key in ((by_day, call.at[:10]), (by_area, area_of(call.called))):
            sums[key] = sums.get(key, 0) + parse_money(call.charge, signed=True)
    days = (
        {str(int(day[8:])): value for day, value in sorted(by_day.items())}
        if len(by_day) <= _MONTH
        else by_day
    )
    areas = dict(sorted(by_area.items(), key=lambda one: (-one[1], one[0])))
    return Part(
        "Usage",
        charts=(
            _chart(bill, f"By day, {bill.currency}", days),
            _chart(bill, f"By area, {bill.currency}", areas),
        ),
    )


def _chart(bill: Bill, title: str, sums: Mapping[str, int]) -> Chart:
    digits = currency_digits(bill.currency)
    words = tuple(
        thousands(money_text(round_half_up(value, 10 ** (6 - digits)), digits)) if value else ""
        for value in sums.values()
    )
    return Chart(title, tuple(sums), tuple(sums.values()), words)


def _days(bill: Bill) -> list[str]:
    """The days of the period; of an interim bill those up to its own, of a long one none."""
    start, end = date.fromisoformat(bill.period.from_), date.fromisoformat(bill.period.to)
    many = (min(end, date.fromisoformat(bill.issued) + timedelta(days=1)) - start).days
    return [(start + timedelta(days=day)).isoformat() for day in range(many)] if many <= _MONTH else []


def area_of(called: str) -> str:
    """The area of a called number: its area code, or + and what follows abroad."""
    return called[:3]


def _calls(bill: Bill, heading: str, calls: Sequence[BillCall]) -> Part:
    rows = tuple(map(_call, calls))
    shown = [at for at in range(8) if at != _DISCOUNT or any(row[_DISCOUNT] for row in rows)]
    total = sum(parse_money(call.charge, signed=True) for call in calls)
    seconds = sum(-(-call.duration_ms // 1000) for call in calls)
    sums: tuple[Value, ...] = (
        f"{len(rows):,} calls" if len(rows) != 1 else "1 call",
        "",
        "",
        "",
        "",
        length_words(seconds),
        "",
        thousands(_text(bill, total)),
    )
    head = ("Date and time", "From", "To", "Zone", "Type", "Length", "Discount", bill.currency)
    return Part(
        heading,
        tuple(head[at] for at in shown),
        tuple(tuple(row[at] for at in shown) for row in rows),
        numbers=tuple(range(5, len(shown))),
        fixed=(0, 1, 2),
        sums=tuple(sums[at] for at in shown),
    )


def _call(call: BillCall) -> tuple[Value, ...]:
    return (
        call.at.replace("T", " "),
        spaced(call.from_),
        spaced(call.called),
        call.destination,
        _TYPES.get(call.type, call.type.lower()),
        length_words(-(-call.duration_ms // 1000)),
        f"{call.percent} %" if call.percent != "0" else "",
        thousands(call.charge),
    )


def _summaries(bill: Bill) -> list[Part]:
    single = tuple(
        (name_words(name), str(one.values))
        for name, one in bill.summaries.items()
        if not isinstance(one.values, dict)
    )
    parts = [Part("Summaries", ("", "Value"), single, (1,))] if single else []
    for name, one in bill.summaries.items():
        if isinstance(one.values, dict) and one.values:
            parts.append(_by_key(name, one, one.values))
    return parts


def _by_key(name: str, summary: Summarized, values: Mapping[str, int | str]) -> Part:
    note = f"Approximate: no value is too large by more than {summary.error}." if summary.approximate else ""
    rows = tuple((key, str(value)) for key, value in values.items())
    return Part(f"Summary: {name_words(name)}", ("", "Value"), rows, (1,), note=note)


def name_words(name: str) -> str:
    """A summary's name in words: `cost_by_area` is `cost by area`."""
    return name.replace("_", " ")


def length_words(seconds: int) -> str:
    """A length as `1:02:03` or `2:03`."""
    hours, rest = divmod(seconds, 3600)
    minutes, last = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{last:02d}" if hours else f"{minutes}:{last:02d}"


def day_words(day: str) -> str:
    """An ISO date as `1 February 2001`."""
    year, month, date = day.split("-")
    return f"{int(date)} {_MONTHS[int(month) - 1]} {int(year)}"


def _last_day(to: str) -> str:
    return (date.fromisoformat(to) - timedelta(days=1)).isoformat()


def _text(bill: Bill, micros: int) -> str:
    return money_text(micros, currency_digits(bill.currency))


def _money(bill: Bill, text: str) -> str:
    text = thousands(text)
    return f"-{priced(bill.currency, text[1:])}" if text.startswith("-") else priced(bill.currency, text)


def thousands(text: str) -> str:
    """Decimal text with its thousands apart: `1,506.29`."""
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, point, rest = digits.partition(".")
    return f"{sign}{int(whole):,}{point}{rest}"


def _owed(bill: Bill, text: str) -> str:
    """A balance in words: below 0 the customer owes."""
    text = thousands(text)
    if text.startswith("-"):
        return f"{priced(bill.currency, text[1:])} to pay"
    return (
        f"{priced(bill.currency, text)} in your favour" if text.strip("0.") else priced(bill.currency, text)
    )
