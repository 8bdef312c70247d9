"""A switch of your own in one file: ask an SCP over UDP what to do with a call, and read its answer.

    ain serve examples/golden --udp 127.0.0.1:2905 &
    python examples/own_switch/ask.py 127.0.0.1:2905 9258341234 7 9212000

Imports nothing but the standard library: what it sends and reads is what docs/wire.md says. Prints the operations of the answer
with their parameters; exit 1 when nothing usable comes back within T1 (3 s).
"""

import os
import socket
import sys

SSP, SCP = (246, 3, 4), (245, 1, 2)  # point codes: network, cluster, member
AIN_SSN = 250
T1_S = 3.0
INFO_ANALYZED = 25603
OPERATIONS = {25857: "analyzeRoute", 25861: "forwardCall", 26113: "sendToResource", 26373: "sendNotification"}
DIGITS = {0x92: "callingPartyID", 0x8F: "calledPartyID", 0x93: "redirectingPartyID", 0x8A: "aMAslpID"}


def tlv(tag: str, content: bytes) -> bytes:
    """Tag, length, contents; a length below 128 is one octet."""
    return bytes.fromhex(tag) + bytes([len(content)]) + content


def bcd(digits: str) -> bytes:
    """Two digits an octet, the first one in the low half; an odd last one is filled with 0."""
    return bytes(
        int(pair[::-1], 16) for pair in (digits[at : at + 2].ljust(2, "0") for at in range(0, len(digits), 2))
    )


def number(nature: int, plan: int, digits: str) -> bytes:
    """Odd mark and nature of number, numbering plan, digits."""
    return bytes([(len(digits) & 1) << 7 | nature, plan << 4]) + bcd(digits)


def address(point_code: tuple[int, int, int]) -> bytes:
    """An SCCP address: national, routed on SSN; SSN, then the point code backwards."""
    content = bytes([0xC3, AIN_SSN, *reversed(point_code)])
    return bytes([len(content)]) + content


def info_analyzed(transaction: bytes, calling: str, access_code: str, dialed: str) -> bytes:
    """The query of a customized dialing plan trigger, as an M3UA message."""
    parameters = (
        tlv("bf35", tlv("81", bcd(calling)))  # userID: directory number
        + tlv("8d", b"\x00")  # bearerCapability: speech
        + tlv("9f34", b"\x02")  # triggerCriteriaType: customized dialing plan
        + tlv("92", number(3, 1, calling))  # callingPartyID: national, E.164
        + tlv("81", number(0, 0, access_code))  # accessCode
        + tlv("96", number(3, 1, dialed))  # collectedAddressInfo
    )
    invoke = tlv("cf", b"\x01") + tlv("d1", INFO_ANALYZED.to_bytes(2, "big")) + tlv("30", parameters)
    package = tlv("e2", tlv("c7", transaction) + tlv("e8", tlv("e9", invoke)))
    called, calling_address = address(SCP), address(SSP)
    pointers = bytes([3, 2 + len(called), 1 + len(called) + len(calling_address)])
    unit = b"\x09\x00" + pointers + called + calling_address + bytes([len(package)]) + package
    label = bytes([0, *SSP, 0, *SCP, 3, 2, 0, 5])  # OPC, DPC, SI 3 (SCCP), NI 2, MP 0, SLS 5
    data = b"\x02\x10" + (4 + len(label + unit)).to_bytes(2, "big") + label + unit
    body = bytes.fromhex("0006000800000064") + data + bytes(-len(data) % 4)  # routing context 100
    return bytes.fromhex("01000101") + (8 + len(body)).to_bytes(4, "big") + body


def elements(octets: bytes) -> "list[tuple[int, bytes]]":
    """The elements of a sequence: tag and contents."""
    found, at = [], 0
    while at < len(octets):
        tag, at = octets[at], at + 1
        if tag & 0x1F == 0x1F:
            tag, at = tag << 8 | octets[at], at + 1
        size, at = octets[at], at + 1
        if size > 0x80:
            size, at = int.from_bytes(octets[at : at + size - 0x80], "big"), at + size - 0x80
        found.append((tag, octets[at : at + size]))
        at += size
    return found


def digits_of(octets: bytes) -> str:
    """The digits of BCD octets, any filler included."""
    return "".join(f"{octet:02x}"[::-1] for octet in octets)


def show(octets: bytes, transaction: bytes) -> bool:
    """Print an answer; False when it is not one to our transaction."""
    unit = octets[32:] if octets[8:10] == b"\x00\x06" else octets[24:]  # after M3UA header, context, label
    data_at = 4 + unit[4]
    ((kind, content),) = elements(unit[data_at + 1 : data_at + 1 + unit[data_at]])
    (_, own), (_, components) = elements(content)[:2]
    if own != transaction:
        return False
    print(f"{'RESPONSE' if kind == 0xE4 else hex(kind)} to transaction {own.hex()}")
    for _, component in elements(components):
        parts = dict(elements(component))
        code = int.from_bytes(parts.get(0xD1, b""), "big")
        print(f"  {OPERATIONS.get(code, f'operation {code}')}")
        for tag, value in elements(parts.get(0x30, b"")):
            if tag == 0x8A:
                print(f"    aMAslpID: {digits_of(value)[:9]}")
            elif tag in DIGITS:
                odd = value[0] >> 7
                print(
                    f"    {DIGITS[tag]}: {digits_of(value[2:])[: 2 * len(value) - 4 - odd]} (nature {value[0] & 0x7F})"
                )
            else:
                print(f"    {tag:x}: {value.hex()}")
    return True


def main() -> int:
    """Ask once."""
    if len(sys.argv) != 5:
        print(__doc__, file=sys.stderr)
        return 2
    host, _, port = sys.argv[1].rpartition(":")
    transaction = os.urandom(4)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.settimeout(T1_S)
        line.connect((host, int(port)))
        line.send(info_analyzed(transaction, *sys.argv[2:]))
        try:
            answer = line.recv(4096)
        except OSError as fault:
            print(f"no answer: {fault}", file=sys.stderr)
            return 1
    return 0 if show(answer, transaction) else 1


if __name__ == "__main__":
    sys.exit(main())
