"""What tshark says of our SCCP messages inside M3UA: the same addresses, causes and management, and no complaint."""

import shutil
import subprocess

import pytest

from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.mtp3 import parse_point_code
from ain_scp.signaling.sccp import (
    Address,
    ExtendedUnitData,
    ExtendedUnitDataService,
    GlobalTitle,
    LongUnitData,
    LongUnitDataService,
    ReturnCause,
    Segmentation,
    UnitData,
    UnitDataService,
)
from ain_scp.signaling.sccp.management import Management, ManagementKind, management_unit_data
from ain_scp.signaling.sccp.segmentation import segment

SCP_PC, SSP_PC = parse_point_code("245-1-2"), parse_point_code("246-3-4")
SCP, SSP = Address(250, SCP_PC), Address(250, SSP_PC)
QUERY = bytes.fromhex("e220c70400000001e818e916cf0101d1026403300dbf3507810509585521438d0100")
TYPE_ONLY = Address(250, None, GlobalTitle(254, "9085551234"), route_on_ssn=False)
WITH_PLAN = Address(250, None, GlobalTitle(11, "90855", 1), route_on_ssn=False)
LONG = QUERY + bytes(600)
COMPONENT = QUERY[10:]
LONG_QUERY = (
    b"\xe2\x82" + (len(COMPONENT) * 20 + 10).to_bytes(2, "big") + QUERY[2:8]
    + b"\xe8\x82" + (len(COMPONENT) * 20).to_bytes(2, "big") + COMPONENT * 20
)  # fmt: skip

MESSAGES = [
    UnitData(SCP, SSP, QUERY),
    UnitData(SCP, SSP, QUERY, 1, return_on_error=True),
    UnitData(TYPE_ONLY, SSP, QUERY),
    UnitData(WITH_PLAN, SSP, QUERY),
    *(UnitDataService(SSP, SCP, QUERY, cause) for cause in ReturnCause),
    ExtendedUnitData(SCP, SSP, QUERY, hop_counter=9),
    *segment(ExtendedUnitData(SCP, SSP, LONG), 77),
    ExtendedUnitDataService(SSP, SCP, QUERY, ReturnCause.HOP_COUNTER_VIOLATION, 3),
    LongUnitData(SCP, SSP, QUERY),
    LongUnitData(TYPE_ONLY, SSP, LONG_QUERY, 1, return_on_error=True, hop_counter=9),
    LongUnitData(SCP, SSP, QUERY, segmentation=Segmentation(True, 0, 0x010203), unknown=((0x12, b"\x05"),)),
    LongUnitDataService(SSP, SCP, QUERY, ReturnCause.UNEQUIPPED_USER, 3),
    *(
        management_unit_data(Management(kind, 250, SCP_PC), SSP_PC, SCP_PC)
        for kind in (ManagementKind.SSA, ManagementKind.SSP, ManagementKind.SST)
    ),
]

pytestmark = pytest.mark.interop


def tshark(path, *arguments):
    command = ["tshark", "-n", "-r", str(path), "-o", "mtp3.standard:ANSI", "-o", "tcap.ssn:250", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


@pytest.fixture(scope="module")
def capture(tmp_path_factory):
    if shutil.which("tshark") is None or shutil.which("text2pcap") is None:
        pytest.skip("tshark or text2pcap is not installed")
    folder = tmp_path_factory.mktemp("sccp")
    octets = [m3ua.data(SSP_PC, SCP_PC, 3, 2, 0, 1, sccp.encode(message), 100) for message in MESSAGES]
    lines = (f"000000 {item.hex(' ')}\n" for item in octets)
    (folder / "messages.txt").write_text("".join(lines))
    command = [
        "text2pcap",
        "-q",
        "-S",
        "2905,2905,3",
        str(folder / "messages.txt"),
        str(folder / "messages.pcap"),
    ]
    subprocess.run(command, capture_output=True, check=True, timeout=60)
    return folder / "messages.pcap"


def test_tshark_finds_nothing_to_complain_about(capture):
    assert tshark(capture, "-Y", '_ws.expert.severity >= "Warning" || _ws.malformed') == ""


def test_tshark_reads_every_message_type(capture):
    types = tshark(capture, "-T", "fields", "-e", "sccp.message_type").split()
    assert [int(item, 0) for item in types] == [sccp.encode(message)[0] for message in MESSAGES]


def test_tshark_reads_the_same_addresses(capture):
    fields = ("-e", "sccp.called.ssn", "-e", "sccp.called.ansi_pc", "-e", "sccp.called.digits")
    rows = [line.split("\t") for line in tshark(capture, "-T", "fields", *fields).splitlines()]
    for message, (ssn, point_code, digits) in zip(MESSAGES, rows, strict=True):
        assert int(ssn) == message.called.ssn
        assert point_code.startswith("245-1-2") == (message.called.point_code == SCP_PC)
        assert digits == (message.called.global_title.digits if message.called.global_title else "")


def test_tshark_reads_the_same_causes(capture):
    causes = tshark(capture, "-T", "fields", "-e", "sccp.return_cause").split()
    expected = [m.return_cause for m in MESSAGES if isinstance(m, UnitDataService | ExtendedUnitDataService)]
    assert [int(cause, 0) for cause in causes] == expected


def test_tshark_puts_the_segments_together(capture):
    assert f"Reassembled SCCP length: {len(LONG)}" in tshark(capture, "-V", "-o", "sccp.defragment_xudt:TRUE")
