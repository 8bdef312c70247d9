"""Faults of our own at the edge of a server: each drops one message, is counted, and ends nothing.

Source: reliability target R1.
"""

import sys
from typing import Final

REPORTED: Final = 10


class Faults:
    """Counts faults; the first ten are reported."""

    def __init__(self) -> None:
        self.count = 0

    def report(self, fault: Exception) -> None:
        """Count one fault that dropped one message."""
        self.count += 1
        if self.count <= REPORTED:
            sys.stderr.write(f"internal fault: {type(fault).__name__}: {fault}; one message dropped\n")
