"""The short way of number portability: octet for octet what the general node answers, through deltas and repetitions."""

import pytest

from ain_scp.ain.dataset import open_program
from ain_scp.ain.lnp.ask import Question, query_octets
from ain_scp.provisioning.where import Where
from tests.scp.test_services_slowly import Chance, random_dataset

NOON = 979_732_800 * 1_000_000_000


def asked(chance, transaction):
    """A query that is most often plain, and about one of few numbers."""
    number = chance.one([chance.number(), chance.number(), chance.number(), chance.toll_free(), "213555123"])
    return query_octets(
        Question(
            number,
            chance.one([None, chance.number()]),
            criteria=chance.one([37, 37, 37, 5]),
            ssn=chance.one([250, 250, 247, 248]),
            nature=chance.one([3, 3, 3, 0x72, 4]),
        ),
        transaction,
    )


@pytest.mark.parametrize("seed", range(3))
def test_random_queries_through_two_deltas(seed, tmp_path, pair_of):
    chance = Chance(seed)
    root = random_dataset(tmp_path / "set", chance)
    options = root / "services/lnp/lnp.toml"
    options.write_text(options.read_text().replace("copy_charge = true", "copy_charge = false"))
    programs = [open_program(root), open_program(root)]
    both = pair_of(programs[0])
    both.general.replace(programs[1])
    transaction = 0
    for _ in range(3):
        for _ in range(6):
            first = max(transaction - 3, 0)  # some again
            octets = [asked(Chance(seed * 10_000 + one), one) for one in range(first, first + 40)]
            transaction = first + 40
            both.ask(octets, NOON + transaction * 1_000_000)
        assert both.fast.service_answers == both.general.service_answers
        changes = {chance.number(): (chance.one(["", "5105550000"]), Where("delta", 2)) for _ in range(6)}
        for node in (both.fast, both.general):
            services = node.program.services
            node.program.services = services.with_portability(services.portability().changed_by(changes))
            node.equip()
    assert both.fast.short > 100


def test_options_that_copy_leave_all_to_the_general_node(tmp_path, pair_of):
    root = random_dataset(tmp_path / "set", Chance(1))
    (root / "services/lnp/lnp.toml").write_text("copy_charge = true\n")
    both = pair_of(open_program(root))
    both.ask([query_octets(Question("2135551001", "9258342001", 37, 247, 3), one) for one in range(30)], NOON)
    assert both.fast.short == 0
