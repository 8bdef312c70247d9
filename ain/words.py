"""Words that every command writes in one way.

Source: interfaces.md section 1.
"""

from collections.abc import Mapping


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 call`, `2 calls`, `12,345 calls`; `1 query`, `2 queries` with the plural given."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def tally(counts: Mapping[str, int]) -> str:
    """`1 line, 3 calls, 0 repeated`: numbers of what is named in the plural, the names as fields have them."""
    names = {name: name.replace("_", " ") for name in counts}
    return ", ".join(
        counted(number, names[name].removesuffix("s"), names[name]) for name, number in counts.items()
    )
