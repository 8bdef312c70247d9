"""Reads the `[charging]` table of a scenario: where calls are charged, payments, and when the charge processor is dead.

Source: charging.md 9.1.
"""

from typing import Final

from ain_scp.provisioning.toml_lines import Path
from ain_scp.ssp_sim.scenario.network import windows
from ain_scp.ssp_sim.scenario.reader import Reader, Table, WrongValue, moment_after, one_of, text
from ain_scp.ssp_sim.scenario.rows import ChargedAt, ChargingPlan, Payment
from ain_scp.terms.money import parse_money

KEYS = ("at", "deposits", "down")
PLACES: Final[tuple[ChargedAt, ...]] = ("scp", "switch", "application_cpu")
OF_CALLS = ("payer", "share", "pin", "home", "features", "handset")
"""Keys of a call that mean nothing without `[charging]`."""


def read_charging(reader: Reader, data: Table, start_ns: int) -> ChargingPlan | None:
    """Read `[charging]`; None without one, and then what only it gives a meaning is a problem."""
    path: Path = ("charging",)
    if "charging" not in data:
        for table, place in reader.tables(data, (), "call"):
            for key in OF_CALLS:
                if key in table:
                    reader.problem((*place, key), f"{key}: needs [charging]", "scenario-contradiction")
        return None
    table = reader.one(data, (), "charging")
    reader.known(table, path, KEYS)
    return ChargingPlan(
        at=reader.take(table, path, "at", _place, "scp"),
        deposits=_payments(reader, table, path, start_ns),
        down=windows(reader, table, path, "down", start_ns),
    )


def _payments(reader: Reader, table: Table, path: Path, start_ns: int) -> tuple[Payment, ...]:
    found: list[Payment] = []
    for one, place in reader.tables(table, path, "deposits"):
        reader.known(one, place, ("account", "amount", "at"))
        account = reader.need(one, place, "account", text, "")
        amount = reader.need(one, place, "amount", _amount, "0")
        found.append(
            Payment(account, amount, reader.take(one, place, "at", moment_after(start_ns), start_ns))
        )
    return tuple(found)


def _place(value: object) -> ChargedAt:
    """Take where the engine sits."""
    word = one_of(*PLACES)(value)
    return next(place for place in PLACES if place == word)


def _amount(value: object) -> str:
    """Take decimal text above 0."""
    words = text(value)
    try:
        if parse_money(words) > 0:
            return words
    except ValueError as fault:
        raise WrongValue(str(fault)) from None
    raise WrongValue(f"'{words}': a payment is above 0")
