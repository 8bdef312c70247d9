"""The ledger: who holds how much money, what is reserved of it, and why; in integer micros, without I/O.

`machine.Ledger` decides drafts (all checks before any change) and applies records; `verbs` builds the drafts of
`charging`; `store` keeps the records in a journal; `snapshot` and `recover` bring a ledger back; `check` proves it.
"""
