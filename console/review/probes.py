"""Calls made from a change itself: for each changed row callers and digits that should reach it.

Digits in the changed rows are taken as callers (a number or the beginning of one), as what is dialed, and as hosts; the
others are one caller of each kind and digits of each kind. A row for which no call can be made stays unreached, and the
review says so.

Source: console.md section 7.1 (probes).
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Final

import numpy as np

from ain_scp.console.review.changed import Changes
from ain_scp.console.review.service_probes import service_probes
from ain_scp.provisioning.rows import CustomerSet, DataSet
from ain_scp.provisioning.tables.digits import digits_of
from ain_scp.scp.service_logic.decision_json import QueryForm

MOST: Final = 4000
_CALLERS: Final = 6
_SAMPLE_CALLERS: Final = 12
_DIALS: Final = 12
_DIGITS: Final = re.compile(r"(?<![0-9A-Za-z-])[0-9]{1,15}(?![0-9A-Za-z-])")
_NUMBERED: Final = re.compile(
    "(mdp|sdp|stations|triggers|blocking_[a-z0-9]+|international_completion)[.]csv$"
)
_USUAL: Final = ("12127770100", "18005551212", "911", "01144207946000", "14157770100")
_TIMES: Final = ("2001-01-17T10:00:00", "2001-01-20T22:30:00")


def probes(dataset: DataSet, changes: Changes) -> Iterator[QueryForm]:
    """At most `MOST` query forms, in a fixed order, each once."""
    numbers = [sorted(set(_DIGITS.findall(f"{row.before or ''} {row.after or ''}"))) for row in changes.rows]
    made = (
        form
        for row, found in zip(changes.rows, numbers, strict=True)
        for customer in dataset.customers
        if not row.file.startswith("customers/") or row.file.startswith(f"customers/{customer.name}/")
        for form in _of_row(dataset, customer, found, numbered=_NUMBERED.search(row.file) is not None)
    )
    seen: set[tuple[object, ...]] = set()
    for form in chain(service_probes(dataset, changes), made):
        key = (
            form.message, form.calling_party, form.access_code, form.dialed, form.time, form.called_party,
            form.original_called_party,
        )  # fmt: skip
        if key not in seen:
            seen.add(key)
            yield form
        if len(seen) >= MOST:
            return


def _of_row(
    dataset: DataSet, customer: CustomerSet, numbers: list[str], *, numbered: bool
) -> Iterator[QueryForm]:
    """Calls for one row; a row of a `numbered` table names who is called, the others say how, so every kind is called."""
    stations = _stations(dataset, customer)
    named = [one for one in stations if any(one.startswith(number) for number in numbers if len(number) >= 3)]
    sample = _spread(stations, _SAMPLE_CALLERS)
    dials = list(dict.fromkeys(dial for number in numbers for dial in _dialed(number)))
    usual = [*_USUAL, *_mdp(customer, _DIALS)]
    for caller in _spread(named, _CALLERS):
        yield from _calls(customer, caller, [*dials, *usual])
    for caller in sample:
        yield from _calls(customer, caller, dials if numbered and dials else [*dials, *usual])
    hosts = {rtl.number for rtl in customer.rtl}
    for host in sorted(hosts & set(numbers)):
        for caller in sample:
            for called in [*_mdp_targets(customer, _DIALS), "2127770100", "4157770100"]:
                yield from _host(host, caller, called)


def _calls(customer: CustomerSet, caller: str, dials: Iterable[str]) -> Iterator[QueryForm]:
    for dial in dials:
        for code in customer.access_codes:
            for time in _TIMES:
                yield QueryForm(
                    message="INFO_ANALYZED",
                    trigger="CDP_AC",
                    calling_party=caller,
                    time=time,
                    access_code=code,
                    dialed=dial,
                )


def _host(host: str, caller: str, called: str) -> Iterator[QueryForm]:
    for time in _TIMES:
        yield QueryForm(
            message="TERMINATION_ATTEMPT", trigger="TAT", calling_party=caller, time=time, called_party=host, original_called_party=called, original_called_non=3,
        )  # fmt: skip


def _dialed(number: str) -> Iterator[str]:
    """What somebody may dial to reach a number, a prefix of one, or a key of a plan."""
    yield number
    if len(number) == 10:
        yield "1" + number
    elif 3 <= len(number) < 10:
        yield "1" + number.ljust(10, "1")
    if len(number) != 10:
        yield "011" + number.ljust(9, "1")


def _stations(dataset: DataSet, customer: CustomerSet) -> list[str]:
    """Numbers of the customer that trigger the service, at most a thousand of them spread over all."""
    triggers = dataset.triggers
    place = dataset.customers.index(customer)
    mine = np.flatnonzero(np.asarray(triggers.customer) == place)
    chosen = mine[:: max(len(mine) // 1000, 1)].tolist()
    hosts = {rtl.number for rtl in customer.rtl}
    numbers = (digits_of(int(triggers.numbers[at])) for at in chosen)
    return sorted({number for number in numbers if number not in hosts})


def _mdp(customer: CustomerSet, most: int) -> list[str]:
    return [digits_of(int(code)) for code in islice(customer.mdp.dialed, most)]


def _mdp_targets(customer: CustomerSet, most: int) -> list[str]:
    return [digits_of(int(code)) for code in islice(customer.mdp.number, most)]


def _spread(numbers: list[str], most: int) -> list[str]:
    step = max(-(-len(numbers) // most), 1)
    return numbers[::step]
