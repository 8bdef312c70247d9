"""How much of a long proof is run: a part with every commit, the whole where the environment has AIN_LONG=1."""

import os

WHOLE = os.environ.get("AIN_LONG") == "1"


def in_full(whole: int, *, otherwise: int) -> int:
    """How many of something a test takes."""
    return whole if WHOLE else otherwise
