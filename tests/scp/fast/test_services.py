"""The short way of the services: octet for octet what the general node answers, through deltas, minutes and repetitions."""

import pytest

from ain_scp.ain.dataset import open_program
from ain_scp.ain.lnp.ask import Question, query_octets
from ain_scp.provisioning.where import Where
from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.ain import operation_named
from ain_scp.signaling.ain.codec import encode_parameters
from ain_scp.signaling.ain.structures import UserID, UserIDChoice
from ain_scp.signaling.bcd import Digits
from ain_scp.signaling.tcap import encode_package, invoke, query
from kit.query import SCP, SSP
from kit.query import query_octets as plan_octets
from tests.scp.test_services_slowly import LATAS, Chance, random_dataset

MORNING = 979_718_399 * 1_000_000_000
"""One second before eight o'clock of 17 January 2001, a Wednesday."""
STEP = 137 * 1_000_000_000
INFO_ANALYZED = operation_named("infoAnalyzed")


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
    package = query(transaction, invoke(INFO_ANALYZED.code, encode_parameters(INFO_ANALYZED, values), 1))
    to = sccp.Address(chance.one([250, 250, 250, 247, 248]), SCP)
    unit = sccp.UnitData(to, sccp.Address(250, SSP), encode_package(package))
    return m3ua.data(SSP, SCP, 3, 2, 0, transaction & 15, sccp.encode(unit), 100)


def randomly(tmp_path, seed):
    """A random data set whose answers copy nothing of the query."""
    root = random_dataset(tmp_path / "set", Chance(seed))
    file = root / "services/lnp/lnp.toml"
    file.write_text(file.read_text().replace("copy_charge = true", "copy_charge = false"))
    return root


@pytest.mark.parametrize("seed", range(4))
def test_random_queries_through_two_deltas(seed, tmp_path, pair_of):
    chance = Chance(seed + 100)
    root = randomly(tmp_path, seed)
    programs = [open_program(root), open_program(root)]
    both = pair_of(programs[0])
    both.general.replace(programs[1])
    transaction = 0
    for _ in range(3):
        for _ in range(8):
            first = max(transaction - 3, 0)  # some again
            octets = [asked(Chance(seed * 10_000 + one), one) for one in range(first, first + 60)]
            transaction = first + 60
            both.ask(octets, MORNING + transaction // 60 * STEP)
            assert both.fast.service_answers == both.general.service_answers
        changes = {chance.number(): (chance.one(["", "5105550000"]), Where("delta", 2)) for _ in range(6)}
        for node in (both.fast, both.general):
            services = node.program.services
            node.program.services = services.with_portability(services.portability().changed_by(changes))
            node.equip()
    assert both.fast.short > 200


def of(number, one, criteria=37):
    return query_octets(Question(number, "9258342001", criteria, 250, 3), one)


def test_options_that_copy_leave_portability_to_the_general_node(tmp_path, pair_of):
    root = random_dataset(tmp_path / "set", Chance(1))
    (root / "services/lnp/lnp.toml").write_text("copy_charge = true\n")
    both = pair_of(open_program(root))
    both.ask([of("2135551001", one) for one in range(30)], MORNING)
    assert both.fast.short == 0


def test_a_notification_leaves_toll_free_to_the_general_node(tmp_path, pair_of):
    root = randomly(tmp_path, 1)
    with (root / "services/tollfree/tollfree.toml").open("a") as file:
        file.write("notify = true\n")
    both = pair_of(open_program(root))
    both.ask([of("8005551001", one, 5) for one in range(30)], MORNING)
    assert both.fast.short == 0


def test_only_what_is_new_is_learned(tmp_path, pair_of):
    """A repeated query is answered as before, though the hour is another by then; nothing is learned of that."""
    root = randomly(tmp_path, 1)
    (root / "services/tollfree/records.csv").write_text(
        "number,status,carrier_intra,carrier_inter,tel,template\n8005551001,WORKING,,,,T-A\n"
    )
    (root / "services/tollfree/templates.toml").write_text(
        '[T-A]\nlogic = [{ if = { tod = ["08:00", "17:00"] }, tel = "DIAL", carrier = "0222" }, '
        '{ tel = "DIAL", carrier = "0333" }]\n'
    )
    both = pair_of(open_program(root))
    for at in range(3):
        both.ask([of("8005551001", 7, 5)], MORNING + at * 600_000_000)
    both.ask([of("8005551001", one, 5) for one in range(20, 40)], MORNING + 2_000_000_000)
    assert both.fast.short == 19


def test_the_draw_of_each_query_is_its_own(tmp_path, pair_of):
    """Of a hundred queries for 60 and 40 percent, mixed with others, each way sends the same by the same carrier."""
    root = randomly(tmp_path, 1)
    (root / "services/tollfree/records.csv").write_text(
        "number,status,carrier_intra,carrier_inter,tel,template\n8005551001,WORKING,,,,T-A\n"
    )
    (root / "services/tollfree/templates.toml").write_text(
        '[T-A]\nlogic = [{ if = { percent = 60 }, tel = "DIAL", carrier = "0222" }, '
        '{ if = { percent = 40 }, tel = "DIAL", carrier = "0333" }]\n'
    )
    both = pair_of(open_program(root))
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
