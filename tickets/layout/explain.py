"""One line shown field by field: what was cut where, and what became of it; of a refused line, the rule that it breaks.

Source: C-010.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from ain_scp.tickets.call import Event, Heading, Outcome, Quarantined, Reason
from ain_scp.tickets.layout.cells import asked
from ain_scp.tickets.layout.reading import Reader
from ain_scp.tickets.layout.schema import Field, Layout
from ain_scp.tickets.layout.times import When
from ain_scp.tickets.layout.values import Bad, Value, converter
from ain_scp.tickets.site import Site

_RULES: Final = {
    Reason.CONTROL_OCTETS: "no octet below 32 (but tab) and no 127 may stand inside a line",
    Reason.NO_HEADER: "the line of column names must come first",
    Reason.NO_MATCH: "the line must fit the layout's pattern",
    Reason.NOT_JSON: "the line must be one JSON object with the layout's path",
    Reason.NO_DIRECTION: "one of the layout's directions must apply",
    Reason.NO_DATE: "a date record must come first, or the source must have date_from_receipt = true",
    Reason.IMPOSSIBLE_TIME: "a calendar must have the start, the end and the length of the call",
}
_OF_TYPES: Final = {
    "digits": "only 0-9 * # +",
    "integer": "a whole number of 0 or more",
    "epoch_s": "seconds since 1970, a whole number",
    "iso8601": "a time such as 2026-11-29T12:00:00-08:00",
}


def explain(lines: Sequence[bytes], layout: Layout, site: Site, received: int) -> Iterator[str]:
    """The last line, after those before it were read (a header line may be among them). Secret fields stay hidden."""
    reader = Reader(layout, site)
    for line in lines[:-1]:
        reader.read(line, received)
    texts = reader.cut(lines[-1])
    if not isinstance(texts, Reason):
        for field, text in zip(asked(layout), texts, strict=True):
            place = f"{field.at[0]}-{field.at[1]}" if field.at else ""
            shown = "*" * len(text) if field.secret else f"{text!r} -> {_became(field, text)}"
            yield f"{field.name:22} {place:8} {shown}"
    yield _outcome(reader.read(lines[-1], received), layout)


def _became(field: Field, text: str) -> str:
    try:
        value: Value = converter(field)(text)
    except Bad:
        return "BAD_FIELD"
    if not isinstance(value, When):
        return str(value)
    hours, rest = divmod(value.seconds, 3600)
    date = f"{value.year or '****'}-{value.month:02}-{value.day:02} " if value.month else ""
    return f"{date}{hours:02}:{rest // 60:02}:{rest % 60:02}"


def _outcome(found: Outcome | None, layout: Layout) -> str:
    """What the line is; of a refused one the reason, the field and the rule."""
    match found:
        case None:
            return "empty line: not counted"
        case Heading():
            return "heading: column names, a page head or a date record"
        case Event():
            return "event: no call"
        case Quarantined(reason, name):
            return (
                " ".join(part for part in ("quarantine", reason, name) if part)
                + f": {_rule(reason, name, layout)}"
            )
    return "ticket: belongs to a call"


def _rule(reason: Reason, name: str | None, layout: Layout) -> str:
    form = layout.record
    match reason:
        case Reason.BAD_ENCODING:
            return (
                f"the octets must be {' or '.join(one for one in (layout.encoding, layout.fallback) if one)}"
            )
        case Reason.TOO_SHORT:
            return (
                f"at least {form.min_length} characters"
                if form.min_length
                else f"at least {form.min_fields} fields"
            )
        case Reason.TOO_LONG:
            fields = f" and {form.max_fields} fields" if form.max_fields else ""
            return f"at most {form.max_length} characters{fields}"
        case Reason.BAD_FIELD:
            due = next((_due(field) for field in layout.fields if field.name == name), form.date_format)
            return f"expected {due}"
    return _RULES[reason]


def _due(field: Field) -> str:
    """What a field takes."""
    if field.values:
        due = f"one of {', '.join(value.strip() or '(empty)' for value in field.values)}"
    elif field.format:
        due = f"{field.type} {' or '.join(form for form in (field.format, field.format_2) if form)}"
    else:
        due = _OF_TYPES.get(field.type, field.type)
    return f"{due}, or nothing" if field.optional else due
