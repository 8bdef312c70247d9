"""What the answer at the called line depends on.

Source: B4-012; services design sections 7 and 8.
"""

from typing import NamedTuple

from ain_scp.provisioning.rows_services import LineRule
from ain_scp.terms.ordered import Ordered
from ain_scp.terms.questions import Facts
from ain_scp.terms.service import CallerName


class LineFacts(NamedTuple):
    """The called line, its rules, their conditions, what these may ask, and the name to show; `name` None = the line is shown none."""

    line: str
    rules: tuple[LineRule, ...]
    ordered: Ordered
    asked: Facts
    name: CallerName | None
