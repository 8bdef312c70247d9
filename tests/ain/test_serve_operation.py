"""What an operator has of a server: figures promtool accepts, health, a log, words to the service manager."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from ain_scp.provisioning.digest import digest_of
from ain_scp.scp.edges.notify import Notifier
from tests.kit.query import query_octets
from tests.kit.serving import Serving

ROOT = Path(__file__).parent.parent.parent
PATIENCE_S = 20


@pytest.fixture
def dataset(tmp_path):
    return shutil.copytree(ROOT / "examples/golden", tmp_path / "golden")


@pytest.fixture
def serving(dataset):
    """A function: options -> a server over the copy of the golden data set, with a health endpoint."""
    started = []

    def start(*options):
        started.append(Serving(dataset, "--metrics", "127.0.0.1:0", *options))
        return started[-1]

    yield start
    for one in started:
        one.close()


def told(server, path):
    """Status and body of a request."""
    host, port = server.endpoint("http")
    try:
        with urllib.request.urlopen(f"http://{host}:{port}{path}", timeout=PATIENCE_S) as page:
            return page.status, page.read().decode()
    except urllib.error.HTTPError as fault:
        return fault.code, fault.read().decode()


def metrics(server):
    lines = told(server, "/metrics")[1].splitlines()
    return {
        line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")
    }


def until(holds):
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.interop
@pytest.mark.parametrize("options", [(), ("--records", "RECORDS"), ("--workers", "2"), ("--general",)])
def test_promtool_accepts_the_metrics(serving, tmp_path, options):
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (apt install prometheus)")
    server = serving(*(str(tmp_path / "records") if word == "RECORDS" else word for word in options))
    server.ask(query_octets(1))
    text = told(server, "/metrics")[1]
    done = subprocess.run(
        [promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    named = set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))
    assert {
        "ain_scp_service_seconds",
        "ain_scp_build_info",
        "ain_scp_dataset_info",
        "ain_scp_reload_success",
    } <= named
    assert {"process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds"} <= named
    assert "Not described" not in text
    server.end()


@pytest.mark.parametrize("options", [(), ("--workers", "2")])
def test_a_failed_reload_is_seen_until_one_succeeds(serving, dataset, options):
    server = serving(*options)
    first = digest_of(dataset)
    health = json.loads(told(server, "/health")[1])
    assert (health["digest"], health["dataset"], health["reload"]) == (first, "golden", "ok")
    table = dataset / "customers/GOLDEN/mdp.csv"
    good = table.read_text()
    table.write_text(good + "nonsense\n")
    server.process.send_signal(signal.SIGHUP)
    until(lambda: metrics(server)["ain_scp_reload_success"] == 0)
    code, text = told(server, "/health")
    assert (code, json.loads(text)["digest"]) == (200, first)
    assert json.loads(text)["reload"].startswith("failed")
    table.write_text(good.replace("9212000,4159212000", "9212000,4159213000"))
    server.process.send_signal(signal.SIGHUP)
    until(lambda: metrics(server)["ain_scp_reload_success"] == 1)
    found = metrics(server)
    assert (
        found['ain_scp_reloads_total{result="done"}'] == found['ain_scp_reloads_total{result="refused"}'] == 1
    )
    second = digest_of(dataset)
    assert json.loads(told(server, "/health")[1])["digest"] == second != first
    assert f'ain_scp_dataset_info{{name="golden",digest="{second}"}}' in found
    assert abs(found["ain_scp_start_time_seconds"] - time.time()) < 600
    server.end()


def test_refusals_for_want_of_a_disk_are_counted_as_such_and_health_says_503(serving, tmp_path):
    server = serving("--records", tmp_path / "records", "--records-reserve", str(1 << 20))
    until(lambda: told(server, "/health")[0] == 503)
    assert json.loads(told(server, "/health")[1])["status"] == "degraded"
    for number in range(1, 6):
        server.ask(query_octets(number))
    found = metrics(server)
    assert found['ain_scp_outcome_total{outcome="rejected",cause="refused_unrecorded"}'] == 5
    assert found['ain_scp_outcome_total{outcome="answered",cause="answered"}'] == 0
    assert (found['ain_scp_records{what="stopped"}'], found["ain_scp_discrepancies"]) == (1, 0)
    server.end()


def test_the_digest_is_that_of_every_file_a_load_reads(dataset):
    """Also that of a sidecar no table names; a scenario, a README and hidden files change nothing."""
    import hashlib

    lines = b""
    for path in sorted(dataset.rglob("*"), key=lambda one: one.relative_to(dataset).as_posix().encode()):
        if path.is_file() and not path.name.startswith("scenario"):
            name = path.relative_to(dataset).as_posix().encode()
            lines += name + b"\0" + hashlib.sha256(path.read_bytes()).hexdigest().encode() + b"\n"
    assert digest_of(dataset) == hashlib.sha256(lines).hexdigest()
    (dataset / "README.md").write_text("x")
    (dataset / "customers/.swp").write_text("x")
    assert digest_of(dataset) == hashlib.sha256(lines).hexdigest()
    (dataset / "network/lata.csv").write_text("prefix,lata\n")
    assert digest_of(dataset) != hashlib.sha256(lines).hexdigest()


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_log_has_time_and_level_and_is_reopened(serving, dataset, tmp_path, form, workers):
    path = tmp_path / "server.log"
    server = serving("--log", path, "--log-form", form, "--workers", workers)
    until(lambda: (path.exists() and "ready" in path.read_text()) or workers == "2")
    path.rename(tmp_path / "old.log")
    server.process.send_signal(signal.SIGUSR1)
    until(path.exists)
    (dataset / "dataset.toml").write_text("schema = 2\n")
    server.process.send_signal(signal.SIGHUP)
    until(lambda: "still using the previous one" in path.read_text())
    server.end()
    lines = path.read_text().splitlines()
    if form == "json":
        entries = [json.loads(line) for line in lines]
        assert all(list(entry) == ["time", "level", "text"] for entry in entries)
        levels = {entry["text"][:21]: entry["level"] for entry in entries}
    else:
        assert all(
            re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (info|warning|error|alert) ", line)
            for line in lines
        )
        levels = {line.split(None, 2)[2][:21]: line.split()[1] for line in lines}
    assert levels["data set not reloaded"] == "warning"
    assert path.stat().st_mode & 0o077 == 0
    assert workers == "2" or any("answered" in line for line in lines[-1:])


class Manager:
    """A service manager's socket."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.socket.settimeout(PATIENCE_S)

    def word(self, *but):
        """The next message as lines, those that only say `but` left out."""
        while True:
            lines = self.socket.recv(4096).decode().split("\n")
            if lines[0] not in but:
                return lines


@pytest.mark.parametrize("options", [(), ("--workers", "2")])
@pytest.mark.parametrize("kind", ["file", "abstract"])
def test_the_service_manager_hears_ready_reloading_stopping_and_that_it_lives(
    tmp_path, monkeypatch, options, kind, serving
):
    address = str(tmp_path / "notify") if kind == "file" else f"\0ain-test-{os.getpid()}"
    manager = Manager(address)
    monkeypatch.setenv("NOTIFY_SOCKET", address.replace("\0", "@"))
    monkeypatch.setenv("WATCHDOG_USEC", "200000")
    server = serving(*options)
    lines = manager.word("WATCHDOG=1")
    assert lines[0] == "READY=1"
    assert f"MAINPID={server.process.pid}" in lines
    assert manager.word() == ["WATCHDOG=1"]
    server.process.send_signal(signal.SIGHUP)
    begins = manager.word("WATCHDOG=1")
    assert begins[0] == "RELOADING=1"
    assert re.fullmatch(r"MONOTONIC_USEC=\d+", begins[1])
    assert manager.word("WATCHDOG=1")[0] == "READY=1"
    server.process.send_signal(signal.SIGTERM)
    assert manager.word("WATCHDOG=1") == ["STOPPING=1"]
    server.end()
    manager.socket.close()


def test_without_a_manager_nothing_is_said_and_the_environment_is_kept_from_others():
    quiet = Notifier({})
    quiet.ready()
    assert quiet.watchdog_s == 0
    given = {"NOTIFY_SOCKET": "/nowhere/at/all", "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}
    gone = Notifier(given)
    gone.ready()
    gone.alive()
    assert (given, gone.watchdog_s) == ({}, 0)
    assert Notifier({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": str(os.getpid())}).watchdog_s == 1.5


def ordered(path, **order):
    """One order over the control socket; its answer."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(PATIENCE_S)
        line.connect(str(path))
        line.sendall(json.dumps(order).encode() + b"\n")
        return json.loads(line.makefile("rb").readline())


@pytest.mark.parametrize("options", [(), ("--workers", "2")])
def test_the_control_socket_loads_exactly_the_digest_that_is_named(serving, dataset, tmp_path, options):
    path = tmp_path / "scp.sock"
    server = serving("--control", path, *options)
    first = digest_of(dataset)
    status = ordered(path, do="status")
    assert (status["state"], status["digest"], status["generation"]) == ("serving", first, 1)
    table = dataset / "customers" / "GOLDEN" / "mdp.csv"
    table.write_text(table.read_text().replace("4159212000", "4159212001"))
    second = digest_of(dataset)
    refused = ordered(path, do="reload", digest=first)
    assert not refused["ok"]
    assert f"its digest is {second}, not {first}: nothing was loaded" in refused["problems"][0]
    assert ordered(path, do="status")["digest"] == first
    done = ordered(path, do="reload", digest=second)
    assert (done["ok"], done["digest"], done["generation"]) == (True, second, 2)
    assert json.loads(told(server, "/health")[1])["digest"] == second
    assert server.end()[0] == 0
    assert not path.exists()
