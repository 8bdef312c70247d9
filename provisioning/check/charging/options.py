"""`charging.toml`: currency, defaults, periods of time, doors.

Source: charging design 8.1; CH-29.
"""

import re
from collections.abc import Callable
from typing import TypeVar

from ain_scp.provisioning.check.findings import hint, shown
from ain_scp.provisioning.check.options import Section
from ain_scp.provisioning.rows_charging import ChargingOptions, Grant
from ain_scp.terms.digits import is_digits

_CURRENCY = re.compile(r"[A-Z]{3}")
_CODE = re.compile(r"[*#0-9]{1,8}")
GRANTS: tuple[Grant, ...] = ("periods", "balance")
LAYOUTS = ("1", "1SD", "3", "4")
MAX_CALL_S = 86_400
_YEAR_S = 366 * 86_400

W = TypeVar("W", bound=str)

STANDARD = ChargingOptions("XXX")
"""The defaults; XXX is ISO 4217's own word for no currency."""


def read_options(options: Section) -> ChargingOptions:
    """Read `charging.toml`."""
    standard = STANDARD
    pin, remote, fax = options.section("pin"), options.section("remote"), options.section("fax")
    read = ChargingOptions(
        currency=_currency(options),
        bill_day=options.integer("bill_day", 1, 28, "CH-33", standard.bill_day),
        tax_at=_one_of(options, "tax_at", ("bill",)),
        grant=_one_of(options, "grant", GRANTS),
        default_tariff=options.word("default_tariff"),
        free_numbers=_strings(options, "free_numbers", is_digits, "a string of digits"),
        layout=_one_of(options, "layout", LAYOUTS),
        warning_lead_s=_seconds(options, "warning_lead_s", 0, standard.warning_lead_s),
        setup_s=_seconds(options, "setup_s", 1, standard.setup_s),
        validity_s=_seconds(options, "validity_s", 1, standard.validity_s),
        message_ms=options.integer("message_ms", 0, 60_000, "row", standard.message_ms),
        max_call_s=options.integer("max_call_s", MAX_CALL_S, MAX_CALL_S, "row", MAX_CALL_S),
        keep_answers_s=_seconds(options, "keep_answers_s", 1, standard.keep_answers_s),
        eft_per_day=options.integer("eft_per_day", 0, 1000, "row", standard.eft_per_day),
        pin_attempts=pin.integer("attempts", 1, 100, "row", standard.pin_attempts),
        pin_lock_s=_seconds(pin, "lock_s", 0, standard.pin_lock_s),
        remote_codes=_strings(remote, "codes", _is_code, "a code of * # and digits")
        if "codes" in remote
        else standard.remote_codes,
        fax_queue=fax.integer("queue", 0, 10**9, "row"),
        fax_now_below=fax.integer("now_below", 0, 10**9, "row"),
        fax_hour_below=fax.integer("hour_below", 0, 10**9, "row"),
        partitions=options.integer("partitions", 1, 1024, "row", standard.partitions),
    )
    for section in (pin, remote, fax, options):
        section.finish()
    return read


def _currency(options: Section) -> str:
    text = options.text("currency", required=True)
    if text and _CURRENCY.fullmatch(text) is None:
        options.error("currency", f"currency {shown(text)}: ISO 4217, three letters", "CH-29")
    return text or STANDARD.currency


def _one_of(options: Section, key: str, known: tuple[W, ...]) -> W:
    """Give one of the known words, the first when absent; the first stands in for a wrong one (reported)."""
    text = options.text(key)
    found = next((word for word in known if word == text), None)
    if found is None and key in options and text:
        options.error(
            key, f"{key} = {shown(text)} must be one of {', '.join(known)}{hint(text, known)}", "toml"
        )
    return found or known[0]


def _seconds(options: Section, key: str, low: int, default: int) -> int:
    return options.integer(key, low, _YEAR_S, "row", default)


def _is_code(text: str) -> bool:
    return _CODE.fullmatch(text) is not None


def _strings(options: Section, key: str, is_good: Callable[[str], bool], what: str) -> tuple[str, ...]:
    found = []
    for index, value in options.items(key, str) if key in options else ():
        text = str(value)
        if is_good(text):
            found.append(text)
        else:
            options.error(key, f"{key}: {shown(text)} is not {what}", "row", index)
    return tuple(found)
