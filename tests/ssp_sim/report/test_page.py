"""The page is one file, holds the whole run as data, and lets nothing of it become markup."""

import html.parser
import json
import re
from pathlib import Path
from typing import Any

import msgspec

from ain_scp import reports
from ain_scp.ssp_sim.histogram import Histogram
from ain_scp.ssp_sim.record import CallRecord, FacilitySeized, Unmet, WireMessage
from ain_scp.ssp_sim.report import Run, render
from ain_scp.ssp_sim.report.topology import topology
from ain_scp.ssp_sim.report.view import ALL_BUSY, MAX_CALLS, view
from ain_scp.terms.safe_text import printable


def data_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="run">(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found.group(1))  # type: ignore[no-any-return]


class Tags(html.parser.HTMLParser):
    """Collects the elements of a page with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_one_file_without_addresses(run: Run) -> None:
    """Nothing on the page is fetched: no source, no import, no address but those of the page itself."""
    tags = Tags(render(run)).found
    for tag, attributes in tags:
        assert not attributes.get("src"), tag
        assert (attributes.get("href") or "#").startswith(("#", "data:,"))
    page = render(run)
    assert re.findall(r"https?://[^\s\"']+", page) == ["http://www.w3.org/2000/svg"]
    assert "@import" not in page
    assert "url(" not in page


def test_hostile_texts_stay_texts(run: Run) -> None:
    """Call ids that look like markup add no element, and come out of the data as they went in."""
    page = render(run)
    tags = [tag for tag, _ in Tags(page).found]
    assert "img" not in tags
    assert tags.count("script") == 2
    assert "\u2028" not in page.split('id="run">')[1]
    assert data_of(page)["calls"][1]["id"] == printable(run.calls[1].id)


def test_only_this_script_and_style_may_run(run: Run) -> None:
    """The policy forbids everything but the page's own script and style, by their hashes."""
    policy = next(a["content"] for tag, a in Tags(render(run)).found if tag == "meta" and "http-equiv" in a)
    assert policy
    assert policy.startswith("default-src 'none'; ")
    assert len(re.findall(r"'sha256-[A-Za-z0-9+/]{43}='", policy)) == 2
    assert "unsafe" not in policy


def test_colours_and_fonts_are_those_of_every_page(run: Run) -> None:
    """The report has the style sheet that the console's pages have, and none of its own colours or typefaces (V13)."""
    shared = (Path(reports.__file__).parent / "static" / "console.css").read_text("utf-8")
    style = render(run).split("<style>")[1].split("</style>")[0]
    assert style.startswith(shared)
    assert not re.findall(r"#[0-9a-f]{3,8}\b|font-family: (?!var)", style.removeprefix(shared))


def test_the_same_run_gives_the_same_page(run: Run) -> None:
    """No clock and no chance goes into the page."""
    assert render(run) == render(run)


def test_every_fact_of_a_call_is_there(run: Run) -> None:
    """Messages, decision, facilities, AMA and SMDR records travel whole; journeys join hops through STPs."""
    call = data_of(render(run))["calls"][0]
    assert [message["name"] for message in call["messages"]][:2] == ["off hook", "InfoAnalyzed"]
    assert call["journeys"] == [[0], [1, 2], [3, 4], [5], [6]]
    assert call["legs"][0]["steps"][0]["row"] == "customers/GOLDEN/mdp.csv:6"
    assert call["facilities"] == [["PSTN", None]]
    assert (call["ama"], call["smdr"]) == ({"record": True, "charge_cents": 0}, {"status": "COMPLETED"})
    assert call["placed"] == "2001-01-17T10:00:00"


def test_a_decoded_message_is_kept_once(run: Run) -> None:
    """Equal octets share one decoded tree; messages without octets have none."""
    page = view(run)
    first = page.calls[0].messages
    assert first[1].tree == first[2].tree is not None
    assert first[0].tree is None
    assert first[5].tree is None
    assert len(page.trees) == 4


def test_failing_calls_come_before_the_limit() -> None:
    """A run of more calls than a page can show keeps every failing one, in the run's order, and says how many are left."""
    calls = [CallRecord(str(number), "1", "2", 0) for number in range(MAX_CALLS + 500)]
    calls[-1].unmet = (Unmet("x", "x", "1", "2"),)
    page = view(Run(title="many", calls=calls))
    assert page.left_out == 500
    assert len(page.calls) == MAX_CALLS
    assert page.calls[-1].id == str(MAX_CALLS + 499)


def test_facilities_are_those_of_the_whole_run_and_all_circuits_busy_is_none() -> None:
    """Calls that the page does not show are counted, too (V2); a call that found nothing free has seized nothing (V4)."""
    trunk, busy = FacilitySeized("TRUNK", "0000-0310"), FacilitySeized(ALL_BUSY)
    calls = [
        CallRecord(str(number), "1", "2", 0, "COMPLETED", 10, 40, trunk, (trunk,))
        for number in range(MAX_CALLS + 500)
    ]
    calls.append(CallRecord("B", "1", "2", 0, ALL_BUSY, facility=busy, leg_facilities=(trunk, busy)))
    page = view(Run(title="many", calls=calls))
    assert [(use.id, use.seizures, use.talk) for use in page.facilities] == [
        ("0000-0310", MAX_CALLS + 501, 30 * (MAX_CALLS + 500))
    ]
    assert page.all_busy == 1


def test_an_empty_run_has_a_page() -> None:
    """No calls, no latency, no kinds: still a page."""
    data = data_of(render(Run(title="", calls=[], latency=Histogram())))
    assert (data["calls"], data["latency"], data["topology"]["spots"]) == ([], None, [])


def test_the_latency_bars_add_up(run: Run) -> None:
    """Joining bars for the picture loses no value, and bars follow one another."""
    latency = view(run).latency
    assert latency is not None
    assert sum(count for _, _, count in latency.bars) == latency.count == 1999
    assert len(latency.bars) <= 49
    assert all(one[0] < other[0] for one, other in zip(latency.bars, latency.bars[1:], strict=False))
    assert dict(latency.percentiles)[100.0] == 1_999_000


def test_the_rows_of_the_topology(run: Run) -> None:
    """SCP above STPs above querying switches above the rest; telephones are no nodes; links count and lose."""
    page = topology([m for call in run.calls[:1] for m in call.messages], run.kinds)
    rows = {spot.name: spot.y for spot in page.spots}
    assert rows["SCP"] < rows["STP-LOCAL"] < rows["SSP2004"] < rows["SSP2006"]
    assert "9258341234" not in rows
    wires = {(wire.one, wire.other): (wire.messages, wire.lost, wire.protocols) for wire in page.wires}
    assert wires[("SSP2004", "STP-LOCAL")] == (3, 1, ["AIN"])
    assert wires[("SSP2004", "SSP2006")] == (1, 0, ["ISUP"])
    assert all(0 < spot.x < page.width and 0 < spot.y < page.height for spot in page.spots)


def test_one_tree_per_octets_even_if_nothing_decodes() -> None:
    """A decoder that has nothing to say leaves the message without a tree."""
    message = WireMessage(1, 0, "A", "B", "C", "M3UA", "DATA", octets=b"\x01")
    call = CallRecord("C", "1", "2", 0, messages=(message,))
    page = view(Run(title="t", calls=[call], decode=lambda _: None))
    assert page.trees == []
    assert msgspec.json.decode(msgspec.json.encode(page))["calls"][0]["messages"][0]["octets"] == "01"
