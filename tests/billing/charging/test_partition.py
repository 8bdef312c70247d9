"""Where accounts live, what a partition sees of the tables, and which partition a request is for."""

import msgspec
import pytest

from ain_scp.billing.charging import events, partition
from ain_scp.billing.charging.partition import Router, UnitApart, part_of, placed
from ain_scp.billing.charging.port import denial
from ain_scp.provisioning.charging import Charging

DAY = 11_340


@pytest.fixture(scope="module")
def snapshot(snapshot_of):
    return snapshot_of()


@pytest.fixture(scope="module")
def charging(snapshot):
    return snapshot.charging


def changed(charging, **rows):
    return Charging(msgspec.structs.replace(charging.rows, **rows), charging.zones).rows


def test_who_shares_a_balance_a_group_or_a_pool_lives_together(charging):
    """In every number of partitions; and each account lives somewhere."""
    for count in (2, 3, 7, 64):
        homes = placed(charging.rows, count, {})
        assert homes.keys() == charging.accounts.keys()
        assert set(homes.values()) <= set(range(count))
        assert all(homes[row.account] == homes[row.pays] for row in charging.rows.accounts if row.pays)
        groups = {}
        for row in charging.rows.members:
            groups.setdefault(row.group, set()).add(homes[charging.payer(row.account)])
        assert all(len(found) == 1 for found in groups.values())
    assert len(set(placed(charging.rows, 7, {}).values())) == 7


def test_a_new_member_does_not_move_a_unit(charging):
    """Whatever its name; and a number of partitions that is another one moves nobody either."""
    known = placed(charging.rows, 5, {})
    first = charging.rows.members[0]
    new = msgspec.structs.replace(charging.accounts[first.account], account="!", pays=first.account)
    rows = changed(charging, accounts=(*charging.rows.accounts, new))
    again = placed(rows, 5, known)
    assert again == {**known, "!": known[first.account]}


def test_accounts_that_come_together_and_live_apart_are_named(charging):
    known = placed(charging.rows, 5, {})
    group, other = charging.rows.members[0], next(name for name in known if known[name] != known["GA"])
    joined = (*charging.rows.members, msgspec.structs.replace(group, account=other))
    with pytest.raises(UnitApart, match=rf"{other} \(partition {known[other]}\)"):
        placed(changed(charging, members=joined), 5, known)


def test_parties_of_a_share_live_together_in_a_group(charging):
    """Apart, a share is refused; what the page on accounts says to do helps."""
    call = events.Authorize(at="", call="c", from_="9255550200", called="9255550213", share="SIXTYFORTY")
    homes = placed(charging.rows, 4, {})
    assert Router(charging, homes).of(call, DAY) == {homes["A10"], homes["PAYEE"]}
    assert homes["A10"] != homes["PAYEE"]
    assert denial("PARTITION") == "CREDIT_DENIED"
    member = charging.rows.members[0]
    both = [msgspec.structs.replace(member, group="BOTH", account=name) for name in ("A10", "PAYEE")]
    together = placed(changed(charging, members=(*charging.rows.members, *both)), 4, {})
    assert len(Router(charging, together).of(call, DAY)) == 1


def test_parts_have_every_account_once(snapshot, charging):
    homes = placed(charging.rows, 4, {})
    parts = [part_of(snapshot, homes, home).charging for home in range(4)]
    named = [name for part in parts for name in part.accounts]
    assert sorted(named) == sorted(charging.accounts)
    assert sum(len(part.rows.eft) for part in parts) == len(charging.rows.eft)
    assert all(part.tariffs.keys() == charging.tariffs.keys() for part in parts)
    assert snapshot.charging is charging


REQUESTS = [
    (events.Authorize(at="", call="c", from_="9255550201", called="2125550000"), {"A2"}),
    (events.Authorize(at="", call="c", from_="9255550201", called="9255550200", payer="called"), {"A10"}),
    (events.Authorize(at="", call="c", from_="9255550201", called="9255550200", payer="C20"), {"C20"}),
    (events.Deposit(at="", account="A6", amount="1"), {"A6"}),
    (events.Usage(at="", meters={"unit": 1}, from_="9255550202"), {"A6"}),
    (events.Lock(at="", from_="9255550202"), {"A6"}),
    (events.Access(at="", home="9255550214"), {"HOME2"}),
    (events.Record(at="", from_="9255550201", called="2125550000", duration_ms=1), {"A2"}),
    (events.Move(at="", number="9255550201", account="A10"), {"A2"}),
    (events.Group(at="", group="G1"), {"GA"}),
    (events.MakeBill(at="", from_="2001-01-01", to="2001-02-01", account="A10"), {"A10"}),
    (events.Query(at="", service="S", name="balance", argument="B4D"), {"B4D"}),
    (events.Service(at="", service="S", name="x", fields={"customer": "B4D"}), {"B4D"}),
]


@pytest.mark.parametrize(("asked", "payers"), REQUESTS, ids=[type(row[0]).__name__ for row in REQUESTS])
def test_a_request_is_for_the_partition_of_who_pays(asked, payers, charging):
    homes = {name: place for place, name in enumerate(charging.accounts)}
    router = Router(charging, homes)
    assert router.of(asked, DAY) == {homes[name] for name in payers}


def test_a_share_is_for_every_party_and_what_is_unknown_for_the_first(charging):
    homes = {name: place + 1 for place, name in enumerate(charging.accounts)}
    router = Router(charging, homes)
    share = next(
        name for name, rows in charging.shares.items() if {row.party for row in rows} == {"CALLING", "CALLED"}
    )
    shared = events.Authorize(at="", call="c", from_="9255550201", called="9255550200", share=share)
    assert router.of(shared, DAY) == {homes["A2"], homes["A10"]}
    assert router.of(events.Balance(at="", account="NOBODY"), DAY) == {0}
    assert router.of(events.OffHook(at="", from_="1"), DAY) == {0}


def test_a_bounded_number_of_calls_is_remembered(charging, monkeypatch):
    monkeypatch.setattr(partition, "MOST_CALLS", 2)
    router = Router(charging, {})
    for number in range(3):
        router.note(f"c{number}", number)
    assert [router.call(f"c{number}") for number in range(3)] == [None, 1, 2]
