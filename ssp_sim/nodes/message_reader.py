"""Reads the octets on a link for the record of a run: protocol, name, the parameters a person wants, and whose call.

Only this module turns octets back into words, so every node (the SCP too) is recorded the same way. It learns which
transaction and which echo data belong to which call from what it is given and what it sees.

Source: interfaces.md section 3 (`ain run --ladder`), A-178; ssp_sim/record.py.
"""

from collections.abc import Mapping

from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.ain import REGISTRY, AinFault, Registry, decode_parameters
from ain_scp.signaling.ain.operations import ERRORS
from ain_scp.signaling.bcd import Digits
from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.m3ua import MessageKind, ProtocolData
from ain_scp.signaling.mtp3 import ServiceIndicator
from ain_scp.signaling.sccp import UnitData, UnitDataService
from ain_scp.signaling.tcap import Component, ComponentType, Package, PackageType, TcapFault, decode_package
from ain_scp.ssp_sim.nodes.isup_door import describe_isup
from ain_scp.ssp_sim.nodes.patchboard import Patchboard
from ain_scp.ssp_sim.record import Protocol

Fields = tuple[tuple[str, str], ...]
Reading = tuple[Protocol, str, Fields, str]
"""Protocol, name, fields, call id (empty when there is none)."""


class MessageReader:
    """Reads messages. `transactions` maps open and past transactions to calls; the opener keeps it."""

    def __init__(
        self,
        board: Patchboard,
        names: Mapping[int, str],
        transactions: Mapping[int, str],
        registry: Registry = REGISTRY,
    ) -> None:
        self._board = board
        self._names = names
        self._registry = registry
        self._transactions = transactions
        self._echoes: dict[bytes, str] = {}

    def read(self, octets: bytes) -> Reading:
        """Read one M3UA message; what cannot be read is named so, never raised."""
        try:
            message = m3ua.decode(octets)
        except DecodeError as error:
            return "M3UA", "unreadable", (("error", str(error)),), ""
        data = message.protocol_data
        if data is None:
            return "M3UA", _kind_name(message.kind), (), ""
        if data.si == ServiceIndicator.ISUP:
            return self._isup(data)
        if data.si == ServiceIndicator.SCCP:
            return self._sccp(data)
        return "M3UA", "DATA", (("SI", str(data.si)),), ""

    def _isup(self, data: ProtocolData) -> Reading:
        try:
            name, number, fields = describe_isup(data.payload)
        except DecodeError as error:
            return "ISUP", "unreadable", (("error", str(error)),), ""
        one, other = self._names.get(data.opc, ""), self._names.get(data.dpc, "")
        return "ISUP", name, (("CIC", str(number)), *fields), self._board.call_on(one, other, number)

    def _sccp(self, data: ProtocolData) -> Reading:
        try:
            message = sccp.decode(data.payload)
        except DecodeError as error:
            return "SCCP", "unreadable", (("error", str(error)),), ""
        if isinstance(message, UnitDataService):
            _protocol, name, _fields, call = self._tcap(message.data)
            fields = (("return cause", str(message.return_cause)), ("returned", name))
            return "SCCP", "UDTS", fields, call
        if isinstance(message, UnitData):
            if message.called.ssn == 1:
                return "SCCP", "SCMG", (("data", message.data.hex()),), ""
            return self._tcap(message.data)
        return "SCCP", type(message).__name__, (), ""

    def _tcap(self, data: bytes) -> Reading:
        try:
            package = decode_package(data)
        except TcapFault as fault:
            return "AIN", "unreadable", (("error", str(fault)),), ""
        call = self._call(package)
        fields: list[tuple[str, str]] = [("package", _package_name(package))]
        transactions = (package.originating, package.responding)
        fields.extend(("transaction", f"{one:08X}") for one in transactions if one is not None)
        if package.kind is PackageType.ABORT:
            fields.append(("cause", str(package.p_abort_cause)))
            return "AIN", "Abort", tuple(fields), call
        names: list[str] = []
        for component in package.components:
            name, parameters = self._component(component)
            names.append(name)
            fields.extend(parameters)
            call = self._echo(parameters, call)
        return "AIN", "+".join(names) or _package_name(package), tuple(fields), call

    def _call(self, package: Package) -> str:
        for transaction in (package.originating, package.responding):
            if transaction is not None and transaction in self._transactions:
                return self._transactions[transaction]
        return ""

    def _echo(self, parameters: list[tuple[str, str]], call: str) -> str:
        """Learn echo data from SendNotification, and recognise it in TerminationNotification."""
        for name, value in parameters:
            if name == "echoData":
                octets = bytes.fromhex(value)
                if call:
                    self._echoes[octets] = call
                return call or self._echoes.get(octets, "")
        return call

    def _component(self, component: Component) -> tuple[str, list[tuple[str, str]]]:
        code = component.code or 0
        if component.kind is ComponentType.REJECT:
            return "Reject", [("problem", f"{code:04X}")]
        if component.kind is ComponentType.RETURN_ERROR:
            error = ERRORS.get(code)
            return f"ReturnError {error.name if error else code}", []
        if not component.is_invoke:
            return "ReturnResult", []
        operation = self._registry.operation(code)
        if operation is None:
            return f"operation {code}", []
        name = operation.name[0].upper() + operation.name[1:]
        try:
            parameters = decode_parameters(operation, component.parameter or b"")
        except AinFault as fault:
            return name, [("fault", str(fault))]
        fields: list[tuple[str, str]] = []
        for slot in operation.slots:
            value = parameters.get(slot.name)
            if isinstance(value, Digits):
                fields.append((slot.name, value.digits))
                if value.nature:
                    fields.append((f"{slot.name} NON", str(value.nature)))
            elif value is not None:
                text = value.hex() if isinstance(value, bytes) else slot.type.meaning(value)
                fields.append((slot.name, text))
        return name, fields


def _package_name(package: Package) -> str:
    return "".join(word.capitalize() for word in package.kind.name.split("_"))


def _kind_name(kind: int) -> str:
    try:
        return MessageKind(kind).name
    except ValueError:
        return f"{kind:#06x}"
