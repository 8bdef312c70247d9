"""Words that every command writes in one way.

Source: interfaces.md section 1.
"""


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 call`, `2 calls`, `12,345 calls`; `1 query`, `2 queries` with the plural given."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
