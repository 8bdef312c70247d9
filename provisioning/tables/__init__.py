"""Precompiled digit tables: a string of 1 to 18 digits -> the number of a row.

`digits` says what a digit string and its integer code are; `lookup` (complete numbers) and `prefix` hold the tables and are all that a call needs;
`build` compiles them, `batch` asks them for whole columns at once, `segments` writes and maps them, and `columns` reads
large number files. `digits`, `lookup`, `prefix` and `segments` need no numpy, so a process that only maps a snapshot never loads it.

Source: D-003, A-054, A-092..A-094.
"""
