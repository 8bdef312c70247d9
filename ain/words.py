"""Words that every command writes in one way.

Source: interfaces.md section 1.
"""


def counted(number: int, noun: str) -> str:
    """`1 call`, `2 calls`, `12,345 calls`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
