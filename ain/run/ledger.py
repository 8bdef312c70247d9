"""The ledger of a run on disk: `ain run SCENARIO --charging DIR`.

Source: charging.md 9.1.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from ain_scp.billing.ledger.durable import DurableLedger
from ain_scp.ssp_sim.scenario import Scenario


@contextmanager
def kept_ledger(plan: Scenario, root: Path | None) -> Iterator[DurableLedger | None]:
    """The ledger that a run's calls are charged in; None: none on disk is wanted. UsageError for one of another run."""
    if root is None:
        yield None
        return
    if plan.charging is None:
        raise click.UsageError(
            f"--charging {root}: {plan.file} has no [charging], so nothing is charged while it runs"
        )
    from ain_scp.ain.account.books import Books

    books = Books(root)
    if books.exists:
        raise click.UsageError(f"{root}: holds a ledger; name a new directory")
    books.make(Path(plan.dataset))
    with books.opened() as ledger:
        yield ledger
