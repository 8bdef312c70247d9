"""ISUP messages in words: every parameter of a basic call, named and read.

Bits and values without a name here are shown as they are. Source: T1.113.3 clause 3; A-143, A-178.
"""

from collections.abc import Iterator
from enum import IntEnum
from typing import Final

from ain_scp.signaling import isup
from ain_scp.signaling.ain.describe import Line
from ain_scp.signaling.isup import numbers as named

_FORWARD: Final = (
    (named.FORWARD_INTERNATIONAL, "international call"),
    (named.FORWARD_INTERWORKING, "interworking encountered"),
    (named.FORWARD_ISUP_ALL_THE_WAY, "ISUP all the way"),
    (named.FORWARD_ISDN_ACCESS, "originating access ISDN"),
    (named.FORWARD_NUMBER_TRANSLATED, "number translated"),
)
_BACKWARD: Final = (
    (named.BACKWARD_CHARGE, "charge"),
    (named.BACKWARD_SUBSCRIBER_FREE, "subscriber free"),
    (named.BACKWARD_ORDINARY_SUBSCRIBER, "ordinary subscriber"),
    (named.BACKWARD_INTERWORKING, "interworking encountered"),
    (named.BACKWARD_ISUP_ALL_THE_WAY, "ISUP all the way"),
)
_REASONS: Final = {0: "unknown", 1: "user busy", 2: "no reply", 3: "unconditional"}
_NUMBERS: Final = (
    ("called party number", "called_party_number"),
    ("calling party number", "calling_party_number"),
    ("charge number", "charge_number"),
    ("original called number", "original_called_number"),
    ("redirecting number", "redirecting_number"),
)


def isup_lines(message: isup.IsupMessage) -> tuple[Line, ...]:
    """The lines of a message, its circuit first, parameters this codec does not know last."""
    lines = [Line("circuit", str(message.cic)), *_own(message)]
    unknown = getattr(message, "unknown", ())
    lines += [Line(f"parameter {name:#04x}", octets.hex()) for name, octets in unknown]
    return tuple(lines)


def _own(message: isup.IsupMessage) -> Iterator[Line]:
    if isinstance(message, isup.InitialAddress):
        yield from _initial_address(message)
    elif isinstance(message, isup.AddressComplete | isup.Answer):
        if message.backward_call_indicators is not None:
            yield _bits("backward call indicators", message.backward_call_indicators, _BACKWARD)
    elif isinstance(message, isup.CallProgress):
        yield Line("event", _name(isup.Event, message.event))
    elif isinstance(message, isup.Release):
        yield Line(
            "cause",
            _name(isup.Cause, message.cause),
            (
                Line("location", str(message.location)),
                Line("coding standard", _name(named.CodingStandard, message.coding_standard)),
            ),
        )
    elif isinstance(message, isup.OtherMessage):
        yield Line("octets", message.octets.hex())


def _initial_address(message: isup.InitialAddress) -> Iterator[Line]:
    yield Line("nature of connection", f"{message.nature_of_connection:#04x}")
    yield _bits("forward call indicators", message.forward_call_indicators, _FORWARD)
    yield Line("calling party's category", _name(isup.CallingPartyCategory, message.calling_party_category))
    yield Line("user service information", message.user_service_information.hex())
    for name, field in _NUMBERS:
        number: isup.Number | None = getattr(message, field)
        if number is not None:
            yield _number(name, number)
    redirection = message.redirection_information
    if redirection is not None:
        yield Line(
            "redirection information",
            f"{redirection.count} time{'s' if redirection.count != 1 else ''}, {_reason(redirection.reason)}",
            (
                Line("original reason", _reason(redirection.original_reason)),
                Line("indicator", str(redirection.indicator)),
            ),
        )
    if message.transit_network_selection is not None:
        transit = message.transit_network_selection
        inside = (Line("circuit code", str(transit.circuit_code)),)
        yield Line("transit network selection", f"carrier {transit.carrier}", inside)
    for name, value in (
        ("carrier identification", message.carrier_identification),
        ("originating line information", message.originating_line_information),
        ("jurisdiction", message.jurisdiction),
        ("hop counter", message.hop_counter),
    ):
        if value is not None:
            yield Line(name, str(value))


def _number(name: str, number: isup.Number) -> Line:
    nature = _name(isup.NatureOfAddress, number.nature_of_address)
    inside = [Line("nature of address", nature), Line("numbering plan", str(number.numbering_plan))]
    if name.startswith("calling"):
        inside.append(Line("screening", _name(isup.Screening, number.screening)))
    if number.presentation:
        inside.append(Line("presentation", _name(isup.Presentation, number.presentation)))
    return Line(name, number.digits, tuple(inside))


def _bits(name: str, value: int, words: tuple[tuple[int, str], ...]) -> Line:
    found = [word for bit, word in words if value & bit]
    return Line(name, f"{value:#06x} {', '.join(found)}".rstrip())


def _reason(reason: int) -> str:
    return f"{reason} {_REASONS.get(reason, '')}".rstrip()


def _name(names: type[IntEnum], number: int) -> str:
    try:
        return f"{number} {names(number).name.lower().replace('_', ' ')}"
    except ValueError:
        return str(number)
