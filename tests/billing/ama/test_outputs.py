"""Originating access, other providers' output, verification.

Source: A-235, A-236, A-237.
"""

import pytest

from ain_scp.billing.ama.access import originating_access
from ain_scp.billing.ama.provider import for_providers
from ain_scp.billing.ama.record import SequencedAma
from ain_scp.billing.ama.verification import VerificationRecord, lines, verify


def test_an_intralata_call_from_centrex_gives_one_access_record(record):
    """A-236: C05 yields one access record, C09 none."""
    c05 = SequencedAma(1, record())
    c09 = SequencedAma(2, record(call_id="C09", calling_class="PBX", ama_slp_id="760833002"))
    interlata = SequencedAma(3, record(jurisdiction="INTERLATA"))
    unanswered = SequencedAma(4, record(answer_ms=None, duration_ms=0))
    found = list(originating_access([c05, c09, interlata, unanswered]))
    assert [(access.ama_sequence, access.call_id, access.duration_ms) for access in found] == [
        (1, "C05", 180_000)
    ]


def test_flagged_records_of_a_resold_customer_go_to_its_provider(record):
    """A-237: customer with provider=CLEC7: records appear in CLEC7's output."""
    records = [
        SequencedAma(1, record()),
        SequencedAma(2, record(ama_slp_id=None)),
        SequencedAma(3, record(customer_group="SILVER")),
        SequencedAma(4, record(ama_slp_id="760833002")),
    ]
    found = for_providers(records, {"GOLDEN": "CLEC7"}, {"CLEC7": 10})
    assert found == {"CLEC7": [SequencedAma(11, records[0].record), SequencedAma(12, records[3].record)]}


def test_the_verification_report_after_c05():
    """A-235: 1 record, 3 minutes, 30 cents standard value, 0 charged."""
    report = verify([VerificationRecord(1, "760833001", 3, 30, 0)])
    assert (report.totals[0].records, report.totals[0].minutes) == (1, 3)
    assert (report.totals[0].standard_cents, report.totals[0].charged_cents) == (30, 0)
    assert "0.30" in lines(report)[1]


def test_totals_are_by_flag_and_records_in_order():
    report = verify(
        [
            VerificationRecord(9, "760833002", 1, 10, 6),
            VerificationRecord(2, "760833001", 3, 30, 0),
            VerificationRecord(3, "760833001", 2, 20, 0),
        ]
    )
    assert [record.ama_id for record in report.records] == [2, 3, 9]
    assert [(total.ama_slp_id, total.standard_cents) for total in report.totals] == [
        ("760833001", 50),
        ("760833002", 10),
    ]


@pytest.mark.parametrize("amounts", [(-1, 0, 0), (0, -1, 0), (0, 0, -1)])
def test_negative_amounts_are_refused(amounts):
    with pytest.raises(ValueError, match="negative"):
        verify([VerificationRecord(1, "760833001", *amounts)])
