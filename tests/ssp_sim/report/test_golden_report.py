"""The report of the golden run, in a real browser: every layer of every message in words, at a desk and on a phone."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from ain_scp.figures.topology import faults
from ain_scp.provisioning.loader import load_or_raise
from ain_scp.ssp_sim.fields.tree import message_tree
from ain_scp.ssp_sim.lab import Lab, default_program
from ain_scp.ssp_sim.record import WireMessage
from ain_scp.ssp_sim.report import Run, render
from ain_scp.ssp_sim.report.topology import topology
from ain_scp.ssp_sim.scenario import load

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def lab() -> Lab:
    """Play the golden scenario once."""
    scenario = load(ROOT / "examples" / "golden" / "scenario.toml")
    lab = Lab(scenario, load_or_raise(ROOT / "examples" / "golden")[0], default_program)
    lab.run()
    return lab


def _first(lab: Lab, call: str, name: str) -> WireMessage:
    record = next(record for record in lab.records if record.id == call)
    return next(message for message in record.messages if message.name == name)


def _text(line: Any, depth: int = 0) -> str:
    own = f"{'  ' * depth}{line.name}: {line.meaning}"
    return "\n".join([own, *(_text(one, depth + 1) for one in line.inside)])


def test_every_message_of_the_golden_run_is_decoded_to_its_parameters(lab: Lab) -> None:
    """No message of the run ends in octets nobody read."""
    seen = set()
    for record in lab.records:
        for message in record.messages:
            if message.octets:
                text = _text(message_tree(message))
                assert "unreadable" not in text
                seen.add(message.name)
    assert {"IAM", "ACM", "ANM", "REL", "RLC", "InfoAnalyzed", "ForwardCall"} <= seen


def test_the_network_of_the_golden_run_is_drawn_with_hardly_a_crossing(lab: Lab) -> None:
    """In the order in which nodes appear, 9 links crossed and 4 ran behind a box (V11)."""
    drawn = topology((message for record in lab.records for message in record.messages), {})
    rows: dict[int, list[tuple[int, str]]] = {}
    for spot in drawn.spots:
        rows.setdefault(spot.y, []).append((spot.x, spot.name))
    order = [[name for _, name in sorted(rows[y])] for y in sorted(rows)]
    crossings, behind = faults(order, [(wire.one, wire.other) for wire in drawn.wires])
    assert len(drawn.wires) > 20
    assert crossings <= 1
    assert behind <= 3


def test_an_address_message_is_told_in_words(lab: Lab) -> None:
    """The IAM to the host: its numbers with their natures, and why it was redirected ([0128])."""
    text = _text(message_tree(_first(lab, "C01", "IAM")))
    for wanted in (
        "MTP3: 246-3-4 to 246-3-14",
        "service indicator: 5 ISUP",
        "ISUP: IAM",
        "called party number: 9257893412",
        "nature of address: 3 national",
        "original called number: 4159215678",
        "redirection information: 1 time, 3 unconditional",
        "forward call indicators: 0x2000 ISUP all the way",
    ):
        assert wanted in text, text


def test_a_release_and_a_query_are_told_in_words(lab: Lab) -> None:
    """Causes by name; SCCP addresses by what they are routed by."""
    assert "cause: 16 normal clearing" in _text(message_tree(_first(lab, "C01", "REL")))
    text = _text(message_tree(_first(lab, "C01", "InfoAnalyzed")))
    assert "called address: global title: translation type 254, digits 9258341234" in text
    assert "calling address: point code 246-3-4, SSN 250" in text
    assert "return on error: yes" in text


def test_octets_that_are_none_say_so(lab: Lab) -> None:
    """A message nobody can read is shown as that."""
    broken = msgspec.structs.replace(_first(lab, "C01", "IAM"), octets=b"\x01\x00\x01")
    line = message_tree(broken)
    assert line is not None
    assert line.name == "unreadable"
    assert message_tree(msgspec.structs.replace(broken, octets=b"")) is None


@pytest.fixture
def page(browser: Any, lab: Lab, tmp_path: Path) -> Any:
    """Open the report of the golden run."""
    file = tmp_path / "report.html"
    run = Run(
        title="Golden calls",
        calls=lab.records,
        kinds={**lab.world.network.kinds, "SCP": "SCP"},
        facts=(),
        summary=(("COMPLETED", "21"), ("calls", "32")),
        decode=message_tree,
    )
    file.write_text(render(run), "utf-8")
    browser.size(1300, 900)
    browser.open(file.as_uri())
    yield browser
    assert browser.complaints() == []


@pytest.mark.interop
def test_a_click_on_the_address_message_shows_its_numbers(page: Any) -> None:
    """Down to nature of address and redirection, in the details beside the ladder."""
    page.go("call=C01")
    page.click(".rung.ISUP")
    text = page.value("document.querySelector('.details').innerText")
    for wanted in (
        "IAM",
        "called party number",
        "9257893412",
        "nature of address",
        "redirection information",
    ):
        assert wanted in text
    assert page.value("document.querySelectorAll('.chips li').length") == 0


@pytest.mark.interop
def test_the_first_page_counts_each_thing_once(page: Any) -> None:
    """What the tiles say is not said again by the counts of statuses."""
    assert page.value("document.querySelectorAll('.tile').length") == 3
    assert (
        page.value("[...document.querySelectorAll('.chips li')].map(one => one.innerText).join()")
        == "21 COMPLETED"
    )


@pytest.mark.interop
def test_a_phone_shows_the_golden_calls_without_sideways_scrolling(page: Any) -> None:
    """Calls, a ladder and its details at the width of a phone."""
    page.size(390, 800)
    for view in ("calls", "call=C01", "topology", "facilities"):
        page.go(view)
        assert page.value("document.documentElement.scrollWidth <= innerWidth"), view
    page.go("call=C01")
    page.click(".rung.ISUP")
    assert "called party number" in page.value("document.querySelector('.details').innerText")
