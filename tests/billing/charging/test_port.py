"""The embedded door: a result leaves when it is durable, and never when the journal fails first."""

import msgspec
import pytest

from ain_scp.billing.charging import events, lines
from ain_scp.billing.charging.engine import Engine
from ain_scp.billing.charging.running import SPARE_TIMERS
from ain_scp.billing.ledger.durable import open_ledger
from ain_scp.billing.ledger.machine import Ledger
from ain_scp.journal.faults import JournalFault
from kit.embedded_port import EmbeddedPort
from kit.model_storage import ModelStorage, PlannedFault

NOW = lines.moment_of("2001-01-17T10:00:00").at_ms
CALL = events.Authorize(at="", call="c", from_="9255550201", called="2125550000")


@pytest.fixture
def made(snapshot_of):
    storage = ModelStorage()
    ledger = open_ledger(storage, 0)
    port = EmbeddedPort(Engine(snapshot_of(), snapshot_of().charging, ledger))
    ledger.commit(0)
    return port, ledger, storage


def test_results_wait_for_the_group(made):
    port, ledger, _ = made
    ticket = port.begin(CALL, NOW)
    asked = port.begin(events.Balance(at="", account="A2"), NOW)
    assert port.results() == []
    ledger.commit(1)
    assert [result.ticket for result in port.results()] == [ticket, asked]
    port.begin(events.Balance(at="", account="A2"), NOW)
    assert len(port.results()) == 1


def test_nothing_leaves_when_the_journal_fails(made):
    """What comes after is UNAVAILABLE: prepaid is closed, postpaid open, and 911 never asked."""
    port, ledger, storage = made
    port.begin(CALL, NOW)
    storage.plan(PlannedFault("sync", 1))
    with pytest.raises(JournalFault):
        ledger.commit(1)
    assert port.results() == []
    asked = msgspec.structs.replace
    for request in (
        CALL,
        asked(CALL, called="911"),
        asked(CALL, from_="9255550224"),
        asked(CALL, from_="9255550224", payer="called"),
        events.Balance(at="", account="A2"),
        events.Deposit(at="", account="A2", amount="1.00"),
    ):
        port.begin(request, NOW)
    said = [result.said.reason for result in port.results()]
    assert said == ["UNAVAILABLE", "", "", "UNAVAILABLE", "UNAVAILABLE", "UNAVAILABLE"]


def test_timers_run_when_their_time_has_come(made):
    """The switch is told of the cut at the instant at which it is due."""
    port, ledger, _ = made
    port.begin(CALL, NOW)
    port.begin(events.Answer(at="", call="c"), NOW)
    while (due := port.next_timer()) is not None and due < NOW + 10 * 60_000:
        port.handle_timer(due)
    ledger.commit(1)
    said = [line for result in port.results() for line in result.timers]
    assert [(line.event, line.at_ms) for line in said] == [("warn", NOW), ("cut", NOW + 120_000)]


def test_timers_of_ended_calls_are_forgotten_and_an_open_one_still_runs(made):
    """Memory is that of the open calls, however many came and went; I13."""
    port, ledger, _ = made
    engine = port._direct.engine
    port.begin(msgspec.structs.replace(CALL, call="rings"), NOW)
    for number in range(3 * SPARE_TIMERS // 2):
        port.begin(msgspec.structs.replace(CALL, call=f"c{number}", from_="9255550225"), NOW)
        port.begin(events.Release(at="", call=f"c{number}"), NOW)
    assert len(engine.running._timers) <= SPARE_TIMERS + 4
    port.handle_timer(NOW + 180_000)
    ledger.commit(1)
    assert [line.event for result in port.results() for line in result.timers] == ["unanswered"]


def test_without_a_journal_results_are_there_at_once(snapshot_of):
    port = EmbeddedPort(Engine(snapshot_of(), snapshot_of().charging, Ledger()))
    port.begin(CALL, NOW)
    assert port.results()[0].said.ok
