"""One number portability query over UDP: what is sent, what comes back, how long it took.

Source: services design section 5.2 and 11.
"""

import os
import select
import socket
import time
from typing import NamedTuple

import click

from ain_scp.ain.faults import Trouble
from ain_scp.ain.forms import write_json
from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.ain import operation_named
from ain_scp.signaling.ain.codec import decode_parameters, encode_parameters
from ain_scp.signaling.ain.describe import describe, text
from ain_scp.signaling.ain.structures import UserID, UserIDChoice, Value
from ain_scp.signaling.bcd import Digits
from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.mtp3 import parse_point_code
from ain_scp.signaling.tcap import Package, TcapFault, decode_package, encode_package, invoke, query
from ain_scp.terms.digits import is_digits
from ain_scp.terms.vocabulary import SCP_POINT_CODE
from ain_scp.transport.udp import UdpPort

ISDN = 1
OWN = parse_point_code("246-3-4")
ROUTING_CONTEXT = 100


class Question(NamedTuple):
    """What is asked."""

    number: str
    calling: str | None
    criteria: int
    ssn: int
    nature: int


def ask_once(question: Question, target: str, timeout_ms: int, *, as_json: bool) -> int:
    """Ask, print, and give the exit code: 0 for a routing, else 1."""
    for number in (question.number, question.calling):
        if number is not None and not (is_digits(number) and 3 <= len(number) <= 15):
            raise click.UsageError(f"{number}: expected a number, digits without hyphens")
    address = _address(target)
    transaction = int.from_bytes(os.urandom(4), "big")
    octets = query_octets(question, transaction)
    began = time.perf_counter_ns()
    answer = _exchange(address, octets, transaction, timeout_ms)
    took_ms = (time.perf_counter_ns() - began) / 1_000_000
    if answer is None:
        raise Trouble(f"{target}: no answer within {timeout_ms} ms")
    package, raw = answer
    routing = _routing(package)
    if as_json:
        write_json(
            {
                "called": question.number,
                "routing_number": routing,
                "ported": routing not in (None, question.number),
                "milliseconds": round(took_ms, 3),
                "query": octets.hex(),
                "answer": raw.hex(),
            }
        )
    else:
        click.echo(_page(question, routing, package, octets, raw, took_ms))
    return 0 if routing is not None else 1


def query_octets(question: Question, transaction: int) -> bytes:
    """The M3UA message of the query, as a switch sends it."""
    operation = operation_named("infoAnalyzed")
    values: dict[str, Value] = {
        "userID": UserID(UserIDChoice.DN, digits=(question.calling or question.number)[:10].rjust(10, "0")),
        "bearerCapability": 0,
        "calledPartyID": Digits(question.nature, ISDN, question.number),
        "triggerCriteriaType": question.criteria,
    }
    if question.calling is not None:
        values["callingPartyID"] = Digits(3, ISDN, question.calling)
        values["chargeNumber"] = Digits(3, ISDN, question.calling[:10])
        values["chargePartyStationType"] = 0
    package = query(transaction, invoke(operation.code, encode_parameters(operation, values), 1))
    scp = parse_point_code(SCP_POINT_CODE)
    unit = sccp.UnitData(sccp.Address(question.ssn, scp), sccp.Address(250, OWN), encode_package(package))
    return m3ua.data(OWN, scp, 3, 2, 0, transaction & 0x1F, sccp.encode(unit), ROUTING_CONTEXT)


def _address(target: str) -> tuple[str, int]:
    host, colon, port = target.removeprefix("udp://").rpartition(":")
    good = target.startswith("udp://") and colon and host and port.isdecimal() and 0 < int(port) < 65536
    if not good:
        raise click.UsageError(f"--target {target}: expected udp://HOST:PORT")
    try:
        found = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_DGRAM)
    except OSError as fault:
        raise Trouble(f"--target {target}: {fault.strerror}") from None
    return str(found[0][4][0]), int(port)


def _exchange(
    address: tuple[str, int], octets: bytes, transaction: int, timeout_ms: int
) -> tuple[Package, bytes] | None:
    """Send and wait for the answer of this transaction; anything else that comes is passed over."""
    port = UdpPort("::" if ":" in address[0] else "0.0.0.0", 0)  # noqa: S104 - an unbound port of a client
    try:
        port.send(address, [octets])
        end = time.monotonic() + timeout_ms / 1000
        while (left := end - time.monotonic()) > 0:
            if not select.select([port], [], [], left)[0]:
                break
            for _peer, datagrams in port.receive():
                for datagram in datagrams:
                    package = _package(datagram)
                    if package is not None and package.responding == transaction:
                        return package, datagram
    finally:
        port.close()
    return None


def _package(datagram: bytes) -> Package | None:
    try:
        data = m3ua.decode(datagram).protocol_data
        unit = sccp.decode(data.payload) if data is not None else None
        return decode_package(unit.data) if unit is not None else None
    except (DecodeError, TcapFault, ValueError):
        return None


def _routing(package: Package) -> str | None:
    """The called number of AnalyzeRoute; None when there is none."""
    operation = operation_named("analyzeRoute")
    for component in package.components:
        if component.is_invoke and component.code == operation.code:
            called = decode_parameters(operation, component.parameter or b"").digits("calledPartyID")
            return called.digits if called is not None else None
    return None


def _page(
    question: Question, routing: str | None, package: Package, octets: bytes, raw: bytes, took_ms: float
) -> str:
    verdict = "no routing"
    if routing is not None:
        verdict = "not ported" if routing == question.number else "ported"
    return "\n".join(
        [
            f"{question.number}: {verdict}" + (f", routing number {routing}" if routing else ""),
            f"{took_ms:.2f} ms",
            "",
            text(describe(package)),
            "",
            f"query  {octets.hex()}",
            f"answer {raw.hex()}",
        ]
    )
