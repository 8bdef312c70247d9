"""A data set with single values changed, for one run: what `[overrides]` of a scenario asks for.

Paths are those of the JSON form: `customers/GOLDEN/ubs`, `customers/GOLDEN/emergency/active`,
`customers/GOLDEN/contract/ubr_discount_pct`, `customers/GOLDEN/ama_slp_ids/UBS`,
`customers/GOLDEN/rtl/9257893412/participating`, `rates/intralata_cents_per_minute`. Tables are changed in the data set itself.

Source: interfaces.md section 3, A-104.
"""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from ain_scp.provisioning.problems import Problem, ProvisioningError
from ain_scp.provisioning.rows import CustomerSet, DataSet

T = TypeVar("T", bound=msgspec.Struct)
Setting = str | int | bool | tuple[str, ...]
_SWITCHES = frozenset({"ubs", "ubr", "rbr"})
_PLAIN = frozenset({"ocs", "split_interstate", "default_privilege_class", "vacant_number"}) | _SWITCHES


def override(dataset: DataSet, settings: Mapping[str, Setting], source: str = "overrides") -> DataSet:
    """The data set with the settings applied; ProvisioningError names every path or value that does not fit."""
    problems: list[Problem] = []
    for path, value in settings.items():
        try:
            dataset = _set(dataset, path.split("/"), value)
        except (KeyError, TypeError, ValueError) as fault:
            text = f"{path} = {value!r}: {fault.args[0] if fault.args else 'does not fit'}"
            problems.append(Problem(source, 0, 0, text, "scenario-override"))
    if problems:
        raise ProvisioningError(problems)
    return dataset


def _set(dataset: DataSet, path: list[str], value: Setting) -> DataSet:
    if path[0] == "rates" and len(path) == 2:
        return msgspec.structs.replace(dataset, rates=_field(dataset.rates, path[1], value))
    if path[0] != "customers" or len(path) < 3:
        raise KeyError("no such place in a data set that a run may change")
    known = {customer.name: place for place, customer in enumerate(dataset.customers)}
    if path[1] not in known:
        raise KeyError(f"no customer {path[1]}")
    customers = list(dataset.customers)
    place = known[path[1]]
    customers[place] = _customer(customers[place], path[2:], value)
    return msgspec.structs.replace(dataset, customers=tuple(customers))


def _customer(customer: CustomerSet, path: list[str], value: Setting) -> CustomerSet:
    match path:
        case [name] if name in _PLAIN:
            return _field(customer, name, _switch(value) if name in _SWITCHES else value)
        case ["emergency", "active"]:
            return _field(customer, "emergency_active", value)
        case ["contract", name]:
            return msgspec.structs.replace(customer, contract=_field(customer.contract, name, value))
        case ["ama_slp_ids", flag] if flag in customer.ama_slp_ids and isinstance(value, str):
            return msgspec.structs.replace(customer, ama_slp_ids=customer.ama_slp_ids | {flag: value})
        case ["rtl", number, "participating"] if any(row.number == number for row in customer.rtl):
            rows = tuple(
                _field(row, "participating", value) if row.number == number else row for row in customer.rtl
            )
            return msgspec.structs.replace(customer, rtl=rows)
    raise KeyError("no such place in a data set that a run may change")


def _switch(value: Setting) -> bool:
    if value in ("ON", "OFF"):
        return value == "ON"
    raise ValueError("ON or OFF expected")


def _field(row: T, name: str, value: Setting) -> T:
    before = getattr(row, name, None)
    if type(before) is not type(value):
        raise TypeError(f"{type(before).__name__} expected" if before is not None else "no such value")
    return msgspec.structs.replace(row, **{name: value})
