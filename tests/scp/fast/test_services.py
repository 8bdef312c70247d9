"""The short way of the services: octet for octet what the general node answers, through deltas, minutes and repetitions.

Each is asked with the innermost part, too, which is run interpreted here.
"""

import importlib
import importlib.util

import pytest

from ain_scp.ain.dataset import open_program
from ain_scp.ain.lnp.ask import Question, query_octets
from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.ain import operation_named
from ain_scp.signaling.ain.codec import encode_parameters
from ain_scp.signaling.ain.structures import RedirectionInformation, UserID, UserIDChoice
from ain_scp.signaling.bcd import Digits
from ain_scp.signaling.tcap import encode_package, invoke, query
from kit.doubts import DOUBTS
from kit.query import SCP, SSP
from kit.query import query_octets as plan_octets
from tests.kit.deltas import changes_of
from tests.scp.test_services_slowly import LATAS, LINES, Chance, random_dataset

MORNING = 979_718_399 * 1_000_000_000
"""One second before eight o'clock of 17 January 2001, a Wednesday."""
STEP = 137 * 1_000_000_000
INFO_ANALYZED = operation_named("infoAnalyzed")
TERMINATION_ATTEMPT = operation_named("terminationAttempt")


@pytest.fixture(params=["path", "innermost"])
def pair_with(request, pair_of):
    """A function: program -> a general node and one with a short way, of either kind."""
    if request.param == "path":
        return pair_of
    if importlib.util.find_spec("librt") is None:
        pytest.skip("needs librt, which compiled installations have")
    core = importlib.import_module("ain_scp.scp.fast.core")
    return lambda program: pair_of(program, core)


def message(operation, values, to, transaction):
    """The octets of a query of one operation."""
    package = query(transaction, invoke(operation.code, encode_parameters(operation, values), 1))
    unit = sccp.UnitData(to, sccp.Address(250, SSP), encode_package(package))
    return m3ua.data(SSP, SCP, 3, 2, 0, transaction & 15, sccp.encode(unit), 100)


def attempt(chance, transaction):
    """A query about a line, most often one with rules or a name to be shown."""
    values = {
        "userID": UserID(UserIDChoice.DN, digits=chance.number()),
        "bearerCapability": 0,
        "calledPartyID": Digits(3, 1, chance.one([*LINES, *LINES, chance.number()])),
        "triggerCriteriaType": 15,
    }
    if chance.maybe(1, 30):
        values["lata"] = Digits(0, 0, chance.one(LATAS))
    if chance.maybe(1, 85):
        digits = chance.one([chance.number()] * 8 + ["5551234", "123456"])
        values["callingPartyID"] = Digits(chance.one([3, 3, 3, 4]), 1, digits, chance.one([0, 0, 0, 1]))
    if chance.maybe(1, 30):
        values["chargeNumber"] = Digits(3, 1, chance.number())
    if chance.maybe(1, 30):
        values["redirectionInformation"] = RedirectionInformation(3, 3, 3, chance.one([1, 2, 5]))
    return message(TERMINATION_ATTEMPT, values, sccp.Address(250, SCP), transaction)


def asked(chance, transaction):
    """A query that is most often plain, and about one of few numbers."""
    number = chance.one(
        [chance.number(), chance.number(), chance.toll_free(), chance.toll_free(), "213555123"]
    )
    values = {
        "userID": UserID(UserIDChoice.DN, digits=chance.number()),
        "bearerCapability": 0,
        "calledPartyID": Digits(chance.one([3, 3, 3, 3, 3, 3, 0x72, 4]), 1, number),
        "triggerCriteriaType": chance.one([37, 5]),
    }
    if chance.maybe(1):
        values["lata"] = Digits(0, 0, chance.one(LATAS))
    if chance.maybe(1, 80):
        calling = chance.one([chance.number()] * 5 + ["5551234"])
        values["callingPartyID"] = Digits(chance.one([3, 3, 3, 3, 4]), 1, calling)
    if chance.maybe(1, 30):
        values["chargeNumber"] = Digits(3, 1, chance.one([chance.number(), "55512", ""]))
    to = sccp.Address(chance.one([250, 250, 250, 247, 248]), SCP)
    return message(INFO_ANALYZED, values, to, transaction)


def randomly(tmp_path, seed):
    """A random data set whose answers copy nothing of the query."""
    root = random_dataset(tmp_path / "set", Chance(seed))
    file = root / "services/lnp/lnp.toml"
    file.write_text(file.read_text().replace("copy_charge = true", "copy_charge = false"))
    return root


@pytest.mark.parametrize("seed", range(4))
def test_random_queries_through_two_deltas(seed, tmp_path, pair_with):
    chance = Chance(seed + 100)
    root = randomly(tmp_path, seed)
    programs = [open_program(root), open_program(root)]
    both = pair_with(programs[0])
    both.general.replace(programs[1])
    transaction = 0
    for _ in range(3):
        for _ in range(8):
            first = max(transaction - 3, 0)  # some again
            chances = [Chance(seed * 10_000 + one) for one in range(first, first + 60)]
            octets = [
                (attempt if one.maybe(1, 25) else asked)(one, first + at) for at, one in enumerate(chances)
            ]
            transaction = first + 60
            both.ask(octets, MORNING + transaction // 60 * STEP)
            assert both.fast.service_answers == both.general.service_answers
        shapes = both.fast._path.services._shapes
        assert len(shapes) > 20
        changes = changes_of({chance.number(): chance.one(["", "5105550000"]) for _ in range(6)})
        for node in (both.fast, both.general):
            services = node.program.services
            node.program.services = services.with_portability(services.portability().changed_by(changes))
            node.equip()
        assert both.fast._path.services._shapes is shapes, "a delta lets what is known stand"
    assert both.fast.short > 250


@pytest.mark.parametrize("seed", range(3))
def test_lines_and_names(seed, tmp_path, pair_with):
    """Screening, forwarding, names of every length, numbers withheld: by minutes, draws and callers."""
    both = pair_with(open_program(random_dataset(tmp_path / "set", Chance(seed + 50))))
    for turn in range(12):
        chances = [Chance(seed * 10_000 + turn * 60 + one) for one in range(60)]
        both.ask([attempt(one, turn * 60 + at) for at, one in enumerate(chances)], MORNING + turn * STEP)
        assert both.fast.service_answers == both.general.service_answers
    assert both.fast.short > 100
    assert {outcome for _, outcome in both.fast.service_answers} >= {"AUTHORIZED"}


def of(number, one, criteria=37):
    return query_octets(Question(number, "9258342001", criteria, 250, 3), one)


def test_options_that_copy_leave_portability_to_the_general_node(tmp_path, pair_with):
    root = random_dataset(tmp_path / "set", Chance(1))
    (root / "services/lnp/lnp.toml").write_text("copy_charge = true\n")
    both = pair_with(open_program(root))
    both.ask([of("2135551001", one) for one in range(30)], MORNING)
    assert both.fast.short == 0


def test_a_notification_leaves_toll_free_to_the_general_node(tmp_path, pair_with):
    root = randomly(tmp_path, 1)
    with (root / "services/tollfree/tollfree.toml").open("a") as file:
        file.write("notify = true\n")
    both = pair_with(open_program(root))
    both.ask([of("8005551001", one, 5) for one in range(30)], MORNING)
    assert both.fast.short == 0


def test_only_what_is_new_is_learned(tmp_path, pair_with):
    """A repeated query is answered as before, though the hour is another by then; nothing is learned of that."""
    root = randomly(tmp_path, 1)
    (root / "services/tollfree/records.csv").write_text(
        "number,status,carrier_intra,carrier_inter,tel,template\n8005551001,WORKING,,,,T-A\n"
    )
    (root / "services/tollfree/templates.toml").write_text(
        '[T-A]\nlogic = [{ if = { tod = ["08:00", "17:00"] }, tel = "DIAL", carrier = "0222" }, '
        '{ tel = "DIAL", carrier = "0333" }]\n'
    )
    both = pair_with(open_program(root))
    for at in range(3):
        both.ask([of("8005551001", 7, 5)], MORNING + at * 600_000_000)
    both.ask([of("8005551001", one, 5) for one in range(20, 40)], MORNING + 2_000_000_000)
    assert both.fast.short == 19


def test_the_draw_of_each_query_is_its_own(tmp_path, pair_with):
    """Of a hundred queries for 60 and 40 percent, mixed with others, each way sends the same by the same carrier."""
    root = randomly(tmp_path, 1)
    (root / "services/tollfree/records.csv").write_text(
        "number,status,carrier_intra,carrier_inter,tel,template\n8005551001,WORKING,,,,T-A\n"
    )
    (root / "services/tollfree/templates.toml").write_text(
        '[T-A]\nlogic = [{ if = { percent = 60 }, tel = "DIAL", carrier = "0222" }, '
        '{ if = { percent = 40 }, tel = "DIAL", carrier = "0333" }]\n'
    )
    both = pair_with(open_program(root))
    by = {b"\x20\x22": 0, b"\x30\x33": 0}
    for at in range(10):
        queries = [of("8005551001", one, 5) for one in range(at * 20, at * 20 + 20)]
        queries[7:7] = [of("2135551001", at * 1000 + one) for one in (900, 901, 902)]
        queries[11:11] = [plan_octets(at * 1000 + one, "9212000") for one in (910, 911)]
        for answer in both.ask(queries, MORNING + at):
            by = {carrier: count + (carrier in answer) for carrier, count in by.items()}
    assert sum(by.values()) >= 200
    assert min(by.values()) > 40
    assert both.fast.short > 200


SECOND = 1_000_000_000
ASKED = {
    "LNP": (INFO_ANALYZED, 37, "2135551001", 250),
    "LNP by address": (INFO_ANALYZED, 37, "2135551001", 247),
    "TOLLFREE": (INFO_ANALYZED, 5, "8005551001", 250),
    "TERMINATING": (TERMINATION_ATTEMPT, 15, "9257884060", 250),
}


@pytest.mark.parametrize("doubt", DOUBTS)
@pytest.mark.parametrize("name", ASKED)
def test_a_query_to_a_service_proves_that_its_switch_is_there(name, doubt, tmp_path, pair_with):
    """Whatever was said of it before, by others too. Source: T1.112.4 clause 5."""
    operation, criteria, called, ssn = ASKED[name]
    root = randomly(tmp_path, 1)
    lines = root / "services/cnam/lines.csv"
    lines.write_text("number,ssp\n9257884060,SSP2002\n")
    both = pair_with(open_program(root))
    numbers, status = iter(range(1, 100)), both.fast.lower.status

    def ask(count, now):
        values = {
            "userID": UserID(UserIDChoice.DN, digits="9258342001"),
            "bearerCapability": 0,
            "calledPartyID": Digits(3, 1, called),
            "triggerCriteriaType": criteria,
        }
        to = sccp.Address(ssn, SCP)
        both.ask([message(operation, values, to, next(numbers)) for _ in range(count)], now)

    for round_ in range(3):
        now, short = MORNING + round_ * SECOND, both.fast.short
        ask(4, now)
        assert both.fast.short > short
        both.ask([DOUBTS[doubt]()], now + 1)
        assert status.refusal(SSP, 250) is not None
        short = both.fast.short
        ask(1, now + 2)
        assert both.fast.short == short
        assert status.refusal(SSP, 250) is None
    other = both.fast.short
    both.fast._doubt(SSP + 7)
    ask(4, now + 3)
    assert both.fast.short == other + 4
