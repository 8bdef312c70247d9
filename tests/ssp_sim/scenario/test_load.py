"""A scenario file is read whole, or refused with every problem and its place."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.provisioning.problems import ProvisioningError
from ain_scp.ssp_sim.scenario import load, parse
from ain_scp.ssp_sim.scenario.calls import KEYS

EXAMPLES = Path(__file__).parents[3] / "examples"
SECOND = 1_000_000_000
TEN = 979_725_600 * SECOND
"""2001-01-17T10:00:00."""

ONE_CALL = """
dataset = "."
[[call]]
id = "C05"
at = 2001-01-17T10:00:00
from = "9258341234"
dial = "7 9212000"
"""


def problems(text: str) -> list[str]:
    with pytest.raises(ProvisioningError) as refused:
        parse(text, "s.toml")
    return [str(problem) for problem in refused.value.problems]


def test_the_example_of_the_interface() -> None:
    """The scenario of interfaces.md section 3 gives the call it describes."""
    scenario = parse(
        """
dataset = "."
[[call]]
id = "C05"
at = 2001-01-17T10:00:00
from = "9258341234"
dial = "7 9212000"            # access code, second dial tone, digits
bearer = "SPEECH"
answered = true
duration_s = 180
busy = ["0000-0174"]          # facilities unavailable during this call
# trunk_group = "STG-CONCORD" # when the caller sits behind a PBX trunk group
expect = { ctc = 111, ama_slp_id = "760833001", "route.kind" = "PSTN" }
""",
        directory="/data/golden",
    )
    (call,) = scenario.calls
    assert scenario.dataset == "/data/golden"
    assert (call.id, call.at_ns, call.calling) == ("C05", TEN, "9258341234")
    assert (call.access_code, call.digits, call.bearer) == ("7", "9212000", "SPEECH")
    assert (call.answered, call.duration_ns, call.busy, call.trunk_group) == (
        True,
        180 * SECOND,
        ("0000-0174",),
        None,
    )
    assert [(one.path, one.value) for one in call.expect] == [
        ("ctc", 111),
        ("ama_slp_id", "760833001"),
        ("route.kind", "PSTN"),
    ]
    assert call.expect[0].line == 13


@pytest.mark.parametrize(
    ("dial", "code", "digits"),
    [
        ("7 9212000", "7", "9212000"),
        ("9 1-415-777-0100", "9", "14157770100"),
        ("9 011 33 1 40 20 50 50", "9", "01133140205050"),
        ("14155550100", None, "14155550100"),
        ("1235", None, "1235"),
        ("7 ", "7", ""),
        ("", None, ""),
        ("415 777 0100", None, "4157770100"),
    ],
)
def test_dialing_is_an_access_code_and_digits(dial: str, code: str | None, digits: str) -> None:
    """A space after one or two digits is the second dial tone; other spaces and hyphens are for the eye."""
    (call,) = parse(ONE_CALL.replace("7 9212000", dial)).calls
    assert (call.access_code, call.digits, call.dial) == (code, digits, dial)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ('colour = "red"', "s.toml:8: 1: unknown key 'colour'; known: abandon_after_s"),
        ("anwered = true", "s.toml:8: 1: unknown key 'anwered', did you mean 'answered'? (scenario-key)"),
        (
            "answered = 1",
            "s.toml:8: 1: answered: expected true or false, got an integer (scenario-value)",
        ),
        (
            'bearer = "SPEACH"',
            "s.toml:8: 1: bearer: 'SPEACH' is unknown, did you mean 'SPEECH'? (scenario-value)",
        ),
        ("duration_s = -1", "s.toml:8: 1: duration_s: -1 is not in 0..172800 (scenario-value)"),
        ("duration_s = nan", "s.toml:8: 1: duration_s: nan is not in 0..172800 (scenario-value)"),
        ("answered = false\nduration_s = 3", "s.toml:9: 1: duration_s: the call is not answered"),
        ('busy = ["trunk"]', "s.toml:8: 1: busy: 'trunk' is neither a trunk group (0000-0174)"),
        ("repeat = 0", "s.toml:8: 1: repeat: 0 is not in 1..1000000 (scenario-value)"),
        ("every_s = 2", "s.toml:8: 1: every_s: needs 'repeat' (scenario-contradiction)"),
        ("called_busy = true\nanswered = true", "s.toml:8: 1: called_busy: a busy line does not answer"),
        ("expect = {}", "s.toml:8: 1: expect: an empty table expects nothing (scenario-expect)"),
        (
            "expect = { ama = {} }",
            "s.toml:8: 1: expect: an empty table expects nothing (ama) (scenario-expect)",
        ),
        ("expect = 3", "s.toml:8: 1: expect: expected a table, got an integer (scenario-value)"),
        (
            'expect = { "route..kind" = 1 }',
            "s.toml:8: 12: expect: 'route..kind' is not a path (scenario-expect)",
        ),
    ],
)
def test_a_wrong_key_or_value_is_named_with_its_place(line: str, text: str) -> None:
    """Each problem of a call stands at the line and column of its key."""
    found = problems(ONE_CALL + line)
    assert len(found) == 1
    assert found[0].startswith(text)


@pytest.mark.parametrize(
    ("at", "text"),
    [
        ("2001-01-17", "at: expected a date and time (2001-01-17T10:00:00), got a date or time"),
        ('"2001-01-17T10:00:00"', "at: expected a date and time, written without quotes"),
        ("2001-01-17T10:00:00Z", "at: expected local time, without an offset or Z"),
        ("1969-12-31T23:59:59", "at: the year 1969 is not in 1970..2099"),
        ("12.5", "at: seconds are counted from 'start', which the scenario does not name"),
        ("true", "at: expected a date and time (2001-01-17T10:00:00), got a boolean"),
    ],
)
def test_impossible_times(at: str, text: str) -> None:
    """A call is placed at a local date and time."""
    (found,) = problems(ONE_CALL.replace("at = 2001-01-17T10:00:00", f"at = {at}"))
    assert text in found
    assert found.startswith("s.toml:5: 1: ")


def test_seconds_count_from_the_start() -> None:
    """With a start, a call may be placed so many seconds after it, and not before it."""
    text = "start = 2001-01-17T10:00:00" + ONE_CALL
    assert parse(text.replace("at = 2001-01-17T10:00:00", "at = 1.5")).calls[0].at_ns == TEN + 1_500_000_000
    assert parse(text.replace("at = 2001-01-17T10:00:00", "")).calls[0].at_ns == TEN
    (found,) = problems(text.replace("at = 2001-01-17T10:00:00", "at = 2001-01-17T09:59:59"))
    assert "at: before the start of the scenario (scenario-time)" in found


def test_every_problem_at_once() -> None:
    """A scenario with several faults names them all, in the order of the file."""
    found = problems(
        """dataset = "."
speed = 3
[[call]]
id = "A"
at = 2001-01-17T10:00:00
from = "925834123"
dial = "7 92x2000"
[[call]]
id = "A"
at = 2001-01-17T10:00:00
from = "9258341234"
[network]
t1_ms = 0
loss = 1.5
down = [{ from = 2001-01-17T10:00:00, until = 2001-01-17T09:00:00 }]
[[network.link]]
between = ["SSP2004"]
[[network.busy]]
facilities = ["0000-0174"]
form = 2001-01-17T10:00:00
[overrides]
"golden/ubs" = "OFF"
"""
    )
    assert [one.split(" (")[0] for one in found] == [
        "s.toml:2: 1: unknown key 'speed', did you mean 'seed'?",
        "s.toml:6: 1: from: '925834123' is not a number of 10 digits",
        "s.toml:7: 1: dial: '92x2000' is not something to dial: digits, * and # are",
        "s.toml:8: 3: 'dial' is missing",
        "s.toml:9: 1: id 'A' is used twice, first in line 3",
        "s.toml:13: 1: t1_ms: 0 is not in 1..600000",
        "s.toml:14: 1: loss: 1.5 is not in 0..1",
        "s.toml:15: 39: until: not after 'from'",
        's.toml:17: 1: between: expected two different nodes: ["SSP2004", "STP-LOCAL"]',
        "s.toml:20: 1: unknown key 'form', did you mean 'from'?",
        "s.toml:22: 1: 'golden/ubs' is no place in a data set, as customers/NAME/ubs is",
    ]


def test_the_network() -> None:
    """Link settings hold for every link, and a named link changes only what it says."""
    scenario = parse(
        "start = 2001-01-17T10:00:00"
        + ONE_CALL
        + """
[network]
t1_ms = 2000
delay_ms = 10
loss = 0.25
busy = ["0222", "9257893412"]
scp_down = true
[[network.link]]
between = ["SSP2004", "STP-LOCAL"]
loss = 0
down = [{ from = 5, until = 6.5 }]
[network.members]
"0000-0174" = 1
"""
    )
    network = scenario.network
    assert (network.t1_ms, network.link.delay_ms, network.link.loss) == (2000, 10, 0.25)
    (link,) = network.links
    assert link.between == ("SSP2004", "STP-LOCAL")
    assert (link.delay_ms, link.loss) == (10, 0)
    assert [link.down[0].holds(TEN + s * SECOND // 2) for s in (9, 10, 12, 13)] == [False, True, True, False]
    assert network.busy[0].facilities == ("0222", "9257893412")
    assert network.busy[0].window.holds(TEN)
    assert network.scp_down[0].holds(0)
    assert network.members == (("0000-0174", 1),)


def test_overrides_are_kept() -> None:
    """Data set values of this run are path and value, for the run to apply."""
    text = (
        ONE_CALL + '[overrides]\n"customers/GOLDEN/emergency/active" = true\n"customers/GOLDEN/ubs" = "OFF"\n'
    )
    assert parse(text).overrides == (
        ("customers/GOLDEN/emergency/active", True),
        ("customers/GOLDEN/ubs", "OFF"),
    )


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("dataset = x", "s.toml:1: 11: not TOML: Invalid value"),
        ('dataset = "x', "s.toml:1: 0: not TOML: Unterminated string"),
        ("a = " + "[" * 5000 + "]" * 5000, "s.toml: tables or lists are nested too deep"),
        ("a = " + "9" * 5000, "s.toml: not TOML: "),
        ('dataset = "."', "s.toml: no [[call]] and no [[traffic]]"),
        ('dataset = "."\ncall = 3', "s.toml:2: 1: call: expected a table, got an integer"),
        ('dataset = "."\ncall = [3]', "s.toml:2: 9: call: expected a table, got an integer"),
    ],
)
def test_a_text_that_is_no_scenario(text: str, start: str) -> None:
    """What is not TOML, or not a scenario, is refused with one clear line."""
    assert any(one.startswith(start) for one in problems(text))


@pytest.mark.parametrize("octets", [b"dataset = '\xff'", None])
def test_a_file_that_cannot_be_read(tmp_path: Path, octets: bytes | None) -> None:
    """A missing file and a file that is not text are problems, not tracebacks."""
    file = tmp_path / "s.toml"
    if octets is not None:
        file.write_bytes(octets)
    with pytest.raises(ProvisioningError) as refused:
        load(file)
    assert len(refused.value.problems) == 1


VALUES = st.one_of(
    st.just('"x"'), st.just("true"), st.just("-1"), st.just("1e400"), st.just("nan"), st.just("[]"), st.just("{}"),
    st.just("[1]"), st.just("2001-01-17"), st.just("10:00:00"), st.just("{a={b=1}}"), st.just('[{}, "x"]'),
)  # fmt: skip


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6))
def test_any_values_give_problems_or_a_call(pairs: dict[str, str]) -> None:
    """Whatever stands in a call, the answer is a scenario or ProvisioningError with places."""
    text = 'dataset = "."\n[[call]]\n' + "\n".join(f"{key} = {value}" for key, value in pairs.items())
    found = []
    try:
        parse(text, "s.toml")
    except ProvisioningError as refused:
        found = refused.problems
    assert all(problem.line > 0 for problem in found)


def test_every_shipped_scenario_loads() -> None:
    """Each scenario under examples/ is a scenario, and finds its data set's directory."""
    files = [
        file
        for file in EXAMPLES.rglob("*.toml")
        if (file.parent.name, file.name) == ("golden", "scenario.toml")
    ]
    files += [
        file for name in ("figures", "features", "traffic") for file in (EXAMPLES / name).glob("*.toml")
    ]
    for file in files:
        scenario = load(file)
        assert Path(scenario.dataset).resolve() == (EXAMPLES / "golden").resolve()
        assert all(call.expect for call in scenario.calls), file
        assert scenario.calls or scenario.expect, file


def test_the_golden_scenario_has_every_kind_of_call() -> None:
    """Fourteen calls or more, with the marks of UBS, UBR, RBR, screening, blocking, routing, 800, fax and data."""
    calls = load(EXAMPLES / "golden" / "scenario.toml").calls
    assert len(calls) >= 14
    values = {(one.path, str(one.value)) for call in calls for one in call.expect}
    for wanted in (
        ("ama_slp_id", "760833001"),
        ("ama_slp_id", "760833002"),
        ("ama_slp_id", "760833003"),
        ("response.announcement", "SCREENED"),
        ("response.announcement", "BLOCKED_DOMESTIC"),
        ("response.announcement", "VACANT_NUMBER"),
        ("route.kind", "CRS"),
        ("route.kind", "CRS_CCS"),
        ("legs.1.route.asf_results", "12"),
        ("leg_facilities.1.facility", "ALL_CIRCUITS_BUSY"),
        ("ctc", "241"),
    ):
        assert wanted in values
    assert {call.bearer for call in calls} >= {"SPEECH", "FAX", "UDI_64"}
