"""Queries as a switch sends them, and what stands in the answers."""

from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.ain.codec import decode_parameters, encode_parameters
from ain_scp.signaling.ain.operations import operation as operation_of
from ain_scp.signaling.ain.operations import operation_named
from ain_scp.signaling.ain.structures import UserID, UserIDChoice
from ain_scp.signaling.bcd import Digits
from ain_scp.signaling.mtp3 import parse_point_code
from ain_scp.signaling.tcap import decode_package, encode_package, invoke, query

SCP, SSP = parse_point_code("245-1-2"), parse_point_code("246-3-4")
BEARERS = {"SPEECH": 0, "AUDIO_3K1": 1, "FAX": 1, "MODEM_56": 1, "RDI_56": 3, "UDI_64": 4}
"""bearerCapability of each bearer of the service."""


def query_octets(
    transaction=1,
    dialed="9212000",
    *,
    calling="9258341234",
    access="7",
    bearer=0,
    invoke_id=1,
    sls=5,
    opc=SSP,
    dpc=SCP,
    operation="infoAnalyzed",
    **more,
):
    """The M3UA message of one query; keys of `more` are further parameters, None leaves a parameter out."""
    known = operation_named(operation)
    values = {
        "userID": UserID(UserIDChoice.DN, calling or "0000000000"),
        "bearerCapability": bearer,
        "triggerCriteriaType": 2,
        "callingPartyID": None if calling is None else Digits(3, 1, calling),
        "accessCode": None if access is None else Digits(0, 0, access),
        "collectedAddressInfo": None if dialed is None else Digits(3, 1, dialed),
    } | more
    argument = encode_parameters(known, {key: value for key, value in values.items() if value is not None})
    package = encode_package(query(transaction, invoke(known.code, argument, invoke_id)))
    return wrapped(package, sls=sls, opc=opc, dpc=dpc)


def wrapped(package, *, si=3, sls=5, opc=SSP, dpc=SCP):
    """A TCAP package in UDT and M3UA, from a switch to the service."""
    unit = sccp.UnitData(sccp.Address(250, dpc), sccp.Address(250, opc), package)
    return m3ua.data(opc, dpc, si, 2, 0, sls, sccp.encode(unit), 100)


def package_of(octets):
    """The TCAP package of an M3UA message."""
    return decode_package(sccp.decode(m3ua.decode(octets).protocol_data.payload).data)


def first_name(octets):
    """The operation or error code that an answer brings first."""
    component = package_of(octets).components[0]
    return operation_of(component.code).name if component.is_invoke else f"error {component.code}"


def identifier_in(octets):
    """The echo data that an answer asks for, as a sample's identifier; None when it asks for none."""
    for component in package_of(octets).components:
        if component.is_invoke:
            echo = decode_parameters(operation_of(component.code), component.parameter or b"").get("echoData")
            if isinstance(echo, bytes):
                return echo.hex().upper()
    return None
