"""What the dialing plan's tables say about a number: selected for international completion.

Source: [0068], A-069.
"""

from ain_scp.provisioning.snapshot import Customer
from ain_scp.terms.blocking import COUNTRY_PREFIXES


def is_selected(customer: Customer, digits: str, *, whole: bool) -> bool:
    """Whether the international completion table holds a number (A-069)."""
    return customer.international_completion.search(digits, COUNTRY_PREFIXES, complete=whole) >= 0
