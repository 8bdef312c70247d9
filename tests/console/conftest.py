"""A console over a copy of the golden data set, as a process, and the browser that may be here."""

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.kit.browser import Browser, chromium

ROOT = Path(__file__).parent.parent.parent


class ConsoleProcess:
    """`ain console` from its ready line to its end; warnings are errors."""

    def __init__(self, dataset, workspace, *options):
        self.dataset = dataset
        self.workspace = workspace
        words = [sys.executable, "-W", "error", "-m", "ain_scp", "console", dataset, "--http", "127.0.0.1:0"]
        self.process = subprocess.Popen(
            [*map(str, words), "--workspace", str(workspace), *map(str, options)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        line = self.process.stdout.readline()
        assert line.startswith("ready "), (line, self.process.stderr.read())
        self.url = line.split()[1].rstrip("/")
        found = (
            re.match(r"one-time code: (\w+)", self.process.stdout.readline())
            if "--tokens" not in options
            else None
        )
        self.code = found[1] if found else ""
        self.cookie = ""
        self.csrf = ""

    def ask(self, path, *, method="GET", body=None, headers=None, login=True):
        """One request; status, headers, octets."""
        given = {"User-Agent": "test", **(headers or {})}
        if login and self.cookie:
            given["Cookie"] = self.cookie
        if body is not None:
            given = {"Content-Type": "application/json", "Origin": self.url, "X-AIN-CSRF": self.csrf, **given}
            body = json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, body, given, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as fault:
            with fault:
                return fault.code, fault.headers, fault.read()

    def login(self, code=None):
        """Log in with the code, or with a token; the status."""
        status, headers, _ = self.ask(
            "/api/login", method="POST", body={"code": code or self.code}, login=False
        )
        if status == 200:
            self.cookie = headers["Set-Cookie"].partition(";")[0]
            self.csrf = self.ask("/api/me")[1]["X-AIN-CSRF"]
        return status

    def read(self, path):
        """The JSON at an address."""
        status, _, octets = self.ask(f"/api{path}")
        assert status == 200, octets
        return json.loads(octets)

    def do(self, path, body, method="POST"):
        """Status and JSON of an order."""
        status, _, octets = self.ask(f"/api{path}", method=method, body=body)
        return status, json.loads(octets)

    def end(self):
        """End it; what it wrote on stderr."""
        if self.process.poll() is None:
            self.process.terminate()
        errors = self.process.communicate(timeout=60)[1]
        return self.process.returncode, errors


@pytest.fixture
def dataset(tmp_path):
    return shutil.copytree(ROOT / "examples" / "golden", tmp_path / "golden")


@pytest.fixture
def console(dataset, tmp_path):
    """A console with its own SCP, logged in as its owner."""
    pytest.importorskip("uvicorn", reason="needs the extra web")
    started = ConsoleProcess(dataset, tmp_path / "workspace")
    assert started.login() == 200
    yield started
    started.end()


@pytest.fixture(scope="session")
def network_browser(tmp_path_factory):
    """A browser that may ask this machine; in CI a missing one is a failure."""
    program = chromium()
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("no chromium here (apt-get install chromium)")
        pytest.skip("no chromium here (apt-get install chromium)")
    started = Browser(program, tmp_path_factory.mktemp("profile"), offline=False)
    yield started
    started.close()
