import pytest

from ain_scp.billing.ama.record import AmaRecord, SequencedAma

TEN_O_CLOCK = 979_725_600_000  # 2001-01-17T10:00:00


def made(**changes):
    fields = {
        "call_id": "C05",
        "customer_group": "GOLDEN",
        "calling_number": "9258341234",
        "called_number": "4159212000",
        "start_ms": TEN_O_CLOCK,
        "answer_ms": TEN_O_CLOCK + 4_321,
        "end_ms": TEN_O_CLOCK + 184_321,
        "duration_ms": 180_000,
        "calling_class": "CENTREX",
        "jurisdiction": "INTRALATA",
        "ama_slp_id": "760833001",
    }
    return AmaRecord(**{**fields, **changes})


RECORDS = {
    "C05 flagged": made(),
    "C14 unflagged": made(call_id="C14", ama_slp_id=None),
    "C09 PBX": made(call_id="C09", calling_number="9257884101", calling_class="PBX", ama_slp_id="760833002"),
    "C01 ASF-RTL": made(call_id="C01", called_number="9257893412", original_called_number="4159215678"),
    "original international": made(called_number="9257895678", original_called_number="33140205050"),
    "trunk": made(facility="TRUNK", facility_id="0000-0174"),
    "trunk by name": made(facility="TRUNK", facility_id="STG-CONCORD"),
    "carrier": made(facility="CARRIER", facility_id="0288", jurisdiction="INTERLATA", ama_slp_id=None),
    "flagged carrier": made(facility="CARRIER", facility_id="10288", jurisdiction="INTERLATA"),
    "international": made(called_number="442079460000", jurisdiction="INTERNATIONAL", ama_slp_id=None),
    "longest numbers": made(calling_number="123456789012345", called_number="999999999999999"),
    "short number": made(called_number="911", ama_slp_id=None),
    "zeros in front": made(called_number="0012", calling_number="00000000000", original_called_number="000"),
    "never answered": made(answer_ms=None, duration_ms=0),
    "longest call": made(duration_ms=99_999_999_999),
    "first and last moment": made(start_ms=0, answer_ms=1, end_ms=253_402_300_799_999),
    "data call": made(bearer="UDI_64", jurisdiction="TOLL_FREE", facility="NONE", calling_class="TO"),
    "nothing optional": AmaRecord(call_id="x", calling_number="1", called_number="2", start_ms=5, end_ms=6),
}


@pytest.fixture
def record():
    return made


@pytest.fixture(params=RECORDS.values(), ids=RECORDS.keys())
def any_record(request):
    return request.param


@pytest.fixture
def many():
    """Every kind of record three times, numbered from 41."""
    return [SequencedAma(41 + at, item) for at, item in enumerate([*RECORDS.values()] * 3)]
