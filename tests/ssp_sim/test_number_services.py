"""Calls to numbers that services know: what switches ask, tell each other and do when they hear nothing."""

import shutil
from pathlib import Path

import msgspec
import pytest

from ain_scp.ain.dataset import program_of
from ain_scp.provisioning.compile import compile_dataset
from ain_scp.provisioning.loader import load
from ain_scp.signaling import isup
from ain_scp.ssp_sim.lab import Lab
from ain_scp.ssp_sim.result import as_mapping
from ain_scp.ssp_sim.scenario import load as load_scenario

ROOT = Path(__file__).parents[2]
SERVICES = ROOT / "tests" / "acceptance" / "services" / "golden"
CALL = """[[call]]
id = "one"
at = 2001-01-17T10:00:00
switch = "{switch}"
answered = true
duration_s = 10
from = "{calling}"
dial = "{dial}"
"""


@pytest.fixture
def call(tmp_path):
    """A function: a call, lines of [network], changed files -> the call's record as JSON."""

    def place(dial, network="", calling="9258341277", switch="SSP2004", files=(), records=None, **others):
        root = tmp_path / "set"
        shutil.copytree(ROOT / "examples" / "golden", root, copy_function=shutil.copyfile)
        shutil.copytree(SERVICES, root, dirs_exist_ok=True, copy_function=shutil.copyfile)
        for name, text in files:
            (root / name).write_text(text)
        text = 'dataset = "set"\n[network]\n' + network + "\n"
        (tmp_path / "scenario.toml").write_text(text + CALL.format(dial=dial, calling=calling, switch=switch))
        loaded = load(root)
        assert loaded.dataset is not None, loaded.problems
        scenario = load_scenario(tmp_path / "scenario.toml")
        lab = Lab(
            scenario, loaded.dataset, lambda dataset: program_of(compile_dataset(dataset)), records=records
        )
        lab.run()
        (record,) = lab.records
        return as_mapping(record) | others

    return place


def test_the_generic_address_is_read_and_written_as_the_vector_has_it():
    octets = bytes.fromhex(
        "0500010020100a03060d038090a207031023535500000a0703132985432143c403298543c008c003101253552143"
        "c70b20534d495448204a4f484e00"
    )
    message = isup.decode(octets)
    assert message.generic_address == isup.GenericAddress("2135551234")
    assert (message.called_party_number.digits, message.jurisdiction) == ("3235550000", "925834")
    assert message.forward_call_indicators & 0x0010
    assert isup.encode(message) == octets


def test_a_number_the_switch_knows_as_gone_and_that_was_looked_up_is_released_with_cause_26(call):
    made = call("14159212998", 'ported_out = ["4159212998"]')
    assert made["queries"] == [["SSP2004", "LNP"]]
    assert made["iams"][0]["number_translated"] is True
    assert made["released"] == {"by": "SSP2006", "cause": 26}
    assert made["status"] == "FAILED"
    assert made["connected"] is None


def test_a_switch_that_may_not_ask_leaves_it_to_the_donor(call):
    options = 'ama_slp_id = "123456789"\nquery_at = ["SSP2006"]\n'
    made = call("14159212999", files=[("services/lnp/lnp.toml", options)])
    assert made["queries"] == [["SSP2006", "LNP"]]
    assert made["connected"] == "4159212999"
    assert made["ama"]["lnp"] == {"query": "NOT_ASKED", "lrn": None, "by": "AIN"}


def test_nobody_asks_twice_about_one_call_that_was_looked_up(call):
    made = call("14159212999")
    assert made["queries"] == [["SSP2004", "LNP"]]


@pytest.mark.parametrize(
    ("dial", "called", "jurisdiction"),
    [
        ("04159212999", "4159212999", "INTRALATA"),  # by way of an operator
        ("011442071234567", "442071234567", "INTERNATIONAL"),
        ("911", "911", "UNKNOWN"),
    ],
)
def test_what_nobody_asks_about_leaves_with_the_jurisdiction_and_not_looked_up(
    call, dial, called, jurisdiction
):
    made = call(dial)
    assert made["queries"] == []
    assert made["iams"] == [
        {
            "from": "SSP2004",
            "to": "PSTN",
            "called": called,
            "generic_address": None,
            "number_translated": False,
            "jurisdiction": "925834",
        }
    ]
    assert (made["ama"]["lnp"]["query"], made["ama"]["jurisdiction"]) == ("NOT_ASKED", jurisdiction)


def test_a_routing_number_dialed_by_a_person_is_vacant(call):
    made = call("15105550000")
    assert made["connected"] is None
    assert made["status"].startswith(("ANNOUNCEMENT", "FAILED"))


def test_the_donor_without_an_answer_plays_that_the_number_is_vacant(call):
    made = call("14159212999", "lose_answers_to = { SSP2004 = 1, SSP2006 = 1 }")
    assert made["queries"] == [["SSP2004", "LNP"], ["SSP2006", "LNP"]]
    assert made["status"].startswith(("ANNOUNCEMENT", "FAILED"))
    assert made["ama"] is None or made["ama"]["record"] is False


def test_a_toll_free_number_nobody_has_ends_with_its_announcement(call):
    made = call("18005559999")
    assert made["queries"] == [["SSP2004", "TOLLFREE"]]
    assert made["status"] == "BLOCKED:TF_VACANT"
    assert made["legs"][0]["service"] == "TOLLFREE"


def test_a_toll_free_call_by_a_carrier_is_not_looked_up_here(call):
    made = call("18005551006", calling="9258341277")
    assert made["queries"] == [
        ["SSP2004", "TOLLFREE"],
        ["SSP2006", "LNP"],
    ]  # by the donor: the carrier asks nobody
    assert made["facility"] == {"facility": "CARRIER", "id": "0222"}
    assert made["ama"]["called_number"] == "8005551006"


def test_a_line_that_forwards_sends_the_call_on(call):
    made = call("9257884063", calling="4155550101", switch="PSTN")
    assert made["queries"] == [["SSP2002", "TERMINATING"]]
    assert made["facility"]["facility"] == "PSTN"
    assert [one["service"] for one in made["legs"]] == ["TERMINATING"]
    assert made["legs"][0]["response"]["type"] == "FORWARD_CALL"


class Kept:
    """Usage records as they come."""

    def __init__(self):
        self.usages = []

    def samples(self, samples, now_ns):
        pass

    def usage(self, usage):
        self.usages.append((usage.switch, usage.calling, usage.called, usage.ama_slp_id))


def test_the_switch_of_a_line_that_forwards_makes_the_record_the_line_pays_by(call):
    kept = Kept()
    call("9257884062", calling="2135550199", switch="PSTN", records=kept)
    assert sorted(kept.usages) == [
        ("PSTN", "2135550199", "9257884062", None),
        ("SSP2002", "9257884062", "2135550100", "760800003"),
    ]


def line(number, to, ssp):
    return f'["{number}"]\nssp = "{ssp}"\nrules = [ {{ if = {{ dow = [1, 2, 3, 4, 5] }}, action = "FORWARD", to = "{to}" }} ]\n'


def test_a_line_that_is_forwarded_to_decides_for_itself(call):
    lines = line("9257884070", "9257884071", "SSP2002") + line("9257884071", "9258341240", "SSP2002")
    made = call(
        "9257884070", calling="4155550101", switch="PSTN", files=[("services/terminating/lines.toml", lines)]
    )
    counts = [leg["response"]["redirection_count"] for leg in made["legs"] if leg["outcome"] == "FORWARDED"]
    assert counts == [1, 2]
    assert made["connected"] == "9258341240"


@pytest.mark.parametrize("other", ["SSP2002 9257884071", "SSP2004 9258341271"])
def test_lines_that_forward_to_each_other_end_with_the_loops_announcement(call, other):
    switch, number = other.split()
    lines = line("9257884070", number, "SSP2002") + line(number, "9257884070", switch)
    made = call(
        "9257884070", calling="4155550101", switch="PSTN", files=[("services/terminating/lines.toml", lines)]
    )
    asked = [leg["outcome"] for leg in made["legs"] if leg["service"] == "TERMINATING"]
    assert asked == ["FORWARDED"] * 5 + ["LOOP"]
    assert made["status"] == "BLOCKED:TERM_LOOP"


def test_a_line_that_only_rings_makes_no_record_of_its_own(call):
    kept = Kept()
    call("9257884060", calling="4155550101", switch="PSTN", records=kept)
    assert kept.usages == [("PSTN", "4155550101", "9257884060", None)]


def test_a_rejected_caller_is_released(call):
    made = call("9257884064", calling="4155550199", switch="PSTN")
    assert made["status"] == "FAILED"
    assert made["released"] == {"by": "SSP2002", "cause": 21}
    assert made["shown"] is None


def test_a_line_that_does_not_take_anonymous_calls_rings_for_others(call):
    made = call("9257884061", calling="2135551234", switch="PSTN")
    assert made["shown"] == {"number": "2135551234", "name": "O'BRIEN & SONS"}


def test_without_services_a_call_tells_nothing_of_them(tmp_path):
    scenario = load_scenario(ROOT / "examples" / "golden" / "scenario.toml")
    loaded = load(ROOT / "examples" / "golden")
    lab = Lab(scenario, loaded.dataset, lambda dataset: program_of(compile_dataset(dataset)))
    lab.run()
    for record in lab.records:
        form = as_mapping(record)
        assert (form["iams"], form["released"], form["connected"], form["shown"]) == ([], None, None, None)
        assert {service for _switch, service in form["queries"]} <= {None}
        ama = msgspec.json.decode(record.ama)
        assert "lnp" not in (ama or {})
