"""Calls and other usage charged while they run: sessions over rating and ledger, the patents' routines and figures.

`engine.Engine` is the embedded door (`port.ChargePort`); `events` are the requests it takes, `results` what it says.
No socket, clock or chance: time comes in with each request, and `next_timer` says when it wants to be asked again.
"""
