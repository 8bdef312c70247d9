"""Plans: discounts that follow from totals of an account, a plan's lines or a group, and what another plan would have cost.

`totals` keeps the sums of a period, `discounts` makes discounts of them, `exemplary` the same for plans a customer does not
have. No call is ever priced twice for a discount.

Source: charging.md 10.1, 10.3.
"""
