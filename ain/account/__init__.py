"""`ain account`: real-time accounts, their ledger, and event lines in virtual time."""
