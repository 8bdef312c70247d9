"""Octets the capture tests share: AIN messages in M3UA, and layers built by hand around them.

Source: ain-wire 6.
"""

import struct
from types import SimpleNamespace

import pytest

QUERY = bytes.fromhex(
    "010001010000009000060008000000640210007d00f6030400f5010203020000090003080d05c3fa0201f505c3fa0403f65b"
    "e259c7040a000001e851e94fcf0101d10264033046bf3507810509585521438d01008f07031008505521219f230480002204"
    "9f3401059307031009585521439207031009585521439401009f290401042088960703100850552121000000"
)
ANSWER = bytes.fromhex(
    "01000101000000dc0006000800000064021000ca00f5010200f6030403020000090003080d05c3fa0403f605c3fa0201f5a8"
    "e481a5c7040a000001e8819ce98199cf020201d102650130818e9307031009585521439207031009585521439401008f0703"
    "1002515589679f2507031002515589679f2a050000000110850500000001209f300500000001309f29040404208884040404"
    "20229f2f04040430339f2b07031008505521219f28041001200686070310095855000030098907031009585521438a052143"
    "658709300888068000001132049f2c0203310000"
)
SOURCE = bytes((10, 0, 0, 1))
DESTINATION = bytes((10, 0, 0, 2))
SCTP_PORTS = struct.pack(">HH", 2905, 2905)


def pcap(packets, link_type=228, order="<", magic=0xA1B2C3D4, fraction=0):
    head = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262144, link_type)
    records = []
    for number, packet in enumerate(packets):
        records.append(
            struct.pack(order + "IIII", 1000 + number, fraction, len(packet), len(packet)) + packet
        )
    return head + b"".join(records)


def block(kind, body, order="<"):
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", 12 + len(body))
    return struct.pack(order + "I", kind) + length + body + length


def section(order="<"):
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def interface(link_type=228, order="<", snap=0, options=b""):
    return block(1, struct.pack(order + "HHI", link_type, 0, snap) + options, order)


def enhanced(packet, units=0, index=0, order="<", options=b""):
    body = struct.pack(order + "IIIII", index, units >> 32, units & 0xFFFFFFFF, len(packet), len(packet))
    return block(6, body + packet + bytes(-len(packet) % 4) + options, order)


def data_chunk(payload, tsn=1, flags=3, stream=1, sequence=0, ppid=3):
    head = struct.pack(">BBHIHHI", 0, flags, 16 + len(payload), tsn, stream, sequence, ppid)
    return head + payload + bytes(-len(payload) % 4)


def sctp(*chunks, ports=SCTP_PORTS, tag=7):
    return ports + struct.pack(">II", tag, 0) + b"".join(chunks)


def udp(payload, ports=SCTP_PORTS):
    return ports + struct.pack(">HH", 8 + len(payload), 0) + payload


def ipv4(payload, protocol=132, identification=1, fragment=0x4000, source=SOURCE, destination=DESTINATION):
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), identification, fragment, 64, protocol, 0)
    return head + source + destination + payload


def ipv6(payload, protocol=132, source=bytes(15) + b"\x01", destination=bytes(15) + b"\x02"):
    return struct.pack(">IHBB", 6 << 28, len(payload), protocol, 64) + source + destination + payload


def ethernet(packet, ethertype=0x0800, tags=()):
    head = bytes(12)
    for tag in tags:
        head += struct.pack(">HH", tag, 5)
    return head + struct.pack(">H", ethertype) + packet


@pytest.fixture(scope="session")
def layers():
    """The builders above, by name: tests import nothing from each other."""
    return SimpleNamespace(
        **{
            name: value
            for name, value in globals().items()
            if callable(value) and getattr(value, "__module__", None) == __name__
        },
        QUERY=QUERY,
        ANSWER=ANSWER,
        SOURCE=SOURCE,
        DESTINATION=DESTINATION,
    )


@pytest.fixture(scope="session")
def query():
    """An InfoAnalyzed query from 246-3-4 to 245-1-2 in one M3UA DATA message."""
    return QUERY


@pytest.fixture(scope="session")
def answer():
    """The AnalyzeRoute response to it."""
    return ANSWER
