"""One line shown field by field: what was cut where, and what became of it.

Source: C-010.
"""

from collections.abc import Iterator, Sequence

from ain_scp.tickets.call import Reason
from ain_scp.tickets.layout.cells import asked
from ain_scp.tickets.layout.reading import Reader
from ain_scp.tickets.layout.schema import Layout
from ain_scp.tickets.layout.values import Bad, converter
from ain_scp.tickets.site import Site


def explain(lines: Sequence[bytes], layout: Layout) -> Iterator[str]:
    """The last line, after those before it were read (a header line may be among them). Secret fields stay hidden."""
    reader = Reader(layout, Site(name="explain", zone="UTC"))
    for line in lines[:-1]:
        reader.read(line, 0)
    texts = reader.cut(lines[-1])
    if isinstance(texts, Reason):
        yield f"not cut into fields: {texts}"
        return
    for field, text in zip(asked(layout), texts, strict=True):
        try:
            value: object = converter(field)(text)
        except Bad:
            value = "BAD_FIELD"
        shown = "*" * len(text) if field.secret else f"{text!r} -> {value}"
        place = f"{field.at[0]}-{field.at[1]}" if field.at else ""
        yield f"{field.name:22} {place:8} {shown}"
