import pytest

from ain_scp.billing.ledger.durable import open_ledger
from ain_scp.billing.ledger.machine import Ledger
from ain_scp.billing.ledger.record import Terms, customer
from ain_scp.billing.ledger.verbs import open_account
from ain_scp.journal.writer import Limits
from kit.model_storage import ModelStorage

USD = Terms("USD")
A, B = customer("A"), customer("B")
SMALL = Limits(segment_octets=4096, low_octets=2000, floor_octets=500)


@pytest.fixture
def ledger():
    """Two accounts: A with 10.00 and no credit, B with nothing, 5.00 of credit and an overrun of 1.00."""
    made = Ledger()
    open_account(made, A, USD, 0, 10_000_000)
    open_account(made, B, Terms("USD", 5_000_000, 1_000_000), 0)
    return made


@pytest.fixture
def storage():
    return ModelStorage()


@pytest.fixture
def durable(storage):
    made = open_ledger(storage, 0, limits=SMALL)
    open_account(made, A, USD, 0, 10_000_000)
    made.commit(0)
    return made
