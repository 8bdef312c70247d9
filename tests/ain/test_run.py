"""`ain run`: the golden scenario over UDP, its outputs, and every kind of input it must refuse."""

import json
import re
import shutil
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from ain_scp.ain.__main__ import cli
from ain_scp.ain.shipped import scenarios

ROOT = Path(__file__).parents[2]
GOLDEN = "examples/golden/scenario.toml"
SCENARIOS = [
    pytest.param(
        str(path.relative_to(ROOT)),
        marks=[pytest.mark.slow, pytest.mark.compiled] if path.parent.name == "traffic" else [],
    )
    for path in scenarios(ROOT / "examples").values()
]


@pytest.fixture(scope="module")
def golden(ain):
    """The golden run as JSON."""
    done = ain("run", GOLDEN, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_shipped_scenario_runs_as_its_expectations_say(scenario, ain):
    done = ain("run", scenario, "--transport", "memory")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_golden_run_places_calls_of_many_kinds_over_udp(golden):
    assert golden["summary"]["transport"] == "udp"
    assert golden["summary"]["calls"] >= 12
    assert golden["summary"]["failed"] == 0
    kinds = {call["legs"][0]["route"]["kind"] for call in golden["calls"]}
    assert {"PSTN", "CRS", "CRS_CCS", "ASF_RTL", "NONE"} <= kinds


def test_every_call_of_the_json_has_the_promised_keys(golden):
    keys = {"id", "ok", "failures", "legs", "facility", "ama", "smdr", "messages"}
    assert all(keys <= set(call) for call in golden["calls"])
    decision = golden["calls"][0]["legs"][0]
    assert {"path", "plan", "ctc", "route", "response", "steps"} <= set(decision)


def test_the_whole_sum_of_statuses_is_the_calls_offered(golden):
    assert sum(golden["summary"]["statuses"].values()) == golden["summary"]["calls"]


def test_a_call_over_the_tie_line_has_two_legs_and_one_smdr_record(golden):
    call = next(call for call in golden["calls"] if call["id"] == "C01")
    assert [leg["route"]["kind"] for leg in call["legs"]] == ["ASF_RTL", "ASF_RTL_HOST"]
    assert call["talk_path"] == ["SSP2004", "SSP2014", "ETN2016", "SSP2018"]
    assert call["smdr"]["original_called_party_id"] == "4159215678"


def test_a_query_travels_over_both_stps_and_the_answer_returns_the_same_way(golden):
    call = next(call for call in golden["calls"] if call["id"] == "C05")
    hops = [(m["source"], m["destination"]) for m in call["messages"] if m["name"] == "InfoAnalyzed"]
    assert hops == [("SSP2004", "STP-LOCAL"), ("STP-LOCAL", "STP-REGIONAL"), ("STP-REGIONAL", "SCP")]
    back = [(m["source"], m["destination"]) for m in call["messages"] if m["name"].startswith("AnalyzeRoute")]
    assert back == [("SCP", "STP-REGIONAL"), ("STP-REGIONAL", "STP-LOCAL"), ("STP-LOCAL", "SSP2004")]


@pytest.mark.slow
@pytest.mark.compiled
def test_two_runs_with_one_seed_are_identical_over_udp_and_memory_but_for_the_name(ain, golden):
    again = ain("run", GOLDEN, "--json")
    assert json.loads(again.stdout) == golden
    memory = json.loads(ain("run", GOLDEN, "--json", "--transport", "memory").stdout)
    memory["summary"]["transport"] = "udp"
    assert memory == golden


@pytest.mark.slow
def test_ladder_and_mermaid_are_printed_for_the_calls_asked_for(ain):
    done = ain("run", GOLDEN, "--transport", "memory", "--ladder", "--call", "C01")
    assert "InfoAnalyzed" in done.stdout
    assert "2416" in done.stdout
    assert done.stdout.count("OffHook") == 1
    done = ain("run", GOLDEN, "--transport", "memory", "--mermaid", "--call", "C05")
    assert "sequenceDiagram" in done.stdout


def test_a_failed_expectation_is_told_and_exits_1(ain, tmp_path):
    text = (ROOT / GOLDEN).read_text().replace('dataset = "."', f'dataset = "{ROOT}/examples/golden"')
    broken = tmp_path / "scenario.toml"
    broken.write_text(text.replace("ama.charge_cents = 15", "ama.charge_cents = 16", 1))
    done = ain("run", broken, "--transport", "memory")
    assert done.returncode == 1
    assert "ama.charge_cents: expected 16, got 15" in done.stdout


BAD = [
    ("calls = 1", "calls"),
    (
        'dataset = "nowhere"\n[[call]]\nid = "A"\nat = 2001-01-17T10:00:00\nfrom = "9258341234"\ndial = "7 1"',
        "is not a directory",
    ),
    (
        'dataset = "DATA"\n[[call]]\nid = "A"\nat = 2001-01-17T10:00:00\nform = "9258341234"\ndial = "7 1"',
        "form",
    ),
    (
        'dataset = "DATA"\n[[call]]\nid = "A"\nat = 2001-13-17T10:00:00\nfrom = "9258341234"\ndial = "7 1"',
        "not TOML",
    ),
    ('dataset = "DATA"\n[[call]\n', ":2: 7: not TOML"),
    (
        'dataset = "DATA"\n[overrides]\n"customers/GOLD/ubs" = "ON"\n[[call]]\nid = "A"\nat = 2001-01-17T10:00:00\nfrom = "9258341234"\ndial = "7 1"',
        "GOLD",
    ),
    ("\x00", ""),
]


@pytest.mark.parametrize(("text", "told"), BAD)
def test_a_scenario_that_cannot_run_is_refused_with_lines_not_tracebacks(text, told, ain, tmp_path):
    broken = tmp_path / "scenario.toml"
    broken.write_text(text.replace("DATA", f"{ROOT}/examples/golden"))
    done = ain("run", broken)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("line", ["", "dataset = 5"])
def test_without_a_data_set_no_other_directory_is_taken_for_one(line, ain, tmp_path):
    broken = tmp_path / "scenario.toml"
    broken.write_text(f'{line}\n[[call]]\nat = 2001-01-17T10:00:00\nfrom = "9258341234"\ndial = "7 1"\n')
    done = ain("run", broken)
    assert done.returncode == 2
    (told,) = done.stderr.splitlines()
    assert "dataset" in told


def test_wrong_values_and_unknown_names_are_told_together_in_the_order_of_lines(ain, tmp_path):
    broken = tmp_path / "scenario.toml"
    broken.write_text(
        f"""dataset = "{ROOT}/examples/golden"
[[network.link]]
between = ["SSP2004", "NOWHERE"]
[[call]]
at = 2001-01-17T10:00:00
from = "9999999999"
dial = "zz"
"""
    )
    done = ain("run", broken, "--transport", "memory")
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert [line.split(":")[1] for line in lines] == ["3", "6", "7"]
    assert "NOWHERE" in lines[0]
    assert "station 9999999999" in lines[1]


@pytest.mark.parametrize(
    "arguments",
    [
        ["nowhere.toml"],
        [GOLDEN, "--speed", "0"],
        [GOLDEN, "--pcap", "/nowhere/x.pcap"],
        [GOLDEN, "--report", "/"],
        [GOLDEN, "--ladder", "--call", "C01", "--call", "NOBODY"],
        [GOLDEN, "--call", "C01"],
        [GOLDEN, "--all-hops"],
        [GOLDEN, "--fields", "all"],
        [GOLDEN, "--fields", "octets"],
        [GOLDEN, "--pcap-framing", "udp"],
        [GOLDEN, "--mqtt-ca", "x.pem"],
        [GOLDEN, "--trace", "x", "--report", "x"],
        [],
    ],
)
def test_wrong_usage_exits_2_with_one_clear_line(arguments, ain):
    done = ain("run", *arguments, *(["--transport", "memory"] if arguments else []))
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.strip()


def test_a_broken_data_set_is_told_with_the_path_of_its_files(ain, tmp_path):
    shutil.copytree(ROOT / "examples/golden", tmp_path / "set")
    mdp = next((tmp_path / "set").glob("customers/*/mdp.csv"))
    mdp.write_text(mdp.read_text() + "9,x,y\n")
    done = ain("run", tmp_path / "set/scenario.toml", "--transport", "memory")
    assert done.returncode == 2
    assert all(line.startswith(f"{mdp}:") for line in done.stderr.splitlines()), done.stderr
    assert done.stderr


def test_with_json_a_ladder_goes_to_stderr(ain):
    done = ain("run", GOLDEN, "--transport", "memory", "--json", "--ladder", "--call", "C01")
    assert done.returncode == 0
    assert json.loads(done.stdout)["summary"]["failed"] == 0
    assert done.stderr.startswith("C01  ")


def test_a_scenario_without_a_data_set_is_told_that_and_nothing_of_the_folder_it_is_in(ain, tmp_path):
    scenario = tmp_path / "empty.toml"
    scenario.write_text("")
    done = ain("run", scenario, "--transport", "memory")
    assert done.returncode == 2
    assert [line.partition("empty.toml: ")[2].partition(" ")[0] for line in done.stderr.splitlines()] == [
        "'dataset'",
        "no",
    ]


PACED = """
dataset = "{root}/examples/golden"
start = 2001-01-17T10:00:00
[[call]]
at = 0
from = "9258341234"
dial = "7 9212000"
duration_s = {seconds}
"""


@pytest.mark.slow
@pytest.mark.parametrize(("speed", "seconds", "least_s"), [("1", 1, 1.0), ("40", 40, 1.0)])
def test_a_run_at_a_speed_takes_as_long_as_the_clock_says(speed, seconds, least_s, ain, tmp_path):
    """The same calls, held to the clock: no earlier, and with the same result as at full speed."""
    scenario = tmp_path / "paced.toml"
    scenario.write_text(PACED.format(root=ROOT, seconds=seconds))
    began = time.monotonic()
    paced = ain("run", scenario, "--json", "--speed", speed)
    took = time.monotonic() - began
    assert paced.returncode == 0, paced.stderr
    assert least_s <= took < least_s + 20
    assert paced.stdout == ain("run", scenario, "--json").stdout


def test_many_calls_are_summed_by_route_trunk_group_answer_time_and_the_slowest(ain, tmp_path):
    """The summary is of all calls, kept or not: both ways say the same but for what is measured."""
    call = '[[call]]\nid = "N{0}"\nat = 2001-01-17T10:{0:02d}:00\nfrom = "9258341234"\ndial = "{1}"\nring_s = {2}\n'
    path, dials = tmp_path / "many.toml", ["7 14159215678", "7 9212000", "9 19005551212"]
    path.write_text(
        f'dataset = "{ROOT}/examples/golden"\nstart = 2001-01-17T10:00:00\n'
        + "".join(call.format(at, dials[at % 3], 1 + at % 7) for at in range(57))
    )
    said = ain("run", path, "--transport", "memory").stdout
    assert "N13 " not in said.partition("slowest")[0]
    counts = {
        line.split(maxsplit=1)[1]: int(line.split()[0])
        for line in said.splitlines()
        if line[:9].strip().isdigit()
    }
    assert counts["PSTN"] + counts["not routed"] == 57
    assert counts["BLOCKED:SCREENED"] == counts["not routed"] == 19
    assert re.search(r"^0000-0174 +SSP2014 +ETN2016 +24 +[1-9]", said, re.MULTILINE)
    taken = [float(line.split()[-2]) for line in said.partition("slowest")[2].splitlines()[1:6]]
    assert taken == sorted(taken, reverse=True)
    assert "the SCP's answer times on this machine: p50" in said


PAIR = ["examples/figures/fig7.toml", "examples/figures/fig8.toml"]


def failing(tmp_path):
    """A scenario of one call that expects too much, and of a run that never was."""
    path = tmp_path / "failing.toml"
    path.write_text(
        f'dataset = "{ROOT / "examples/golden"}"\nstart = 2001-01-17T10:00:00\n[expect]\ncalls = 2\nstatus = "DONE"\n'
        '[[call]]\nid = "A<&"\nat = 2001-01-17T10:00:00\nfrom = "9258341234"\ndial = "7 9212000"\n'
        'expect = { ctc = "111", "route.kind" = "PSTN" }\n'
    )
    return path


@pytest.mark.slow
def test_several_scenarios_are_one_run_with_one_verdict(ain, tmp_path):
    done = ain("run", *PAIR, "--transport", "memory")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "2 scenarios: 2 passed, 0 failed")
    document = json.loads(ain("run", *PAIR, "--transport", "memory", "--json").stdout)
    assert [run["scenario"] for run in document["runs"]] == PAIR
    done = ain("run", PAIR[0], failing(tmp_path), "--transport", "memory")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, "2 scenarios: 1 passed, 1 failed")
    refused = ain("run", *PAIR, "--pcap", tmp_path / "x.pcap")
    assert (refused.returncode, "--pcap takes one scenario" in refused.stderr) == (2, True)


def test_a_failure_is_a_path_and_two_values(ain, tmp_path):
    document = json.loads(ain("run", failing(tmp_path), "--transport", "memory", "--json").stdout)
    assert document["version"] == 1
    (call,) = document["calls"]
    assert call["unmet"] == [
        {"path": "ctc", "at": "legs.0.ctc", "expected": '"111"', "got": "111", "line": 11}
    ]
    assert call["failures"] == ['legs.0.ctc: expected "111", got 111 (a number, without quotes) (line 11)']
    assert [one["path"] for one in document["summary"]["unmet"]] == ["calls", "status"]
    assert "nothing at summary.status; known: offered, calls, ok," in document["summary"]["failures"][1]


@pytest.mark.slow
def test_junit_has_a_suite_for_each_scenario_and_equal_runs_give_equal_files(ain, tmp_path):
    import xml.etree.ElementTree as ET

    files = [tmp_path / "1.xml", tmp_path / "2.xml"]
    for file in files:
        done = ain("run", PAIR[0], failing(tmp_path), "--transport", "memory", "--junit", file)
        assert done.returncode == 1
    assert files[0].read_bytes() == files[1].read_bytes()
    good, bad = ET.parse(files[0]).getroot()
    assert (good.get("tests"), good.get("failures"), len(good)) == ("2", "0", 2)
    assert (bad.get("tests"), bad.get("failures")) == ("2", "2")
    assert [case.get("name") for case in bad] == ["A<&", "run"]
    assert "expected" in bad[0].find("failure").get("message")


@pytest.mark.slow
def test_equal_runs_give_equal_reports(ain, tmp_path):
    files = [tmp_path / "1.html", tmp_path / "2.html"]
    for file in files:
        assert ain("run", PAIR[0], "--transport", "memory", "--report", file).returncode == 0
    assert files[0].read_bytes() == files[1].read_bytes()
    ain("run", PAIR[0], "--transport", "memory", "--report", files[1], "--latency")
    assert '"latency":null' in files[0].read_text()
    assert '"latency":{' in files[1].read_text()


def test_a_scenario_that_cannot_be_read_is_an_error_for_ci(ain, tmp_path):
    import xml.etree.ElementTree as ET

    file = tmp_path / "ci.xml"
    done = ain("run", PAIR[0], tmp_path / "nosuch.toml", "--junit", file, "--json")
    error = json.loads(done.stdout)["error"]
    assert (done.returncode, error["exit"], len(error["problems"])) == (2, 2, 1)
    assert "nosuch.toml" in ET.parse(file).getroot()[0][0].find("error").get("message")


@pytest.mark.slow
def test_the_queries_of_a_run_are_a_file_to_review_a_change_with(ain, tmp_path):
    lines = tmp_path / "queries.jsonl"
    assert ain("run", GOLDEN, "--transport", "memory", "--queries-out", lines).returncode == 0
    done = ain("explain", "examples/golden", "--queries", lines, "--against", "examples/golden")
    assert (done.returncode, "40 of 40 queries compared: 0 decided" in done.stderr) == (0, True)


@pytest.mark.slow
def test_a_long_run_lists_failing_calls_and_counts_unless_all_are_asked_for(ain, tmp_path):
    call = '[[call]]\nid = "N{0}"\nat = 2001-01-17T10:00:00\nfrom = "9258341234"\ndial = "7 9212000"\n'
    text = f'dataset = "{ROOT / "examples/golden"}"\nstart = 2001-01-17T10:00:00\n'
    (tmp_path / "long.toml").write_text(text + "".join(call.format(number) for number in range(60)))
    short = ain("run", tmp_path / "long.toml", "--transport", "memory").stdout
    whole = ain("run", tmp_path / "long.toml", "--transport", "memory", "--list").stdout
    assert [text.count("\n+  N") for text in (short, whole)] == [0, 60]
    assert "60  " in short


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--ladder", "--mermaid"], "--ladder and --mermaid"),
        (["--scp-kind", "lscp"], "--scp-kind needs --records"),
        (["--pcap-framing", "udp"], "--pcap-framing needs --pcap"),
        (["--latency"], "--latency needs --report"),
        (["--call", "C01"], "need --ladder or --mermaid"),
    ],
)
def test_an_option_without_effect_is_refused(ain, options, told):
    done = ain("run", GOLDEN, "--transport", "memory", *options)
    assert (done.returncode, done.stdout, told in done.stderr) == (2, "", True)


def test_a_broken_table_is_a_few_lines_with_the_cause_last(tmp_path):
    """Two thousand problems of one kind are the first ten, their number, and at the end where it began."""
    data = shutil.copytree("examples/golden", tmp_path / "data")
    table = data / "customers/GOLDEN/sdp.csv"
    table.write_text(table.read_text() + "".join(f"x{number}\n" for number in range(900)))
    result = CliRunner().invoke(cli, ["run", str(data / "scenario.toml"), "--transport", "memory"])
    lines = result.stderr.splitlines()
    assert result.exit_code == 2
    assert len(lines) < 30
    assert "sdp.csv: 890 more like this" in lines[-2]
    assert lines[-1].startswith("900 problems; ain check lists all; the first: ")
    assert "sdp.csv:22: 1" in lines[-1]


def test_ladders_show_the_octets_of_messages(ain):
    words = ["run", GOLDEN, "--transport", "memory", "--mermaid", "--call", "C01", "--fields"]
    done = ain(*words, "octets", "--json")
    call = next(one for one in json.loads(done.stdout)["calls"] if one["id"] == "C01")
    sent = [one["octets"] for one in call["messages"] if one["octets"]]
    shown = re.findall(r"octets ([0-9a-f]+)", done.stderr)
    assert sent[0] in shown
    assert {one["octets"] for one in call["messages"] if one["protocol"] == "ISUP"} <= set(shown) <= set(sent)
    assert "octets" not in ain(*words, "all").stdout
