"""Servers that end or hang, children that are killed, a data set that breaks: the console says so and goes on."""

import os
import signal
import time

import pytest

from tests.console.conftest import ConsoleProcess
from tests.kit.serving import Serving


def until(holds, patience_s=40):
    end = time.monotonic() + patience_s
    while not (found := holds()):
        assert time.monotonic() < end
        time.sleep(0.1)
    return found


@pytest.fixture
def watching(dataset, tmp_path):
    """A server, and a console that watches it."""
    pytest.importorskip("uvicorn", reason="needs the extra web")
    control = tmp_path / "scp.sock"
    server = Serving(dataset, "--metrics", "127.0.0.1:0", "--control", control)
    host, port = server.endpoint("http")
    console = ConsoleProcess(dataset, tmp_path / "workspace", "--scp", f"{host}:{port}", "--control", control)
    assert console.login() == 200
    yield server, console
    console.end()
    server.close()


def state(console):
    return console.read("/live")["scp"][0]["state"]


def test_a_server_that_hangs_is_silent_and_one_that_is_killed_is_gone(watching):
    server, console = watching
    until(lambda: state(console) == "serving")
    os.kill(server.process.pid, signal.SIGSTOP)
    try:
        frame = until(lambda: (one := console.read("/live")["scp"][0])["state"] == "silent" and one)
        assert frame["age_s"] >= 3
    finally:
        os.kill(server.process.pid, signal.SIGCONT)
    until(lambda: state(console) == "serving")
    server.process.kill()
    until(lambda: state(console) == "gone")
    assert console.ask("/api/explain?from=9258341234&dial=7+9212000")[0] == 200


def changed(console):
    table = console.dataset / "customers" / "GOLDEN" / "stations.csv"
    table.write_text(table.read_text().replace("9258341237,CENTREX,4", "9258341237,CENTREX,3"))


def approved(console):
    """A review that everything was looked at in, approved."""
    review = console.do("/reviews", {})[1]
    until(lambda: console.read(f"/review/{review['id']}")["state"] == "open")
    groups = [group["key"] for group in console.read(f"/review/{review['id']}")["result"]["groups"]]
    assert console.do(f"/reviews/{review['id']}/seen", {"seen": groups, "accepted": []})[0] == 200
    assert console.do(f"/reviews/{review['id']}/verdict", {"verdict": "approve"})[0] == 200
    return review


def test_what_is_loaded_is_what_was_approved_although_the_files_went_on(watching):
    _, console = watching
    until(lambda: state(console) == "serving")
    changed(console)
    review = approved(console)
    table = console.dataset / "customers" / "GOLDEN" / "mdp.csv"
    table.write_text(table.read_text().replace("4159212000", "4159212009"))
    status, answer = console.do(f"/reviews/{review['id']}/reload", {})
    assert (status, answer["loads"][0]["ok"], answer["served"]) == (200, True, review["after"])


def test_a_copy_that_was_tampered_with_is_not_loaded(watching):
    _, console = watching
    until(lambda: state(console) == "serving")
    before = console.read("/live")["scp"][0]["digest"]
    changed(console)
    review = approved(console)
    copy = console.workspace / "sets" / review["after"] / "customers" / "GOLDEN" / "mdp.csv"
    copy.write_text(copy.read_text().replace("4159212000", "4159212009"))
    status, answer = console.do(f"/reviews/{review['id']}/reload", {})
    assert (status, answer["loads"][0]["ok"], answer["served"]) == (200, False, before)
    assert "nothing was loaded" in answer["loads"][0]["problems"][0]


def test_only_what_is_approved_is_loaded_and_only_when_everything_was_looked_at(watching):
    _, console = watching
    until(lambda: state(console) == "serving")
    assert console.do("/reviews", {})[0] == 409  # nothing is changed
    changed(console)
    review = console.do("/reviews", {})[1]
    until(lambda: console.read(f"/review/{review['id']}")["state"] == "open")
    status, answer = console.do(f"/reviews/{review['id']}/verdict", {"verdict": "approve"})
    assert (status, "groups were not looked at" in answer["detail"]) == (409, True)
    assert console.do(f"/reviews/{review['id']}/reload", {})[0] == 409
    assert console.do(f"/reviews/{review['id']}/seen", {"seen": ["g99"], "accepted": []})[0] == 409
    assert (
        console.do(f"/reviews/{review['id']}/verdict", {"verdict": "refuse", "comment": "no"})[1]["state"]
        == "refused"
    )
    assert console.do(f"/reviews/{review['id']}/reload", {})[0] == 409


def test_a_data_set_with_errors_cannot_be_approved(watching):
    _, console = watching
    until(lambda: state(console) == "serving")
    (console.dataset / "customers" / "GOLDEN" / "mdp.csv").write_text("dialed,number,non\n1,2,3\n")
    status, review = console.do("/reviews", {})
    assert (status, review["state"]) == (200, "failed")
    assert review["problems"]["new"]
    assert console.do(f"/reviews/{review['id']}/verdict", {"verdict": "approve"})[0] == 409


def test_a_run_that_is_stopped_or_killed_says_so(console):
    run = console.do("/runs", {"scenario": "scenario", "speed": "1"})[1]
    until(lambda: (console.read("/live")["run"] or {}).get("calls"))
    assert console.do(f"/runs/{run['id']}", {}, "DELETE")[0] == 200
    until(lambda: console.read("/traffic")["rows"][0]["state"] == "stopped")
    for wrong in (
        {"scenario": "../x"},
        {"scenario": "scenario", "speed": "-1"},
        {"scenario": "scenario", "speed": "fast"},
        {"scenario": "scenario", "seed": "x"},
    ):
        assert console.do("/runs", wrong)[0] == 400


def test_a_run_waits_goes_on_faster_and_is_compared_with_one_after_a_change(console):
    first = console.do("/runs", {"scenario": "scenario", "speed": "300"})[1]["id"]

    def now():
        """The simulated time."""
        return (console.read("/live")["run"] or {}).get("at")

    def stands():
        """Whether it is the same after 10 simulated minutes; a frame may still be under way at first."""
        before = now()
        time.sleep(2)
        return now() == before

    begun = until(now)
    until(lambda: now() != begun)
    status, run = console.do(f"/runs/{first}/pace", {"paused": True})
    assert (status, run["paused"]) == (200, True)
    until(stands)
    assert console.read("/traffic")["rows"][0]["state"] == "running"
    for wrong in ({"paused": "yes"}, {"speed": "0"}, {"speed": "fast"}):
        assert console.do(f"/runs/{first}/pace", wrong)[0] == 400
    assert console.do("/runs/none/pace", {"paused": True})[0] == 404
    status, run = console.do(f"/runs/{first}/pace", {"paused": False, "speed": "max"})
    assert (status, run["paused"], run["speed"]) == (200, False, "max")
    until(lambda: console.read("/traffic")["rows"][0]["state"] == "done")
    orders = [row["about"] for row in console.read("/audit")["rows"] if row["what"] == "pace"]
    assert orders == [f"{first} go on speed max", f"{first} pause"]

    stations = console.dataset / "customers" / "GOLDEN" / "stations.csv"
    stations.write_text(stations.read_text().replace("9258341237,CENTREX,4", "9258341237,CENTREX,1"))
    second = console.do("/runs", {"scenario": "scenario", "speed": "max"})[1]["id"]
    until(lambda: console.read("/traffic")["rows"][0]["state"] == "done")
    before, after = (
        {row["id"]: row for row in console.read(f"/calls?run={one}")["rows"]} for one in (first, second)
    )
    assert before.keys() == after.keys()
    differ = {id_ for id_ in before if before[id_]["status"] != after[id_]["status"]}
    assert differ
    assert {before[id_]["calling"] for id_ in differ} == {"9258341237"}


def test_a_console_that_is_killed_leaves_nothing_half_done(dataset, tmp_path):
    pytest.importorskip("uvicorn", reason="needs the extra web")
    first = ConsoleProcess(dataset, tmp_path / "workspace")
    assert first.login() == 200
    run = first.do("/runs", {"scenario": "scenario", "speed": "1"})[1]
    first.process.kill()
    first.process.communicate()
    second = ConsoleProcess(dataset, tmp_path / "workspace")
    try:
        assert second.login() == 200
        row = second.read("/traffic")["rows"][0]
        assert (row["id"], row["state"]) == (run["id"], "failed")
        assert [entry["what"] for entry in second.read("/audit")["rows"]] == ["login", "run", "login"]
    finally:
        second.end()
