"""The door between trunk signals and ANSI ISUP messages.

Address complete with "subscriber free" is ringing, without it only receipt (the host confirms the address before it knows
where the call goes). The user service information of data bearers is unconfirmed; fax and modem calls travel as 3.1 kHz
audio and come out as that.

Source: A-143, [0102], [0128]; T1.113.3.
"""

from collections.abc import Callable
from typing import Final

from ain_scp.signaling import isup
from ain_scp.signaling.isup import Number, RedirectionInformation, Screening, TransitNetwork
from ain_scp.signaling.isup.message import MAX_CIC
from ain_scp.signaling.isup.numbers import (
    AUDIO_3_1_KHZ,
    BACKWARD_CHARGE,
    BACKWARD_ISUP_ALL_THE_WAY,
    BACKWARD_ORDINARY_SUBSCRIBER,
    BACKWARD_SUBSCRIBER_FREE,
    FORWARD_ISUP_ALL_THE_WAY,
    FORWARD_NUMBER_TRANSLATED,
    SPEECH,
)
from ain_scp.signaling.isup.structs import PORTED_NUMBER
from ain_scp.ssp_sim.nodes.events import Setup, Translation, TrunkKind, TrunkSignal
from ain_scp.ssp_sim.nodes.trunks import Circuit
from ain_scp.terms.vocabulary import NON_NATIONAL

_RECEIVED: Final = BACKWARD_CHARGE | BACKWARD_ISUP_ALL_THE_WAY
_RINGING: Final = _RECEIVED | BACKWARD_SUBSCRIBER_FREE | BACKWARD_ORDINARY_SUBSCRIBER

_USER_SERVICE: Final[dict[str, bytes]] = {
    "SPEECH": SPEECH,
    "AUDIO_3K1": AUDIO_3_1_KHZ,
    "FAX": AUDIO_3_1_KHZ,
    "MODEM_56": AUDIO_3_1_KHZ,
    "RDI_56": bytes.fromhex("8990"),
    "UDI_64": bytes.fromhex("8890"),
}
_BEARERS: Final[dict[bytes, str]] = {octets: name for name, octets in reversed(_USER_SERVICE.items())}

NAMES: Final[dict[type[isup.IsupMessage], str]] = {
    isup.InitialAddress: "IAM",
    isup.AddressComplete: "ACM",
    isup.Answer: "ANM",
    isup.CallProgress: "CPG",
    isup.Release: "REL",
    isup.ReleaseComplete: "RLC",
}
"""What each message is called in a record."""


MOST_REMEMBERED: Final = 4096
Content = tuple[TrunkKind, Setup | None, int]
"""What a message says besides its circuit: kind, set-up, cause."""


def encode_signal(signal: TrunkSignal) -> bytes:
    """Return the ISUP message of a trunk signal."""
    return isup.encode(_message(signal))


class SignalReader:
    """Reads ISUP messages as trunk signals; what stands after the circuit is read once and remembered (4096 of them)."""

    def __init__(self) -> None:
        self._read: dict[bytes, Content | None] = {}

    def read(self, payload: bytes, circuit: Callable[[int], Circuit]) -> TrunkSignal | None:
        """Do what `decode_signal` does."""
        rest = payload[2:]
        try:
            content = self._read[rest]
        except KeyError:
            signal = decode_signal(payload, circuit)
            if len(self._read) >= MOST_REMEMBERED:
                self._read.clear()
            self._read[rest] = None if signal is None else (signal.kind, signal.setup, signal.cause)
            return signal
        if content is None:
            return None
        return TrunkSignal(content[0], circuit((payload[1] << 8 | payload[0]) & MAX_CIC), *content[1:])


def _message(signal: TrunkSignal) -> isup.IsupMessage:
    number = signal.circuit.number
    if signal.setup is not None:
        return _initial_address(number, signal.setup)
    if signal.kind == "ALERTING":
        return isup.AddressComplete(number, _RINGING)
    if signal.kind == "ACCEPTED":
        return isup.AddressComplete(number, _RECEIVED)
    if signal.kind == "PROGRESS":
        return isup.CallProgress(number, isup.Event.ALERTING)
    if signal.kind == "ANSWER":
        return isup.Answer(number)
    if signal.kind == "RELEASE":
        return isup.Release(number, signal.cause)
    return isup.ReleaseComplete(number)


def _initial_address(number: int, setup: Setup) -> isup.InitialAddress:
    information = setup.redirection_information
    redirection = None
    if len(information) == 2:
        redirection = RedirectionInformation(
            information[0] >> 4, information[1] >> 4, information[1] & 7, information[0] & 7
        )
    return isup.InitialAddress(
        number,
        Number(setup.called, setup.called_non),
        None if setup.calling is None else Number(setup.calling, screening=Screening.NETWORK_PROVIDED),
        None if setup.original_called is None else Number(setup.original_called, setup.original_called_non),
        None if setup.redirecting is None else Number(setup.redirecting, setup.redirecting_non),
        redirection,
        transit_network_selection=TransitNetwork(setup.carrier) if setup.carrier else None,
        user_service_information=_USER_SERVICE.get(setup.bearer, SPEECH),
        forward_call_indicators=_forward(setup.translation),
        jurisdiction=(setup.translation.jurisdiction or None) if setup.translation is not None else None,
        generic_address=isup.GenericAddress(setup.translation.dialed)
        if setup.translation is not None and setup.translation.dialed
        else None,
    )


def _forward(translation: Translation | None) -> int:
    """ISUP all the way; bit M where the called number was looked up."""
    translated = translation is not None and translation.translated
    return FORWARD_ISUP_ALL_THE_WAY | (FORWARD_NUMBER_TRANSLATED if translated else 0)


def _translation(message: isup.InitialAddress) -> Translation | None:
    """What an address message says of the called number; None when it says nothing."""
    translated = bool(message.forward_call_indicators & FORWARD_NUMBER_TRANSLATED)
    generic = message.generic_address
    dialed = generic.digits if generic is not None and generic.kind == PORTED_NUMBER else ""
    found = Translation(translated, dialed, message.jurisdiction or "")
    return found if found != Translation() else None


def decode_signal(payload: bytes, circuit: Callable[[int], Circuit]) -> TrunkSignal | None:
    """Read an ISUP message as a trunk signal; None for one that moves no call. Raises DecodeError."""
    message = isup.decode(payload)
    if isinstance(message, isup.InitialAddress):
        return TrunkSignal("SETUP", circuit(message.cic), _setup(message))
    if isinstance(message, isup.AddressComplete):
        ringing = message.backward_call_indicators & BACKWARD_SUBSCRIBER_FREE
        return TrunkSignal("ALERTING" if ringing else "ACCEPTED", circuit(message.cic))
    if isinstance(message, isup.CallProgress) and message.event == isup.Event.ALERTING:
        return TrunkSignal("PROGRESS", circuit(message.cic))
    if isinstance(message, isup.Answer):
        return TrunkSignal("ANSWER", circuit(message.cic))
    if isinstance(message, isup.Release):
        return TrunkSignal("RELEASE", circuit(message.cic), cause=message.cause)
    if isinstance(message, isup.ReleaseComplete):
        return TrunkSignal("RELEASED", circuit(message.cic))
    return None


def _setup(message: isup.InitialAddress) -> Setup:
    calling = message.calling_party_number
    original, redirecting = message.original_called_number, message.redirecting_number
    redirection = message.redirection_information
    information = b""
    if redirection is not None:
        first = redirection.original_reason << 4 | redirection.indicator
        information = bytes((first, redirection.reason << 4 | redirection.count))
    return Setup(
        message.called_party_number.digits,
        message.called_party_number.nature_of_address,
        calling.digits if calling is not None else None,
        original.digits if original is not None else None,
        original.nature_of_address if original is not None else NON_NATIONAL,
        redirecting.digits if redirecting is not None else None,
        redirecting.nature_of_address if redirecting is not None else NON_NATIONAL,
        information,
        _BEARERS.get(message.user_service_information, "SPEECH"),
        message.transit_network_selection.carrier if message.transit_network_selection is not None else "",
        _translation(message),
    )


def describe_isup(payload: bytes) -> tuple[str, int, tuple[tuple[str, str], ...]]:
    """Return a message's name, its circuit and its fields for a record. Raises DecodeError."""
    message = isup.decode(payload)
    name = NAMES.get(type(message), f"message {payload[2]:#04x}")
    fields: list[tuple[str, str]] = []
    if isinstance(message, isup.InitialAddress):
        numbers = (
            ("calledPartyNumber", message.called_party_number),
            ("callingPartyNumber", message.calling_party_number),
            ("originalCalledNumber", message.original_called_number),
            ("redirectingNumber", message.redirecting_number),
        )
        for label, number in numbers:
            if number is not None:
                fields += [(label, number.digits), (f"{label} NON", str(int(number.nature_of_address)))]
        if message.transit_network_selection is not None:
            fields.append(("transitNetworkSelection", message.transit_network_selection.carrier))
        fields += _translated_fields(_translation(message))
    elif isinstance(message, isup.CallProgress):
        fields.append(("event", _event_name(message.event)))
    elif isinstance(message, isup.AddressComplete):
        ringing = message.backward_call_indicators & BACKWARD_SUBSCRIBER_FREE
        fields.append(("called party", "subscriber free" if ringing else "no indication"))
    elif isinstance(message, isup.Release):
        fields.append(("cause", str(message.cause)))
    return name, message.cic, tuple(fields)


def _translated_fields(translation: Translation | None) -> list[tuple[str, str]]:
    if translation is None:
        return []
    fields = [("M", str(int(translation.translated)))]
    if translation.dialed:
        fields.append(("genericAddress", translation.dialed))
    if translation.jurisdiction:
        fields.append(("jurisdiction", translation.jurisdiction))
    return fields


def _event_name(event: int) -> str:
    try:
        return isup.Event(event).name.lower().replace("_", " ")
    except ValueError:
        return str(event)
