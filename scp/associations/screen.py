"""What may be called over one association, and by whom: the screening that M3UA itself does not do.

A called address that is routed on a global title is judged by its translation type, another by its subsystem number; the
management subsystem (1) may always be called. What is refused is dropped and counted, and nothing is answered: the one who asks
for what its row does not allow is misconfigured or hostile. What is no SCCP message is left to SCCP to count.

Source: RFC 4666 clause 7, RFC 3788, reliability target S1 (SSN, TT).
"""

from typing import Final

from msgspec import Struct

from ain_scp.signaling import sccp
from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.m3ua.structs import ProtocolData

SCCP: Final = 3
SCMG_SSN: Final = 1


def called_of(data: ProtocolData) -> tuple[int | None, int | None] | None:
    """Return what a message calls, (subsystem, None) or (None, translation type); None when nothing needs a permission."""
    if data.si != SCCP:
        return None
    try:
        called = sccp.decode(data.payload).called
    except DecodeError:
        return None
    if not called.route_on_ssn and called.global_title is not None:
        return None, called.global_title.translation_type
    return None if called.ssn == SCMG_SSN else (called.ssn, None)


class Screen(Struct, frozen=True):
    """The permissions of one association; None permits everything, an empty set nothing."""

    origin_point_codes: frozenset[int] | None = None
    subsystems: frozenset[int] | None = None
    translation_types: frozenset[int] | None = None

    def refuse(self, data: ProtocolData) -> str | None:
        """Return the counter of what is not permitted, or None."""
        if self.origin_point_codes is not None and data.opc not in self.origin_point_codes:
            return "dropped_origin_point_code"
        if self.subsystems is None and self.translation_types is None:
            return None
        called = called_of(data)
        if called is None:
            return None
        subsystem, translation_type = called
        if translation_type is not None:
            return _unless(self.translation_types, translation_type, "dropped_translation_type")
        return _unless(self.subsystems, subsystem, "dropped_subsystem")


def _unless(permitted: frozenset[int] | None, value: int | None, counter: str) -> str | None:
    return None if permitted is None or value in permitted else counter
