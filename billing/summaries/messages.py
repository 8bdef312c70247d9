"""The message at call set-up: entries of identifier and contents, and the sentence made of them.

Source: charging.md 8.21, 10.3; B5-003 to B5-007, B5-012.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from ain_scp.provisioning.charging import Charging
from ain_scp.provisioning.rows_charging import ANY, MessageRow

_PLACE: Final = re.compile(r"\{([A-Z_]+)\}")
_SIGNS: Final = {"USD": "$", "EUR": "\u20ac", "GBP": "\u00a3"}


class MessageEntry(msgspec.Struct, frozen=True):
    """One thing a message holds."""

    id: str
    contents: str


class Spoken(msgspec.Struct, frozen=True):
    """A message as the network plays it: the variable data of its announcement, and what that says."""

    contents: str
    text: str


class Held(msgspec.Struct, frozen=True):
    """What may be said of an account, as text: money has the currency's digits. `savings` None: there are none."""

    balance: str
    minutes: int
    plan_minutes: int
    savings: str | None


LONGEST: Final = 128
"""Octets of variable data that one announcement takes."""


def contents_of(entries: Iterable[MessageEntry]) -> str:
    """The entries as the variable data of an announcement, `BALANCE=12.07;USAGE=100`, cut at whole entries."""
    found = ""
    for entry in entries:
        more = f"{found};{entry.id}={entry.contents}" if found else f"{entry.id}={entry.contents}"
        if len(more.encode()) > LONGEST:
            break
        found = more
    return found


def message_of(charging: Charging, account: str, plan: str, group: str) -> MessageRow | None:
    """The first message whose owner an account is."""
    owners = (ANY, account, f"plan:{plan}", f"group:{group}")
    return next((row for row in charging.rows.messages if row.owner in owners), None)


def entries_of(row: MessageRow, held: Held) -> list[MessageEntry]:
    """The entries in the order of `include`; one with nothing to say is left out."""
    contents: Mapping[str, tuple[str, str | None]] = {
        "BALANCE": ("BALANCE", held.balance),
        "USAGE": ("USAGE", str(held.minutes)),
        "PLAN_USAGE": ("PLAN_USAGE", str(held.plan_minutes)),
        "SAVINGS": (f"SAVINGS_{row.plan}", held.savings),
        "PROMO": ("PROMO", row.promo or None),
        "ORDER_NUMBER": ("ORDER_NUMBER", row.order_number or None),
    }
    found = (contents[what] for what in row.include)
    return [MessageEntry(name, said) for name, said in found if said is not None]


def text_of(charging: Charging, row: MessageRow, entries: list[MessageEntry]) -> str | None:
    """The template with its places filled, else the sentence about savings; None when there is nothing to say."""
    plan = charging.plans.get(row.plan)
    spoken = "" if plan is None else plan.spoken or plan.name
    said = {
        entry.id.removesuffix(f"_{row.plan}") if row.plan else entry.id: entry.contents for entry in entries
    }
    if row.text:
        said |= {"PLAN": spoken} if spoken else {}
        wanted = _PLACE.findall(row.text)
        return _PLACE.sub(lambda found: said[found[1]], row.text) if said.keys() >= set(wanted) else None
    if "SAVINGS" not in said:
        return None
    money = priced(charging.currency, said["SAVINGS"])
    more = (
        f" For more information about this or other billing plans, please call {row.order_number}."
        if row.order_number
        else ""
    )
    return (
        f"You would have saved {money} this billing period if you subscribed to billing plan {spoken}.{more}"
    )


def priced(currency: str, amount: str) -> str:
    """An amount as it is spoken and printed: `$2.07`, `CHF 2.07`."""
    return f"{_SIGNS[currency]}{amount}" if currency in _SIGNS else f"{currency} {amount}"
