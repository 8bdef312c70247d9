"""Charging in a run: the engine and its ledger, payments, outages of the charge processor, and what came of each call."""
