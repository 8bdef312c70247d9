"""A run with an ordinary call, a hostile one and a lost message, and the browser that may be here."""

import base64
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ain_scp.signaling.ain.describe import Line
from ain_scp.ssp_sim.histogram import Histogram
from ain_scp.ssp_sim.record import CallRecord, FacilitySeized, Unmet, WireMessage
from ain_scp.ssp_sim.report import Run

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


class Browser:
    """A headless Chromium, spoken to by its remote debugging pipe; it has no network."""

    def __init__(self, program: str, profile: Path) -> None:
        options = "--headless=new --no-sandbox --disable-gpu --no-first-run --remote-debugging-pipe"
        self._process = subprocess.Popen(
            [
                "sh",
                "-c",
                f'exec "$0" {options} --user-data-dir="$1" about:blank 3<&0 4>&1 2>/dev/null',
                program,
                profile,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._number = 0
        self._session: str | None = None
        self.events: list[dict[str, Any]] = []
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Runtime", "Log", "Page", "Network"):
            self.ask(f"{domain}.enable")
        self.ask(
            "Network.emulateNetworkConditions",
            offline=True,
            latency=0,
            downloadThroughput=-1,
            uploadThroughput=-1,
        )
        self.size(1300, 900)

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Give an order and return its result, keeping the events that come in between."""
        self._number += 1
        order = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            order["sessionId"] = self._session
        assert self._process.stdin
        self._process.stdin.write(json.dumps(order).encode() + b"\0")
        self._process.stdin.flush()
        while (answer := self._read()).get("id") != self._number:
            self.events.append(answer)
        assert "error" not in answer, answer
        return answer["result"]  # type: ignore[no-any-return]

    def _read(self) -> dict[str, Any]:
        octets = bytearray()
        assert self._process.stdout
        while (octet := self._process.stdout.read(1)) != b"\0":
            assert octet, "the browser is gone"
            octets += octet
        return json.loads(octets)  # type: ignore[no-any-return]

    def open(self, address: str) -> None:
        """Open a page and wait until it is loaded."""
        self.events.clear()
        self.ask("Page.navigate", url=address)
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._read())

    def value(self, expression: str) -> Any:
        """Evaluate an expression in the page."""
        found = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def go(self, name: str) -> None:
        """Open a view of the page by its address."""
        self.value(
            f"new Promise(done => {{ addEventListener('hashchange', () => done(), {{once: true}}); location.hash = {json.dumps(name)}; }})"
        )

    def click(self, selector: str) -> None:
        """Click with a real mouse event on the element's middle, or on what of it is on the screen."""
        x, y = self.value(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)}); e.scrollIntoView({{block: 'center'}});"
            " const b = e.getBoundingClientRect(); return [Math.min(b.x + b.width / 2, innerWidth - 60), b.y + b.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def press(self, key: str) -> None:
        """Press and release a key."""
        for kind in ("keyDown", "keyUp"):
            self.ask("Input.dispatchKeyEvent", type=kind, key=key, code=key)

    def size(self, width: int, height: int) -> None:
        """Give the window a size."""
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def picture(self) -> bytes:
        """Return a screenshot as PNG."""
        return base64.b64decode(self.ask("Page.captureScreenshot", format="png")["data"])

    def complaints(self) -> list[dict[str, Any]]:
        """Return everything written to the console, thrown, or asked of the network besides the page itself."""
        wanted = {
            "Log.entryAdded",
            "Runtime.consoleAPICalled",
            "Runtime.exceptionThrown",
            "Page.javascriptDialogOpening",
        }
        found = [event for event in self.events if event.get("method") in wanted]
        for event in self.events:
            if event.get("method") == "Network.requestWillBeSent":
                url = event["params"]["request"]["url"]
                found += [] if url.startswith(("file:", "data:")) else [event]
        return found

    def close(self) -> None:
        """End the browser."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.terminate()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Start Chromium, or skip the test with the reason."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no chromium here (apt-get install chromium)")
    started = Browser(program, tmp_path_factory.mktemp("profile"))
    yield started
    started.close()
