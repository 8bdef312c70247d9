"""Usage profiles: who called where, how long and for what, and what is unusual about it.

Source: C-003, C-009, C-018.
"""
