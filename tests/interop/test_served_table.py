"""What docs/conformance.md calls full is answered by the servers themselves: every package type and query, UDP and SCTP."""

import asyncio
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ain_scp.scp.associations.asp import AspAssociation, AspRow
from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.ain.codec import encode_parameters
from ain_scp.signaling.ain.operations import operation_named
from ain_scp.signaling.ain.structures import UserID, UserIDChoice
from ain_scp.signaling.bcd import Digits
from ain_scp.signaling.m3ua.asp import AspConfig
from ain_scp.signaling.mtp3 import parse_point_code
from ain_scp.signaling.tcap import (
    PackageType,
    conversation,
    decode_package,
    encode_package,
    invoke,
    p_abort,
    query,
    response,
    unidirectional,
)
from ain_scp.transport import sctp_usr
from ain_scp.transport.link import Endpoint, parse_endpoint

ROOT = Path(__file__).parents[2]
SCP, SSP = parse_point_code("245-1-2"), parse_point_code("246-3-4")
HOST = "9257893412"
KNOWN, ABROAD, ENDED = "9258341234", 0x0BADBAD0, 0x0BADBAD1


def invoked(name, **more):
    """A query component with all that its operation asks for."""
    known = operation_named(name)
    caller = Digits(3, 1, KNOWN)
    values = {
        "userID": UserID(UserIDChoice.DN, KNOWN),
        "bearerCapability": 0,
        "callingPartyID": caller,
    } | more
    return invoke(known.code, encode_parameters(known, values), 1)


DIALED = {
    "accessCode": Digits(0, 0, "7"),
    "collectedAddressInfo": Digits(3, 1, "9212000"),
    "triggerCriteriaType": 2,
}
TOLD = {"originalCalledPartyID": Digits(3, 1, "4159215678"), "calledPartyID": Digits(3, 1, HOST)}
QUERIES = {
    "infoAnalyzed": DIALED,
    "infoCollected": DIALED,
    "originationAttempt": {"triggerCriteriaType": 17},
    "terminationAttempt": TOLD | {"triggerCriteriaType": 15},
    "networkBusy": TOLD,
}
E4, E5, F6 = PackageType.RESPONSE, PackageType.CONVERSATION_WITH_PERMISSION, PackageType.ABORT
ENDING = (E4,)
GRANTED = (E5, PackageType.CONVERSATION_WITHOUT_PERMISSION)


def rows():
    """Name, package, the kinds of package that may answer it; () = nothing answers it."""
    for number, (name, more) in enumerate(QUERIES.items(), 0x100):
        yield f"{name} in a query with permission", query(number, invoked(name, **more)), ENDING
        without = query(number + 0x100, invoked(name, **more), permission=False)
        refused = name == "originationAttempt"
        yield f"{name} in a query without permission", without, (*GRANTED, *ENDING) if refused else GRANTED
    unknown = invoke(operation_named("acg").code, b"\x30\x00", 1)
    yield "an operation that is no query", query(0x300, unknown), ENDING
    yield "a query without components", query(0x301), ENDING
    for permission in (True, False):
        talk = conversation(0x302 + permission, ABROAD, permission=permission)
        yield f"a conversation of no transaction, permission {permission}", talk, (F6,)
    notified = operation_named("terminationNotification")
    ended = encode_parameters(notified, {"echoData": bytes(6), "terminationIndicator": b"\x01"})
    yield "a notification", unidirectional(invoke(notified.code, ended, 1)), ()
    yield "a response to no transaction", response(ENDED), ()
    yield "an abort of no transaction", p_abort(ENDED, 4), ()


ROWS = list(rows())


def datagram(package):
    unit = sccp.UnitData(sccp.Address(250, SCP), sccp.Address(250, SSP), encode_package(package))
    return m3ua.data(SSP, SCP, 3, 2, 0, 5, sccp.encode(unit), 100)


def read(octets):
    return decode_package(sccp.decode(m3ua.decode(octets).protocol_data.payload).data)


def judge(got):
    """Each row has exactly the answers due; answers are found by the transaction they respond to."""
    by_transaction = {}
    for answer in got:
        by_transaction.setdefault(answer.responding, []).append(answer)
    for name, package, kinds in ROWS:
        answers = by_transaction.pop(package.originating, []) if package.originating is not None else []
        assert len(answers) == bool(kinds), (name, answers)
        assert all(answer.kind in kinds for answer in answers), (name, answers)
    assert by_transaction == {}


def due():
    return sum(bool(kinds) for _, _, kinds in ROWS)


def started(*options):
    words = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "ain_scp.ain",
        "serve",
        str(ROOT / "examples/golden"),
        *options,
    ]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)


@pytest.mark.parametrize("general", [(), ("--general",)], ids=["fast", "general"])
def test_the_udp_server_answers_every_row(general):
    server = started("--udp", "127.0.0.1:0", *general)
    try:
        port = int(server.stdout.readline().split()[2].rpartition(":")[2])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as switch:
            switch.settimeout(10)
            for _, package, _ in ROWS:
                switch.sendto(datagram(package), ("127.0.0.1", port))
            got = [read(switch.recv(4096)) for _ in range(due())]
            switch.sendto(datagram(query(0x7000, invoked("infoAnalyzed", **DIALED))), ("127.0.0.1", port))
            assert read(switch.recv(4096)).responding == 0x7000  # and nothing else was under way
        judge(got)
    finally:
        server.send_signal(signal.SIGTERM)
        _, told = server.communicate(timeout=20)
    assert (server.returncode, told) == (0, "")


@pytest.mark.interop
@pytest.mark.skipif(sctp_usr.missing() is not None, reason=str(sctp_usr.missing()))
def test_the_sctp_server_answers_every_row(tmp_path):
    node = tmp_path / "node.toml"
    node.write_text(
        'point_code = "245-1-2"\nrouting_context = 100\nsctp_udp_port = 0\n'
        '[[listen]]\ntransport = "sctp"\naddress = "127.0.0.1:2905"\n'
    )
    server = started("--config", str(node))
    ready = server.stdout.readline().split()
    assert ready[:1] == ["ready"], server.stderr.read()
    if "sctp-over-udp" not in ready:
        server.kill()
        server.communicate()
        pytest.skip("the kernel's SCTP is preferred here")
    port = int(ready[ready.index("sctp-over-udp") + 1].rpartition(":")[2])
    got = []

    async def main():
        changed = asyncio.Event()

        def deliver(octets, _link):
            got.append(read(octets))
            changed.set()

        stack = sctp_usr.UsrSctpStack(parse_endpoint("127.0.0.1:0"))
        row = AspRow("SCP", AspConfig(routing_contexts=(100,), t_beat_ms=200))
        there = Endpoint(("127.0.0.1",), 2905)
        association = AspAssociation(
            row, lambda user: stack.connect(there, user, port), deliver, time.monotonic_ns, lambda: 0.5
        )
        association.start()
        async with asyncio.timeout(20):
            while not association.active:
                await asyncio.sleep(0.005)
                association.handle_timer()
            for _, package, _ in ROWS:
                assert association.send_answer(datagram(package))
            while len(got) < due():
                changed.clear()
                await changed.wait()
        association.stop()
        stack.close()

    try:
        asyncio.run(main())
        judge(got)
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=20)
