"""The library does what the commands do, names what is wrong, and shows foreign text as text."""

import json
import shutil
import xml.etree.ElementTree as ET
from base64 import b64decode
from pathlib import Path

import pytest

from ain_scp import api

GOLDEN, CHARGING = Path("examples/golden"), Path("examples/charging")
AT = "2001-01-17T10:00:00"
EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def data():
    return api.load(GOLDEN)


@pytest.fixture(scope="module")
def run():
    return api.play(GOLDEN / "scenario.toml")


@pytest.fixture(scope="module")
def changed(tmp_path_factory):
    """The golden data set without usage billing."""
    made = shutil.copytree(GOLDEN, tmp_path_factory.mktemp("changed") / "set")
    options = made / "customers" / "GOLDEN" / "customer.toml"
    options.write_text(options.read_text().replace('ubs = "ON"', 'ubs = "OFF"'))
    return made


@pytest.fixture
def broken(tmp_path):
    made = shutil.copytree(GOLDEN, tmp_path / "broken")
    (made / "customers" / "GOLDEN" / "mdp.csv").write_text(f"dialed,number,non\n{EVIL},92512,3\n")
    return made


def test_a_data_set_is_loaded_with_its_name_and_warnings(data, ain):
    assert (data.name, data.customers) == ("golden", ("GOLDEN", "SILVER"))
    assert [one.severity for one in data.warnings] == ["warning"] * 5
    assert ain("check", GOLDEN, "--digest").stdout.splitlines()[-1] == data.digest()


def test_a_broken_data_set_is_refused_with_every_problem_and_shown_as_text(broken):
    found = api.check(broken)
    assert not found.ok
    assert EVIL in str(found)
    assert EVIL not in found._repr_html_()
    assert "&lt;img src=x onerror=" in found._repr_html_()
    with pytest.raises(api.InputError) as caught:
        api.load(broken)
    assert {one.rule for one in caught.value.problems} == {
        one.rule for one in found.problems if one.severity == "error"
    }
    assert all(one.file.startswith(str(broken)) for one in caught.value.problems)
    with pytest.raises(api.InputError, match="no such data set directory"):
        api.check(broken / "nowhere")


def test_an_answer_is_that_of_the_command(data, ain):
    answer = api.explain(data, "925-834-1234", "7 14159215678", at=AT)
    words = ["explain", GOLDEN, "--from", "9258341234", "--dial", "7 14159215678", "--at", AT]
    printed = json.loads(ain(*words, "--json").stdout)
    assert json.loads(json.dumps(answer.as_json())) == printed["decision"]
    assert ain(*words).stdout.startswith(str(answer))
    host = answer.host()
    assert host.query["message"] == "TERMINATION_ATTEMPT"
    assert host.decision.response.trunk_groups == ("0000-0174",)
    assert host.host() is None
    again = api.explain(data, query=answer.query)
    assert again.as_json() == answer.as_json()


def test_an_answer_shows_steps_and_routing_logic(data):
    answer = api.explain(data, "9258341234", "7 14159215678", at=AT)
    page = answer._repr_html_()
    assert "customers/GOLDEN/" in page
    octets = page.rpartition("base64,")[2].partition('"')[0]
    assert ET.fromstring(b64decode(octets)).tag.endswith("svg")
    assert answer.picture().dot().startswith("digraph")
    assert str(answer.picture()).count("*") >= 2
    assert answer.would_change()


def test_a_query_without_decision_says_why(data):
    answer = api.explain(data, "2125550000", "7 9212000", at=AT)
    assert answer.decision is None
    assert answer.error == "no originating trigger for 2125550000"
    assert answer.picture() is answer.host() is None
    assert "no originating trigger" in answer._repr_html_()


def test_a_service_answers_its_queries():
    answer = api.explain(
        "examples/services",
        query={"message": "INFO_ANALYZED", "called_party": "2135551234", "time": AT, "trigger_criteria": 37},
    )
    assert answer.decision is not None, answer.error
    assert str(answer) == "LNP: PORTED"
    assert "PORTED" in answer._repr_html_()


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({}, "give calling and dial, or called, or query"),
        ({"calling": "9258341234", "dial": "7 555CALL", "at": AT}, "dial: .*not something to dial"),
        ({"calling": "9258341234", "dial": "7 9212000", "at": "yesterday"}, "time: a local time"),
        ({"calling": "9258341234", "dial": "7 9212000", "at": AT, "draw": 10_000}, "draw: 10000"),
        (
            {"calling": "9258341234", "dial": "7 9212000", "at": AT, "bearer": "X"},
            "bearer: 'X' is not one of",
        ),
        ({"called": "9257893412", "dial": "7", "at": AT}, "no effect with called"),
        ({"query": {"message": "INFO_ANALYZED", "nosuch": 1}}, "unknown field `nosuch`"),
        ({"query": {}, "calling": "1"}, "stands instead of"),
    ],
)
def test_input_that_cannot_be_asked_is_named(data, given, what):
    with pytest.raises(api.InputError, match=what):
        api.explain(data, **given)


def test_a_comparison_counts_what_it_compared(data, changed):
    query = api.explain(data, "9258341234", "7 9212000", at=AT).query
    lines = [{"id": "A", "query": query}, {"id": "B", "query": {"message": "X"}}]
    found = api.compare(data, changed, lines)
    assert (found.asked, found.compared, found.same) == (2, 1, False)
    assert found.differences[0].fields["response.ama_slp_id"] == ("760833001", None)
    assert found.unusable[0].startswith("line 2: message: 'X' is not one of INFO_ANALYZED, ")
    assert api.compare(data, data, lines[:1]).same
    assert not api.compare(data, data, []).same
    with pytest.raises(api.InputError, match=r"nosuch.jsonl: No such file"):
        api.compare(data, data, Path("nosuch.jsonl"))


def test_columns_are_decided_as_call_by_call(data):
    dialed = ["79212000", "714159215678", "7900555", "911", "", "7 011 44 20 7946 0000"]
    calls = {
        "calling_party": ["9258341234"] * len(dialed) + ["2125550000"],
        "dialed": [*dialed, "79212000"],
        "time": [AT] * (len(dialed) + 1),
    }
    made = api.batch(data, calls)
    assert len(made) == len(dialed) + 1
    for row, digits in enumerate(dialed):
        if digits:
            decision = api.explain(data, "9258341234", digits, at=AT).decision
            assert (made.ctc[row], made.route[row]) == (decision.ctc, decision.route.kind)
            assert (made.called_number[row], made.ama_slp_id[row]) == (
                decision.called_number, decision.response.ama_slp_id,
            )  # fmt: skip
    assert made.error[-1] == "no originating trigger for 2125550000"
    assert made.ctc[-1] is None
    assert "7 calls" in made._repr_html_()


@pytest.mark.parametrize(
    ("calls", "what"),
    [
        ({"calling_party": []}, "no column dialed; no column time"),
        ({"calling_party": [], "dialed": [], "time": [], "colour": []}, "unknown column colour"),
        ({"calling_party": ["1"], "dialed": [], "time": []}, "unequal length"),
    ],
)
def test_columns_that_are_no_calls_are_refused(data, calls, what):
    with pytest.raises(api.InputError, match=what):
        api.batch(data, calls)


def test_a_row_that_cannot_be_asked_has_its_reason(data):
    made = api.batch(
        data,
        {"calling_party": ["9258341234"] * 2, "dialed": ["7\n1", "79212000"], "time": [AT, float("nan")]},
    )
    assert "not something to dial" in made.error[0]
    assert "time" in made.error[1]


def test_a_scenario_is_played_and_its_calls_have_ladders(run):
    assert run.ok
    assert (len(run.calls), run.summary.failed) == (32, 0)
    drawn = str(run.ladder("C01"))
    assert "InfoAnalyzed" in drawn
    assert len(run.ladder("C01").text(every_field=True)) > len(drawn)
    assert run.ladder("C01").mermaid().startswith("sequenceDiagram")
    assert "<pre" in run.ladder("C01")._repr_html_()
    assert "32 passed" in run._repr_html_()
    with pytest.raises(api.InputError, match="transport: 'smoke' is not one of memory, udp"):
        api.play("examples/figures/fig7.toml", transport="smoke")
    with pytest.raises(api.InputError, match="no call of this run is named C99"):
        run.ladder("C99")


def test_a_failing_scenario_says_which_expectation_and_a_hostile_title_stays_text(tmp_path):
    scenario = tmp_path / "s.toml"
    scenario.write_text(
        f"dataset = '{GOLDEN.resolve()}'\ntitle = '{EVIL}'\n[[call]]\nid = 'X'\nat = {AT}\nfrom = '9258341234'\n"
        "dial = '7 9212000'\nexpect = { ctc = 999 }\n"
    )
    run = api.play(scenario)
    assert not run.ok
    assert run.failures[0].startswith("X: legs.0.ctc: expected 999, got 111")
    assert EVIL not in run._repr_html_()


def test_a_scenario_that_cannot_be_read_is_refused_with_every_problem(tmp_path):
    scenario = tmp_path / "s.toml"
    scenario.write_text("dataset = 'nowhere'\nnosuch = 1\n")
    with pytest.raises(api.InputError) as caught:
        api.play(scenario)
    assert len(caught.value.problems) >= 2
    assert all(one.file == str(scenario) for one in caught.value.problems)


def test_messages_are_decoded_from_octets_hex_and_captures(run, tmp_path, ain):
    octets = bytes.fromhex(next(one.octets for one in run.calls[0].messages if one.name == "InfoAnalyzed"))
    message = api.decode(octets)
    assert str(api.decode(octets.hex(" "))) == str(message)
    assert message.find("accessCode") is not None
    assert message.find("nosuch") is None
    with pytest.raises(api.InputError, match="form: 'nosuch' is not one of"):
        api.decode(octets, "nosuch")
    with pytest.raises(api.InputError, match="octet"):
        api.decode(octets[:-3], "m3ua")
    pcap = tmp_path / "run.pcap"
    assert ain("run", "examples/figures/fig7.toml", "--transport", "memory", "--pcap", pcap).returncode == 0
    found = list(api.decode_file(pcap))
    assert len(found) > 5
    assert any("infoAnalyzed" in str(one.message) for one in found)
    with pytest.raises(api.InputError, match="neither a capture nor a trace"):
        list(api.decode_file(GOLDEN / "scenario.toml"))


def test_a_replay_compares_every_answer(tmp_path, ain, changed):
    trace = tmp_path / "run.trace"
    assert ain("run", GOLDEN / "scenario.toml", "--transport", "memory", "--trace", trace).returncode == 0
    same = api.replay(trace, GOLDEN, utc_offset_hours=None)
    assert same.ok, same
    other = api.replay(trace, changed, utc_offset_hours=None)
    assert not other.ok
    assert other.report.different == len([one for one in other.outcomes if one.judgement == "different"]) > 0
    assert "aMAslpID" in other._repr_html_()
    with pytest.raises(api.InputError, match="no parameter and no operation"):
        api.replay(trace, GOLDEN, ignore=["nosuch"])


def test_usage_is_rated_or_refused(data):
    price = api.rate(CHARGING, at=AT, tariff="STD", duration_ms=90_000)
    assert isinstance(price, api.Priced)
    assert (price.amount, price.currency) == ("0.20", "USD")
    quote = api.rate(CHARGING, at=AT, tariff="STD", money="0.20")
    assert isinstance(quote, api.Granted)
    assert quote.granted_ms == 120_000
    assert isinstance(api.rate(CHARGING, at=AT, tariff="NOSUCH", duration_ms=1), api.Refused)
    with pytest.raises(api.InputError, match="no charging/"):
        api.rate(data, at=AT, tariff="STD", duration_ms=1)
    with pytest.raises(api.InputError, match="nothing used"):
        api.rate(CHARGING, at=AT, tariff="STD")
