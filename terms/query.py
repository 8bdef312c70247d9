"""What a switch asks: the facts of one query, whichever message carried it.

Source: requirements.md section 5.3, interfaces.md section 4.
"""

from typing import Any, Final, final

from ain_scp.terms.vocabulary import NON_NATIONAL


@final
class Query:
    """One query, immutable by convention (slots; never written after it is made).

    Digit fields are strings exactly as the switch sent them, not yet trusted. `time` is local seconds
    (`ain_scp.terms.localtime`). `draw` is this call's share of chance, 0..9999, for percentage allocation (A-127): the caller
    takes it from a seeded source, so the same seed gives the same sequence.
    """

    __slots__ = (
        "access_code",
        "bearer",
        "called_non",
        "called_party",
        "calling_party",
        "dialed",
        "draw",
        "message",
        "original_called_non",
        "original_called_party",
        "ssp",
        "time",
        "trigger",
        "trunk_group",
    )

    def __init__(
        self,
        message: str,
        trigger: str,
        calling_party: str | None,
        time: int,
        *,
        ssp: str = "",
        trunk_group: str | None = None,
        access_code: str | None = None,
        dialed: str = "",
        bearer: str = "SPEECH",
        called_party: str | None = None,
        called_non: int = NON_NATIONAL,
        original_called_party: str | None = None,
        original_called_non: int | None = None,
        draw: int = 0,
    ) -> None:
        self.message = message
        self.trigger = trigger
        self.ssp = ssp
        self.calling_party = calling_party
        self.trunk_group = trunk_group
        self.access_code = access_code
        self.dialed = dialed
        self.bearer = bearer
        self.time = time
        self.called_party = called_party
        self.called_non = called_non
        self.original_called_party = original_called_party
        self.original_called_non = original_called_non
        self.draw = draw

    def with_digits(self, access_code: str | None, dialed: str) -> "Query":
        """The same query with other digits dialed."""
        values = {name: getattr(self, name) for name in _FIELDS}
        return Query(**values | {"access_code": access_code, "dialed": dialed})

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        """How a pool of processes copies a query: a compiled class takes no other way."""
        return _again, tuple(getattr(self, name) for name in _FIELDS)


_FIELDS: Final = (
    "message", "trigger", "calling_party", "time", "ssp", "trunk_group", "access_code", "dialed", "bearer", "called_party",
    "called_non", "original_called_party", "original_called_non", "draw",
)  # fmt: skip


def _again(message: str, trigger: str, calling_party: str | None, time: int, *others: Any) -> Query:
    return Query(message, trigger, calling_party, time, **dict(zip(_FIELDS[4:], others, strict=True)))
