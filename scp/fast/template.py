"""An answer with holes: the octets that the general writer makes for one decision, cut where they depend on the call.

Holes: where it goes (point code and called address), SLS, transaction ID, the component ID of the query (once per component),
calling digits, called digits, echo data. Everything else depends only on the kind of call. The SMDR lines of the call are
cut the same way.

Source: performance.md section 2 (encoding by template and patch), A-240..A-244, ain-wire sections 2.2 and 4.3.
"""

import re
from typing import Final, final

from msgspec.structs import replace

from ain_scp.scp.sampling import samples_of
from ain_scp.signaling.shapes.holes import SWAP, cut
from ain_scp.signaling.shapes.layout import layout_of
from ain_scp.smdr.sample import AttemptSample, CompletionSample, encode
from ain_scp.terms.decision import Decision

CALLING_TAG: Final = 0x92
CALLED_TAG: Final = 0x8F
REDIRECTING_TAG: Final = 0x9F2B
ECHO_TAG: Final = 0x9F3C

HEAD_PART: Final = 1
"""DPC, SI, NI, MP and SLS."""
ADDRESS_PART: Final = 3
TRANSACTION_PART: Final = 5
FIRST_IDS_PART: Final = 7

_IDENTIFIER: Final = "\ue001"
_CALLING: Final = "\ue002"
_CALLED: Final = "\ue003"
_TIME: Final = 7_777_777_777_777
_SPLIT: Final = re.compile(f"({_IDENTIFIER}|{_CALLING}|{_CALLED}|{_TIME})")


Constants = tuple[bytes, bytes, bytes, bytes, bytes, bytes, bytes, bytes, bytes]
Plain = tuple[bytes, bytes, bytes, bytes, bytes, bytes, bytes]


@final
class Template:
    """The parts of one answer; constants stand in place, holes are filled in a copy of `parts`. 0 = no such hole."""

    __slots__ = (
        "called_part",
        "calling_part",
        "constants",
        "echo_part",
        "parts",
        "plain",
        "second_ids_part",
    )

    def __init__(self, parts: list[bytes], calling: int, called: int, echo: int, second_ids: int) -> None:
        self.parts = parts
        self.calling_part = calling
        self.called_part = called
        self.echo_part = echo
        self.second_ids_part = second_ids
        self.constants: Constants | None = None
        """The constants alone, if all holes are there in the usual order (a routed call with echo data)."""
        self.plain: Plain | None = None
        """The same of a routed call without echo data."""
        if (calling, called, second_ids, echo) == (9, 11, 13, 15):
            c0, c1, c2, c3, c4, c5, c6, c7, c8 = parts[::2]
            self.constants = (c0, c1, c2, c3, c4, c5, c6, c7, c8)
        elif (calling, called, second_ids, echo) == (9, 11, 0, 0):
            c0, c1, c2, c3, c4, c5, c6 = parts[::2]
            self.plain = (c0, c1, c2, c3, c4, c5, c6)


def template_of(
    answer: bytes, *, has_ids: bool, called_hole: bool, redirecting_hole: bool
) -> Template | None:
    """Cut an answer; None when it is not of the plain form. The holes for called digits depend on the decision."""
    layout = layout_of(answer)
    if layout is None or layout.package != 0xE4 or not 0 < len(layout.invokes) <= 2:
        return None
    holes: list[tuple[int, int, str]] = [
        (layout.opc_at + 4, layout.sls_at + 1, "head"),
        (*layout.called, "address"),
        (layout.transaction_at, layout.transaction_at + 4, "transaction"),
    ]
    for number, invoke in enumerate(layout.invokes):
        if invoke.ids != (2 if has_ids else 1):
            return None
        # the query's component ID is our correlation ID; a query without one leaves an empty hole
        at = invoke.ids_at + invoke.ids
        holes.append((at - has_ids, at, f"ids{number}"))
        for tag, start, end in invoke.parameters:
            if tag == CALLING_TAG:
                holes.append((start + 2, end, "calling"))
            elif (tag == CALLED_TAG and called_hole) or (tag == REDIRECTING_TAG and redirecting_hole):
                holes.append((start + 2, end, "called"))
            elif tag == ECHO_TAG:
                holes.append((start, end, "echo"))
    return _cut(answer, holes)


def _cut(answer: bytes, holes: list[tuple[int, int, str]]) -> Template | None:
    holes.sort()
    index = {name: 2 * number + 1 for number, (_, _, name) in enumerate(holes)}
    parts = cut(answer, [(start, end) for start, end, _ in holes])
    if parts is None or len(index) < len(holes):
        return None
    first = index["head"], index["address"], index["transaction"], index["ids0"]
    if first != (HEAD_PART, ADDRESS_PART, TRANSACTION_PART, FIRST_IDS_PART):
        return None
    return Template(
        parts,
        index.get("calling", 0),
        index.get("called", 0),
        index.get("echo", 0),
        index.get("ids1", 0),
    )


@final
class Lines:
    """The SMDR lines of one kind of call, cut like an answer: an attempt, and a completion when the call is refused.

    0 = no such hole. The identifier stands in part 1 and the calling digits in part 3.
    """

    __slots__ = ("called_part", "constants", "end_part", "parts", "second_identifier_part", "start_part")

    def __init__(self, parts: list[str], called: int, start: int, second_identifier: int, end: int) -> None:
        self.parts = parts
        self.called_part = called
        self.start_part = start
        self.second_identifier_part = second_identifier
        self.end_part = end
        self.constants: tuple[str, str, str, str, str] | None = None
        """The constants alone, if the line is that of a call routed to the number called."""
        if (called, start, end) == (5, 7, 0):
            first, second, third, fourth, last = parts[::2]
            self.constants = (first, second, third, fourth, last)


def lines_of(decision: Decision, scp: str) -> Lines | None:
    """Cut the lines of a sampled decision; None when a hole is not where it is expected."""
    called = decision.called_number
    texts: list[str] = []
    for sample in samples_of(decision, bytes(6), 0, scp):
        if isinstance(sample, AttemptSample):
            # which number stands where was decided by identity: two numbers may be equal by chance
            response = decision.response_called_party_id
            marked: AttemptSample | CompletionSample = replace(
                sample,
                identifier=_IDENTIFIER,
                calling=_CALLING,
                called=_CALLED if response is None or response is called else sample.called,
                original_called=None if sample.original_called is None else _CALLED,
                start_ms=_TIME,
            )
        else:
            marked = replace(sample, identifier=_IDENTIFIER, end_ms=_TIME)
        texts.append(encode(marked).decode())
    parts = _SPLIT.split("\n".join(texts))
    marks = parts[1::2]
    if marks[:2] != [_IDENTIFIER, _CALLING] or sorted(marks[2:4]) != sorted((_CALLED, str(_TIME))):
        return None
    if marks[4:] not in ([], [_IDENTIFIER, str(_TIME)]):
        return None
    called_part = 5 if marks[2] == _CALLED else 7
    more = len(marks) > 4
    return Lines(parts, called_part, 12 - called_part, 9 if more else 0, 11 if more else 0)


def filled(
    template: Template,
    head: bytes,
    address: bytes,
    transaction: bytes,
    ids: bytes,
    calling: bytes,
    called: str,
    identifier: str,
) -> bytes:
    """An answer, by any template; `calling` are its digits as octets."""
    parts = template.parts.copy()
    parts[HEAD_PART] = head
    parts[ADDRESS_PART] = address
    parts[TRANSACTION_PART] = transaction
    parts[FIRST_IDS_PART] = ids
    if template.calling_part:
        parts[template.calling_part] = calling
    if template.called_part:
        even = called if len(called) & 1 == 0 else called + "0"
        parts[template.called_part] = bytes.fromhex(even).translate(SWAP)
    if template.echo_part:
        parts[template.echo_part] = bytes.fromhex(identifier)
        parts[template.second_ids_part] = ids
    return b"".join(parts)


def filled_lines(lines: Lines, identifier: str, calling: str, called: str, time: str) -> str:
    """The SMDR lines of one call, of any kind."""
    parts = lines.parts.copy()
    parts[1] = identifier
    parts[3] = calling
    parts[lines.called_part] = called
    parts[lines.start_part] = time
    if lines.end_part:
        parts[lines.second_identifier_part] = identifier
        parts[lines.end_part] = time
    return "".join(parts)
