"""The door into a switch: an answer of AIN becomes an instruction, and the events that the SCP wants to hear of.

Source: [0101], [0102], [0128]-[0130]; A-140, A-143; AMB-70.
"""

from collections.abc import Callable
from typing import Final, Literal

import msgspec

from ain_scp.signaling.ain import Parameters
from ain_scp.signaling.ain.structures import (
    Announcement,
    AnnouncementBlock,
    AnnouncementDigitBlock,
    TaggedList,
)
from ain_scp.ssp_sim.nodes.call_model import DetectionPoint
from ain_scp.terms.vocabulary import NON_NATIONAL

CALLING_PARTY_NAME: Final = 0x8D
DISPLAYED: Final = 0x9E
GENERIC_NAME_ALLOWED: Final = b"\x20"

InstructionKind = Literal["ROUTE", "ANNOUNCE", "SPEAK", "CONTINUE", "DISCONNECT", "FAULT"]


class Instruction(msgspec.Struct, frozen=True):
    """What the service control point instructed the switch to do, whichever message carried it.

    ROUTE: the called number and its nature, facilities in order, redirecting number, AMAslpID (None = no flag), echo data
    (None = no termination notification wanted). ANNOUNCE: the announcement; `disconnect` False = then report and wait. SPEAK:
    an announcement into a call that is up, which is reported when it was played.
    FAULT: no usable answer; `reason` says why. `collect` = digits to ask for with an announcement.
    """

    kind: InstructionKind
    called: str = ""
    called_non: int = NON_NATIONAL
    calling: str | None = None
    trunk_groups: tuple[str, ...] = ()
    carriers: tuple[str, ...] = ()
    redirecting: str | None = None
    redirecting_non: int = NON_NATIONAL
    redirection_information: bytes = b""
    ama_slp_id: str | None = None
    echo: bytes | None = None
    announcement: int = 0
    disconnect: bool = True
    reason: str = ""
    collect: int = 0
    name: str = ""
    """The caller's name that the called line may be shown."""
    text: str = ""
    """The variable data of an announcement; of a ROUTE, what the caller's telephone is shown."""


NO_POINTS: Final[frozenset[DetectionPoint]] = frozenset()


class EventRequest(msgspec.Struct, frozen=True):
    """Detection points the service control point wants to hear of; at those of `request` the call stops and waits.

    `timeout_ns` is how long an answered call lasts until its timeout, None = for ever.
    """

    request: frozenset[DetectionPoint] = NO_POINTS
    notify: frozenset[DetectionPoint] = NO_POINTS
    no_answer_ns: int = 0
    timeout_ns: int | None = None


def route_instruction(parameters: Parameters) -> Instruction:
    """Read AnalyzeRoute (or ForwardCall, which has the same parameters)."""
    called = parameters.digits("calledPartyID")
    if called is None or not called.digits:
        return Instruction("FAULT", reason="AnalyzeRoute without calledPartyID")
    calling = parameters.digits("callingPartyID")
    redirecting = parameters.digits("redirectingPartyID")
    information = parameters.get("redirectionInformation")
    slot = parameters.message.slot("redirectionInformation")
    return Instruction(
        "ROUTE",
        called.digits,
        called.nature,
        calling.digits if calling is not None else None,
        _named(parameters, ("primaryTrunkGroup", "alternateTrunkGroup", "secondAlternateTrunkGroup")),
        _carriers(parameters),
        redirecting.digits if redirecting is not None else None,
        redirecting.nature if redirecting is not None else NON_NATIONAL,
        slot.type.encode(information) if slot is not None and information is not None else b"",
        parameters.text("aMAslpID"),
        text=_display(parameters, DISPLAYED),
    )


def _display(parameters: Parameters, wanted: int) -> str:
    """An element of displayText; "" without it."""
    text = parameters.get("displayText")
    items = text.items if isinstance(text, TaggedList) else ()
    return next((octets for tag, octets in items if tag == wanted), b"").decode("ascii", "replace")


def _named(parameters: Parameters, names: tuple[str, ...]) -> tuple[str, ...]:
    found = (parameters.text(name) for name in names)
    return tuple(value for value in found if value is not None)


def _carriers(parameters: Parameters) -> tuple[str, ...]:
    found = (parameters.carrier(name) for name in ("carrier", "alternateCarrier", "secondAlternateCarrier"))
    return tuple(carrier.digits for carrier in found if carrier is not None)


def announcement_instruction(parameters: Parameters) -> Instruction:
    """Read SendToResource: which announcement, and whether the call ends with it."""
    block = parameters.get("strParameterBlock")
    number, data = 0, b""
    if isinstance(block, AnnouncementBlock | AnnouncementDigitBlock):
        for element in (*block.uninterruptible, *block.interruptible):
            if isinstance(element, Announcement):
                number, data = element.number, element.data
            break
    return Instruction(
        "ANNOUNCE",
        announcement=number,
        collect=block.maximum_digits if isinstance(block, AnnouncementDigitBlock) else 0,
        disconnect=parameters.flag("disconnectFlag"),
        ama_slp_id=parameters.text("aMAslpID"),
        text=data.decode("utf-8", "replace"),
    )


def speak_instruction(parameters: Parameters) -> Instruction:
    """Read ConnectToResource: which announcement is played into a call."""
    return msgspec.structs.replace(announcement_instruction(parameters), kind="SPEAK", disconnect=False)


def _proceed(parameters: Parameters) -> Instruction:
    return Instruction("CONTINUE", ama_slp_id=parameters.text("aMAslpID"))


def _authorize(parameters: Parameters) -> Instruction:
    """Read AuthorizeTermination: the caller's name in displayText, else in genericName (which one is unconfirmed)."""
    name = _display(parameters, CALLING_PARTY_NAME)
    generic = parameters.octets("genericName") or b""
    if not name and generic[:1] == GENERIC_NAME_ALLOWED:
        name = generic[1:].decode("ascii", "replace")
    return Instruction("CONTINUE", ama_slp_id=parameters.text("aMAslpID"), name=name)


def _disconnect(parameters: Parameters) -> Instruction:
    return Instruction("DISCONNECT", ama_slp_id=parameters.text("aMAslpID"))


INSTRUCTIONS: Final[dict[str, Callable[[Parameters], Instruction]]] = {
    "analyzeRoute": route_instruction,
    "forwardCall": route_instruction,
    "sendToResource": announcement_instruction,
    "connectToResource": speak_instruction,
    "continue": _proceed,
    "authorizeTermination": _authorize,
    "disconnect": _disconnect,
}
"""The answers a switch can carry out, by operation."""
