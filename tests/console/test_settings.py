"""`console.toml` instead of options, and a console on a Unix socket: what it says, what it refuses, who may open it."""

import http.client
import json
import shutil
import signal
import socket
import stat
import subprocess
import sys

import pytest

from ain_scp.console.settings import Http, read_settings
from ain_scp.provisioning.problems import ProvisioningError
from tests.console.conftest import ROOT

WHOLE = """schema = 1
workspace = "kept"
[http]
address = "unix:run/console.sock"
[[dataset]]
name = "golden"
path = "golden"
[[scp]]
name = "SCP-EAST"
metrics = "127.0.0.1:1"
[[records]]
path = "records"
[[calls]]
name = "busy hour"
file = "busy.jsonl"
[review]
approvals = 2
[limits]
upload_mib = 1
viewers = 3
"""


@pytest.fixture
def place(tmp_path):
    shutil.copytree(ROOT / "examples" / "golden", tmp_path / "golden")
    (tmp_path / "records").mkdir()
    (tmp_path / "run").mkdir()
    (tmp_path / "busy.jsonl").write_text("")
    (tmp_path / "console.toml").write_text(WHOLE)
    return tmp_path


class Unix(http.client.HTTPConnection):
    """HTTP over a Unix socket, under the name localhost."""

    def __init__(self, path):
        super().__init__("localhost")
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(str(self._path))


def started(*words, cwd):
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "ain_scp", "console", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
    )
    line = process.stdout.readline()
    assert line.startswith("ready "), process.communicate()
    return process, line, process.stdout.readline().split()[2]


def ask(path, method, address, body=None, **headers):
    link = Unix(path)
    headers = {"User-Agent": "test", **headers}
    if body is not None:
        headers |= {"Content-Type": "application/json", "Origin": "http://localhost"}
    link.request(method, address, None if body is None else json.dumps(body), headers)
    answer = link.getresponse()
    found = answer.status, answer.headers, answer.read()
    link.close()
    return found


def test_a_file_says_all_and_a_socket_serves_its_user_alone(place):
    """From another folder, so that paths are those beside the file."""
    pytest.importorskip("uvicorn", reason="needs the extra web")
    path = place / "run" / "console.sock"
    process, line, code = started(place / "console.toml", cwd=ROOT)
    try:
        assert f"ready unix:{path} dataset {place}/golden workspace {place}/kept" in line
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        status, headers, _ = ask(path, "POST", "/api/login", {"code": code})
        assert status == 200
        cookie = headers["Set-Cookie"].partition(";")[0]
        assert cookie.startswith("ain_console_unix=")
        status, headers, octets = ask(path, "GET", "/api/me", Cookie=cookie)
        assert [one["name"] for one in json.loads(octets)["scps"]] == ["SCP-EAST"]
        assert json.loads(ask(path, "GET", "/api/review", Cookie=cookie)[2])["corpora"] == ["busy hour"]
        link = Unix(path)
        length = {"Content-Length": str(2 << 20), "Content-Type": "application/octet-stream"}
        more = {"Cookie": cookie, "Origin": "http://localhost", "X-AIN-CSRF": headers["X-AIN-CSRF"]}
        link.request(
            "PUT", "/api/uploads?label=x", b"x" * (2 << 20), {"User-Agent": "test", **length, **more}
        )
        assert link.getresponse().status == 413
        link.close()
        refused = subprocess.run(
            [sys.executable, "-m", "ain_scp", "console", place / "console.toml"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (refused.returncode, "another program serves there" in refused.stderr) == (2, True)
        assert ask(path, "GET", "/health")[0] == 200
        process.kill()  # leaves its socket behind
        process.communicate()
        assert path.is_socket()
        process, line, _ = started(place / "console.toml", cwd=place)
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=60)[1] == ""
        assert process.returncode == 0
        assert not path.exists()
    finally:
        process.kill()
        process.communicate()


def test_a_file_that_is_no_socket_is_left_alone(ain, place):
    pytest.importorskip("uvicorn", reason="needs the extra web")
    (place / "run" / "console.sock").write_text("mine")
    done = ain("console", place / "console.toml")
    assert (done.returncode, "is no socket" in done.stderr) == (2, True)
    assert (place / "run" / "console.sock").read_text() == "mine"


def test_options_beside_a_file_are_refused(ain, place):
    pytest.importorskip("uvicorn", reason="needs the extra web")
    done = ain("console", place / "console.toml", "--scp", "127.0.0.1:9464")
    assert (done.returncode, "--scp is not given beside a file" in done.stderr) == (2, True)


def test_every_problem_of_the_file_is_told_at_once_with_its_line(place):
    file = place / "console.toml"
    file.write_text(
        'schema = 2\ncolour = "red"\n[http]\nport = 1\naddress = 7\n[[dataset]]\nname = "x"\n[[scp]]\nmetrics = 1\n'
        "[limits]\nviewers = 0\nupload_mib = 65\n[[records]]\npath = 'a'\n[[records]]\npath = 'b'\n[[calls]]\n"
        "[charging]\npath = 'x'\n[review]\napprovals = 3\n"
    )
    with pytest.raises(ProvisioningError) as found:
        read_settings(file)
    told = {(one.line, one.text.partition(":")[0]) for one in found.value.problems}
    assert told == {
        (1, "schema"), (2, "colour"), (4, "http.port"), (5, "http.address"), (6, "dataset.1"), (9, "scp.1.metrics"),
        (11, "limits.viewers"), (12, "limits.upload_mib"), (13, "records"), (17, "calls.1"), (18, "charging"),
        (21, "review.approvals"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('path = "records"', 'path = "none"', 11),
        ('path = "golden"', 'path = "none"', 5),
        ('file = "busy.jsonl"', 'file = "records"', 13),
    ],
)
def test_what_is_not_there_is_named_with_its_line(place, old, new, line):
    file = place / "console.toml"
    file.write_text(WHOLE.replace(old, new))
    with pytest.raises(ProvisioningError) as found:
        read_settings(file)
    assert [one.line for one in found.value.problems] == [line]
    assert "there is no such" in str(found.value)


@pytest.mark.parametrize("text", ["schema = ", "a" * 1_000_001, "x = " + "[" * 10_000])
def test_what_is_no_toml_is_refused(place, text):
    file = place / "console.toml"
    file.write_text(text)
    with pytest.raises(ProvisioningError, match="TOML"):
        read_settings(file)


def test_answers_do_not_wait_for_acknowledgements():
    """Asyncio sends small segments at once on sockets whose protocol is said, accepted ones inherit it."""
    from ain_scp.ain.console import _listening

    with (
        _listening(Http("127.0.0.1:0"), safe=False) as listening,
        socket.create_connection(listening.getsockname()),
    ):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.proto == socket.IPPROTO_TCP
