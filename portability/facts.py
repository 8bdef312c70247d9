"""What a number portability answer depends on.

Source: B4-012; services design section 5.1.
"""

from typing import Literal, NamedTuple

from ain_scp.terms.service import Number

Ported = Literal["PORTED", "POOLED", "NOT_PORTED", "NOT_PORTABLE"]


class LnpFacts(NamedTuple):
    """The called number, what it is, and its routing number; "" when it has none."""

    called: Number
    ported: Ported
    lrn: str
