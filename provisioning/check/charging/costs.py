"""Rules that order carriers by cost need prices.

Source: A-111, A-128; charging design 8.3 to 8.5.
"""

from ain_scp.provisioning.check.findings import Findings
from ain_scp.provisioning.rows import DataSet
from ain_scp.provisioning.tables.costs import PREFIX, priced


def check_costs(findings: Findings, dataset: DataSet) -> None:
    """Rules that order carriers by cost need prices: the tariff of each carrier."""
    tariffs = (
        frozenset(row.tariff for row in dataset.charging.tariffs)
        if dataset.charging is not None
        else frozenset()
    )
    for customer in dataset.customers:
        for rule in (one for profile in customer.profiles for one in profile.rules if one.by_cost):
            if dataset.charging is None:
                text = 'by = "cost" without charging/: there are no prices to compare'
                findings.error(*rule.where, 1, text, "A-111")
                continue
            bare = [one for one in rule.facilities.carriers if not priced(tariffs, one)]
            if bare:
                names = ", ".join(f"{one} (no tariff {PREFIX}{one})" for one in bare)
                text = f"carriers without a price come last: {names}"
                findings.warn(*rule.where, 1, text, "A-111")
