"""Lines with rules and calling names on the short way: the service itself is asked, and a filled form is its answer.

What is saved is the reading and the writing: the rules, the caller's name and the options are the service's own.

Source: B4-012; services design sections 7, 8 and 10.
"""

from typing import final

from ain_scp.scp.fast.ported import Key
from ain_scp.signaling.bcd import octets_of
from ain_scp.terminating.service import Terminating
from ain_scp.terms.origin import NATIONAL_DIGITS
from ain_scp.terms.service import TERMINATING, Number, ServiceOutcome, ServiceQuery


@final
class LineEndings:
    """What becomes of calls at lines, over one set of tables. `by_chance`: some rule asks for it."""

    def __init__(self, service: Terminating) -> None:
        self._service = service
        self._lines = service.tables.lines
        self._shown = service.tables.shown
        self.by_chance = any(
            rule.condition.percent is not None for line in self._lines.values() for rule in line.rules
        )

    def claims(self, digits: str) -> bool:
        """Whether a line has rules or is shown names."""
        return digits in self._lines or digits in self._shown

    def of(
        self, model: ServiceQuery, digits: str, caller: str, lata: str, second: int, draw: int
    ) -> tuple[Key, tuple[bytes, ...]] | None:
        """What becomes of a query like `model` to a line of ten digits, and what the holes of its answer are filled with.

        The caller is the calling party. None: the answer has no form that is filled here.
        """
        calling = model.calling
        if calling is not None:
            calling = Number(caller, calling.nature, calling.restricted, calling.screening)
        asked = ServiceQuery(
            model.message, second, Number(digits), calling, None, None, lata or None, draw=draw,
            redirection_count=model.redirection_count,
        )  # fmt: skip
        made = self._service.decide(asked)
        if not isinstance(made, ServiceOutcome):
            return None
        name, to = made.name, made.called
        if to is not None:
            if len(to.digits) != NATIONAL_DIGITS or len(caller) % 2:
                return None
            line = octets_of(digits)
            values = (line, octets_of(to.digits), line)
            key = TERMINATING, made.outcome, "".join(made.carriers)
            return key, (octets_of(caller), *values) if caller else values
        if name is None:
            return (TERMINATING, made.outcome, made.announcement or ""), ()
        text = (name.text or "").encode("ascii")
        holes = 0 if not text else 2 if name.carry == "both" else 1
        return (TERMINATING, made.outcome, f"{name.presentation} {len(text)}"), (text,) * holes
