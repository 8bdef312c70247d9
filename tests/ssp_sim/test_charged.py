"""Calls charged while they run, over the wire: the same charges wherever the engine sits, and books that agree with the switches."""

import random
from pathlib import Path

import msgspec
import pytest

from ain_scp.billing.charging.features import records_of
from ain_scp.billing.ledger.check import problems
from ain_scp.billing.summaries.messages import MessageEntry, contents_of
from ain_scp.provisioning.loader import load_or_raise
from ain_scp.provisioning.problems import ProvisioningError
from ain_scp.ssp_sim.lab import Lab, default_program
from ain_scp.ssp_sim.scenario import load, parse

ROOT = Path(__file__).parents[2]
PLACES = ("scp", "switch", "application_cpu")
CHARGING = ROOT / "examples/charging"
LINES = {
    "9255550300": "A10",
    "9255550301": "A2",
    "9255550302": "A6",
    "9255550305": "A005O",
    "9255550306": "A2O",
    "9255550307": "C20",
    "9255550308": "AFTER5",
    "9255550309": "PULSE1",
    "9255550391": "BG10",
    "9255550392": "BG10",
}


@pytest.fixture(scope="module")
def dataset():
    return load_or_raise(CHARGING)[0]


@pytest.fixture
def play(dataset):
    """A function: scenario text or file, data set -> the lab of a run, its calls by id."""

    def make(scenario, at=None, data=None, **options):
        plan = load(scenario) if isinstance(scenario, Path) else parse(scenario, directory=CHARGING)
        if at is not None:
            plan = msgspec.structs.replace(plan, charging=msgspec.structs.replace(plan.charging, at=at))
        lab = Lab(plan, data or dataset, default_program, **options)
        summary = lab.run()
        assert not summary.unmet, summary.failures
        assert not any(record.unmet for record in lab.records), [r.failures for r in lab.records]
        assert sound(lab)
        return lab, {record.id: record for record in lab.records}

    return make


def sound(lab):
    """The books add up, nothing is held, and no account is below what was agreed (I1 to I3)."""
    desk = lab.charged.port.engine.desk
    assert problems(desk.ledger) == []
    assert not desk.ledger.reservations
    return all(desk.money(name).reserved == 0 for name in desk.charging.accounts)


def details(lab):
    """The detail use records, without the times of links: who called whom, how long, for how much."""
    desk = lab.charged.port.engine.desk
    return sorted(
        (account, one.call, one.calling, one.called, one.duration_ms, one.charge, one.parts)
        for account in desk.charging.accounts
        for one in records_of(desk, account)
    )


def posted(lab):
    desk = lab.charged.port.engine.desk
    return {name: desk.money(name).posted for name in desk.charging.accounts}


def charge(record):
    return msgspec.json.decode(record.charge)


@pytest.mark.parametrize("at", PLACES)
def test_a_shipped_scenario_and_its_books(at, ain, tmp_path):
    """Every expectation holds, the ledger is sound, and agrees with the switches' records call by call (I10)."""
    books, records = tmp_path / "books", tmp_path / "records"
    where = f"examples/charging/scenario_{at}.toml"
    done = ain("run", where, "--charging", books, "--records", records, "--transport", "memory")
    assert (done.returncode, done.stderr) == (0, "")
    assert "14 passed, 0 failed" in done.stdout
    for words in (("check", books), ("reconcile", books, "--records", records)):
        done = ain("account", *words)
        assert done.returncode == 0, done.stdout
    assert "0 differences" in done.stdout


def test_the_charges_are_the_same_record_for_record(play):
    """I8: AIN, the engine in the switch, and Diameter to an application CPU."""
    labs = [play(CHARGING / f"scenario_{at}.toml")[0] for at in PLACES]
    assert len(details(labs[0])) == 12
    for lab in labs[1:]:
        assert details(lab) == details(labs[0])
        assert posted(lab) == posted(labs[0])


@pytest.mark.parametrize("at", PLACES)
@pytest.mark.parametrize("name", ["messages", "handset"])
def test_what_goes_out_with_the_set_up_is_the_same_everywhere(name, at, play):
    """The set-up message is played before the call is routed; a handset is sent one message, and counts for itself (B3, B5)."""
    _, found = play(CHARGING / f"scenario_{name}.toml", at)
    for record in found.values():
        kinds = [message.name for message in record.messages if message.protocol in ("LINE", "ISUP")]
        told = [m.name for m in record.messages if ("id", "47") in m.fields]
        assert len(told) == (charge(record)["setup_message"] is not None)
        if told and "IAM" in kinds:
            assert kinds.index("Announcement") < kinds.index("IAM")
        assert kinds.count("Display") == (0 if record.display is None else record.display.messages) <= 1


def test_a_set_up_message_that_comes_late_is_not_played(play, dataset):
    """The application CPU may be asked for longer than `message_ms`: the call proceeds as soon as it is granted (B5-010)."""
    options = msgspec.structs.replace(dataset.charging.options, message_ms=1)
    charging = msgspec.structs.replace(dataset.charging, options=options)
    data = msgspec.structs.replace(dataset, charging=charging)
    call = '[[call]]\nid = "c"\nfrom = "9255550328"\ndial = "9 2125550000"\nduration_s = 60\n'
    _, found = play(ONE + call, "application_cpu", data)
    assert found["c"].status == "COMPLETED"
    assert charge(found["c"])["setup_message"] is None
    assert not any(("id", "47") in message.fields for message in found["c"].messages)
    _, found = play(ONE + call, "application_cpu")
    assert charge(found["c"])["setup_message"] == "BALANCE=0.00"


def test_contents_are_cut_at_whole_entries():
    """Variable data are at most 128 octets, whatever the promotion says."""
    said = [MessageEntry("BALANCE", "1.00"), MessageEntry("PROMO", "\u00e4" * 54), MessageEntry("USAGE", "7")]
    assert contents_of(said) == "BALANCE=1.00;PROMO=" + "\u00e4" * 54
    assert contents_of([*said[:1], MessageEntry("PROMO", "\u00e4" * 55)]) == "BALANCE=1.00"
    assert contents_of([]) == ""


def random_scenario(seed):
    """Calls of one hour by lines of several tariffs, some together on one balance, each hanging up when it likes."""
    chance = random.Random(seed)
    text = 'dataset = "."\nstart = 2001-01-17T16:00:00\nseed = 1\n[charging]\nat = "scp"\ndeposits = ['
    for _ in range(3):
        account = chance.choice(sorted(set(LINES.values())))
        second = chance.randrange(3600)
        text += f'{{account = "{account}", amount = "{chance.randint(1, 300) / 100:.2f}", at = {second}}}, '
    text += "]\n"
    for line in LINES:
        for number in range(chance.randint(1, 3)):
            begins = number * 1200 + chance.randrange(300)
            called = chance.choice(["2125550000", "9255559999", "4155550000", "911"])
            text += (
                f'[[call]]\nid = "{line}-{number}"\nat = {begins}\nfrom = "{line}"\ndial = "9 {called}"\n'
                f"duration_s = {chance.choice([30, 60, 61, 119.9, 120, 300, chance.randint(1, 700)])}\n"
                f"ring_s = {chance.choice([0.1, 2, 5])}\n"
            )
    return text


@pytest.mark.parametrize("seed", range(6))
def test_random_calls_are_charged_alike_everywhere(seed, play):
    """Every answered call once; nobody talks past what was paid for."""
    labs = [play(random_scenario(seed), at)[0] for at in PLACES]
    for lab in labs[1:]:
        assert details(lab) == details(labs[0])
        assert posted(lab) == posted(labs[0])
    floor = {
        row.account: -(row.credit_limit + row.overrun)
        for row in labs[0].charged.port.engine.desk.charging.rows.accounts
    }
    assert all(amount >= floor[name] for name, amount in posted(labs[0]).items())


ONE = """
dataset = "."
start = 2001-01-17T10:00:00
[charging]
at = "scp"
"""


def test_calls_of_others_are_answered_octet_for_octet_as_before(play, dataset):
    """The golden calls, by a node that charges and by one that does not."""
    text = (ROOT / "examples/golden/scenario.toml").read_text()

    def octets(words):
        lab = Lab(parse(words, directory=CHARGING), dataset, default_program)
        lab.run()
        return [(m.source, m.destination, m.octets) for record in lab.records for m in record.messages]

    plain = octets(text)
    assert plain == octets(text.replace("[[call]]", '[charging]\nat = "scp"\n\n[[call]]', 1))
    assert len(plain) > 500


@pytest.mark.parametrize("at", PLACES)
def test_a_dead_charge_processor(at, play):
    """Prepaid fails closed with its announcement, postpaid open and charged by its record, 911 is never asked."""
    calls = "".join(
        f'[[call]]\nid = "{name}"\nat = {60 * place}\nfrom = "{line}"\ndial = "9 {called}"\nduration_s = 30\n'
        for place, (name, line, called) in enumerate((
            ("prepaid", "9255550300", "2125550000"),
            ("postpaid", "9255550307", "2125550000"),
            ("emergency", "9255550300", "911"),
        ))
    )  # fmt: skip
    lab, found = play(ONE + "down = true\n" + calls, at)
    assert found["prepaid"].status == "BLOCKED:CHARGING_UNAVAILABLE"
    assert {found[name].status for name in ("postpaid", "emergency")} == {"COMPLETED"}
    assert posted(lab)["A10"] == 10_000_000
    assert posted(lab)["C20"] == -100_000
    assert found["emergency"].charge is None


@pytest.mark.parametrize("at", PLACES)
def test_the_processor_dies_during_a_call(at, play):
    """What is paid for is talked, no more; the record says what that was."""
    call = '[[call]]\nid = "c"\nfrom = "9255550300"\ndial = "9 2125550000"\nduration_s = 600\n'
    lab, found = play(ONE + "down = [{from = 20}]\n" + call, at)
    record = found["c"]
    talked_ms = (record.released_ns - record.answered_ns) // 1_000_000
    assert 59_000 <= talked_ms <= 63_100
    assert posted(lab)["A10"] == 9_000_000


def test_a_switch_without_the_timeout_event_is_minded_by_the_node(play, dataset):
    """The node's own timer: extended once, cut a little early, charged as by the others."""
    switches = tuple(msgspec.structs.replace(row, edp_timeout=False) for row in dataset.switches)
    data = msgspec.structs.replace(dataset, switches=switches)
    call = '[[call]]\nid = "c"\nfrom = "9255550301"\ndial = "9 2125550000"\nduration_s = 600\n'
    _, found = play(ONE + call, data=data)
    names = [message.name for message in found["c"].messages]
    assert "timeout" not in names
    assert "Disconnect" in names or "disconnect" in names
    said = charge(found["c"])
    assert said["amount"] == "2.00"
    talked_s = (found["c"].released_ns - found["c"].answered_ns) / 1e9
    assert 119.7 < talked_s < 120


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("at", ["scp", "application_cpu"])
def test_messages_are_lost_repeated_and_late(seed, at, play):
    """Whatever is lost: the books are sound, nothing stays held, and each call is charged for what its switch recorded."""
    faults = "\n[network]\nloss = 0.15\nduplicate = 0.1\nreorder = 0.2\nreorder_ms = 40\njitter_ms = 5\n"
    lab, found = play(random_scenario(seed) + faults, at, seed=seed)
    desk = lab.charged.port.engine.desk
    for used in lab.charged.used:
        kept = desk.records_of_call(used.call)
        if kept:
            assert kept[0][2].duration_ms == used.duration_ns // 1_000_000
    assert len({one.id for one in lab.records}) == len(found)


def test_the_warning_is_spoken_and_the_cut_exact(play):
    """Ladder of the worked call: announcement, timer, warning, what is left, cut; the record says 120.000 s."""
    _, found = play(CHARGING / "scenario_scp.toml")
    names = [
        m.name for m in found["cut"].messages if m.protocol == "AIN" and m.destination in ("SCP", "SSP2004")
    ]
    assert names == [
        "InfoAnalyzed",
        "SendToResource",
        "ResourceClear",
        "AnalyzeRoute+SendNotification+RequestReportBCMEvent",
        "OAnswer",
        "Timeout",
        "ConnectToResource",
        "CTRClear",
        "Continue+RequestReportBCMEvent",
        "Timeout",
        "Continue+RequestReportBCMEvent",
        "Timeout",
        "Disconnect",
        "TerminationNotification",
    ]


def test_a_scenario_that_cannot_be_charged_is_refused(dataset):
    """Every problem with its line: unknown names, floats for money, keys that mean nothing without [charging]."""
    bad = """
dataset = "."
start = 2001-01-17T10:00:00
[charging]
at = "moon"
deposits = [{ account = "A2", amount = 2.5 }, { account = "A2", amount = "0" }]
down = 3
[[call]]
from = "9255550300"
dial = "9 2125550000"
"""
    with pytest.raises(ProvisioningError) as caught:
        parse(bad)
    text = "\n".join(map(str, caught.value.problems))
    for word in ("'moon' is unknown", "expected a string, got", "above 0", "down"):
        assert word in text, text
    with pytest.raises(ProvisioningError, match=r"payer: needs \[charging\]"):
        parse(
            'dataset = "."\n[[call]]\nat = 2001-01-17T10:00:00\nfrom = "9255550300"\ndial = "9 1"\npayer = "called"\n'
        )
    golden = load_or_raise(ROOT / "examples/golden")[0]
    plan = parse(ONE + '[[call]]\nfrom = "9258341234"\ndial = "9 2125550000"\n')
    with pytest.raises(ProvisioningError, match="no folder charging/"):
        Lab(plan, golden, default_program)
