"""A switch of your own in one file: ask an SCP over UDP how a call goes on, and read its answer.

    ain serve examples/golden --udp 127.0.0.1:2905 &
    python examples/own_switch/ask.py 127.0.0.1:2905 9258341234 7 9212000

Prints the operations of the answer with their parameters; exit 1 when nothing usable comes back within T1 (3 s).
"""

import os
import socket
import sys

from ain_scp.signaling import ain, m3ua, sccp, tcap
from ain_scp.signaling.ain.structures import UserID, UserIDChoice
from ain_scp.signaling.ain.values import BearerCapability, TriggerCriteriaType
from ain_scp.signaling.bcd import Digits
from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.mtp3 import ServiceIndicator, parse_point_code

SSP, SCP = parse_point_code("246-3-4"), parse_point_code("245-1-2")
AIN_SSN = 250
NATIONAL, E164 = 3, 1  # nature of number, numbering plan
T1_S = 3.0


def info_analyzed(transaction: int, calling: str, access_code: str, dialed: str) -> bytes:
    """The query of a customized dialing plan trigger, as an M3UA message."""
    operation = ain.operation_named("infoAnalyzed")
    parameters = ain.encode_parameters(
        operation,
        {
            "userID": UserID(UserIDChoice.DN, calling),
            "bearerCapability": BearerCapability.SPEECH,
            "triggerCriteriaType": TriggerCriteriaType.CUSTOMIZED_ACCESS,
            "callingPartyID": Digits(NATIONAL, E164, calling),
            "accessCode": Digits(0, 0, access_code),
            "collectedAddressInfo": Digits(NATIONAL, E164, dialed),
        },
    )
    package = tcap.encode_package(tcap.query(transaction, tcap.invoke(operation.code, parameters, 1)))
    unit = sccp.UnitData(sccp.Address(AIN_SSN, SCP), sccp.Address(AIN_SSN, SSP), package)
    return m3ua.data(
        opc=SSP,
        dpc=SCP,
        si=ServiceIndicator.SCCP,
        ni=2,
        mp=0,
        sls=5,
        payload=sccp.encode(unit),
        routing_context=100,
    )


def show(octets: bytes, transaction: int) -> bool:
    """Print an answer; False when it is not one to our transaction."""
    data = m3ua.decode(octets).protocol_data
    unit = None if data is None else sccp.decode(data.payload)
    if not isinstance(unit, sccp.UnitData):
        return False
    package = tcap.decode_package(unit.data)
    if package.responding != transaction:
        return False
    print(f"{package.kind.name} to transaction {transaction:08x}")
    for component in package.components:
        operation = ain.operation(component.code or 0)
        if operation is None or component.parameter is None:
            print(f"  {component}")
            continue
        print(f"  {operation.name}")
        for name, value in ain.decode_parameters(operation, component.parameter).values.items():
            print(f"    {name}: {value!r}")
    return True


def main() -> int:
    """Ask once."""
    if len(sys.argv) != 5:
        print(__doc__, file=sys.stderr)
        return 2
    host, _, port = sys.argv[1].rpartition(":")
    transaction = int.from_bytes(os.urandom(4), "big")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.settimeout(T1_S)
        line.connect((host, int(port)))
        line.send(info_analyzed(transaction, *sys.argv[2:]))
        try:
            return 0 if show(line.recv(4096), transaction) else 1
        except (OSError, DecodeError) as fault:
            print(f"no answer: {fault}", file=sys.stderr)
            return 1


if __name__ == "__main__":
    sys.exit(main())
