"""Calls in progress as a page: what `ain calls` prints, counted by what may be asked; one call is ended, and the audit journal says by whom."""

import shutil

import pytest

from ain_scp.signaling.diameter import credit_control as cc
from tests.ain.test_serve_charging import Client
from tests.console.conftest import ROOT, ConsoleProcess
from tests.kit.serving import Serving


@pytest.fixture
def charging(tmp_path):
    """A server with one charged call, and a console that watches it."""
    pytest.importorskip("uvicorn", reason="needs the extra web")
    control = tmp_path / "control"
    server = Serving("examples/charging", "--charging", tmp_path / "books", "--control", control, "--diameter", "127.0.0.1:0", "--metrics", "127.0.0.1:0")  # fmt: skip
    client = Client(server.endpoint("diameter"))
    client.ask(cc.INITIAL, 0, requested=True)
    client.ask(cc.UPDATE, 1)
    dataset = shutil.copytree(ROOT / "examples" / "golden", tmp_path / "golden")
    host, port = server.endpoint("http")
    watched = f"{host}:{port}"
    console = ConsoleProcess(dataset, tmp_path / "workspace", "--scp", watched, "--control", control)
    assert console.login() == 200
    yield console
    client.socket.close()
    assert console.end()[0] == 0
    server.close()


def test_charged_calls_are_counted_and_one_is_ended(charging):
    page = charging.read("/progress")
    (row,) = page["rows"]
    assert (row["call"], row["account"]) == ("client.example;1;1", "A2")
    counts = {one["title"]: one["rows"] for one in page["counts"]}
    assert counts["account"] == [{"name": "A2", "calls": 1}]
    assert {"account", "group", "trunk_group", "state"} <= set(counts)
    assert charging.read("/progress?account=A10")["rows"] == []
    assert len(charging.read("/progress?account=A2")["rows"]) == 1
    assert page["command"].startswith("ain calls --control ")
    assert charging.ask("/api/progress?scp=OTHER")[0] == 404
    assert charging.do("/progress/SCP/disconnect", {"call": "nobody"})[0] == 409
    assert charging.do("/progress/SCP/disconnect", {"call": "a\nb"})[0] == 400
    status, done = charging.do("/progress/SCP/disconnect", {"call": row["call"]})
    assert (status, done["takes_effect"]) == (200, "next event")
    newest = charging.read("/audit")["rows"][0]
    assert (newest["what"], newest["about"]) == ("disconnect", "SCP client.example;1;1")
