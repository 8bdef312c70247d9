"""A run with an ordinary call, a hostile one and a lost message, and the browser that may be here."""

from collections.abc import Iterator

import msgspec
import pytest

from ain_scp.signaling.ain.describe import Line
from ain_scp.ssp_sim.histogram import Histogram
from ain_scp.ssp_sim.record import CallRecord, FacilitySeized, Unmet, WireMessage
from ain_scp.ssp_sim.report import Run
from tests.kit.browser import Browser, chromium

START = 979_725_600_000_000_000
HOSTILE = "</script><img src=x onerror=\"document.title='owned'\">&\u2028'"


def _messages() -> tuple[WireMessage, ...]:
    query = (("CallingPartyID", "9258341234"), ("CollectedAddressInfo", "9212000"))
    rows = [
        (0, "9258341234", "SSP2004", "LINE", "off hook", (), "2402", b"", False),
        (1, "SSP2004", "STP-LOCAL", "AIN", "InfoAnalyzed", query, "2404", b"\x01\x00", False),
        (3, "STP-LOCAL", "SCP", "AIN", "InfoAnalyzed", (), "", b"\x01\x00", False),
        (
            5,
            "SCP",
            "STP-LOCAL",
            "AIN",
            "AnalyzeRoute",
            (("CalledPartyID", "4159212000"),),
            "2406",
            b"\x02",
            False,
        ),
        (7, "STP-LOCAL", "SSP2004", "AIN", "AnalyzeRoute", (), "", b"\x02", False),
        (8, "SSP2004", "SSP2006", "ISUP", "IAM", (("called", "4159212000"),), "2408", b"\x03", False),
        (9, "SSP2004", "STP-LOCAL", "AIN", "TerminationNotification", (), "", b"\x04", True),
    ]
    return tuple(
        WireMessage(
            number, START + ms * 1_000_000, source, target, "C05", protocol, name, fields, step, octets, lost
        )  # type: ignore[arg-type]
        for number, (ms, source, target, protocol, name, fields, step, octets, lost) in enumerate(rows)
    )


def _decode(message: WireMessage) -> Line | None:
    if message.protocol != "AIN":
        return None
    return Line("query with permission", message.name, (Line("BearerCapability", "speech of " + HOSTILE),))


@pytest.fixture(scope="session")
def run() -> Run:
    """Return a run of three calls: as expected, hostile, and without messages."""
    leg = {
        "path": ["s100", "s218"],
        "ctc": 111,
        "route": {"kind": "PSTN", "asf_results": 0},
        "response": {"type": "ANALYZE_ROUTE", "ama_slp_id": "760833001", "trunk_groups": []},
        "steps": [
            {"step": "s110", "table": "mdp", "row": "customers/GOLDEN/mdp.csv:6", "found": "4159212000"}
        ],
    }
    call = CallRecord(
        "C05", "9258341234", "7 9212000", START, "COMPLETED", START + 10**9, START + 181 * 10**9,
        FacilitySeized("PSTN"), (FacilitySeized("PSTN"),), ("SSP2004", "SSP2006"), (msgspec.json.encode(leg),),
        b'{"record":true,"charge_cents":0}', b'{"status":"COMPLETED"}', _messages(),
    )  # fmt: skip
    hostile_message = WireMessage(
        1, START, HOSTILE, "SCP", HOSTILE, "AIN", HOSTILE, ((HOSTILE, HOSTILE),), HOSTILE, b"\x09"
    )
    hostile = msgspec.structs.replace(
        call, id=HOSTILE, calling=HOSTILE, dialed=HOSTILE, status=HOSTILE, messages=(hostile_message,), talk_path=(HOSTILE,),
        ama=msgspec.json.encode({HOSTILE: HOSTILE}), legs=(msgspec.json.encode({HOSTILE: [HOSTILE]}),),
        leg_facilities=(FacilitySeized(HOSTILE, HOSTILE),), unmet=(Unmet(HOSTILE, HOSTILE, HOSTILE, HOSTILE),),
    )  # fmt: skip
    latency = Histogram()
    for value in range(1, 2000):
        latency.record(value * 1000)
    return Run(
        title="Golden " + HOSTILE,
        calls=[call, hostile, CallRecord("C99", "9258341299", "7 9212000", START, "NOT_TRIGGERED")],
        kinds={"SSP2004": "5ESS", "SCP": "SCP", "STP-LOCAL": "STP"},
        facts=(("data set", HOSTILE),),
        summary=(("p99", "0.9 ms"),),
        latency=latency,
        decode=_decode,
    )


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Start Chromium, or skip the test with the reason."""
    program = chromium()
    if program is None:
        pytest.skip("no chromium here (apt-get install chromium)")
    started = Browser(program, tmp_path_factory.mktemp("profile"))
    yield started
    started.close()
