"""What usage costs: `rate` and `quote` by tariffs, `contract` for flagged records, `standard` where nothing is charged.

All of it is pure functions of a snapshot's tables and of the usage; none knows an account or a balance.
"""
