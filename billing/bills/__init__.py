"""Bills: one record as text, JSON, HTML and PDF; made of totals and detail use records, kept in the ledger, never changed.

`tab` is what is kept between two bills, `bill` the record, `make` makes it, `reasons` says what each line is made of; `text`,
`page` and `pdf` print it.

Source: charging.md 9.3, 10.1, 10.2.
"""
