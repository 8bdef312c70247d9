"""`ain batch --cluster`: processes of a Dask cluster on loopback count what one process counts, one of them killed or not."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("distributed", reason="needs the extra cluster: pip install 'ain-scp[cluster]'")

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "examples" / "golden"
QUIET = ("--host", "127.0.0.1", "--no-dashboard")
SMALL_PIECES = """
from ain_scp.billing.batch import sources as rated
from ain_scp.scp.batch import sources
rated.OCTETS = sources.PIECE = 65_536
from ain_scp.ain.__main__ import main
main()
"""


def process(*words, **options):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, *map(str, words)], cwd=ROOT, env=environment, **options)


def batch(script, *words):
    return process(
        script, "batch", GOLDEN, *words, "--json", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@contextlib.contextmanager
def cluster(directory, workers):
    """The address of a scheduler, and the processes of its workers."""
    about = directory / "scheduler.json"
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    started = [
        process(
            "-m", "distributed.cli.dask_scheduler", *QUIET, "--port", "0", "--scheduler-file", about, **silent
        )
    ]
    try:
        until = time.monotonic() + 60
        while not about.exists() and time.monotonic() < until:
            time.sleep(0.05)
        for _ in range(workers):
            words = (
                "--scheduler-file",
                about,
                "--nthreads",
                "1",
                "--no-nanny",
                "--local-directory",
                directory,
            )
            started.append(process("-m", "distributed.cli.dask_worker", *QUIET, *words, **silent))
        yield json.loads(about.read_text())["address"], started[1:]
    finally:
        for one in started:
            one.kill()
            one.wait()


@pytest.fixture(scope="module")
def calls(tmp_path_factory):
    path = tmp_path_factory.mktemp("calls") / "calls.csv"
    dialed = ("9692300", "4159215678", "9212000", "14159215678", "01144207946000", "8005551234", "911", "*72")
    with path.open("w") as file:
        file.write("calling_party,access_code,dialed,bearer,time\n")
        for number in range(40_000):
            file.write(
                f"9258341234,7,{dialed[number * 7 % 8]},SPEECH,2001-01-{1 + number % 28:02d}T10:00:00\n"
            )
    return path


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "small_pieces.py"
    path.write_text(SMALL_PIECES)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("killed", [False, True], ids=["all stay", "a worker is killed"])
def test_a_cluster_counts_what_one_process_counts(calls, script, tmp_path, killed):
    out, errors = batch(script, "--calls", calls).communicate()
    assert errors == ""
    checkpoint = tmp_path / "kept"
    with cluster(tmp_path, 2) as (address, workers):
        counting = batch(script, "--calls", calls, "--cluster", address, "--checkpoint", checkpoint)
        if killed:
            until = time.monotonic() + 60
            while not checkpoint.exists() and counting.poll() is None and time.monotonic() < until:
                time.sleep(0.01)
            workers[0].send_signal(signal.SIGKILL)
        found, errors = counting.communicate(timeout=120)
    assert counting.returncode == 0
    assert "Traceback" not in errors
    assert json.loads(found) == json.loads(out)
    assert json.loads(found)["calls"] == 40_000


@pytest.mark.slow
def test_a_month_rated_on_a_cluster_has_the_totals_and_summaries_of_one_process(script, tmp_path):
    dataset, month = ROOT / "examples" / "charging", tmp_path / "month.csv"
    with month.open("w") as file:
        file.write("from,called,answer,duration_ms\n")
        for number in range(12_000):
            called = ("2125550000", "4159212000", "+442079460000")[number % 3]
            at = f"2001-01-{1 + number % 28:02d}T{number % 24:02d}:59:30"
            file.write(f"{9255550230 + number % 12},{called},{at},{number * 977 % 400_000}\n")

    def rated(name, *words):
        words = (script, "batch", dataset, "--rate", month, "--out", tmp_path / name, *words)
        done = process(*words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        out, errors = done.communicate(timeout=120)
        assert (done.returncode, errors) == (0, "")
        return out, {one.name: one.read_text() for one in (tmp_path / name).iterdir()}

    expected = rated("alone")
    assert set(expected[1]) == {"owed.csv", "rows.csv", "summaries.csv"}
    assert ",cost_by_area,+44," in expected[1]["summaries.csv"]
    with cluster(tmp_path, 2) as (address, _):
        assert rated("together", "--cluster", address) == expected


def error_of(counting):
    """The one line, which is JSON where JSON is asked for."""
    out, _err = counting.communicate(timeout=60)
    return json.loads(out)["error"]["text"]


@pytest.mark.slow
def test_a_cluster_that_is_not_there_or_has_no_workers_is_one_line(calls, script, tmp_path):
    with cluster(tmp_path, 0) as (address, _):
        counting = batch(script, "--calls", calls, "--cluster", address)
        assert "has no workers" in error_of(counting)
        assert counting.returncode == 2
    counting = batch(script, "--calls", calls, "--cluster", address)
    assert "Traceback" not in counting.communicate(timeout=60)[1]
    assert counting.returncode == 2
