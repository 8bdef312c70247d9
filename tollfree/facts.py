"""What a toll free answer depends on.

Source: B4-012; services design section 6.1.
"""

from typing import NamedTuple

from ain_scp.provisioning.rows_services import RecordRow, Template
from ain_scp.terms.ordered import Ordered
from ain_scp.terms.questions import Facts
from ain_scp.terms.service import Number


class Choice(NamedTuple):
    """A template, the conditions of its branches in order, and the LATA that each branch leads to; "" = not known."""

    template: Template
    ordered: Ordered
    latas: tuple[str, ...]


class TollFreeFacts(NamedTuple):
    """`record` None = the number has no record. `tel_lata` is that of the record's own destination. `asked`: origin, time, draw."""

    called: Number
    record: RecordRow | None
    choice: Choice | None
    tel_lata: str
    asked: Facts
