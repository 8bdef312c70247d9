"""The ladder shows every message once, in order, between the right columns, whatever the terminal."""

import io
import re
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.ssp_sim.ladder import Look, end_to_end, ladder, mermaid, terminal_look
from ain_scp.ssp_sim.record import WireMessage

PLAIN = Look(width=100)


def message(
    time_ms: float,
    source: str,
    destination: str,
    name: str,
    *fields: tuple[str, str],
    protocol: str = "AIN",
    step: str = "",
    lost: bool = False,
) -> WireMessage:
    return WireMessage(
        0, int(time_ms * 1e6), source, destination, "C", protocol, name, fields, step, b"", lost
    )  # type: ignore[arg-type]


LEG_ONE = [
    message(0, "SSP2004", "STP-LOCAL", "InfoAnalyzed", ("CallingPartyID", "9258341234"), step="2404"),
    message(2, "STP-LOCAL", "STP-REGIONAL", "InfoAnalyzed"),
    message(4, "STP-REGIONAL", "SCP", "InfoAnalyzed"),
    message(6, "SCP", "STP-REGIONAL", "AnalyzeRoute", ("CalledPartyID", "9257893412 NON 3"), step="2406"),
    message(8, "STP-REGIONAL", "STP-LOCAL", "AnalyzeRoute"),
    message(10, "STP-LOCAL", "SSP2004", "AnalyzeRoute"),
    message(11, "SSP2004", "SSP2014", "IAM", ("called", "9257893412"), protocol="ISUP", step="2408"),
]


def test_a_ladder_of_the_first_leg() -> None:
    """Columns per node, the name on the arrow, step and time in the gutter, fields beneath."""
    assert ladder(LEG_ONE, look=Look(width=70)) == (
        "                 SSP2004                  SCP                  SSP2014\n"
        "                    │                      │                      │\n"
        "   0.000 ms 2404    ├──── InfoAnalyzed ───▶│                      │\n"
        "                    │ CallingPartyID 9258341234                   │\n"
        "   6.000 ms 2406    │◀─── AnalyzeRoute ────┤                      │\n"
        "                    │ CalledPartyID 9257893412 NON 3              │\n"
        "  11.000 ms 2408    ├──────────────────── IAM ───────────────────▶│\n"
        "                    │ called 9257893412    │                      │\n"
        "                    │                      │                      │\n"
    )


def test_ascii_needs_no_box_drawing() -> None:
    """The fallback holds ASCII only, also for a lost message."""
    text = ladder(
        [*LEG_ONE, message(12, "SSP2014", "SCP", "X", lost=True)], look=Look(width=90, ascii_only=True)
    )
    assert text.isascii()
    assert "X (lost)" in text


def test_times_are_since_the_start_or_the_message_before_or_of_the_day() -> None:
    """The same three messages told three ways; what came more than a second later has its own unit."""
    later = [*LEG_ONE, message(5011, "SSP2004", "SSP2014", "REL", protocol="ISUP")]
    told = {
        times: [line[:12].strip() for line in ladder(later, look=Look(width=100, times=times)).splitlines()]
        for times in ("start", "delta", "clock")
    }  # type: ignore[misc]
    assert [one for one in told["delta"] if one] == ["0.000 ms", "6.000 ms", "5.000 ms", "5.000 s"]
    assert [one for one in told["start"] if one][-1] == "5.011 s"
    assert [one for one in told["clock"] if one][-1] == "00:00:05.011"


def test_hops_are_drawn_when_asked() -> None:
    """With transit every STP is a column and every hop an arrow."""
    text = ladder(LEG_ONE, look=Look(width=120), transit=True)
    assert text.count("InfoAnalyzed") == 3
    assert "STP-REGIONAL" in text
    assert ladder(LEG_ONE, look=PLAIN).count("InfoAnalyzed") == 1


def test_a_message_lost_on_its_way_says_where() -> None:
    """A message that dies in an STP gets no arrow head and no column of the STP."""
    text = ladder([message(0, "SSP2004", "STP-LOCAL", "InfoAnalyzed", lost=True), *LEG_ONE], look=PLAIN)
    assert "InfoAnalyzed (lost at STP-LOCAL)" in text
    assert "✗" in text
    assert "STP" not in text.splitlines()[0]
    assert (
        len(end_to_end([LEG_ONE[0], message(2, "STP-LOCAL", "STP-REGIONAL", "InfoAnalyzed", lost=True)])) == 1
    )


def test_an_answer_of_the_stp_itself_has_its_column() -> None:
    """A message that starts in an STP (UDTS) is not joined with the one that ended there."""
    returned = message(3, "STP-LOCAL", "SSP2004", "UDTS", protocol="SCCP")
    assert "STP-LOCAL" in ladder([LEG_ONE[0], returned], look=PLAIN).splitlines()[0]


def test_two_like_messages_in_flight_stay_two() -> None:
    """Hops of two queries of one call with one name follow each other without being mixed."""
    hops = [
        message(0, "SSP1", "STP-L", "Q"),
        message(2, "STP-L", "SCP", "Q"),
        message(9, "SSP2", "STP-L", "Q"),
        message(11, "STP-L", "SCP", "Q"),
    ]
    assert [(one.source, one.destination) for one in end_to_end(hops)] == [("SSP1", "SCP"), ("SSP2", "SCP")]


def test_a_narrow_terminal_gets_a_list() -> None:
    """No line is wider than the terminal, and every name is still there."""
    text = ladder(LEG_ONE, look=Look(width=44))
    assert "SSP2004 → SCP" in text
    assert "InfoAnalyzed" in text
    assert max(map(len, text.splitlines())) <= 44


def test_a_long_wait_is_told() -> None:
    """A second or more between messages shows as a break with its length, and times turn to seconds."""
    text = ladder([LEG_ONE[0], message(180_000, "SSP2004", "SSP2014", "REL", protocol="ISUP")], look=PLAIN)
    assert "+180.0 s" in text
    assert "180.000 s" in text


def test_color_only_on_request() -> None:
    """Colour adds escape codes and takes nothing away; without it there are none."""
    plain = ladder(LEG_ONE, look=PLAIN)
    colored = ladder(LEG_ONE, look=Look(width=100, color=True))
    assert "\x1b" not in plain
    assert [
        re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip() for line in colored.splitlines()
    ] == plain.splitlines()


@pytest.mark.parametrize(
    ("environment", "color"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_no_color_is_respected(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], color: bool
) -> None:
    """NO_COLOR and a dumb terminal switch colours off."""

    class Terminal(io.StringIO):
        encoding = "utf-8"  # type: ignore[assignment]

        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert terminal_look().color is color


def test_no_messages() -> None:
    """A call without messages has an empty ladder that says so."""
    assert ladder([], look=PLAIN) == "(no messages)\n"


def test_mermaid_text() -> None:
    """The export joins hops, crosses lost messages out and writes letters with a meaning as codes."""
    text = mermaid([*LEG_ONE[:3], message(12, "SCP", "SSP2004", "Bad;<b>#name", lost=True)])
    assert text == (
        "sequenceDiagram\n"
        "  participant n0 as SSP2004\n"
        "  participant n1 as SCP\n"
        "  n0->>n1: 2404 InfoAnalyzed\n"
        "  Note over n0,n1: CallingPartyID 9258341234\n"
        "  n1-xn0: Bad#59;#60;b#62;#35;name\n"
    )


TEXT = st.text(max_size=12)


@settings(derandomize=True, deadline=None, max_examples=150)
@given(
    st.lists(
        st.tuples(st.sampled_from("ABCDE"), st.sampled_from("ABCDE"), TEXT, TEXT, st.booleans()), max_size=8
    ),
    st.integers(20, 140),
    st.booleans(),
)
def test_any_messages_give_printable_lines(
    rows: list[tuple[str, str, str, str, bool]], width: int, color: bool
) -> None:
    """No name, field or width breaks the drawing, and no control character reaches the terminal."""
    messages = [
        message(number, source, target, name, ("f", value), lost=lost)
        for number, (source, target, name, value, lost) in enumerate(rows)
    ]
    text = ladder(messages, look=Look(width=width, color=color))
    assert all(letter.isprintable() or letter in "\n\x1b" for letter in text)
    assert color or all(len(line) <= max(width, 40) for line in text.splitlines())
    assert all(line.isprintable() for line in mermaid(messages).splitlines())
