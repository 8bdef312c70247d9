"""What the octets of a message say: as a tree of names and meanings (`tree`), or as flat fields, one by one or many at once.

`fields` reads a message by its known shape, `columns` those of a whole block of a capture, `scan` is the same for the compiler.

Source: D-006, D-007, performance.md section 2.
"""
