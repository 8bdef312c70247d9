"""A headless Chromium, spoken to by its remote debugging pipe: no driver, no download."""

import base64
import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any


def chromium() -> str | None:
    """The program, if one is here."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Browser:
    """One browser with one page; `offline` takes its network away."""

    def __init__(self, program: str, profile: Path, *, offline: bool = True) -> None:
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
        self._pieces = [b""]
        """What was read and is no whole message yet."""
        self._session: str | None = None
        self.events: list[dict[str, Any]] = []
        self.origins: tuple[str, ...] = ()
        """Beginnings of addresses that the page may ask besides itself."""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Runtime", "Log", "Page", "Network"):
            self.ask(f"{domain}.enable")
        self.ask(
            "Network.emulateNetworkConditions",
            offline=offline,
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
        assert self._process.stdout
        pieces = self._pieces
        while b"\0" not in pieces[-1]:
            pieces.append(os.read(self._process.stdout.fileno(), 1 << 20))
            assert pieces[-1], "the browser is gone"
        end, _, rest = pieces.pop().partition(b"\0")
        octets = b"".join((*pieces, end))
        self._pieces = [rest]
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
                found += [] if url.startswith(("file:", "data:", *self.origins)) else [event]
        return found

    def until(self, expression: str, patience_s: float = 30.0) -> Any:
        """Wait until an expression in the page is true; its value."""
        end, pause_s = time.monotonic() + patience_s, 0.002
        while not (found := self.value(expression)):
            assert time.monotonic() < end, (
                expression,
                self.value("document.body.innerText")[:2000],
                self.events[-5:],
            )
            time.sleep(pause_s)
            pause_s = min(pause_s * 2, 0.05)
        return found

    def close(self) -> None:
        """End the browser."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.terminate()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()
