"""The compiled tables of ported numbers: against a dict, and small once what they were made of is let go."""

import random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.provisioning.compile import compile_dataset
from ain_scp.provisioning.loader import load_or_raise
from tests.kit.deltas import changes_of
from tests.scp.test_services_slowly import Chance, random_dataset

NUMBERS = st.integers(2_000_000_000, 9_999_999_999).map(str)


def test_routing_numbers_take_two_octets_a_number_and_the_columns_are_let_go(tmp_path):
    root = random_dataset(tmp_path / "set", Chance(1))
    chance = random.Random(1)
    numbers = sorted(
        {
            chance.choice(("213555", "925834", "415921")) + f"{chance.randrange(10_000):04d}"
            for _ in range(20_000)
        }
    )
    rows = [f"{number},{chance.choice(('3235550000', '6265550000'))}," for number in numbers]
    (root / "services/lnp/ported.csv").write_text("number,lrn,spid\n" + "\n".join(rows) + "\n")
    for file in (root / "services/lnp").glob("delta/*"):
        file.unlink()
    snapshot = compile_dataset(load_or_raise(root)[0])
    snapshot.release()
    lnp = snapshot.services.lnp
    assert lnp.place.nbytes == 2 * len(numbers)
    assert snapshot.dataset.services.lnp.ported.numbers.size == 0
    for number, row in zip(numbers, rows, strict=True):
        assert lnp.lrn_of(number) == row.split(",")[1]
    assert lnp.where(numbers[5]) == "services/lnp/ported.csv:7"


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(NUMBERS, st.sampled_from(["3235550000", "6265550000"]), max_size=30),
    st.dictionaries(NUMBERS, st.sampled_from(["", "5105550000"]), max_size=10),
    st.lists(NUMBERS, max_size=20),
)
def test_tables_and_changes_give_what_dicts_give(ported, changes, others):
    from ain_scp.provisioning.rows_services import NO_LNP, PortedColumns
    from ain_scp.provisioning.services import LnpTables
    from ain_scp.provisioning.tables.build import compile_exact

    lrns = tuple(sorted(set(ported.values())))
    codes = np.array([int("1" + number) for number in ported], np.int64)
    place = np.array([lrns.index(lrn) for lrn in ported.values()], np.int32)
    order = np.argsort(codes)
    columns = PortedColumns(codes, place, np.empty(0, np.int32), lrns)
    rows = NO_LNP.__class__(NO_LNP.options, columns, (), (), ())
    table = compile_exact(codes[order], order.astype(np.int32))
    base = LnpTables(rows, table)
    changed = base.changed_by(changes_of(changes))
    for number in [*ported, *changes, *others]:
        assert base.lrn_of(number) == ported.get(number, "")
        assert changed.lrn_of(number) == (ported | changes).get(number, "")
    for line, number in enumerate(changes, 2):
        assert changed.where(number) == f"delta:{line}"
