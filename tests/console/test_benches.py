"""Two measurements compared in the console: at an address of their own, in words where they cannot be, foreign words as text."""

import csv
import io
import json
import xml.etree.ElementTree as ET

import msgspec
import pytest

from ain_scp.console.benches import Bench
from tests.ain.test_bench_compare import SETTING, bench, step
from tests.console.conftest import ConsoleProcess
from tests.console.test_pages import READY, judged

ONE, OTHER, OLD, GOES, FAILED = (f"{number:06d}-abcdef" for number in range(1, 6))
HOSTILE = '<script>alert(1)</script>"&'


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """A console whose workspace has measurements; it watches an SCP that is not there."""
    pytest.importorskip("uvicorn", reason="needs the extra web")
    place = tmp_path_factory.mktemp("measured")
    folder = place / "workspace" / "bench"
    folder.mkdir(parents=True)
    other = bench(step(p99=4.0), about=msgspec.structs.replace(SETTING, target=HOSTILE))
    old = msgspec.to_builtins(bench())
    del old["setting"], old["steps"][0]["latency"], old["steps"][0]["echo"]
    for name, state, result in (
        (ONE, "done", bench()), (OTHER, "done", other), (OLD, "done", old), (GOES, "running", None), (FAILED, "failed", None),
    ):  # fmt: skip
        kept = Bench(
            name,
            HOSTILE,
            "2001-01-17T10:00:00Z",
            "d" * 64,
            1000.0,
            5.0,
            state,
            "no port" if state == "failed" else "",
        )
        kept.result = None if result is None else msgspec.to_builtins(result)
        (folder / f"{name}.json").write_bytes(msgspec.json.encode(kept))
    started = ConsoleProcess("examples/golden", place / "workspace", "--scp", "127.0.0.1:1")
    assert started.login() == 200
    yield started
    assert started.end()[0] == 0


def test_a_page_of_two_has_figures_ratio_curves_and_what_is_unlike(measured, ain):
    page = measured.read(f"/bench/{ONE}/against/{OTHER}")
    rows = {row["figure"]: row for row in page["rows"]}
    assert rows["p99 ms"] == {"rate": "1,000/s", "figure": "p99 ms", ONE: 2.0, OTHER: 4.0, "ratio": 2.0}
    assert ["not comparable", f"another target: a server started for it and {HOSTILE}"] in page["facts"]
    drawing = page["drawing"]
    assert [name for name, *_ in drawing["key"]] == [
        f"{ONE} 1,000/s",
        f"{ONE} bare echo",
        f"{OTHER} 1,000/s",
        f"{OTHER} bare echo",
    ]
    assert [places["class"] for name, places, _ in drawing["parts"] if name == "line"].count("budget") == 1
    words = page["command"].split()
    assert words[:3] == ["ain", "bench", "--compare"]
    said = json.loads(ain(*words[1:], "--json").stdout)
    assert [one["ratio"] for one in said["rows"]] == [row["ratio"] for row in page["rows"]]


def test_its_other_forms_stand_at_the_same_address(measured):
    at = f"/bench/{ONE}/against/{OTHER}"
    assert json.loads(measured.ask(f"{at}.json")[2]) == measured.read(at)
    rows = list(csv.DictReader(io.StringIO(measured.ask(f"{at}.csv")[2].decode())))
    assert [row["ratio"] for row in rows if row["figure"] == "p99 ms"] == ["2.0"]
    status, headers, octets = measured.ask(f"{at}.svg")
    assert (status, headers["Content-Type"]) == (200, "image/svg+xml")
    tags = [one.tag.rpartition("}")[2] for one in ET.fromstring(octets).iter()]
    assert tags.count("polyline") == 4
    assert "script" not in tags
    assert measured.ask(at)[0] == 200  # the page itself


@pytest.mark.parametrize(
    ("one", "other", "status", "said"),
    [
        (ONE, ONE, 400, "one measurement twice"),
        (ONE, "000009-abcdef", 404, "no such measurement"),
        ("000009-abcdef", ONE, 404, "no such measurement"),
        ("..%2F..%2Fetc", ONE, 404, "there is no such"),
        (ONE, "%3Cscript%3E", 404, "no such measurement"),
        (ONE, GOES, 409, "is failed: it has no figures (the console ended while it was measured)"),
        (FAILED, ONE, 409, "is failed: it has no figures (no port)"),
    ],
)
def test_what_cannot_be_compared_is_one_sentence(measured, one, other, status, said):
    found, _, octets = measured.ask(f"/api/bench/{one}/against/{other}")
    assert (found, said in json.loads(octets)["detail"]) == (status, True), octets


def test_what_an_older_version_measured_is_compared_as_far_as_it_was_kept(measured):
    page = measured.read(f"/bench/{OLD}/against/{ONE}")
    assert any(name == "not comparable" and OLD in said for name, said in page["facts"])
    assert [name for name, *_ in page["drawing"]["key"]] == [f"{ONE} 1,000/s", f"{ONE} bare echo"]
    assert measured.read(f"/bench/{OLD}")["drawing"] is None
    assert measured.ask(f"/bench/{OLD}.svg")[0] == 404
    assert measured.ask(f"/bench/{OLD}.hgrm")[0] == 404


def test_a_measurement_leads_to_those_it_can_be_compared_with(measured):
    others = measured.read(f"/bench/{ONE}")["more"][-1]
    assert [row["compare with"] for row in others["rows"]] == [OLD, OTHER]
    assert others["links"] == {"compare with": f"/bench/{ONE}/against/{{}}"}
    text = measured.ask(f"/bench/{ONE}.hgrm")[2].decode()
    assert text.split()[:3] == ["Value", "Percentile", "TotalCount"]
    assert "Total count    =          100]" in text


@pytest.mark.slow
def test_in_a_browser_both_are_drawn_and_foreign_words_are_text(measured, network_browser):
    """Light and dark, wide and narrow: no violation of axe, nothing beyond the edge, no complaint."""
    browser, (name, _, value) = network_browser, measured.cookie.partition("=")
    browser.origins = (measured.url,)
    browser.ask("Emulation.setUserAgentOverride", userAgent="test")
    browser.ask(
        "Network.setCookie",
        url=measured.url,
        name=name,
        value=value,
        httpOnly=True,
        sameSite="Strict",
        path="/",
    )
    at = f"/bench/{ONE}/against/{OTHER}"
    assert judged(measured, browser, ("/bench", f"/bench/{ONE}", at)) == {}
    assert browser.value("document.querySelectorAll('main svg polyline').length") == 4
    assert browser.value("document.querySelectorAll('main script').length") == 0
    assert "<script>" in browser.value("document.querySelector('dl.facts').textContent")
    browser.open(f"{measured.url}/bench/{ONE}")
    browser.until(READY)
    links = "[...document.querySelectorAll('main a')].map((one) => one.getAttribute('href'))"
    assert {at, f"/bench/{ONE}.hgrm", f"/bench/{ONE}.svg"} <= set(browser.value(links))
