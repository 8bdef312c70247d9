"""A month of call records rated by columns: the prices, totals and discounts of real time, for millions of records a second.

`tables` compiles a snapshot's charging tables for columns, `columns` rates a piece of records, `sums` adds pieces up and applies
thresholds from totals, `sources` reads records, `difference` rates the same records by two data sets.

Source: charging.md section 12.
"""
