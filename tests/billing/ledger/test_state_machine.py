"""All verbs in any order, on the model file system.

Source: charging.md 11.1 (I1 to I7, I13).
"""

from hypothesis import settings

from ain_scp.billing.ledger.durable import open_ledger
from ain_scp.billing.ledger.recover import recover
from ain_scp.journal.writer import Limits
from kit.ledger_machine import LedgerMachine
from kit.model_storage import ModelStorage

LIMITS = Limits(segment_octets=2000, low_octets=2000, floor_octets=500)


class EmbeddedMachine(LedgerMachine):
    """The ledger in a directory."""

    def __init__(self):
        self.storage = ModelStorage()
        super().__init__()

    def open(self):
        return open_ledger(self.storage, self.now, limits=LIMITS)

    def lose(self, keep):
        self.storage.crash(keep)

    def recovered(self):
        return recover(self.storage)


EmbeddedMachine.TestCase.settings = settings(
    max_examples=150, stateful_step_count=50, deadline=None, derandomize=True
)
TestLedger = EmbeddedMachine.TestCase
