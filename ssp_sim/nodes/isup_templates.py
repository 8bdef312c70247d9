"""The ISUP messages of a switch as whole M3UA messages, from templates; a message sent before on another circuit, as it was.

Source: T1.113.3, RFC 4666 clause 3.3.1; A-143.
"""

from collections.abc import Hashable

from ain_scp.signaling import m3ua
from ain_scp.signaling.mtp3 import NetworkIndicator, ServiceIndicator
from ain_scp.signaling.shapes.holes import Holes
from ain_scp.ssp_sim.nodes.data_message import AFTER_CIRCUIT, SLS_AT
from ain_scp.ssp_sim.nodes.events import Setup, Translation, TrunkKind, TrunkSignal
from ain_scp.ssp_sim.nodes.isup_door import encode_signal
from ain_scp.ssp_sim.nodes.templates import MOST_SHAPES, Field, Templates
from ain_scp.ssp_sim.nodes.trunks import Circuit

_Look = tuple[int, int, int, bytes, str, str, Translation | None]
_Key = tuple[int, TrunkKind, int, _Look | None]
"""Destination, kind, cause; of a set-up the natures of its numbers, redirection, bearer and carrier."""


class IsupTemplates:
    """The messages one switch sends; equal to those of the general encoders octet for octet."""

    def __init__(self, own: int) -> None:
        self._own = own
        self._templates = Templates(self._encode)
        self._whole: dict[tuple[int, TrunkKind, int, Setup | None], Holes] = {}

    def octets(self, dpc: int, signal: TrunkSignal) -> bytes:
        """Return the M3UA message of a trunk signal; the SLS is the low octet of the circuit."""
        number = signal.circuit.number
        circuit = bytes((number & 0xFF, number & 0xFF, number >> 8))
        setup = signal.setup
        key = dpc, signal.kind, signal.cause, setup
        known = self._whole.get(key)
        if known is not None:
            return known.fill((circuit,))
        made = self._by_template(dpc, signal, circuit[1:], circuit[:1])
        if made[SLS_AT:AFTER_CIRCUIT] == circuit:
            if len(self._whole) >= MOST_SHAPES:
                self._whole.clear()
            self._whole[key] = Holes(made, [(SLS_AT, AFTER_CIRCUIT)])
        return made

    def _by_template(self, dpc: int, signal: TrunkSignal, number: bytes, sls: bytes) -> bytes:
        """Fill the template of messages of this kind."""
        setup = signal.setup
        if setup is None:
            return self._templates.octets((dpc, signal.kind, signal.cause, None), (number, sls))
        look = (
            setup.called_non,
            setup.original_called_non,
            setup.redirecting_non,
            setup.redirection_information,
            setup.bearer,
            setup.carrier,
            setup.translation,
        )
        numbers = setup.called, setup.calling, setup.original_called, setup.redirecting
        return self._templates.octets((dpc, signal.kind, signal.cause, look), (number, sls, *numbers))

    def _encode(self, key: Hashable, fields: tuple[Field, ...]) -> bytes:
        """Encode by the general encoders."""
        dpc, kind, cause, look = _known(key)
        number, sls = _octets(fields[0]), _octets(fields[1])
        circuit = Circuit("", "", int.from_bytes(number, "little"), "ISUP", "")
        setup = None
        if look is not None:
            called, calling, original, redirecting = (_digits(field) for field in fields[2:])
            setup = Setup(
                called or "",
                look[0],
                calling,
                original,
                look[1],
                redirecting,
                look[2],
                look[3],
                look[4],
                look[5],
                look[6],
            )
        payload = encode_signal(TrunkSignal(kind, circuit, setup, cause))
        return m3ua.data(self._own, dpc, ServiceIndicator.ISUP, NetworkIndicator.NATIONAL, 0, sls[0], payload)


def _known(key: Hashable) -> _Key:
    if not isinstance(key, tuple):
        raise TypeError(f"{key!r} is no key of an ISUP message")
    return key


def _octets(field: Field) -> bytes:
    return field if isinstance(field, bytes) else b""


def _digits(field: Field) -> str | None:
    return field if isinstance(field, str) else None
