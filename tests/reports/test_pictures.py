"""Drawings as files: every node, message and way is in them, foreign texts are text, and what is long stays inside."""

import xml.etree.ElementTree as ET

from ain_scp.reports.pictures import graphs, ladder, network

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "<script>alert(1)</script>&\"'"


def message(source, destination, name="Digits", *, at=0, lost=False, step="", fields=()):
    return {
        "source": source, "destination": destination, "name": name, "at": at, "lost": lost, "step": step,
        "protocol": "AIN", "fields": list(fields),
    }  # fmt: skip


def texts(root):
    return [one.text or "" for one in root.iter(f"{SVG}text")]


def test_a_ladder_joins_hops_and_marks_what_is_lost():
    messages = [
        message("A", "STP", "Query", step="s1", fields=[("digits", "4159215678")]),
        message("STP", "SCP", "Query"),
        message("SCP", "A", "Answer", at=1_500_000, lost=True),
        message("A", "A", "Timer", at=2_000_000),
    ]
    root = ET.fromstring(ladder("Call C1", messages, [[0, 1], [2], [3]]))
    said = texts(root)
    assert said.count("Query") == 1
    assert "Answer (lost)" in said
    assert {"A", "SCP", "Timer", "s1", "1.5 ms"} <= set(said)
    assert "STP" not in said
    assert [one.get("class") for one in root.iter(f"{SVG}path")] == [
        "edge rung AIN",
        "edge rung AIN lost",
        "edge rung AIN",
    ]
    assert root.get("aria-label") == "Call C1"


def test_hostile_names_are_text():
    for drawn in (
        ladder(HOSTILE, [message(HOSTILE, "B", HOSTILE, step=HOSTILE, fields=[(HOSTILE, HOSTILE)])], [[0]]),
        network(HOSTILE, (100, 100), (50, 20), [(HOSTILE, HOSTILE, 5, 5)], [], {}),
    ):
        root = ET.fromstring(drawn)
        assert root.find(f".//{SVG}script") is None
        assert "<script>" not in drawn
        assert any("<script>" in text for text in texts(root))


def test_long_names_and_many_parameters_stay_inside():
    fields = [(f"name{at}", "9" * 50) for at in range(100)]
    root = ET.fromstring(ladder("x", [message("A" * 500, "B", "M" * 20, fields=fields)], [[0]]))
    assert max(map(len, texts(root))) < 60


def test_a_network_has_its_loads_and_lost_messages():
    spots = [("SCP", "SCP", 60, 30), ("SSP-1", "5ESS", 60, 130)]
    ways = [("SCP", "SSP-1", "sig", "M60,30 L60,130", 60.0, 80.0)]
    root = ET.fromstring(network("Run", (200, 160), (120, 40), spots, ways, {("SCP", "SSP-1"): (12, 3)}))
    assert {"SCP", "SSP-1", "5ESS", "12 (3 lost)"} <= set(texts(root))
    (way,) = root.iter(f"{SVG}path")
    assert (way.get("class"), float(way.get("stroke-width"))) == ("wire lost", 2.43)


def test_an_empty_ladder_and_no_ways_are_drawings():
    assert ET.fromstring(ladder("x", [], [])).tag == f"{SVG}svg"
    assert ET.fromstring(network("x", (10, 10), (5, 5), [], [], {})).tag == f"{SVG}svg"


def test_several_graphs_stand_below_each_other():
    from ain_scp.figures.decision import Layout, Placed

    box = Placed("a", "outcome", ("PSTN",), "x.toml:1", taken=True, x=10, y=10)
    one = Layout("first", 300, 200, (box,), ())
    both = ET.fromstring(graphs([one, one]))
    assert [inner.get("y") for inner in both.findall(f"{SVG}svg")] == ["40", "240"]
    assert both.get("height") == "440"
    assert len(both.findall(f".//{SVG}style")) == 1
