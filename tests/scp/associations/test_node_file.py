"""Node files: what they set up, and every problem at once with its line."""

import pytest

from ain_scp.provisioning.problems import ProvisioningError
from ain_scp.scp.associations.screen import Screen
from ain_scp.scp.node_file import read
from ain_scp.signaling.m3ua.numbers import TrafficMode
from ain_scp.signaling.mtp3 import parse_point_code
from ain_scp.transport.link import Endpoint

WHOLE = """
name = "SCP-A"
point_code = "254-200-21"
alias_point_codes = ["254-200-20"]
mates = ["254-200-22"]
routing_context = 21
node_id = 7
t_beat_ms = 250
t1_ms = 2000

[[stp]]
name = "STP1"
transport = "sctp"
remote = "10.0.0.1+10.0.1.1:2905"
local = "10.0.0.2"
routing_contexts = [20, 21]
traffic_mode = "loadshare"
asp_identifier = 1
destinations = ["250-1-10"]

[[stp]]
name = "STP2"
transport = "udp"
remote = "10.0.0.3"
standby = true

[[listen]]
transport = "udp"
address = "127.0.0.1:0"

[[peer]]
name = "SSP"
addresses = ["127.0.0.11"]
point_codes = ["250-1-10"]
routing_context = 10

[metrics]
address = "127.0.0.1:0"
"""


@pytest.fixture
def of(tmp_path):
    """A function: text -> what the file says, or its problems as texts."""

    def make(text):
        path = tmp_path / "node.toml"
        path.write_text(text)
        try:
            return read(path)
        except ProvisioningError as fault:
            return [f"{problem.line}: {problem.text}" for problem in fault.problems]

    return make


def test_a_whole_file_is_read(of):
    setup = of(WHOLE)
    node, associations = setup.node, setup.associations
    own, alias = parse_point_code("254-200-21"), parse_point_code("254-200-20")
    assert (node.name, node.point_code, node.routing_context, node.node_id) == ("SCP-A", own, 21, 7)
    assert associations.point_codes == {own, alias} == node.alias_point_codes | {own}
    assert node.mates == {parse_point_code("254-200-22")}
    first, second = associations.stps
    assert (first.remote, first.local) == (
        Endpoint(("10.0.0.1", "10.0.1.1"), 2905),
        Endpoint(("10.0.0.2",), 0),
    )
    assert first.asp.routing_contexts == (20, 21)
    assert (first.asp.traffic_mode, first.asp.asp_identifier, first.asp.t_beat_ms) == (
        TrafficMode.LOADSHARE,
        1,
        250,
    )
    assert (first.asp.association, second.asp.association, second.asp.standby) == (True, False, True)
    assert second.remote == Endpoint(("10.0.0.3",), 2905)
    assert associations.peers.of_address("127.0.0.11:4711").name == "SSP"
    assert associations.peers.of_address("127.0.0.12:4711") is None
    assert setup.metrics == Endpoint(("127.0.0.1",), 0)


def test_a_peer_may_call_the_nodes_own_subsystem_and_no_global_title_unless_its_row_says_more(of):
    (peer,) = of(WHOLE.replace("node_id = 7", "ssn = 251")).associations.peers._by_address.values()
    assert (peer.subsystems, peer.translation_types) == ({251}, set())
    more = WHOLE.replace(
        "routing_context = 10",
        'routing_context = 10\nsubsystems = [250, 252]\ntranslation_types = [254]\norigin_point_codes = ["250-1-11"]',
    )
    (peer,) = of(more).associations.peers._by_address.values()
    assert (peer.subsystems, peer.translation_types) == ({250, 252}, {254})
    assert peer.origin_point_codes == {parse_point_code("250-1-10"), parse_point_code("250-1-11")}


def test_an_stp_may_send_everything_unless_its_row_says_less(of):
    less = 'standby = true\norigin_point_codes = ["250-1-10"]\nsubsystems = []\ntranslation_types = [254]'
    first, second = of(WHOLE.replace("standby = true", less)).associations.stps
    assert first.screen == Screen()
    assert second.screen == Screen(frozenset({parse_point_code("250-1-10")}), frozenset(), frozenset({254}))


def test_every_problem_is_told_at_once_with_its_line(of):
    text = (
        WHOLE.replace('"254-200-21"', '"254-200-321"')
        .replace('"sctp"', '"tcp"')
        .replace("node_id = 7", "node_id = 700")
    )
    text = text.replace("standby = true", "stand_by = true").replace("10.0.0.3", "stp.example")
    assert of(text) == [
        "3: point_code: point code '254-200-321': member must be 0 to 255",
        "7: node_id: a whole number from 0 to 255 is needed",
        "13: stp.0.transport: one of sctp, udp is needed",
        "24: stp.1.remote: 'stp.example': 'stp.example' is no IPv4 address",
        "25: stp.1.stand_by: unknown key",
    ]


PROBLEMS = {
    "no TOML": ("name = ", "0: is not TOML: Invalid value"),
    "a date that is none": ("name = 1999-01-01T99:00:00", "1: is not TOML"),
    "a number of too many digits": ("node_id = " + "9" * 5000, "0: is not TOML: Exceeds the limit"),
    "nested too deep": ("a = " + "[" * 3000, "is"),
    "several hosts of a datagram": (
        WHOLE.replace('"127.0.0.1:0"', '"127.0.0.1+127.0.0.2:0"', 1),
        "29: listen.0.address: '127.0.0.1+127.0.0.2:0': only SCTP has more than one host",
    ),
    "an STP given twice": (WHOLE.replace('"STP2"', '"STP1"'), "22: stp.1.name: 'STP1' is given twice"),
    "no point code": ('[[listen]]\ntransport = "udp"\naddress = "127.0.0.1:0"', "point_code: point code ''"),
    "nothing to do": ('point_code = "1-2-3"', "nothing to do"),
    "open to the world without peers": (
        'point_code = "1-2-3"\n[[listen]]\ntransport = "udp"\naddress = "0.0.0.0:2905"',
        "5: listen.0.address: open to others than this machine only with a [[peer]] list",
    ),
    "metrics for the world": (
        WHOLE.replace('[metrics]\naddress = "127.0.0.1:0"', '[metrics]\naddress = "0.0.0.0:1"'),
        "metrics.address: the health endpoint is served on this machine only",
    ),
    "an address of two peers": (
        WHOLE
        + '[[peer]]\nname = "X"\naddresses = ["127.0.0.11"]\npoint_codes = ["1-1-1"]\nrouting_context = 11\n',
        "address 127.0.0.11 belongs to another row",
    ),
    "a routing context of two peers": (
        WHOLE
        + '[[peer]]\nname = "X"\naddresses = ["127.0.0.12"]\npoint_codes = ["1-1-1"]\nrouting_context = 10\n',
        "routing context 10 is given twice",
    ),
    "a table that is none": ("stp = 3", "stp: must be written as [[stp]]"),
    "a flag that is none": (WHOLE.replace("standby = true", "standby = 1"), "standby: true or false"),
    "numbers that are none": (
        WHOLE.replace("[20, 21]", '["20"]'),
        "routing_contexts: a list of whole numbers",
    ),
    "a subsystem that is none": (
        WHOLE.replace("standby = true", "subsystems = [256]"),
        "stp.1.subsystems: a list of whole numbers from 0 to 255 is needed",
    ),
    "a translation type that is none": (
        WHOLE.replace("routing_context = 10", "routing_context = 10\ntranslation_types = [-1]"),
        "peer.0.translation_types: a list of whole numbers from 0 to 255 is needed",
    ),
    "texts that are none": (WHOLE.replace('["250-1-10"]', "[1]"), "a list of texts"),
}


@pytest.mark.parametrize(("text", "problem"), PROBLEMS.values(), ids=PROBLEMS)
def test_a_problem_is_told_in_words(text, problem, of):
    problems = of(text.replace("5: ", ""))
    assert any(problem.removeprefix("5: ") in told for told in problems), problems


def test_a_file_that_is_not_there_or_no_text_is_one_problem(of, tmp_path):
    with pytest.raises(ProvisioningError, match="No such file"):
        read(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ProvisioningError, match="not UTF-8"):
        read(tmp_path / "bad.toml")


def test_a_byte_order_mark_before_the_text_changes_nothing(of):
    assert of("\ufeff" + WHOLE).node.name == "SCP-A"
