"""A switch's usage records as AMA records, in a journal of its own.

The switch knows from its own data which number has a trigger and for whom, and whether two numbers share a LATA; the SCP
gave it the AMAslpID or nothing. One record per call, made by the switch where the call originates; the leg that a host
forwards belongs to the same call and gets no record here (A-197: it is never flagged). A line under terminating control that
forwards pays for the rest of the way: its switch makes a second record, from the line to the number forwarded to.

Source: A-225, A-198, [0147], [0155], [0173], [0176]; requirements.md section 5.4.
"""

import hashlib
from typing import Final

from ain_scp.billing.ama.journaled import AmaJournal
from ain_scp.billing.ama.record import MAX_CALL_ID, AmaRecord, CallingClass, Facility
from ain_scp.billing.rating.places import jurisdiction
from ain_scp.journal.writer import Journal
from ain_scp.provisioning.snapshot import Snapshot
from ain_scp.ssp_sim.nodes.usage import UsageRecord
from ain_scp.terms.units import MS_NS

_CLASSES: Final[dict[str, CallingClass]] = {"CENTREX": "CENTREX", "PBX": "PBX", "TO": "TO"}
_FACILITIES: Final[dict[str, Facility]] = {"PSTN": "PSTN", "TRUNK": "TRUNK", "CARRIER": "CARRIER"}


def ama_record(usage: UsageRecord, snapshot: Snapshot) -> AmaRecord:
    """The AMA record of one answered call."""
    calling = usage.calling or ""
    return AmaRecord(
        call_id=call_id(usage.call),
        customer_group=_group(snapshot, calling),
        calling_number=calling,
        called_number=usage.called,
        original_called_number=usage.original_called,
        start_ms=usage.start_ns // MS_NS,
        answer_ms=usage.answer_ns // MS_NS,
        end_ms=usage.end_ns // MS_NS,
        duration_ms=usage.duration_ns // MS_NS,
        bearer=usage.bearer,
        calling_class=_CLASSES.get(usage.class_of_service, "OTHER"),
        facility=_FACILITIES.get(usage.facility, "NONE"),
        facility_id=usage.facility_id or None,
        jurisdiction=jurisdiction(snapshot, calling, usage.called, usage.called_non),
        ama_slp_id=usage.ama_slp_id,
    )


def call_id(text: str) -> str:
    """The call's id as records hold it: printable, at most 32 characters; longer ones are cut and distinguished by a hash."""
    if len(text) <= MAX_CALL_ID and text and all("!" <= character <= "~" for character in text):
        return text
    plain = "".join(character if "!" <= character <= "~" else "_" for character in text)
    return f"{plain[:23]}~{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _group(snapshot: Snapshot, calling: str) -> str:
    row = snapshot.triggers.find(calling)
    return snapshot.customer_of(row).group_id if row >= 0 else ""


class UsageJournal:
    """One switch's AMA journal; commits by itself when half of what may wait does."""

    def __init__(self, journal: Journal, snapshot: Snapshot) -> None:
        self.journal = journal
        self._snapshot = snapshot
        self._ama = AmaJournal(journal)

    def take(self, usage: UsageRecord) -> int:
        """Take the record of one call; AmaFormatError when no file could hold it, JournalFault when it cannot be stored."""
        sequence = self._ama.record(ama_record(usage, self._snapshot))
        if self.journal.pending * 2 >= self.journal.limits.pending_records:
            self.journal.commit(usage.end_ns // MS_NS)
        return sequence
