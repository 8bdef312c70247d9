"""Forms: what the general writer makes of a decision, cut at its holes and kept by all that the rest depends on.

A form serves every call that is decided alike, whatever its numbers and switch. It is made of a real query's answer, and kept
only when filling it gives that answer's octets.

Limits: MAX_FORMS, then all are made anew.
Source: A-004, A-240..A-244, ain-wire sections 2.2 and 4.3.
"""

from typing import Final, NamedTuple, final

from ain_scp.provisioning.snapshot import Snapshot
from ain_scp.scp.fast.backs import Back
from ain_scp.scp.fast.template import Lines, Template, filled, filled_lines, lines_of, template_of
from ain_scp.scp.lower_layers import MAX_UNIT_DATA, LowerLayers
from ain_scp.scp.service_logic.call import TERMINATION_ATTEMPT
from ain_scp.scp.service_logic.response import called_nature, components, undecidable
from ain_scp.signaling.bcd import octets_of
from ain_scp.signaling.flat.walk import Flat
from ain_scp.signaling.shapes.holes import Holes
from ain_scp.signaling.tcap import Component, encode_package, response
from ain_scp.terms.decision import Decision
from ain_scp.terms.facts import Outcome

MAX_FORMS: Final = 1 << 15

_Key = tuple[Outcome, str, bool, int, int, int, int]


class Form(NamedTuple):
    """An answer, and its SMDR lines (None: not sampled)."""

    template: Template
    lines: Lines | None


@final
class Forms:
    """The forms of one snapshot's decisions."""

    def __init__(self, snapshot: Snapshot, lower: LowerLayers) -> None:
        self._snapshot = snapshot
        self.lower = lower
        self._notify = lower.config.notify
        self._name = lower.config.name
        self._forms: dict[_Key, Form | None] = {}
        self._templates: dict[tuple[tuple[bytes, ...], int, int], Template] = {}
        self._lines: dict[tuple[tuple[str, ...], int], Lines] = {}
        self._refused: dict[tuple[bytes, bytes, bytes], Holes] = {}

    def of(self, decision: Decision, flat: Flat, back: Back, echo: bytes) -> Form | None:
        """The form of a decision about a query; None when its answer is not of the plain form. `echo`: any echo data."""
        called, host = decision.called_number or "", flat.code == TERMINATION_ATTEMPT
        form = called_nature(called, decision.called_non), len(called), len(decision.calling_party or "")
        key = (decision.settled, decision.customer, host, back.key | flat.ids, *form)
        if key not in self._forms:
            if len(self._forms) >= MAX_FORMS:
                self._forms, self._templates, self._lines = {}, {}, {}
            self._forms[key] = self._made(decision, flat, back, echo if self._notify else None, host=host)
        return self._forms[key]

    def refused(self, flat: Flat, back: Back) -> bytes:
        """The answer to a query that cannot be decided (A-260)."""
        octets = flat.octets
        ids = octets[flat.ids_at : flat.ids_at + flat.ids]
        key = back.head, back.address, ids
        form = self._refused.get(key)
        if form is None:
            if len(self._refused) >= MAX_FORMS:
                self._refused.clear()
            error = undecidable(ids[0] if ids else None)
            form = self._refused[key] = self._numbered(error, back)
        sls, transaction = flat.label_at + 11, flat.transaction_at
        return form.fill((octets[sls : sls + 1], octets[transaction : transaction + 4]))

    def _numbered(self, part: Component, back: Back) -> Holes:
        """An answer of one component with holes for SLS and transaction ID: where two answers differ."""
        least, most = (
            self.lower.wrapped(encode_package(response(number, part)), back.to, back.point_code, sls)
            for number, sls in ((0, 0), (0xFFFF_FFFF, 0xFF))
        )
        sls, transaction, *_ = (
            at for at, pair in enumerate(zip(least, most, strict=True)) if len(set(pair)) > 1
        )
        return Holes(least, [(sls, sls + 1), (transaction, transaction + 4)])

    def _made(
        self, decision: Decision, flat: Flat, back: Back, echo: bytes | None, *, host: bool
    ) -> Form | None:
        octets = flat.octets
        transaction = octets[flat.transaction_at : flat.transaction_at + 4]
        ids = octets[flat.ids_at : flat.ids_at + flat.ids]
        if not decision.sampled:
            echo = None
        parts = components(decision, self._snapshot, ids[0] if ids else None, echo, host=host)
        package = encode_package(response(int.from_bytes(transaction, "big"), *parts))
        if len(package) > MAX_UNIT_DATA:
            return None
        sent = self.lower.wrapped(package, back.to, back.point_code, octets[flat.label_at + 11])
        called = decision.called_number
        template = template_of(
            sent,
            has_ids=flat.ids > 0,
            called_hole=called is not None and decision.response_called_party_id is called,
            redirecting_hole=called is not None and decision.response_original_called_party_id is called,
        )
        lines = lines_of(decision, self._name) if decision.sampled else None
        if template is None or (decision.sampled and lines is None):
            return None
        form = Form(self._one(template), None if lines is None else self._one_of(lines))
        return (
            form if answer(form, flat, back, decision, "" if echo is None else echo.hex()) == sent else None
        )

    def _one(self, template: Template) -> Template:
        """One copy of each answer, for all forms that have the same: fewer octets to keep in the cache."""
        key = (tuple(template.parts[::2]), template.calling_part, template.called_part)
        return self._templates.setdefault(key, template)

    def _one_of(self, lines: Lines) -> Lines:
        """One copy of each set of lines."""
        return self._lines.setdefault((tuple(lines.parts[::2]), lines.called_part), lines)


def answer(form: Form, flat: Flat, back: Back, decision: Decision, identifier: str) -> bytes:
    """The answer to a query; `identifier` is the echo data in hexadecimal digits, empty where the form has none."""
    octets = flat.octets
    return filled(
        form.template,
        back.head + octets[flat.label_at + 11 : flat.label_at + 12],
        back.address,
        octets[flat.transaction_at : flat.transaction_at + 4],
        octets[flat.ids_at : flat.ids_at + flat.ids],
        octets_of(decision.calling_party or ""),
        decision.called_number or "",
        identifier,
    )


def lines(form: Form, decision: Decision, identifier: str, time: str) -> str:
    """The SMDR lines of a sampled decision; `time` in milliseconds."""
    cut = form.lines
    if cut is None:
        return ""
    return filled_lines(cut, identifier, decision.calling_party or "", decision.called_number or "", time)
