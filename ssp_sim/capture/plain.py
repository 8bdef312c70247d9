"""Which packets of a run are plain: one whole M3UA message after headers of the usual size, or one SCTP control chunk.

Plain: IPv4 without options or fragments, then SCTP with one whole DATA chunk, alone or after a SACK of the usual size, or
UDP with one M3UA DATA. All others are left to the packet by packet path.

Source: RFC 791 3.1, RFC 9260 3.3.1 and 3.3.4, RFC 4666 3.3.1; performance.md section 2.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ain_scp.ssp_sim.capture import link
from ain_scp.ssp_sim.capture.runs import Longs, Run, windows
from ain_scp.ssp_sim.capture.sctp import I_DATA

Kinds = NDArray[np.uint8]
Mask = NDArray[np.bool_]

OTHER: Final = 0
DATA: Final = 1  # SCTP, one DATA chunk
LED: Final = 2  # SCTP, a control chunk and one DATA chunk
CONTROL: Final = 3  # SCTP, one control chunk and nothing else
DATAGRAM: Final = 4  # UDP

_HEADERS: Final = 48  # IPv4, SCTP common header, DATA chunk header
_ETHERTYPE_AT: Final = {link.ETHERNET: 12, link.LINUX_SLL: 14, link.LINUX_SLL2: 0}
_SLL2_HEADER: Final = 20
_IPV4: Final = 0x0800
_WHOLE: Final = 3  # DATA, first and last fragment
_SACK: Final = 16
_M3UA_DATA: Final = 0x01000101
_FORMATS: Final = {
    "first": (">u1", 0),
    "total": (">u2", 2),
    "fragment": (">u2", 6),
    "protocol": (">u1", 9),
    "udp_length": (">u2", 24),
    "m3ua": (">u4", 28),
    "chunk": (">u2", 32),
    "m3ua_length": (">u4", 32),
    "chunk_length": (">u2", 34),
    "tag": (">u2", 36),
    "tsn": (">u4", 36),
    "ppid": (">u4", 44),
}


class Plain(NamedTuple):
    """What each packet of a run is; the other columns hold where `kind` says so.

    `ip` is where IPv4 starts, `at` and `length` the M3UA message, `tsn` its TSN.
    """

    kind: Kinds
    ip: Longs
    at: Longs
    length: Longs
    tsn: Longs


def plain_of(run: Run) -> Plain:
    """Sort the packets of a run."""
    size = run.at.size
    nothing = np.zeros(size, np.int64)
    found = Plain(np.zeros(size, np.uint8), nothing, nothing.copy(), nothing.copy(), nothing.copy())
    ip_at = _ip_at(run)
    if ip_at is None:
        return found
    rows = np.flatnonzero(run.end - run.start >= ip_at + _HEADERS)
    if run.link_type in _ETHERTYPE_AT:
        rows = rows[_same_link(run, run.start[rows], ip_at)]
    if rows.size:
        _sort(run, rows, run.start[rows] + ip_at, found)
    return found


def _ip_at(run: Run) -> int | None:
    """Where IPv4 starts in the first packet of a run that carries it."""
    if run.link_type in (link.RAW_IP, link.IPV4):
        return 0
    if run.link_type not in _ETHERTYPE_AT:
        return None
    for row in range(min(run.at.size, 16)):
        packet = run.buffer[int(run.start[row]) : int(run.end[row])]
        at = link.network_offset(run.link_type, packet)
        if isinstance(at, int):
            return at
    return None


def _same_link(run: Run, start: Longs, ip_at: int) -> Mask:
    """Which packets have IPv4 at the same octet: the same number of VLAN tags before it."""
    at = _ETHERTYPE_AT[run.link_type]
    if run.link_type == link.LINUX_SLL2:
        four: Mask = _half(run, start + at) == (_IPV4 if ip_at == _SLL2_HEADER else -1)
        return four
    same: Mask = _half(run, start + ip_at - 2) == _IPV4
    while at < ip_at - 2:
        same &= np.isin(_half(run, start + at), link.VLAN_TAGS)
        at += 4
    return same


def _half(run: Run, at: Longs) -> Longs:
    return windows(run.buffer, 2)[at].view(">u2").astype(np.int64)


def _headers(buffer: bytes, at: Longs) -> Mapping[str, NDArray[np.unsignedinteger]]:
    """The header fields of packets whose IPv4 starts at these octets."""
    form = np.dtype(
        {
            "names": list(_FORMATS),
            "formats": [form for form, _ in _FORMATS.values()],
            "offsets": [offset for _, offset in _FORMATS.values()],
            "itemsize": _HEADERS,
        }
    )
    rows = windows(buffer, _HEADERS)[at].view(form)
    return {name: rows[name] for name in _FORMATS}


def _sort(run: Run, rows: Longs, ip: Longs, found: Plain) -> None:
    """Fill `found` for packets with whole headers."""
    head = _headers(run.buffer, ip)
    total = head["total"].astype(np.int64)
    usual = (head["first"] == 0x45) & (head["fragment"] & 0x3FFF == 0) & (ip + total <= run.end[rows])
    length = head["chunk_length"].astype(np.int64)
    spans = (length + 3 & ~3) + 32
    sctp = usual & (head["protocol"] == 132)
    data = sctp & (head["chunk"] == _WHOLE) & (head["ppid"] == 3) & (length > 16) & (spans == total)
    leads = sctp & (head["chunk"] >> 8 != 0) & (head["chunk"] >> 8 != I_DATA) & (length >= 4)
    control = leads & (length + 32 <= total) & (spans + 4 > total)
    kind = found.kind
    kind[rows[data]] = DATA
    kind[rows[control]] = CONTROL
    found.ip[rows] = ip
    found.at[rows] = ip + 48
    found.length[rows] = length - 16
    found.tsn[rows] = head["tsn"]
    led = leads & (length == _SACK) & (total > 64)
    if led.any():
        _sort_led(run, rows[led], ip[led], total[led], found)
    udp = usual & (head["protocol"] == 17)
    if udp.any():
        _sort_udp(rows, ip, total, udp, head, found)


def _sort_led(run: Run, rows: Longs, ip: Longs, total: Longs, found: Plain) -> None:
    """Packets whose DATA chunk comes after a control chunk of 16 octets."""
    inside = ip + 16 + _HEADERS <= run.end[rows]
    rows, ip, total = rows[inside], ip[inside], total[inside]
    head = _headers(run.buffer, ip + 16)
    length = head["chunk_length"].astype(np.int64)
    data = (head["chunk"] == _WHOLE) & (head["ppid"] == 3) & (length > 16) & ((length + 3 & ~3) + 48 == total)
    rows, ip, length = rows[data], ip[data], length[data]
    found.kind[rows] = LED
    found.at[rows] = ip + 64
    found.length[rows] = length - 16
    found.tsn[rows] = head["tsn"][data]


def _sort_udp(
    rows: Longs,
    ip: Longs,
    total: Longs,
    udp: Mask,
    head: Mapping[str, NDArray[np.unsignedinteger]],
    found: Plain,
) -> None:
    """Datagrams with one M3UA DATA: version, class, type, length and first parameter prove it on any port."""
    inner = head["udp_length"].astype(np.int64) - 8
    length = head["m3ua_length"].astype(np.int64)
    tags = (head["tag"] == 0x0200) | (head["tag"] == 0x0006) | (head["tag"] == 0x0210)
    udp = udp & (inner + 28 <= total) & (inner >= 16) & (head["m3ua"] == _M3UA_DATA)
    udp &= tags & (length >= 8) & (length + 3 & ~3 == inner + 3 & ~3)
    found.kind[rows[udp]] = DATAGRAM
    found.at[rows[udp]] = (ip + 28)[udp]
    found.length[rows[udp]] = inner[udp]
